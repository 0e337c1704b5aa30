"""JSON and XML from outside, taken apart without trust."""
