"""The load that benchmarks/ranking.py measures with: papers, phrases and readers, always the same.

Papers are those of the real dumps and of conferences; readers choose among the keywords that
authors chose, as unevenly as authors do. All of it lies in ../shared and stays there.
"""

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import numpy as np

from digest.errors import ExpressionError
from digest.model.papers import Paper
from digest.ranking.analysis import sentences
from digest.ranking.query import parse
from digest.sources.dumps.text import read_dump
from digest.sources.texts.normalize import title_key
from tests.ranking.reader_wishes import ReaderWishes

SHARED = Path(__file__).resolve().parents[2] / "shared"
DUMPS = SHARED / "dumps"
CONFERENCES = SHARED / "relevance" / "ml-keyword" / "docs.jsonl.gz"
PHRASES = SHARED / "relevance" / "phrases" / "phrases.tsv.gz"
SEED = 7
SENTENCES = 8  # of a paper that is made
DAY = 1_000
LIMIT = 10
FEWEST, MOST = 3, 8
EXCLUDING = 0.1
WEIGHTS = (8, 16, 32)  # .5, 1 and 2, in 1/16
FLATTENED = 5  # q of Zipf-Mandelbrot
CHUNK = 1 << 16  # readers


def missing() -> str:
    """Return a sentence on the data that is not there, "" if all is."""
    absent = [path.name for path in (DUMPS, CONFERENCES, PHRASES) if not path.exists()]
    if not absent:
        return ""
    return f"The load is made from {SHARED.parent.name}/shared, which lacks {', '.join(absent)}."


@cache
def papers(count: int) -> list[Paper]:
    """Return papers, in one order for every count: a mixed day, other real ones, then made ones."""
    dice = random.Random(SEED)  # noqa: S311  the same papers every time
    listed = _listed()
    others = _conferences({title_key(title) for title, _ in listed})
    dice.shuffle(others)
    day = [*listed, *others[: DAY - len(listed)]]
    dice.shuffle(day)
    texts = [*day, *others[DAY - len(listed) :]]
    real = len(texts)
    while len(texts) < count:
        texts.append(_made(dice.choices(texts[:real], k=SENTENCES + 1), dice))
    now = datetime(2026, 11, 21, tzinfo=UTC)
    return [
        Paper(n, f"paper-{n}", title, abstract, (), (), (), False, now, now)  # noqa: FBT003
        for n, (title, abstract) in enumerate(texts[:count])
    ]


def _listed() -> list[tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for path in sorted(DUMPS.glob("*.txt")):
        for record in read_dump(path, today=date(2026, 11, 21)).records:
            found.setdefault(title_key(record.title), (record.title, record.abstract))
    return list(found.values())


def _conferences(known: set[str]) -> list[tuple[str, str]]:
    with gzip.open(CONFERENCES, "rt", encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    return [(each["title"], each["text"]) for each in read if title_key(each["title"]) not in known]


def _made(sources: list[tuple[str, str]], dice: random.Random) -> tuple[str, str]:
    """Return a paper with the title of one, and a sentence of each other: no near-duplicate."""
    title, *others = sources
    found = [dice.choice(sentences(text) or [(0, 0)]) for _, text in others]
    parts = [text[start:end] for (start, end), (_, text) in zip(found, others, strict=True)]
    return title[0], " ".join(parts)


@cache
def phrases() -> list[str]:
    """Return the phrases that can be asked for, most popular first, in the form all share."""
    with gzip.open(PHRASES, "rt", encoding="utf-8") as lines:
        written = [line.rstrip("\n").split("\t")[1] for line in lines]
    found: dict[str, None] = {}
    for text in written:
        try:
            found[str(parse(text).key)] = None
        except ExpressionError:  # such as "a* search"
            continue
    return list(found)


def wishes(count: int) -> Iterator[list[ReaderWishes]]:
    """Return readers, chunk by chunk; fewer are the first of more."""
    texts = phrases()
    popularity = np.cumsum(1 / (np.arange(len(texts)) + 1 + FLATTENED))
    for begin in range(0, count, CHUNK):
        dice = np.random.default_rng((SEED, begin))
        sizes = dice.integers(FEWEST, MOST + 1, CHUNK)
        ends = np.cumsum(sizes).tolist()
        draws = dice.random(ends[-1] + CHUNK) * popularity[-1]
        wanted = [texts[n] for n in np.searchsorted(popularity, draws).tolist()]
        weights = dice.choice(WEIGHTS, ends[-1]).tolist()
        excludes = (dice.random(CHUNK) < EXCLUDING).tolist()
        yield [
            ReaderWishes(
                begin + n + 1,
                LIMIT,
                list(
                    zip(
                        wanted[end - size : end],
                        weights[end - size : end],
                        strict=True,
                    )
                ),
                [wanted[ends[-1] + n]] if excludes[n] else [],
            )
            for n, (end, size) in enumerate(
                zip(ends[: count - begin], sizes.tolist()[: count - begin], strict=True)
            )
        ]
