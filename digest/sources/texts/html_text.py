"""The text in a fragment of HTML, as feeds and services write titles and abstracts."""

import html
import re

from lxml import etree

# What is longer is a web page rather than an abstract, and is cut before it is looked at.
_LONGEST = 400_000
_BLOCKS = (
    "address article aside blockquote body br caption center dd details div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html li list list-item main nav ol"
    " option p pre sec section summary table tbody td tfoot th thead title tr ul disp-formula"
    " display-formula"
)
_INLINE = (
    "a abbr acronym b bdi bdo big bold cite code data del dfn em ext-link font i img"
    " inline-formula ins italic kbd label mark math mi mn mo monospace mrow msub msup mtext nobr q"
    " roman s samp sans-serif sc small source span strike strong sub sup svg time tt u"
    " underline uri var wbr xref"
)
_UNREAD = (
    "applet audio button canvas embed head iframe math-annotation noscript object script select"
    " style svg template textarea title-group video annotation tex-math"
)
_BLOCK, _NOT_TEXT = frozenset(_BLOCKS.split()), frozenset(_UNREAD.split())
_KNOWN = _BLOCK | _NOT_TEXT | frozenset(_INLINE.split())
_OPENED = re.compile(
    r"<(?P<mark>!--|(?P<slash>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]{0,40})"
    # What has no end is a sign, and what has words but no attribute: "if a<b and c>d".
    r"(?=\s*/?>|/?\s[^<>=]*=[^<>]*>))?"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_HEADING = re.compile(r"\A\s*(?:abstract|summary)\s*:?[ \t]*\n\s*(?=\S)", re.IGNORECASE)
_LEFT = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos|nbsp|[a-zA-Z]{2,8});")


def text_of(fragment: str) -> str:
    """Return the text of a fragment of HTML or JATS: entities decoded once, breaks between blocks.

    Scripts and styles are left out. A `<` that begins no tag anybody knows stays what it is, as in
    "p<q"; text without tags and entities comes back as it was. Never raises.
    """
    fragment = fragment[:_LONGEST].replace("\x00", "")
    if "<" not in fragment:
        return html.unescape(fragment) if "&" in fragment else fragment
    marked = _OPENED.sub(_as_read, fragment)
    target = _Text()
    try:
        # The fragment begins inside a page, or the parser would take its first space away.
        etree.HTML(f"<body>{marked}", parser=etree.HTMLParser(target=target))
    except (etree.LxmlError, ValueError):
        return html.unescape(re.sub(r"<[^<>]*>", " ", fragment))
    return "".join(target.parts).strip()


def abstract_of(fragment: str) -> str:
    """Return the text of an abstract, without a first line that says no more than what it is."""
    return _HEADING.sub("", text_of(fragment))


def is_marked_up(text: str) -> bool:
    """Tell whether text has tags or entities of HTML in it."""
    return bool(_ENTITY.search(text)) or any(
        found["name"] and found["name"].lower().rpartition(":")[2] in _KNOWN
        for found in _OPENED.finditer(text)
    )


def decoded_again(text: str) -> str:
    """Return text without the entities that were encoded twice, so that once was not enough."""
    return html.unescape(text) if _LEFT.search(text) else text


def _as_read(found: re.Match[str]) -> str:
    """Leave a tag that is known, or somebody's own, and make text of any other sign."""
    if not found["mark"]:
        return "&lt;"
    name = (found["name"] or "-").lower()
    if name.rpartition(":")[2] == "title":
        return f"<{found['slash']}p"  # HTML would read everything up to its end as it stands.
    is_tag = name.rpartition(":")[2] in _KNOWN or ":" in name or "-" in name
    return found[0] if is_tag else f"&lt;{found['mark']}"


class _Text:
    """Collects text as the parser comes across it; there is no tree that could grow too deep."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._unread = 0

    def start(self, tag: str, _attributes: object) -> None:
        name = tag.rpartition(":")[2]
        self._unread += name in _NOT_TEXT
        if name in _BLOCK:
            self.parts.append("\n")

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self._unread -= name in _NOT_TEXT
        if name in _BLOCK:
            self.parts.append("\n")

    def data(self, text: str) -> None:
        if not self._unread:
            self.parts.append(text)

    def comment(self, _text: str) -> None:
        """Comments are nobody's text."""

    def pi(self, _target: str, _text: str = "") -> None:
        """Neither are instructions."""

    def close(self) -> None:
        """Nothing is left to do."""
