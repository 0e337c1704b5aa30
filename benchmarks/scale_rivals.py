"""One query for every reader, in a loop, for benchmarks/scale.py: bm25s, and SQLite's FTS5.

Each is given what helps it: phrases are analysed, and queries written, before the clock starts. They
ask for less than Digest does: bm25s for words alone, FTS5 for phrases and exclusions, without near
words, acronyms, weights and reasons.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from importlib import import_module
from itertools import chain
from typing import NamedTuple

from benchmarks import ranking_load
from benchmarks.scale_meter import Meter, Taken, middle
from benchmarks.scale_sites import PAPERS, chunks, population
from digest.model.population import MadeReader
from digest.ranking.analysis import STOP_WORDS, stems, tokenize

LIMIT = 10
ROUNDS = 3

Ask = Callable[[], object]


class Reader(NamedTuple):
    """What a reader asks for, and what they do not want."""

    phrases: Sequence[str]
    hidden: Sequence[str]


def fts5(count: int, moment: datetime, papers: int = PAPERS) -> Taken:
    """Ask FTS5 for the ten best of each reader, as it ranks them by BM25."""
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIRTUAL TABLE day USING fts5(title, body, tokenize = 'porter unicode61')"
    )
    rows = [(each.title, each.abstract) for each in ranking_load.papers(papers)]
    connection.executemany("INSERT INTO day VALUES (?, ?)", rows)
    connection.execute("INSERT INTO day (day) VALUES ('optimize')")
    statement = f"SELECT rowid FROM day WHERE day MATCH ? ORDER BY rank LIMIT {LIMIT}"  # noqa: S608
    queries = [query for each in _readers(count, moment) if (query := _fts5_query(each))]
    return _loop([partial(_rows, connection, statement, query) for query in queries])


def bm25s(count: int, moment: datetime, papers: int = PAPERS) -> Taken:
    """Ask bm25s, Lucene's BM25, for the ten best of each reader."""
    retriever = import_module("bm25s").BM25(method="lucene")
    texts = [f"{each.title} {each.abstract}" for each in ranking_load.papers(papers)]
    retriever.index(list(map(_words, texts)), show_progress=False)
    asked = [
        list(chain.from_iterable(map(_words, each.phrases))) for each in _readers(count, moment)
    ]
    ask = partial(retriever.retrieve, k=LIMIT, show_progress=False, n_threads=0)
    return _loop([partial(ask, [words]) for words in asked if words])


def _rows(connection: sqlite3.Connection, statement: str, query: str) -> list[tuple[int]]:
    return connection.execute(statement, (query,)).fetchall()


def _loop(asks: Sequence[Ask]) -> Taken:
    for ask in asks[:20]:
        ask()
    rounds = []
    for _ in range(ROUNDS):
        meter = Meter()
        with meter.running():
            for ask in asks:
                ask()
        rounds.append(meter.taken(readers=len(asks)))
    return middle(rounds)


def _readers(count: int, moment: datetime) -> list[Reader]:
    found = population(None, moment)
    made = [each for chunk, size in chunks(count) for each in found.readers(chunk)[:size]]
    return [_reader(each) for each in made]


def _reader(made: MadeReader) -> Reader:
    texts = [text for text, _ in made.interests]
    return Reader(
        [text for text in texts if not text.startswith("-")],
        [text.removeprefix("-").strip('"') for text in texts if text.startswith("-")],
    )


def _fts5_query(reader: Reader) -> str:
    wanted = " OR ".join(_quoted(reader.phrases))
    hidden = " OR ".join(_quoted(reader.hidden))
    return f"({wanted}) NOT ({hidden})" if wanted and hidden else wanted


def _quoted(phrases: Sequence[str]) -> list[str]:
    """Return phrases as FTS5 takes them; what has no word of its own is left out."""
    found = (" ".join(token.word for token in tokenize(phrase)) for phrase in phrases)
    return [f'"{text}"' for text in found if text]


def _words(text: str) -> list[str]:
    """Return the words of a text as a search engine has them: no stop words, stems of the rest."""
    return stems([token.word for token in tokenize(text) if token.word not in STOP_WORDS])
