"""A digest or a feed as something to read; pure but for reading templates."""
