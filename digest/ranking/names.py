"""Papers by the names they carry: of their authors, of their categories."""

from collections.abc import Iterable, Sequence

from digest.ranking.elements import words_of


def is_named(wanted: Sequence[str], authors: Iterable[str]) -> bool:
    """Return whether an author has all these words; a single letter stands for a name it begins."""
    return any(_has_words(wanted, words_of(author)) for author in authors)


def in_category(wanted: str, categories: Iterable[str]) -> bool:
    """Return whether one of the categories is the wanted, or, before a *, begins with it.

    "cs.*" is cs and whatever begins with "cs."; case makes no difference.
    """
    wanted = wanted.lower()
    if not wanted.endswith("*"):
        return any(category.lower() == wanted for category in categories)
    start = wanted[:-1]
    whole = start.rstrip(".")
    found = [category.lower() for category in categories]
    return any(category.startswith(start) or category == whole for category in found)


def _has_words(wanted: Sequence[str], name: Sequence[str]) -> bool:
    return all(
        any(word == part or (1 in {len(word), len(part)} and word[0] == part[0]) for part in name)
        for word in wanted
    )
