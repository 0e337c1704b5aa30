"""Which paper an entry of a feed is, by the identifiers it names."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

from digest.model.papers import PaperId, Scheme
from digest.sources.arxiv.ids import read_arxiv_id
from digest.sources.identity.paper_ids import normal_ids

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>?#&|]{1,200}")
# What publishers write after a DOI in the address of a page about it.
_AFTER = re.compile(
    r"(?:/(?:full|abstract|abs|pdf|epdf|pdfdirect|fulltext|full-text|meta|html|summary|references)"
    r"|\.(?:full|pdf|html?|abstract|short|full-text)|v\d{1,2})+/?$",
    re.IGNORECASE,
)
_IN_QUERY = frozenset({"id", "doi"})


def ids_of(said: Iterable[str], addresses: Iterable[str]) -> tuple[PaperId, ...]:
    """Return the identifiers an entry gives itself; addresses are asked where it gives no DOI.

    `said` are identifiers as the feed writes them: `doi:10.1234/x`, a DOI's address, a bare one,
    arXiv's. Others are passed over.
    """
    said, addresses = list(said), list(addresses)
    found = [_doi_in(text) for text in said]
    if not any(found):
        found = [_doi_in_address(address) for address in addresses]
    ids = [PaperId(Scheme.DOI, doi) for doi in found if doi][:1]
    arxiv = (read_arxiv_id(text) for text in (*said, *addresses) if "arxiv" in text.lower())
    ids += [each.paper_id for each in arxiv if each][:1]
    return normal_ids(ids)


def _doi_in(text: str) -> str:
    if "://" in text:
        return _doi_in_address(text)
    found = _DOI.search(text)
    return _balanced(found[0]) if found else ""


def _doi_in_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        query = parse_qsl(parts.query, max_num_fields=50)
    except ValueError:
        return ""
    places = [parts.path, *(value for name, value in query if name.lower() in _IN_QUERY)]
    for place in places:
        if found := _DOI.search(unquote(place)):
            return _AFTER.sub("", _balanced(found[0]))
    return ""


def _balanced(doi: str) -> str:
    """Return a DOI without the bracket or stop after it; brackets of its own come in pairs."""
    doi = doi.rstrip(".,;:")
    return doi.rstrip(")]") if doi.count("(") + doi.count("[") == 0 else doi
