"""The polite client: how Digest asks anybody on the web for anything to read."""
