"""Fill a database with papers and readers that are made up, as a site in use has them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain, islice
from pathlib import Path

from digest.clock import Clock
from digest.model.partitions import CHUNK
from digest.pipeline.ingest import ingest
from digest.pipeline.made_papers import made_page
from digest.pipeline.popular import Vocabulary, vocabulary_of_papers
from digest.pipeline.population import Population
from digest.sources.dumps.text import read_dump
from digest.store import dumps, made_readers, papers
from digest.store.engine import Database

FIRST_WINDOW = timedelta(days=7)
_TEXTS = 500  # papers read at once
_MOST_TEXTS = 2000  # papers that others are made of
_ENOUGH_TEXTS = 20
_RATED = 500  # the newest papers are what readers have an opinion of
_ERASED = 1000
_DAY = timedelta(days=1)

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many readers were added, and how many of those asked for were there before."""

    added: int
    known: int


def load_papers(  # noqa: PLR0913  an order, whole
    database: Database,
    examples: Sequence[Path],
    clock: Clock,
    *,
    count: int,
    days: int,
    seed: int,
    advance: Advance = lambda _count: None,
) -> int:
    """Take in so many made papers, a list for each of the last days; return how many were new.

    They are made of the papers there are or, while those are few, of the dumps `examples`. The same
    again on the same day adds nothing.
    """
    texts = _texts(database, examples, clock().date())
    new = 0
    for place in range(days):
        listed_at = clock() - (days - 1 - place) * _DAY
        size = count * (place + 1) // days - count * place // days
        if size:
            page = made_page(texts, seed, listed_at.date(), size)
            report = ingest(database, page, partial(_stand, listed_at), advance, anyway=True)
            new += report.new_papers
    return new


def _texts(database: Database, examples: Sequence[Path], today: date) -> list[tuple[str, str]]:
    with database.reading() as connection:
        chunks = papers.texts_of_papers(connection, None, _TEXTS)
        found = list(islice(chain.from_iterable(chunks), _MOST_TEXTS))
    if len(found) < _ENOUGH_TEXTS:
        pages = [read_dump(path, today=today) for path in examples]
        found += [(each.title, each.abstract) for page in pages for each in page.records]
    return found


def _stand(moment: datetime) -> datetime:
    return moment


def vocabulary_of(database: Database) -> Vocabulary:
    """Return what the papers of a database are about; raises DigestError if there are none."""
    with database.reading() as connection:
        chunks = papers.texts_of_papers(connection, None, _TEXTS)
        return vocabulary_of_papers(text for chunk in chunks for text in chunk)


def papers_rated(database: Database) -> list[int]:
    """Return the ids of the papers that readers may have an opinion of."""
    with database.reading() as connection:
        return sorted(each.paper.id for each in papers.newest_papers(connection, _RATED))


def load_readers(
    database: Database,
    population: Population,
    count: int,
    advance: Advance = lambda _count: None,
) -> Loaded:
    """Add the first `count` readers of a population, chunk by chunk, each in one transaction.

    Killed half way, the same call adds who is missing.
    """
    with database.reading() as connection:
        seen = dumps.last_dump_before(connection, population.now - FIRST_WINDOW)
    added = 0
    for chunk, begin in enumerate(range(0, count, CHUNK)):
        made = population.readers(chunk)[: count - begin]
        with database.writing() as connection:
            added += made_readers.add_made_readers(connection, made, seen, population.now)
        advance(len(made))
    return Loaded(added, count - added)


def forget_readers(database: Database, advance: Advance = lambda _count: None) -> int:
    """Delete all made readers with all that is theirs; return how many. Real ones stay."""
    gone = 0
    while True:
        with database.writing() as connection:
            numbers = made_readers.made_readers(connection, _ERASED)
            made_readers.erase_made_readers(connection, numbers)
        if not numbers:
            return gone
        gone += len(numbers)
        advance(len(numbers))
