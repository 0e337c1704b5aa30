"""A feed as it came, turned into markup that is safe to parse: whole, decoded, without its DTD."""

import html
import re
import sys

from digest.errors import SourceAwayError, SourceError
from digest.sources.formats.byte_marks import marked_encoding
from digest.sources.formats.json_shape import unknown_shape

_WIDE = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))  # fmt: skip
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})")
# Python knows encodings beside these that are no charsets, and some that take for ever.
_ENCODINGS = re.compile(
    r"utf-?(?:8|16|32)(?:-?[bl]e)?|(?:us-)?ascii|(?:iso-?8859|latin)-?\d\d?|(?:windows|cp)-?125\d"
    r"|koi8-[ru]|gb(?:2312|k|18030)|big5(?:-hkscs)?|shift[_-]jis|euc-(?:jp|kr)|iso-2022-jp",
    re.IGNORECASE,
)
_JUNK = 4_000
_BEGINNING = re.compile(r"<(?:\?xml\b|!DOCTYPE\b|(?:[\w-]{1,40}:)?(?:rss|feed|rdf|html)\b)", re.IGNORECASE)  # fmt: skip
_ROOT = re.compile(r"<(?P<tag>(?:[\w.-]{1,40}:)?(?P<name>[A-Za-z][\w.-]{0,40}))(?=[\s/>])")
_FEEDS = frozenset({"rss", "feed", "rdf"})
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_NUMBERED = re.compile(r"&#(?:0*(\d{1,7})|[xX]0*([0-9a-fA-F]{1,6}));|&#[xX]?[0-9a-fA-F]{6,};")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_XML_NAMES = frozenset({"lt", "gt", "amp", "quot", "apos"})
# No word is longer; some rules of the parser look at each of its letters from each of its letters.
_RUN = re.compile(r"(?<![\w.+-])([\w.+-]{300})[\w.+-]++")
_NO_MAIL = re.compile(r"(?<=[\w.+-]{64})@|@(?=[\w.+-]{65})")
_TAG = re.compile(r"<[A-Za-z][^<>]{1000,}")
_MOST_ATTRIBUTES = 300
_PREFIX = re.compile(r"xmlns:([\w.-]+)")
_MOST_PREFIXES = 200
_ITEM = re.compile(r"<(?:[\w-]{1,40}:)?(?:item|entry)\b")
_TERM = re.compile(r"<(?:[\w-]{1,40}:)?(?:category|subject|keywords|tags)\b", re.IGNORECASE)
_MOST_TERMS = 1_000
_LONGEST = 16 << 20


def markup_of(name: str, body: bytes, content_type: str) -> str:
    """Return a feed's markup from its first element on, as text, in a form a parser takes well.

    Raises SourceAwayError for a web page, for nothing and for what is cut off, and SourceError for
    entity declarations and for XML that is no feed.
    """
    if len(body) > _LONGEST:
        raise SourceError(name, f"has {len(body) >> 20} MB, and a feed may have {_LONGEST >> 20}")
    text = decoded(body, content_type)
    start = _past_prolog(name, text)
    root = _ROOT.match(text, start)
    if root is None:
        raise SourceAwayError(name, "answered with something else instead of a feed")
    if root["name"].lower() == "html":
        raise SourceAwayError(name, "answered with a web page instead of a feed")
    if root["name"].lower() not in _FEEDS:
        raise unknown_shape(name, f"it begins with <{root['tag']}>, not <rss>, <feed> or <rdf:RDF>")
    end = text.rfind(f"</{root['tag']}")
    close = text.find(">", end if end >= 0 else start)
    is_empty = end < 0 and text[close - 1 : close] == "/"
    if close < 0 or (end < start and not is_empty):
        raise SourceAwayError(name, "answered with a feed that is cut off")
    text = text[start : close + 1]
    # The parser compares each with each.
    if any(tag[0].count("=") > _MOST_ATTRIBUTES for tag in _TAG.finditer(text)):
        raise unknown_shape(name, f"it has a tag with more than {_MOST_ATTRIBUTES} attributes")
    if len(set(_PREFIX.findall(text))) > _MOST_PREFIXES:
        raise unknown_shape(name, f"it declares more than {_MOST_PREFIXES} namespaces")
    if any(len(_TERM.findall(part)) > _MOST_TERMS for part in _ITEM.split(text)):
        raise unknown_shape(name, f"an entry is in more than {_MOST_TERMS} categories")
    return _mended(text)


