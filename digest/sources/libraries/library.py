"""A file that somebody keeps their papers in: told by its content, read into works.

BibTeX, RIS, CSL JSON, the JSON and the CSV of Zotero, OPML, or a text with arXiv ids, DOIs and addresses.
"""

from collections.abc import Callable

from digest.errors import SourceError
from digest.sources.libraries.bibtex import is_bibtex, read_bibtex
from digest.sources.libraries.csv import is_csv, read_csv
from digest.sources.libraries.json import is_json, read_json
from digest.sources.libraries.outlines import is_opml, read_opml
from digest.sources.libraries.paper_names import is_list, read_list
from digest.sources.libraries.ris import is_ris, read_ris
from digest.sources.libraries.shelf import MAX_BYTES, Library, Shelf
from digest.sources.libraries.text import decode

__all__ = ["MAX_BYTES", "Library", "read_library"]

_PACKED = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"%PDF",
    b"SQLite format 3",
    b"7z\xbc\xaf",
    b"BZh",
    b"\xfd7zXZ",
)
_KINDS = (
    "give BibTeX, RIS, CSL JSON, an export of Zotero (BibTeX, JSON or CSV), OPML, "
    "or a list of arXiv ids or DOIs"
)
# In this order: JSON may hold BibTeX, and a text anything.
_READERS: tuple[tuple[str, Callable[[str], bool], Callable[[str, Shelf], None]], ...] = (
    ("OPML", is_opml, read_opml),
    ("JSON", is_json, read_json),
    ("BibTeX", is_bibtex, read_bibtex),
    ("RIS", is_ris, read_ris),
    ("CSV", is_csv, read_csv),
    ("a list of ids", is_list, read_list),
)


def read_library(content: bytes, name: str) -> Library:
    """Return what a file holds, whatever it is called; raises SourceError for what is no library."""
    if len(content) > MAX_BYTES:
        problem = (
            f"has more than {MAX_BYTES // 1024 // 1024} MiB; export a part of it, a collection, say"
        )
        raise SourceError(name, problem)
    if content.startswith(_PACKED):
        raise SourceError(name, f"is packed, or no text; {_KINDS}")
    text = decode(content, name)
    if not text.strip():
        raise SourceError(name, f"is empty; {_KINDS}")
    for kind, is_one, read in _READERS:
        if is_one(text):
            shelf = Shelf(name)
            read(text, shelf)
            return shelf.closed(kind)
    raise SourceError(name, f"is nothing that Digest reads; {_KINDS}")
