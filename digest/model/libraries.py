"""What people have: the works of a library they keep elsewhere."""

from dataclasses import dataclass

from digest.model.papers import PaperId


@dataclass(frozen=True, slots=True)
class Work:
    """One work of a library, as far as its file tells; any text may be empty.

    `keywords` are its authors' and the tags of whoever keeps the library.
    """

    title: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    ids: tuple[PaperId, ...] = ()
