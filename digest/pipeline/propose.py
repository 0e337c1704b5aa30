"""What somebody's library proposes: expressions, each with what it finds in the last dumps."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from digest.errors import ExpressionError, SubscriptionError
from digest.model.libraries import Work
from digest.model.subscribers import MAX_INTERESTS
from digest.pipeline.preview import InterestPreview
from digest.pipeline.wishes import finds_papers, read_interests
from digest.ranking.archive import Archive
from digest.ranking.proposals import MOST_WORKS, Proposal, propose
from digest.ranking.query import parse
from digest.sources.identity.same import found_by
from digest.sources.libraries.library import Library
from digest.store.engine import Connection, Database
from digest.store.papers import known_papers, papers_by_id
from digest.text import clean_line

_AT_ONCE = 2000
Preview = Callable[[Sequence[str]], list[InterestPreview]]


@dataclass(frozen=True, slots=True)
class Offer:
    """An expression to say yes or no to: where it comes from, and what it would bring."""

    proposal: Proposal
    preview: InterestPreview

    @property
    def finds(self) -> str:
        """What it finds, without how to write it otherwise: here it is only taken or left."""
        return self.preview.found.sentence.partition(":")[0].rstrip(".") + "."


@dataclass(frozen=True, slots=True)
class Offered:
    """What a library came to.

    Of its `works` so many were looked at; `unknown` of them are only a name, of a paper that is not
    here.
    """

    library: Library
    offers: tuple[Offer, ...]
    looked_at: int
    unknown: int

    @property
    def works(self) -> int:
        """How many works the library has."""
        return len(self.library.works)


def offer(
    database: Database,
    archive: Archive,
    library: Library,
    preview: Preview,
    known: Collection[str] = (),
) -> Offered:
    """Return what a library proposes to somebody who has the `known` expressions; keeps nothing.

    Expressions that stand in it as such come first; there are no more than anybody may follow. A
    work without an abstract is given that of our own paper, if we have it.
    """
    works = spread(library.works)
    with database.reading() as connection:
        works = [
            work
            for at in range(0, len(works), _AT_ONCE)
            for work in completed(connection, works[at : at + _AT_ONCE])
        ]
    told = [work for work in works if work.title or work.abstract or work.keywords]
    sound = filter(_is_sound, map(clean_line, library.expressions))
    written = unlike(sound, known)[:MAX_INTERESTS]
    proposals = [
        *(Proposal(each, 0, 0, ()) for each in written),
        *propose(told, archive, [*known, *written]),
    ][:MAX_INTERESTS]
    previews = preview([each.expression for each in proposals])
    offers = tuple(map(Offer, proposals, previews))
    return Offered(library, offers, len(told), len(works) - len(told))


def again(previews: Sequence[InterestPreview]) -> Offered:
    """Return expressions as they were offered, of a library that is forgotten."""
    offers = (Offer(Proposal(each.expression, 0, 0, ()), each) for each in previews)
    return Offered(Library("", ()), tuple(offers), 0, 0)


def unlike(expressions: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the expressions that none of the known ones equals in another form, each once.

    A weight makes no difference. Raises ExpressionError for what cannot be read.
    """
    had = {parse(each).key: "" for each in known}
    for each in expressions:
        had.setdefault(parse(each).key, each)
    return list(filter(None, had.values()))


def spread(works: Sequence[Work]) -> list[Work]:
    """Return so many works as are looked at, from all over a large library."""
    if len(works) <= MOST_WORKS:
        return list(works)
    return [works[at * len(works) // MOST_WORKS] for at in range(MOST_WORKS)]


def completed(connection: Connection, works: Sequence[Work]) -> list[Work]:
    """Return works with what our own papers tell besides."""
    keys = {found_by(work.title) for work in works if work.title and not work.abstract}
    ids = {each for work in works if not work.abstract for each in work.ids}
    known = known_papers(connection, keys - {""}, (), ids)
    papers = papers_by_id(connection, [each.id for each in known])
    by_id = {each: paper for paper in papers.values() for each in paper.ids}
    by_title = {found_by(paper.title): paper for paper in papers.values()}
    found = []
    for work in works:
        paper = next((by_id[each] for each in work.ids if each in by_id), None)
        paper = paper or (by_title.get(found_by(work.title)) if work.title else None)
        if paper is not None and not work.abstract:
            title, authors = work.title or paper.title, work.authors or paper.authors
            found.append(replace(work, title=title, abstract=paper.abstract, authors=authors))
        else:
            found.append(work)
    return found


def _is_sound(expression: str) -> bool:
    try:
        return len(read_interests([expression])) == 1 and finds_papers(expression)
    except (ExpressionError, SubscriptionError):
        return False
