"""RIS: a tag of two letters a line, which Zotero, EndNote, Mendeley and publishers give out."""

import re
from collections import defaultdict

from digest.model.libraries import Work
from digest.sources.libraries.paper_names import ids_in
from digest.sources.libraries.shelf import Shelf
from digest.sources.libraries.text import abstract_of, author_of, keywords_of, title_of

_LINE = re.compile(r"([A-Z][A-Z0-9])  - ?(.*)")
_BEGINS = re.compile(r"(?m)^TY  - ")
_IDS = ("DO", "UR", "M3", "N1", "JO", "T2", "L1", "AN")


def is_ris(text: str) -> bool:
    """Tell whether a text is RIS: a work begins with its type."""
    return _BEGINS.search(text) is not None


def read_ris(text: str, shelf: Shelf) -> None:
    """Read the works of a text; a line without a tag goes on with the one before."""
    fields: dict[str, list[str]] = defaultdict(list)
    last = ""
    for number, line in enumerate(text.split("\n"), start=1):
        tagged = _LINE.match(line)
        if tagged is None:
            if last and line.strip():
                fields[last].append(f" {line.strip()}")
            continue
        last, value = tagged[1], tagged[2].strip()
        if last == "TY" and fields:
            shelf.warn(number, "a work begins before the one above has ended (no line with ER)")
            _close(fields, shelf)
        if last == "ER":
            _close(fields, shelf)
            last = ""
        else:
            fields[last].append(value)
    if fields:
        shelf.warn(number, "the last work has no end; the file may be cut off")
        _close(fields, shelf)


def _close(fields: dict[str, list[str]], shelf: Shelf) -> None:
    def text_of(*tags: str) -> str:
        return next((text for tag in tags if (text := " ".join(fields.get(tag, ())).strip())), "")

    shelf.add(
        Work(
            title_of(text_of("TI", "T1", "CT", "BT")),
            abstract_of(text_of("AB", "N2")),
            keywords_of(fields.get("KW", ())),
            tuple(
                filter(None, map(author_of, [*fields.get("AU", ()), *fields.get("A1", ())][:100]))
            ),
            ids_in(" ".join(text[:500] for tag in _IDS for text in fields.get(tag, ())[:5])),
        )
    )
    fields.clear()
