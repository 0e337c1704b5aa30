"""OPML: lists of feeds, and outlines of notes; Digest's own lead back to their very expressions."""

import re
from collections.abc import Iterator
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

from digest.errors import SourceError
from digest.model.libraries import Work
from digest.sources.formats.xml import Element, elements
from digest.sources.libraries.shelf import Shelf
from digest.sources.libraries.text import title_of

_OPML = re.compile(
    # Without atoms, many comments could be divided among its turns in a million ways.
    r"\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.*?-->)\s*)*+<opml\b",
    re.DOTALL | re.IGNORECASE,
)
_DECLARED = re.compile(r"\s*<\?xml[^>]*\?>")
_OWN = re.compile(r"/feeds/keywords(?:\.[a-z]{2,8})?")
_ARXIV_HOSTS = frozenset({"arxiv.org", "rss.arxiv.org", "export.arxiv.org", "www.arxiv.org"})
_ARXIV_PATH = re.compile(r"/(?:rss|atom)/([A-Za-z.+-]{2,200})")
# Those of arXiv's archives that are divided; the others are categories themselves.
_DIVIDED = frozenset(
    (
        "astro-ph",
        "cond-mat",
        "cs",
        "econ",
        "eess",
        "math",
        "nlin",
        "physics",
        "q-bio",
        "q-fin",
        "stat",
    )
)
_TOPIC_WORDS = 5
_LONGEST = 2_000


def is_opml(text: str) -> bool:
    """Tell whether a text begins as OPML does."""
    return _OPML.match(text[:20_000]) is not None


def read_opml(text: str, shelf: Shelf) -> None:
    """Read the outlines: a feed's name as a title, a short heading as a keyword."""
    body = _DECLARED.sub("", text, count=1).encode()  # it was decoded as its mark says
    for outline in _outlines(body, shelf.name):
        _read(outline, shelf)


def _outlines(body: bytes, name: str) -> Iterator[Element]:
    try:
        yield from elements(name, BytesIO(body), ("{*}outline",))
    except SourceError as error:
        problem = "is no whole OPML: it is cut off, or nested too deep; export it again"
        raise SourceError(name, problem) from error


def _read(outline: Element, shelf: Shelf) -> None:
    name = title_of(outline.get("text") or outline.get("title") or "")
    addresses = [outline.get("xmlUrl") or "", outline.get("htmlUrl") or ""]
    found = [each for address in addresses for each in _expressions(address[:_LONGEST])]
    if found:
        shelf.expressions.update(dict.fromkeys(found))
    elif name and any(addresses):
        shelf.add(Work(name))
    elif name:
        is_topic = len(name.split()) <= _TOPIC_WORDS
        shelf.add(Work(keywords=(name,)) if is_topic else Work(name))


def _expressions(address: str) -> list[str]:
    """Return the expressions whose feed an address is."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
        if _OWN.search(parts.path):
            return parse_qs(parts.query, max_num_fields=20).get("q", [])[:1]
    except ValueError:
        return []
    feed = _ARXIV_PATH.fullmatch(parts.path)
    if host not in _ARXIV_HOSTS or feed is None:
        return []
    names = [name for name in feed[1].split("+") if name.strip(".-")]
    return [f"cat:{name}.*" if name.lower() in _DIVIDED else f"cat:{name}" for name in names]
