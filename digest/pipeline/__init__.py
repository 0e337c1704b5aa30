"""The use cases: the only code that knows the order of the stages."""
