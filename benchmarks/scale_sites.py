"""Sites for benchmarks/scale.py: papers of ../shared, and readers who ask for what authors write.

Each step is run in a process of its own. A day of PAPERS is new to all readers; the archive that
scores rest on has BEFORE more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from benchmarks import ranking_load
from digest.model.papers import DateOrigin, Dump, Paper, PaperRecord
from digest.model.partitions import CHUNK
from digest.pipeline.archive import Archives
from digest.pipeline.habits import ALL_ACTIVE, Habits
from digest.pipeline.ingest import ingest
from digest.pipeline.load import load_readers, papers_rated
from digest.pipeline.made_interests import MadeInterests
from digest.pipeline.popular import WAYS, Vocabulary
from digest.pipeline.population import Population
from digest.sources.base import Page
from digest.store.engine import Database

AUTHORITY = "digest.example.org"
PAPERS, BEFORE = 1_000, 3_000
_LONG_AGO = timedelta(days=30)
# What issue and docs promise is measured with readers who have interests and exclusions alone.
_PLAIN = Habits(
    unconfirmed=0, left=0, paused=0, suppressed=0, with_feedback=0, muting=0, excluding=0.1
)


def add_papers(url: str, moment: datetime, papers: int = PAPERS, before: int = BEFORE) -> None:
    """Take in the papers everybody has seen, then those of the day; count them all."""
    found = ranking_load.papers(papers + before)
    database = Database(url)
    old, new = found[papers:], found[:papers]
    for name, day, listed in (("old", moment - _LONG_AGO, old), ("new", moment, new)):
        dump = Dump("benchmark", name, name, day.date(), DateOrigin.STATED, "made")
        page = Page(dump, iter(_records(listed)))
        ingest(database, page, partial(_stand, day), anyway=True)
    Archives(database, partial(_stand, moment)).current()
    database.dispose()


def add_readers(url: str, moment: datetime, count: int, *, is_mixed: bool = False) -> None:
    """Add readers who are all due; if they are to be mixed, with feedback, mutes and all operators."""
    database = Database(url)
    load_readers(database, population(database, moment, is_mixed=is_mixed), count)
    database.dispose()


def population(
    database: Database | None, moment: datetime, *, is_mixed: bool = False
) -> Population:
    """Return the readers; without a database they can have no opinion of a paper."""
    phrases = ranking_load.phrases()
    vocabulary = Vocabulary.of(phrases) if is_mixed else Vocabulary([phrases] * len(WAYS))
    rated = papers_rated(database) if database and is_mixed else ()
    shares = ALL_ACTIVE if is_mixed else _PLAIN
    return Population(
        ranking_load.SEED, MadeInterests(vocabulary), moment, shares, rated, is_due=True
    )


def chunks(count: int) -> list[tuple[int, int]]:
    """Return the chunks that so many readers come in: the number of each, and how many it has."""
    return [(n, min(CHUNK, count - begin)) for n, begin in enumerate(range(0, count, CHUNK))]


def _records(papers: Sequence[Paper]) -> list[PaperRecord]:
    return [
        PaperRecord(n, each.title, each.abstract, each.title, each.abstract)
        for n, each in enumerate(papers, start=1)
    ]


def _stand(moment: datetime) -> datetime:
    return moment
