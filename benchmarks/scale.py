"""Up to a million readers, stage by stage: ./run.sh bench scale [SIZE ...] [--full] [--only KIND].

A day of a thousand new papers for readers with 3 to 8 interests each, on SQLite and on PostgreSQL
started for it, all in memory: no disk is measured. Without sizes 10,000 and 100,000; --full adds a
million. Every measurement is a process of its own. What PostgreSQL's own processes take is counted
apart, and they share the cores. Ranking is compared with loops of one query a reader in the same run.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import delivery_peers, ranking_load, scale_delivery, scale_rivals
from benchmarks import scale_sites as sites
from benchmarks import scale_stages as stages
from benchmarks.scale_hosts import KINDS, Host, open_host
from benchmarks.scale_meter import Taken, apart, exponent, middle
from digest.jobs.schema import upgrade_queue
from digest.store.engine import Database
from digest.store.schema import upgrade

SIZES, MILLION = (10_000, 100_000), 1_000_000
ROUNDS = 3
ONE_ROUND_FROM = 50_000  # readers: what takes minutes is not done three times
MOST_SENT = 100_000  # the largest size of which the mails are sent, and two workers are compared
ASKED = 10_000  # readers of the loops
OF_READERS = ("subscribers", "interests", "wishes")
OF_DIGESTS = ("digests", "digest_entries", "quotations")
OF_DELIVERIES = ("deliveries", "attempts")
GOAL_EXPONENT, GOAL_SPEED_UP, GOAL_MEMORY = 1.05, 1.6, 1536.0
GOAL_CPU = {"sqlite": 180.0, "postgresql": 360.0}  # of composing a million


@dataclass
class Found:
    """What was measured on one kind of host: by stage and size, and what a row of each kind weighs."""

    kind: str
    taken: dict[str, dict[int, Taken]] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)
    database: dict[int, int] = field(default_factory=dict)

    def add(self, stage: str, size: int, taken: Taken) -> None:
        """Keep a measurement, and print it."""
        self.taken.setdefault(stage, {})[size] = taken
        done = ", ".join(f"{count:,} {name}" for name, count in taken.done.items())
        print(
            f"  {stage:22}{size:>10,}{taken.seconds:>10.2f}{taken.cpu:>10.2f}{taken.server:>10.2f}"
            f"{taken.all_cpu / size * 1e6:>10.1f}{taken.megabytes:>10.0f}   {done}",
            flush=True,
        )


def main() -> None:
    """Print the tables, then which goals are met."""
    asked = _arguments()
    if problem := ranking_load.missing() or delivery_peers.missing():
        sys.exit(problem)
    sizes = sorted({*asked.sizes} or {*SIZES, *((MILLION,) if asked.full else ())})
    moment = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="digest-scale-", dir=_room()) as name:
        ranked = measure_ranking(sizes, moment)
        rivals = measure_rivals(min(ASKED, sizes[-1]), moment)
        found = []
        for kind in (asked.only,) if asked.only else KINDS:
            with open_host(kind, Path(name)) as host:
                bench = Bench(host, Path(name), moment, is_mixed=asked.mixed)
                found.append(bench.measure(sizes, sends=not asked.no_delivery))
    print_rivals(ranked, rivals)
    for each in found:
        print_sizes(each)
    print_goals(ranked, found)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, help="how many readers")
    parser.add_argument("--full", action="store_true", help="a million as well")
    parser.add_argument("--only", choices=KINDS, help="one kind of database")
    parser.add_argument("--no-delivery", action="store_true", help="send nothing")
    parser.add_argument("--mixed", action="store_true", help="readers with feedback and mutes")
    return parser.parse_args()


def _room() -> str | None:
    shared = Path("/dev/shm")  # noqa: S108  whose name is made up by tempfile
    return str(shared) if shared.is_dir() and os.access(shared, os.W_OK) else None


def measure_ranking(sizes: Sequence[int], moment: datetime) -> Found:
    """Return what ranking alone takes, for which no database matters."""
    found = Found("ranking alone")
    print_head("without a database")
    for size in sizes:
        rounds = range(rounds_of(size))
        found.add("rank", size, middle([apart(stages.rank, size, moment) for _ in rounds]))
    return found


def measure_rivals(count: int, moment: datetime) -> Found:
    """Return what loops of one query a reader take."""
    found = Found("loops")
    found.add("bm25s, a query each", count, apart(scale_rivals.bm25s, count, moment))
    found.add("FTS5, a query each", count, apart(scale_rivals.fts5, count, moment))
    return found


@dataclass
class Bench:
    """Measures on one host; `base` is the database with papers and no readers."""

    host: Host
    folder: Path
    moment: datetime
    is_mixed: bool = False
    base: str = "base"

    def measure(self, sizes: Sequence[int], *, sends: bool) -> Found:
        """Return what every stage takes at every size."""
        found = Found(self.host.kind)
        print_head(self.host.kind)
        self._make_base()
        pairs = max((size for size in sizes if size <= MOST_SENT), default=0)
        for size in sizes:
            with self._site(size) as name:
                self._measure_one(found, name, size, sends=sends and size == pairs)
                if size == pairs:
                    with self._copied(name, "halves") as url:
                        args = (2, url, self.host.process, self.moment)
                        found.add("compose by two", size, stages.compose_by(*args))
        self.host.drop(self.base)
        return found

    def _measure_one(self, found: Found, name: str, size: int, *, sends: bool) -> None:
        process, moment = self.host.process, self.moment
        rounds = rounds_of(size)
        with self._copied(name, "planned") as url:
            found.add("plan", size, apart(stages.plan, url, process, moment, ROUNDS))
            apart(stages.keep_all_wishes, url, moment)
            of_readers = _sum(self.host.sizes("planned"), OF_READERS)
            found.add("compose, wishes known", size, apart(stages.compose, url, process, moment))
        runs = []
        for left in reversed(range(rounds)):
            with self._copied(name, "composed") as url:
                runs.append(apart(stages.compose, url, process, moment))
                if left:
                    continue
                found.add("compose", size, middle(runs))
                composed = self.host.sizes("composed")
                found.database[size] = sum(composed.values())
                found.sizes = self._weights(of_readers, composed, size, runs[-1].done)
                if sends:
                    self._send(found, size)

    def _send(self, found: Found, size: int) -> None:
        for workers, stage in ((1, "deliver"), (2, "deliver by two")):
            with self._copied("composed", "sent") as url:
                args = (url, self.host.process, self.folder, workers)
                found.add(stage, size, scale_delivery.deliver(*args))

    def _weights(
        self, of_readers: int, composed: dict[str, int], size: int, done: dict[str, int]
    ) -> dict[str, float]:
        digests = done["composed"] + done["quiet"]
        return {
            "reader": of_readers / size,
            "digest": _sum(composed, OF_DIGESTS) / max(1, digests),
            "delivery": _sum(composed, OF_DELIVERIES) / max(1, done["composed"]),
        }

    def _make_base(self) -> None:
        url = self.host.make(self.base)
        apart(_upgrade, url)
        apart(sites.add_papers, url, self.moment)

    @contextmanager
    def _site(self, size: int) -> Iterator[str]:
        name = f"readers_{size}"
        with self._copied(self.base, name) as url:
            apart(sites.add_readers, url, self.moment, size, is_mixed=self.is_mixed)
            self.host.tidy(name)
            yield name

    @contextmanager
    def _copied(self, name: str, new: str) -> Iterator[str]:
        self.host.drop(new)
        try:
            yield self.host.copy(name, new)
        finally:
            self.host.drop(new)


def _upgrade(url: str) -> None:
    database = Database(url)
    upgrade(database)
    upgrade_queue(database)
    database.dispose()


def rounds_of(size: int) -> int:
    """Return how often a size is measured."""
    return ROUNDS if size < ONE_ROUND_FROM else 1


def _sum(sizes: dict[str, int], tables: Sequence[str]) -> int:
    return sum(sizes.get(table, 0) for table in tables)


def print_head(what: str) -> None:
    """Print what the columns are."""
    print(f"\n{what}")
    names = ("readers", "seconds", "CPU", "server's", "us/reader", "peak MiB")
    print(f"  {'':22}" + "".join(f"{name:>10}" for name in names))


def print_rivals(ranked: Found, rivals: Found) -> None:
    """Print how often ranking goes into a loop, each for one reader."""
    size, ours = max(ranked.taken["rank"].items())
    print(f"\nranking, processor time of a reader; ours of {size:,}, with the analysis of the day")
    print(f"  {'ours (baseline)':22}{ours.cpu / size * 1e6:>10.1f} us{1:>9.2f} x")
    for name, by_size in rivals.taken.items():
        ((count, taken),) = by_size.items()
        print(
            f"  {name:22}{taken.cpu / count * 1e6:>10.1f} us"
            f"{taken.cpu / count / (ours.cpu / size):>9.2f} x"
        )


def print_sizes(found: Found) -> None:
    """Print what the database weighs."""
    print(f"\nbytes on {found.kind}, with indexes, at the largest size")
    for what, size in found.sizes.items():
        print(f"  a {what:20}{size:>10,.0f}")
    for readers, size in found.database.items():
        print(
            f"  all, {readers:>10,} readers  {size / 2**20:>10,.0f} MiB, {size / readers:,.0f} each"
        )


def print_goals(ranked: Found, found: Sequence[Found]) -> None:
    """Print which goals are met; those of a million are scaled from fewer in brackets."""
    print("\ngoals")
    for each in (ranked, *found):
        for stage, by_size in each.taken.items():
            if len(by_size) > 1:
                sizes = sorted(by_size)
                cpu = exponent(sizes, [by_size[size].all_cpu for size in sizes])
                wall = exponent(sizes, [by_size[size].seconds for size in sizes])
                what = f"growth of {stage}, {each.kind} (wall {wall:.2f})"
                _print_goal(cpu, "at most", GOAL_EXPONENT, what)
    for each in found:
        size, most = max(each.taken["compose"].items())
        scaled = "" if size == MILLION else f" (scaled from {size:,})"
        cpu = most.all_cpu * MILLION / size
        _print_goal(
            cpu, "at most", GOAL_CPU[each.kind], f"CPU s to compose a million, {each.kind}{scaled}"
        )
        _print_goal(most.megabytes, "at most", GOAL_MEMORY, f"MiB to compose {size:,}, {each.kind}")
        for stage in ("compose", "deliver"):
            for readers, two in each.taken.get(f"{stage} by two", {}).items():
                times = each.taken[stage][readers].seconds / two.seconds
                what = f"times as fast to {stage} by two workers, {each.kind}, {_cores()}"
                _print_goal(times, "at least", GOAL_SPEED_UP, what)


def _cores() -> str:
    return f"{os.cpu_count()} cores for all"


def _print_goal(value: float, bound: str, goal: float, what: str) -> None:
    is_met = value <= goal if bound == "at most" else value >= goal
    print(f"  {'met' if is_met else 'MISSED':8}{value:>9.2f}  {what}; {bound} {goal:g}")


if __name__ == "__main__":
    main()
