"""XML from outside, read in one way: piece by piece, in flat memory, and nothing expanded or fetched.

Entities are not replaced and no document type is loaded; one that defines entities is refused. What
keeps a whole answer from being XML for the sake of one paper - a control character in a title,
bytes that are no UTF-8 - is mended on the way in, for it would come again tomorrow.
"""

import re
from collections.abc import Callable, Collection, Iterator
from itertools import chain
from typing import IO, TypeVar

from lxml import etree
from lxml.etree import _Element as Element

from digest.errors import SourceAwayError, SourceError
from digest.sources.base import SourceWarning
from digest.sources.formats.json_shape import unknown_shape
from digest.sources.formats.xml_bytes import mended

__all__ = [
    "REPLACED",
    "Element",
    "Reader",
    "UnreadableError",
    "all_text",
    "child_texts",
    "elements",
]

T = TypeVar("T")

REPLACED = "\ufffd"
"""What stands for bytes that are no text."""

_SAFE = {
    "encoding": "utf-8",  # whatever it was in: see xml_bytes
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_CHUNK = 1 << 16
_BEGINNING, _STEP = 1 << 16, 1 << 10
# A paper with three thousand authors takes a fifth of it; what grows further is no list of papers.
_LONGEST_PIECE = 2 << 20
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|meta)\b", re.IGNORECASE)
_PAGE_ROOTS = frozenset({"html", "head", "body", "script", "meta"})


class UnreadableError(ValueError):
    """A piece of an answer lacks what must be there; says what, and of which piece."""


def elements(name: str, body: IO[bytes], tags: Collection[str]) -> Iterator[Element]:
    """Yield the elements of these tags when they are complete; each is gone when the next is asked.

    Tags are in lxml's form (`{namespace}record`, `{*}item`). Of what stands before an element in its
    parents, only what came since the element before is still there. `name` is the source's, for
    errors. Raises SourceError for what is no XML, is cut off or defines entities, and
    SourceAwayError for a web page.
    """
    _look_at_beginning(name, body)
    body.seek(0)
    parser = etree.XMLPullParser(events=("end",), tag=tuple(tags), **_SAFE)
    since = 0
    for chunk in chain(mended(body, _CHUNK), (b"",)):
        try:
            parser.feed(chunk) if chunk else parser.close()
        except etree.LxmlError as error:
            raise _refusal(name, error) from error
        since += len(chunk)
        for _, element in parser.read_events():
            since = 0
            yield element
            _forget(element)
        if since > _LONGEST_PIECE:
            raise unknown_shape(name, "there is no paper for millions of characters")


def child_texts(element: Element) -> dict[str, str]:
    """Return the text of each kind of child, by its tag; of several the first that has any."""
    found: dict[str, str] = {}
    for child in element:
        if child.text and child.tag not in found:
            found[child.tag] = child.text
    return found


def all_text(element: Element | None) -> str:
    """Return all text in an element, its children's too; "" for none."""
    return "" if element is None else "".join(element.itertext()).strip()


class Reader:
    """Reads the pieces of an answer one by one, and keeps a warning for each that cannot be read."""

    def __init__(self, name: str) -> None:
        self.warnings: list[SourceWarning] = []
        self.read = 0
        self._name = name
        self._unread: list[str] = []

    def take(self, element: Element, read: Callable[[Element], T]) -> T | None:
        """Return what `read` makes of an element; None and a warning if it raises UnreadableError."""
        try:
            found = read(element)
        except UnreadableError as error:
            self._unread.append(str(error))
            self.warnings.append(SourceWarning(element.sourceline or 0, f"left out: {error}"))
            return None
        self.read += 1
        return found

    def warn(self, problem: str) -> None:
        """Keep a warning about what was read all the same."""
        self.warnings.append(SourceWarning(0, problem))

    def finish(self) -> None:
        """Raise SourceError if more than half could not be read: it is not what it is taken for."""
        unread = len(self._unread)
        if unread > self.read:
            count = f"{unread} of {unread + self.read} papers cannot be read"
            raise unknown_shape(self._name, f"{self._unread[0]}; {count}")


def _look_at_beginning(name: str, body: IO[bytes]) -> None:
    """Raise the error for a body that does not begin as harmless XML does."""
    body.seek(0)
    parser = etree.XMLPullParser(events=("start",), **_SAFE)
    problem: Exception | None = None
    for chunk in chain(mended(body, _STEP, _BEGINNING), (b"",)):
        try:
            parser.feed(chunk) if chunk else parser.close()
        except etree.LxmlError as error:
            problem = error
        for _, root in parser.read_events():
            _look_at_root(name, root)
            return
        if problem:
            break
    body.seek(0)
    head = body.read(_BEGINNING)
    if _PAGE.search(head):
        raise _web_page(name)
    if not head.strip():
        raise SourceError(name, "answers with nothing")
    raise _refusal(name, problem or "it has no element")


def _look_at_root(name: str, root: Element) -> None:
    info = root.getroottree().docinfo
    local = root.tag.rpartition("}")[2].lower()
    if local in _PAGE_ROOTS or (info.internalDTD is not None and info.root_name.lower() == "html"):
        raise _web_page(name)
    if info.internalDTD is not None and any(True for _ in info.internalDTD.iterentities()):
        raise SourceError(name, "answers with XML that defines entities, which is not read")


def _web_page(name: str) -> SourceAwayError:
    return SourceAwayError(name, "answers with a web page where XML should be")


def _refusal(name: str, problem: object) -> SourceError:
    words = " ".join(str(problem).split())[:200]
    return unknown_shape(name, f"it is no XML, or cut off ({words})")


def _forget(element: Element) -> None:
    """Empty an element, and drop all that stands before it and before what it stands in."""
    # Its tail may be what the parser is writing at.
    element.clear(keep_tail=True)
    here: Element | None = element
    while here is not None and (parent := here.getparent()) is not None:
        while here.getprevious() is not None:
            del parent[0]
        here = parent