def decoded(body: bytes, content_type: str) -> str:
    """Return bytes as text: by their mark, as UTF-8 if they are, as they say, or as Windows has it.

    What is valid UTF-8 and not plain ASCII is UTF-8, whatever a server or a declaration says.
    """
    if marked := marked_encoding(body):
        return body.decode(marked, "replace").removeprefix("\ufeff")
    for beginning, encoding in _WIDE:
        if body.startswith(beginning):
            return body.decode(encoding, "replace")
    stated = _CHARSET.search(content_type)
    declared = _DECLARED.search(body[:_JUNK])
    said = [declared[1].decode("ascii", "replace")] if declared else []
    said += [stated[1]] if stated else []
    is_escaped = b"\x1b" in body[:_JUNK]  # ISO-2022 is ASCII with escapes.
    for encoding in said if is_escaped else ["utf-8", *said]:
        if _ENCODINGS.fullmatch(encoding):
            try:
                return body.decode(encoding)
            except (UnicodeError, LookupError):
                continue
    # Mostly UTF-8 with half a character somewhere is rather that than two letters for each.
    text = body.decode("utf-8", "replace")
    is_mostly = text.count("\ufffd") * 10 < sum(map(len, re.findall(r"[^\x00-\x7f]+", text)))
    return text if is_mostly else body.decode("windows-1252", "replace")


def _past_prolog(name: str, text: str) -> int:
    """Return where the first element begins; what some servers print before the feed is skipped."""
    at = len(text) - len(text.lstrip())
    if not text[at : at + 1]:
        raise SourceAwayError(name, "answered with nothing instead of a feed")
    if text[at] != "<":
        found = _BEGINNING.search(text, at, at + _JUNK)
        at = found.start() if found else at
    while text[at : at + 2] in {"<?", "<!"}:
        if text.startswith("<!--", at):
            end = text.find("-->", at) + 3
        elif text.startswith("<?", at):
            end = text.find("?>", at) + 2
        else:
            end = _past_doctype(name, text, at)
        if end <= at:
            raise SourceAwayError(name, "answered with a feed that is cut off")
        at = end + len(text[end : end + _JUNK]) - len(text[end : end + _JUNK].lstrip())
    return at


def _past_doctype(name: str, text: str, at: int) -> int:
    if text[at + 2 : at + 20].lower().split()[1:2] == ["html"]:
        raise SourceAwayError(name, "answered with a web page instead of a feed")
    end = text.find(">", at)
    subset = text.find("[", at, end)
    if subset >= 0:
        if text[subset + 1 : text.find("]", subset)].strip():
            raise SourceError(
                name, "declares entities of its own, which no feed needs: it was not read"
            )
        end = text.find(">", text.find("]", subset))
    return end + 1


def _mended(text: str) -> str:
    """Return markup that a strict parser takes, where that takes away nothing that is read."""
    if "&" in text:
        text = _NAMED.sub(_as_character, _NUMBERED.sub(_without_control, text))
    text = _RUN.sub(r"\1", _CONTROL.sub("", text))
    return _NO_MAIL.sub(" ", text) if "@" in text else text


def _without_control(found: re.Match[str]) -> str:
    """Return a character's number as it is, "" where XML has no such character."""
    number = int(found[1]) if found[1] else int(found[2] or "0", 16)
    is_one = 0 < number <= sys.maxunicode and not _CONTROL.match(chr(number))
    return found[0] if is_one else ""


def _as_character(found: re.Match[str]) -> str:
    """Return the character of a name of HTML's, which XML without its DTD does not know."""
    if found[1] in _XML_NAMES:
        return found[0]
    character = html.unescape(found[0])
    return found[0] if character in {found[0], "<", "&", ">"} else character
