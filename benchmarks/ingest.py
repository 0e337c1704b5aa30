"""Ingest speed and memory, on a generated dump: ./run.sh bench ingest [PAPERS].

The baseline is the parser alone, in the same run: the ratio says what identity and the store cost.
"""

import random
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from digest.clock import utc_now
from digest.pipeline.ingest import ingest
from digest.sources.dumps.text import read_dump
from digest.store import schema
from digest.store.engine import Database

WORDS = 40_000


def main() -> None:
    """Print papers per second of parsing and of the whole way, and the peak memory."""
    papers = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generated.txt"
        write_dump(path, papers)
        size = path.stat().st_size / 2**20
        before = time.perf_counter()
        parsed = sum(1 for _ in read_dump(path, today=date(2026, 11, 21)).records)
        parsing = time.perf_counter() - before
        database = Database(f"sqlite:///{folder}/digest.sqlite3")
        schema.upgrade(database)
        before = time.perf_counter()
        report = ingest(database, read_dump(path, today=date(2026, 11, 21)), utc_now)
        whole = time.perf_counter() - before
        database.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    if not parsed == report.papers == report.new_papers == papers:
        sys.exit(
            f"{papers} written, {parsed} parsed, {report.papers} listed, {report.new_papers} new"
        )
    print(f"{papers} papers, {size:.0f} MiB, one process, SQLite")
    print(f"  parser alone (baseline)  {papers / parsing:8.0f} papers/s   1.00")
    print(f"  whole ingest             {papers / whole:8.0f} papers/s   {parsing / whole:.2f}")
    print(f"  peak memory of both      {peak:8.0f} MiB")


def write_dump(path: Path, papers: int, seed: int = 7) -> None:
    """Write a dump in layout B with words as unevenly frequent as those of a language."""
    dice = random.Random(seed)  # noqa: S311  a generator that gives the same dump every time
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(dice.choices(letters, k=dice.randint(2, 12))) for _ in range(WORDS)]
    weights = [1 / (rank + 5) for rank in range(WORDS)]
    with path.open("w", encoding="utf-8") as dump:
        dump.write("Get trending papers in your email inbox once a day!\n")
        dump.write("Get trending papers in your email inbox!\nSubscribe")
        for number in range(papers):
            title = " ".join(dice.choices(words, weights, k=9)).title()
            abstract = " ".join(dice.choices(words, weights, k=180)).capitalize()
            dump.write(f"{title} {number}\n{abstract}.\n")


if __name__ == "__main__":
    main()
