"""arXiv, three ways."""
