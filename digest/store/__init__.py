"""The database; nothing above knows which. Functions take a connection: the caller owns the transaction."""
