"""What people have of papers: bibliographies, exports, lists."""
