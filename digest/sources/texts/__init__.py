"""One clean form of what sources say: titles, abstracts, maths, names, links."""
