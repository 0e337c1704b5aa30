"""The outside world, turned into papers."""
