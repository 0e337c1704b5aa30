"""When two records are one paper."""
