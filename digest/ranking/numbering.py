"""Strings by number, so that arrays can stand for them."""


class Numbering(dict[str, int]):
    """Strings with their numbers, in the order they first came: asking for one adds it."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        self.texts.append(text)
        return number
