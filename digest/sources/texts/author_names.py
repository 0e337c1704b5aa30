"""Names of authors as they are read out, from the ways in which services and journals write them."""

from collections.abc import Iterable

from digest.sources.arxiv.authors import split_authors
from digest.sources.texts.html_text import text_of
from digest.text import clean_line, clip

_MOST, _LONGEST = 5_000, 200
_LONGEST_LIST = 200_000
_AND = (" and ", " & ", " und ")


def read_out(name: str) -> str:
    """Return `J. Smith Jr.` for `Smith, J., Jr.`; what is written otherwise stays as it is."""
    name = clip(clean_line(text_of(name[: _LONGEST * 5])).strip(" ,;"), _LONGEST)
    parts = [part.strip() for part in name.split(",")]
    if len(parts) not in {2, 3} or not all(parts):
        return name
    family, given, *rest = parts
    return " ".join([given, family, *rest])


def named(names: Iterable[str]) -> tuple[str, ...]:
    """Return names read out, each once, without those that are empty or addresses of mail."""
    found = dict.fromkeys(read_out(each) for each in list(names)[:_MOST])
    return tuple(name for name in found if name and "@" not in name)


def names_in(text: str) -> tuple[str, ...]:
    """Return the names in one string: divided by `;`, or by commas that do not divide one name.

    What stands in brackets is where they work, and left out where commas divide.
    """
    text = clean_line(text_of(text[:_LONGEST_LIST]))
    if ";" in text:
        return named(text.split(";"))
    for word in _AND:
        text = text.replace(word, ", ")
    names = split_authors(text)
    # "Smith, Jane" and "van Oost, J." are one author each, "Jane Smith, Bo Ray" are two.
    is_one = text.count(",") == 1 and any(" " not in name for name in names)
    return named([", ".join(names)] if is_one else names)
