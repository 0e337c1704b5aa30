"""Other ways to the same lists, for benchmarks/ranking.py: one query for every reader, in a loop.

Each is given what helps it: phrases are analysed before the clock starts, and one index serves all.
What it asks is less than Digest's: Tantivy has phrases and exclusions but no near words, no acronyms
and no coverage; bm25s and rank_bm25 have words alone, and neither weights nor exclusions.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from itertools import chain
from typing import NamedTuple

from benchmarks.ranking_load import DAY, LIMIT, papers, wishes
from digest.model.papers import Paper
from digest.ranking.analysis import STOP_WORDS, stems, tokenize
from tests.ranking.reader_wishes import ReaderWishes

LIBRARIES = ("tantivy", "bm25s", "rank_bm25")
SAMPLES = (5_000, 3_000, 300)  # readers of Tantivy, bm25s and rank_bm25
ROUNDS = 3
Serve = Callable[[ReaderWishes], object]
Make = Callable[[Sequence[Paper], Sequence[str]], Serve]


class Loop(NamedTuple):
    """What one reader costs: seconds, and seconds of processor time; medians of rounds."""

    name: str
    readers: int
    wall: float
    cpu: float


def loops() -> list[Loop]:
    """Return what each loop costs a reader, Tantivy's first."""
    day = papers(DAY)
    readers = next(wishes(max(SAMPLES)))
    phrases = {text for reader in readers for text in _asked(reader)}
    makers: dict[str, tuple[Make, int]] = {
        "Tantivy": (tantivy_loop, SAMPLES[0]),
        "  queries shared": (partial(tantivy_loop, is_prepared=True), SAMPLES[0]),
        "bm25s": (bm25s_loop, SAMPLES[1]),
        "rank_bm25": (rank_bm25_loop, SAMPLES[2]),
    }
    return [
        _timed(name, make(day, sorted(phrases)), readers[:count])
        for name, (make, count) in makers.items()
    ]


def _timed(name: str, serve: Serve, readers: Sequence[ReaderWishes]) -> Loop:
    for reader in readers[:20]:
        serve(reader)
    rounds = []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        for reader in readers:
            serve(reader)
        rounds.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu, wall = sorted(rounds)[ROUNDS // 2]
    return Loop(name, len(readers), wall / len(readers), cpu / len(readers))


def _asked(reader: ReaderWishes) -> list[str]:
    return [*(text for text, _ in reader.items), *reader.hidden]


def _words(text: str) -> list[str]:
    """Return the words of a text as a search engine has them: no stop words, stems of the rest."""
    return stems([token.word for token in tokenize(text) if token.word not in STOP_WORDS])


def tantivy_loop(
    day: Sequence[Paper], phrases: Sequence[str], *, is_prepared: bool = False
) -> Serve:
    """Return a search of one index in memory, of one segment, with the default stemming.

    The words of the phrases are ready; with `is_prepared` so are their queries, which readers share.
    """
    tantivy = import_module("tantivy")
    fields = ("title", "body")
    builder = tantivy.SchemaBuilder()
    for field in fields:
        builder.add_text_field(field, stored=False, tokenizer_name="en_stem")
    schema = builder.build()
    index = tantivy.Index(schema)
    writer = index.writer(num_threads=1)
    for paper in day:
        writer.add_document(tantivy.Document(title=paper.title, body=paper.abstract))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    should, must_not = tantivy.Occur.Should, tantivy.Occur.MustNot

    roots_of = {text: stems([token.word for token in tokenize(text)]) for text in phrases}

    def query(text: str) -> object:
        roots = roots_of[text]
        one = partial(tantivy.Query.term_query, schema)
        several = partial(tantivy.Query.phrase_query, schema)
        queries = [
            several(field, roots) if len(roots) > 1 else one(field, roots[0]) for field in fields
        ]
        return tantivy.Query.boolean_query([(should, query) for query in queries])

    ready = {text: query(text) for text in phrases} if is_prepared else {}
    query_of: Callable[[str], object] = ready.__getitem__ if is_prepared else query

    def serve(reader: ReaderWishes) -> object:
        parts = [
            (should, tantivy.Query.boost_query(query_of(text), weight / 16))
            for text, weight in reader.items
        ]
        parts += [(must_not, query_of(text)) for text in reader.hidden]
        return searcher.search(tantivy.Query.boolean_query(parts), limit=LIMIT).hits

    return serve


def bm25s_loop(day: Sequence[Paper], phrases: Sequence[str]) -> Serve:
    """Return a search of bm25s' index, Lucene's BM25."""
    retriever = import_module("bm25s").BM25(method="lucene")
    retriever.index([_words(f"{each.title} {each.abstract}") for each in day], show_progress=False)
    words_of = {text: _words(text) for text in phrases}

    def serve(reader: ReaderWishes) -> object:
        words = list(chain.from_iterable(words_of[text] for text, _ in reader.items))
        return retriever.retrieve([words], k=LIMIT, show_progress=False, n_threads=0)

    return serve


def rank_bm25_loop(day: Sequence[Paper], phrases: Sequence[str]) -> Serve:
    """Return a search of rank_bm25's index, as in its README."""
    okapi = import_module("rank_bm25").BM25Okapi(
        [_words(f"{each.title} {each.abstract}") for each in day]
    )
    words_of = {text: _words(text) for text in phrases}

    def serve(reader: ReaderWishes) -> object:
        words = list(chain.from_iterable(words_of[text] for text, _ in reader.items))
        return okapi.get_top_n(words, day, n=LIMIT)

    return serve
