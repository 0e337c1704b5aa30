"""`digest simulate`, behind the command: what goes wrong, who works meanwhile, what came of it."""
