"""Papers where they were listed first."""

from collections.abc import Iterable

from digest.model.papers import ListedPaper


def first_listings(papers: Iterable[ListedPaper]) -> list[ListedPaper]:
    """Return each paper where it was listed first, in the order of the listings."""
    firsts: dict[int, ListedPaper] = {}
    for listed in sorted(papers, key=lambda each: (each.dump_id, each.position, each.paper.id)):
        firsts.setdefault(listed.paper.id, listed)
    return list(firsts.values())
