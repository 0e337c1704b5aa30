"""Hugging Face's daily papers, asked for or saved as a page."""
