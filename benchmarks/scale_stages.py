"""The stages that benchmarks/scale.py measures, each called in a new process.

A worker is warm before its clock starts: it has imported, compiled, and read the archive.
"""

import gc
import multiprocessing
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from multiprocessing.synchronize import Barrier

from benchmarks import ranking_load
from benchmarks.scale_meter import Meter, Taken, cpu_of_family, middle
from benchmarks.scale_sites import AUTHORITY, BEFORE, PAPERS, chunks, population
from digest.model.papers import ListedPaper
from digest.model.partitions import CHUNK
from digest.model.profiles import Profile
from digest.model.subscribers import Interest
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer
from digest.ranking.archive import Archive
from digest.ranking.rank import Ranking
from digest.ranking.warm import warm
from digest.store import due
from digest.store.engine import Database
from digest.store.wishes import keep_present

Begin = Callable[[], object]


def plan(url: str, server: int | None, moment: datetime, rounds: int) -> Taken:
    """Find which ranges somebody is due in, and look up everybody in them."""
    database = Database(url)
    found = []
    for _ in range(rounds):
        meter, readers = Meter(server), 0
        with meter.running():
            with database.reading() as connection:
                ranges = due.due_ranges(connection, moment, CHUNK)
            for each in ranges:
                with database.reading() as connection:
                    known, others = due.due_readers(connection, moment, each)
                    readers += len(known) + len(others)
        found.append(meter.taken(readers=readers))
    database.dispose()
    return middle(found)


def rank(count: int, moment: datetime, papers: int = PAPERS, before: int = BEFORE) -> Taken:
    """Rank the day for everybody, chunk by chunk, from the texts to lists with their reasons."""
    found = ranking_load.papers(papers + before)
    archive = Archive.of((each.title, each.abstract) for each in found)
    listed = [
        ListedPaper(paper, 2, moment.date(), n, moment)
        for n, paper in enumerate(found[:papers], start=1)
    ]
    readers = population(None, moment)
    warm()
    _settle()
    meter, entries = Meter(), 0
    with meter.running():
        ranking = Ranking(listed, moment, archive)
    for chunk, size in chunks(count):
        profiles = [
            Profile(n, tuple(Interest(*each) for each in made.interests), made.papers_per_digest)
            for n, made in enumerate(readers.readers(chunk)[:size], start=chunk * CHUNK + 1)
        ]
        with meter.running():
            entries += len(ranking.choose(profiles).papers)
    return meter.taken(readers=count, entries=entries)


def keep_all_wishes(url: str, moment: datetime) -> None:
    """Write down what everybody wishes, as the first digest of each reader does."""
    database = Database(url)
    with database.reading() as connection:
        ranges = due.due_ranges(connection, moment, CHUNK)
    for each in ranges:
        with database.writing() as connection:
            _, others = due.due_readers(connection, moment, each)
            keep_present(connection, others)
    database.dispose()


def compose(
    url: str,
    server: int | None,
    moment: datetime,
    share: tuple[int, int] = (0, 1),
    begin: Begin = lambda: None,
) -> Taken:
    """Compose what is due, range by range; of a `share` (place, processes) every so many-th range."""
    database = Database(url)
    clock = partial(_stand, moment)
    archives = Archives(database, clock)
    archives.current()
    warm()
    composer = Composer(database, archives, AUTHORITY, clock)
    _settle()
    place, step = share
    counts = Counter[str]()
    meter = Meter(server)
    begin()
    with meter.running():
        with database.reading() as connection:
            ranges = due.due_ranges(connection, moment, CHUNK)
        for each in ranges[place::step]:
            report = composer.compose_due(within=each)
            counts.update(composed=report.composed, quiet=report.quiet, waiting=report.waiting)
            if report.broken:
                raise RuntimeError(f"{report.broken} digests cannot be composed")
    database.dispose()
    return meter.taken(**counts)


def compose_by(processes: int, url: str, server: int | None, moment: datetime) -> Taken:
    """Compose in several processes that begin at once, each its own ranges; from first to last."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(processes), context.Queue()
    crew = [
        context.Process(target=_compose_share, args=(url, moment, (n, processes), barrier, results))
        for n in range(processes)
    ]
    before = cpu_of_family(server) if server else 0.0
    for each in crew:
        each.start()
    found = [results.get() for _ in crew]
    for each in crew:
        each.join()
    if any(each.exitcode for each in crew):
        raise RuntimeError("a process that composes has failed: its error is above")
    done = Counter[str]()
    for one in found:
        done.update(one.done)
    return Taken(
        max(each.seconds for each in found),
        sum(each.cpu for each in found),
        cpu_of_family(server) - before if server else 0.0,
        max(each.megabytes for each in found),
        dict(done),
    )


def _compose_share(
    url: str,
    moment: datetime,
    share: tuple[int, int],
    barrier: Barrier,
    results: "multiprocessing.Queue[Taken]",
) -> None:
    try:
        results.put(compose(url, None, moment, share, barrier.wait))
    except BaseException:
        barrier.abort()
        results.put(Taken(0, 0, 0, 0, {}))
        raise


def _settle() -> None:
    gc.collect()
    gc.freeze()  # as a long-lived worker does with what it has loaded


def _stand(moment: datetime) -> datetime:
    return moment
