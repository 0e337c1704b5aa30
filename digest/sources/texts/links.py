"""The addresses in an abstract, named by what they lead to."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from digest.model.papers import Link, PaperId
from digest.sources.texts.link_kinds import is_plausible_place, kind_of, paper_id_of

MAX_LINKS = 8
_LONGEST = 500
# Outside a scheme only these hosts are believed: `e.g./i.e.` and `and/or` are no addresses.
_BARE = (
    r"(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|huggingface\.co|hf\.co|zenodo\.org"
    r"|anonymous\.4open\.science|arxiv\.org|doi\.org|[\w-]{1,39}\.github\.io)/"
)
_ADDRESS = r"[^\s<>\"{}|\\^`\u2018-\u201d]"
URL = re.compile(
    rf"(?<![\w@.])(?:https?://(?:{_ADDRESS}|\\[_%#&~$])+"
    rf"|(?<!/)(?:www\.{_ADDRESS}+\.{_ADDRESS}+|{_BARE}{_ADDRESS}*))",
    re.IGNORECASE,
)
_MAY_HOLD_ONE = ("://", "www.", ".com/", ".org/", ".co/", ".io/", ".science/")
_DOUBLED = re.compile(
    r"(?:\\(?:url|href)\s*)?\{?(?P<url>(?:https?://|www\.)[^\s{}]{1,500}?)/?\}?\{(?P=url)/?\}"
)
_TRAILING = ".,;:!?'\"*\u2026"
_GLUED_SENTENCE = re.compile(r"(?<=[\w/-])[.,;](?=[A-Z][a-z]+$)(?!Net$|Js$|Io$)")
_PAIRS = {")": "(", "]": "["}
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", re.IGNORECASE)
_NOWHERE = (".local", ".localhost", ".internal", ".invalid", ".test", ".example")


class Address(NamedTuple):
    """An address as found, with the words that lead up to it."""

    url: str
    host: str
    before: str


def collapse_doubles(text: str) -> str:
    r"""Return text with `url{url}`, what is left of a LaTeX \url, written once."""
    return _DOUBLED.sub(r"\g<url>", text) if "{" in text and "/" in text else text


def find_links(text: str, *, is_truncated: bool = False) -> tuple[Link, ...]:
    """Return the links in a text, in its order, each once, MAX_LINKS at most.

    Only http and https to a public host name. An address that a cut-off text ends in is left out,
    since half of it is missing.
    """
    links: dict[str, Link] = {}
    for address in _addresses(text, is_truncated=is_truncated):
        link = Link(kind_of(address.url, address.host, address.before), address.url)
        links.setdefault(_same(address), link)
        if len(links) == MAX_LINKS:
            break
    return tuple(links.values())


def find_ids(text: str, *, is_truncated: bool = False) -> tuple[PaperId, ...]:
    """Return the identifiers a text gives for itself ("this paper is available at ...").

    An address of some other paper or of data yields none.
    """
    found = (
        paper_id_of(address.url, address.host, address.before)
        for address in _addresses(text, is_truncated=is_truncated)
    )
    return tuple(dict.fromkeys(paper_id for paper_id in found if paper_id))


def ends_in_whole_address(text: str) -> bool:
    """Return whether a text ends in an address that looks complete, as one abstract in thirty does.

    Half an address cannot be told from a whole one for certain, but a code host's without a
    repository and one without a public host are halves.
    """
    last = None
    for found in URL.finditer(text):
        last = found
    if last is None or last.end() < len(text.rstrip(")]}\"' ")):
        return False
    url = _trim(last[0] if "://" in last[0] else f"https://{last[0]}")
    host = _host(url)
    return host is not None and is_plausible_place(url, host)


def _addresses(text: str, *, is_truncated: bool) -> Iterator[Address]:
    lowered = text.lower()
    if not any(sign in lowered for sign in _MAY_HOLD_ONE):
        return
    after = 0
    for found in URL.finditer(text):
        if is_truncated and found.end() == len(text):
            return
        url = _trim(re.sub(r"\\(?=[_%#&~$])", "", found[0]))
        if "://" not in url:
            url = f"https://{url}"
        if (host := _host(url)) and len(url) <= _LONGEST:
            yield Address(url, host, text[max(after, found.start() - 160) : found.start()])
        after = found.end()


def _trim(url: str) -> str:
    """Return an address without the punctuation and the words that are glued to its end."""
    opened: list[str] = []
    for at, letter in enumerate(url):
        if letter in _PAIRS.values():
            opened.append(letter)
        elif letter in _PAIRS:
            if not opened or opened[-1] != _PAIRS[letter]:
                url = url[:at]
                break
            opened.pop()
    url = url.rstrip(_TRAILING)
    if glued := _GLUED_SENTENCE.search(url, url.find("/", 8) + 1 or len(url)):
        url = url[: glued.start()]
    return url.rstrip("([" + _TRAILING)


def _host(url: str) -> str | None:
    """Return the public host name of an address in lower case, or None if it has none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if "@" in parts.netloc or not _HOST.fullmatch(host) or host.endswith(_NOWHERE) or port == 0:
        return None
    return host


def _same(address: Address) -> str:
    parts = urlsplit(address.url)
    path = parts.path.rstrip("/").removesuffix(".git")
    where = path if parts.query == "" else f"{path}?{parts.query}"
    return f"{address.host.removeprefix('www.')}{where}".lower()
