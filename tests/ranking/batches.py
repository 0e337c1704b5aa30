"""Papers for the ranking tests, and the questions they ask of them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from digest.model.digests import Entry, MatchKind
from digest.model.papers import ListedPaper, Paper
from digest.model.profiles import Profile, Selection
from digest.model.subscribers import Interest
from digest.ranking.batch import Batch
from digest.ranking.places import Match, match_in
from digest.ranking.query import parse
from digest.ranking.rank import rank

NOW = datetime(2026, 3, 18, 7, tzinfo=UTC)
DAY = date(2026, 3, 17)


def paper(
    number: int, title: str = "A paper", abstract: str = "", authors: tuple[str, ...] = ()
) -> Paper:
    return Paper(number, f"p{number}", title, abstract, (), authors, (), False, NOW, NOW)  # noqa: FBT003


def listed(
    *papers: Paper, dump_id: int = 1, dated_on: date = DAY, position: int = 0
) -> list[ListedPaper]:
    return [
        ListedPaper(each, dump_id, dated_on, position or place, NOW)
        for place, each in enumerate(papers, start=1)
    ]


def titled(*titles: str) -> list[ListedPaper]:
    return listed(*(paper(number, title) for number, title in enumerate(titles, start=1)))


def batch(*abstracts: str) -> Batch:
    return Batch(paper(number, abstract=text) for number, text in enumerate(abstracts))


def points(found: Batch, expression: str) -> dict[int, int]:
    """Return the papers that meet an expression, with their points."""
    hits = found.hits([parse(expression)])
    return dict(zip(hits.papers.tolist(), hits.points.tolist(), strict=True))


def matches(found: Batch, expression: str) -> dict[int, Match]:
    """Return the papers that meet an expression, each with the places that say why."""
    wanted = parse(expression)
    located = {number: match_in(found, wanted, number) for number in range(len(found.papers))}
    hit = {number: located[number] for number in points(found, expression)}
    if not wanted.excluded:
        assert hit.keys() == {number for number, match in located.items() if match}
    return {number: match for number, match in hit.items() if match}


def kinds(expression: str, *abstracts: str) -> list[MatchKind | None]:
    """Return how each abstract, all in one batch, matches the expression."""
    found = matches(batch(*abstracts), expression)
    return [found[n].kind if n in found else None for n in range(len(abstracts))]


def does_match(expression: str, *abstracts: str) -> list[bool]:
    return [kind is not None for kind in kinds(expression, *abstracts)]


def profile(*interests: str | Interest, limit: int = 10, **rest: object) -> Profile:
    wanted = tuple(i if isinstance(i, Interest) else Interest(i) for i in interests)
    return Profile(1, wanted, limit, **rest)  # type: ignore[arg-type]


def select(papers: Sequence[ListedPaper], *interests: str | Interest, limit: int = 10) -> Selection:
    return rank(papers, [profile(*interests, limit=limit)], NOW)[0]


def ids(entries: Selection | Iterable[Entry]) -> list[int]:
    entries = entries.entries if isinstance(entries, Selection) else entries
    return [entry.paper_id for entry in entries]
