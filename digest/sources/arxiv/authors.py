"""The authors of a paper in one string, as arXiv's feed has them."""

import re

_GROUP = re.compile(r"\s*\([^()]*\)")
_DEEPEST = 6
_SUFFIX = re.compile(r"(?:jr|sr)\.?|I{2,3}|IV|VI{0,3}", re.IGNORECASE)


def split_authors(text: str) -> tuple[str, ...]:
    """Return names from `Ann Lee (A, B), Bo Ray, Jr. (C)`: affiliations, in brackets, are left out.

    Brackets that do not match take what is between them and the next comma with them.
    """
    text = " ".join(text.split())  # or each blank of many would be looked at from each
    for _ in range(_DEEPEST):
        text, count = _GROUP.subn("", text)
        if not count:
            break
    names: list[str] = []
    for piece in text.split(","):
        name = "" if ")" in piece else " ".join(piece.partition("(")[0].split())
        if names and _SUFFIX.fullmatch(name):
            names[-1] = f"{names[-1]} {name}"
        elif name:
            names.append(name)
    return tuple(names)
