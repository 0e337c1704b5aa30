"""arXiv's identifiers as arXiv writes them: bare, with a version, in addresses and in OAI's names."""

import re
from typing import NamedTuple

from digest.model.papers import Link, LinkKind, PaperId, Scheme
from digest.sources.identity.paper_ids import normal_id

_WRITTEN = re.compile(
    r"\s*(?:oai:arxiv\.org:|arxiv:\s*|(?:https?://)?(?:[a-z]{1,20}\.)?arxiv\.org/(?:abs|pdf|html)/)?"
    r"(?P<id>[0-9]{4}\.[0-9]{4,5}|[a-z]+(?:-[a-z]+)*(?:\.[a-z]+(?:-[a-z]+)*)?/[0-9]{7})"
    r"(?:v(?P<version>[0-9]{1,3}))?(?:\.pdf)?/?\s*",
    re.IGNORECASE,
)


class ArxivId(NamedTuple):
    """A paper on arXiv, and which version of it; 0 where none is named."""

    paper_id: PaperId
    version: int


def read_arxiv_id(text: str) -> ArxivId | None:
    """Return the paper that `oai:arXiv.org:2101.00001v2`, an address or a bare id names, or None."""
    found = _WRITTEN.fullmatch(text)
    paper_id = normal_id(PaperId(Scheme.ARXIV, found["id"])) if found else None
    return ArxivId(paper_id, int(found["version"] or 0)) if found and paper_id else None


def pdf_of(paper_id: PaperId) -> Link:
    """Return the link to the newest version of a paper on arXiv."""
    return Link(LinkKind.PDF, f"https://arxiv.org/pdf/{paper_id.value}")
