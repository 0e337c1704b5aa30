"""The names of papers in a text: arXiv ids, DOIs, and their addresses, one a line or in a row."""

import re

from digest.model.libraries import Work
from digest.model.papers import PaperId, Scheme
from digest.sources.identity.paper_ids import normal_id
from digest.sources.libraries.shelf import Shelf
from digest.text import clean_line

_NEW = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD = r"(?:[a-z]{2,8}(?:-[a-z]{2,4})?)(?:\.[A-Za-z]{2})?/\d{7}"
_ARXIV = re.compile(
    rf"(?:arxiv\.org/(?:abs|pdf|html)/|huggingface\.co/papers/|arxiv[:./\s]\s*|(?<![\w./]))"
    rf"(?P<id>{_NEW}|(?:(?<=/)|(?<![\w/])){_OLD})(?:v\d{{1,3}})?(?![\w])(?!\.\d)",
    re.IGNORECASE,
)
_DOI = re.compile(r"(?<![\w.])10\.\d{4,9}/[^\s\"<>{}|\\^`,;]{1,200}", re.IGNORECASE)
_MAX_LINE = 2_000


def ids_in(text: str) -> tuple[PaperId, ...]:
    """Return the identifiers that stand in a text, in its order, each once, in their normal form."""
    places: dict[PaperId, int] = {}
    rest = text
    for doi in _DOI.finditer(text):
        if found := normal_id(PaperId(Scheme.DOI, doi[0].rstrip(".)]'"))):
            places.setdefault(found, doi.start())
        rest = rest.replace(doi[0], " " * len(doi[0]))
    for each in _ARXIV.finditer(rest):
        if found := normal_id(PaperId(Scheme.ARXIV, each["id"])):
            places.setdefault(found, each.start())
    return tuple(sorted(places, key=lambda each: places[each]))


def is_list(text: str) -> bool:
    """Tell whether a text names papers."""
    return any(ids_in(line[:_MAX_LINE]) for line in text.split("\n") if line)


def read_list(text: str, shelf: Shelf) -> None:
    """Read the papers that a text names; what else stands there is passed over, with a word."""
    seen: set[PaperId] = set()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if len(line) > _MAX_LINE:
            shelf.warn(number, f"only the first {_MAX_LINE:,} characters of the line were read")
        named = ids_in(line[:_MAX_LINE])
        if not named:
            shelf.warn(number, f"no arXiv id or DOI in {clean_line(line[:60])!r}")
        for each in named:
            if each not in seen:
                seen.add(each)
                shelf.add(Work(ids=(each,)))
