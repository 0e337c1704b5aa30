"""Texts of a library made clean: decoded from bytes, readable, split into keywords and names."""

import re
from collections.abc import Iterable, Iterator

from digest.errors import SourceError
from digest.sources.formats.byte_marks import marked_encoding
from digest.sources.texts.author_names import read_out
from digest.sources.texts.html_text import text_of
from digest.sources.texts.maths import readable
from digest.sources.texts.normalize import MAX_ABSTRACT, MAX_TITLE
from digest.text import clean_line, clip

_MAX_KEYWORD, _MAX_KEYWORDS = 200, 60
_MAX_AUTHORS = 100
_AND = re.compile(r" and ", re.IGNORECASE)


def decode(content: bytes, name: str) -> str:
    """Return a file as text: by its mark, else UTF-8, else the Windows-1252 of old programs.

    Raises SourceError for what is no text.
    """
    if encoding := marked_encoding(content):
        try:
            return _lines(content.decode(encoding).lstrip("\ufeff"))
        except UnicodeDecodeError as error:
            problem = f"begins as {encoding.upper()} and is not; save it again as UTF-8"
            raise SourceError(name, problem) from error
    if b"\0" in content:
        raise SourceError(name, "holds binary data (a NUL byte); export it as text in UTF-8")
    try:
        return _lines(content.decode())
    except UnicodeDecodeError:
        return _lines(content.decode("cp1252", "replace"))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def title_of(text: str) -> str:
    """Return a title as it is read, without TeX and its braces."""
    return clip(_plain(text[: 4 * MAX_TITLE]), MAX_TITLE)


def abstract_of(text: str) -> str:
    """Return an abstract as it is read."""
    return clip(_plain(text[: 2 * MAX_ABSTRACT]), MAX_ABSTRACT)


def _plain(text: str) -> str:
    turned = readable(clean_line(text_of(text) if "<" in text or "&" in text else text))
    if "{" in turned or "}" in turned:
        turned = turned.replace("{", "").replace("}", "")
    return clean_line(turned)


def keywords_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return keywords, each once; a text holds several, parted by semicolons, line ends or commas."""
    return tuple(dict.fromkeys(_keywords(texts)))[:_MAX_KEYWORDS]


def _keywords(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        sign = next((sign for sign in (";", "\n", ",") if sign in text), None)
        for part in text.split(sign, _MAX_KEYWORDS)[:_MAX_KEYWORDS] if sign else [text]:
            if len(part) <= _MAX_KEYWORD and (keyword := _plain(part).strip(" .,;")):
                yield keyword


def authors_of(text: str) -> tuple[str, ...]:
    """Return the names in BibTeX's list of authors, given name first."""
    names = _AND.split(" ".join(text.split()), _MAX_AUTHORS)[:_MAX_AUTHORS]
    return tuple(filter(None, map(author_of, names)))


def author_of(text: str) -> str:
    """Return a name with the given name first, "" for none, and for "others"."""
    name = read_out(_plain(text[:_MAX_KEYWORD]))
    return "" if name.lower() in {"others", "et al", "et al."} else name
