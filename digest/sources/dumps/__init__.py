"""Saved pages of trending papers, as text."""
