"""Words in rows that only a newer release knows: beside it, an older one passes them over.

While a release is rolled out both read the same rows. What an older process does with a kind, state
or scope that was not there when it was written is decided where the row is read; it never fails for it.
"""

from enum import StrEnum
from typing import TypeVar

Word = TypeVar("Word", bound=StrEnum)


def known(words: type[Word], stored: str) -> Word | None:
    """Return what a stored word means, None for one that this release does not know."""
    try:
        return words(stored)
    except ValueError:
        return None
