"""Identifiers in the one form in which they are compared and kept."""

import re
from collections import defaultdict
from collections.abc import Iterable

from digest.model.papers import PaperId, Scheme

_LONGEST = 255  # what the store has room for
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)")
_ARXIV = re.compile(r"(?:arxiv:\s*)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z-]+)?/\d{7})(?:v\d+)?")
_DOI = re.compile(r"(?:(?:https?://)?(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)")
# Servers whose identifiers name a version at their end, and how.
_VERSIONED = re.compile(
    r"(10\.(?:1101|64898|21203|20944|26434|31234|31219|12688)/.+?)[./-]?v\d{1,2}"
)
# Where papers lie before they come out, and some things beside them: one paper may be on several.
_PREPRINTS = frozenset({
    "10.1101", "10.64898", "10.21203", "10.20944", "10.26434", "10.31234", "10.31219", "10.31235",
    "10.31222", "10.36227", "10.14293", "10.12688",
})  # fmt: skip
# Of these a paper has as many as it has versions, or lies at.
_MANY = frozenset({"10.5281", "10.6084", "10.13140", "10.2139", "10.22541"})


def normal_ids(ids: Iterable[PaperId]) -> tuple[PaperId, ...]:
    """Return identifiers in their normal form, each once, without those that cannot be one."""
    return tuple(dict.fromkeys(filter(None, map(normal_id, ids))))


def normal_id(given: PaperId) -> PaperId | None:
    """Return an identifier in its normal form, None if it cannot be one.

    arXiv's are without a version and, of the old kind, without a subject class ("math/0309136"); the
    DOI that arXiv gives to each paper is that paper's arXiv id. DOIs are in lower case, without the
    version that some servers of preprints write at the end.
    """
    value = given.value.strip()
    if given.scheme in {Scheme.ARXIV, Scheme.DOI}:
        value = value.lower()
    if given.scheme is Scheme.DOI:
        found = _DOI.fullmatch(value)
        value = found[1].rstrip(".,;") if found else ""
        if arxiv := _ARXIV_DOI.fullmatch(value):
            return normal_id(PaperId(Scheme.ARXIV, arxiv[1]))
        if versioned := _VERSIONED.fullmatch(value):
            value = versioned[1]
    elif given.scheme is Scheme.ARXIV:
        found = _ARXIV.fullmatch(value)
        archive, slash, number = (found[1] if found else "").rpartition("/")
        value = f"{archive.split('.')[0]}{slash}{number}"
    is_one = value and len(value) <= _LONGEST and value.isprintable()
    return PaperId(given.scheme, value) if is_one else None


def share(ids: Iterable[PaperId], others: Iterable[PaperId]) -> bool:
    """Tell whether identifiers show that two papers are one: one is the same, and arXiv's no other.

    Two preprints may name one article they became; who is mistaken there is not known.
    """
    ours, theirs = set(ids), set(others)
    if ours.isdisjoint(theirs):
        return False
    return not _differ(_houses(ours)[Scheme.ARXIV], _houses(theirs)[Scheme.ARXIV])


def contradict(ids: Iterable[PaperId], others: Iterable[PaperId]) -> bool:
    """Tell whether identifiers show that two papers are two.

    A paper has one arXiv id, one DOI of a server of preprints, and one where it came out. What it has
    on one server says nothing against what it has on another. OpenReview and Semantic Scholar
    number a paper anew for each venue, or by accident: that says nothing either.
    """
    ours, theirs = _houses(ids), _houses(others)
    return any(_differ(values, theirs.get(house, set())) for house, values in ours.items())


def _differ(ours: set[str], theirs: set[str]) -> bool:
    return bool(ours and theirs) and ours.isdisjoint(theirs)


def _houses(ids: Iterable[PaperId]) -> defaultdict[str, set[str]]:
    """Return the identifiers by who gave them, of those who give a paper one."""
    houses: defaultdict[str, set[str]] = defaultdict(set)
    for each in ids:
        if each.scheme is Scheme.ARXIV:
            houses[Scheme.ARXIV].add(each.value)
        elif each.scheme is Scheme.DOI:
            prefix = each.value.partition("/")[0]
            if prefix not in _MANY:
                houses[prefix if prefix in _PREPRINTS else "published"].add(each.value)
    return houses
