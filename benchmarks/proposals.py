"""Whether the keywords that a library proposes find more of the same: ./run.sh bench proposals [TOPICS].

Of each topic of the relevance collections 20 works are a library, and the first ten expressions that
it proposes are to find the others, which nobody showed: nDCG@10, precision among the best 20, recall
among the best 100, beside simpler ways to choose ten expressions from the same library.
"""

import gzip
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.relevance_judged import (
    Judged,
    expression_of,
    gain,
    read_judgements,
    read_papers,
    read_queries,
)
from digest.model.libraries import Work
from digest.model.papers import Paper
from digest.ranking.analysis import STOP_WORDS, sentences, tokenize
from digest.ranking.proposals import propose

FOLDER = Path(__file__).parents[2] / "shared" / "relevance"
COLLECTIONS = ("ml-keyword", "acm-2016")
TOPICS, LIBRARY, EXPRESSIONS = 50, 20, 10
LARGEST_TOPIC = 400
Way = Callable[[Sequence[Work]], list[str]]
Scores = tuple[float, float, float]


def main() -> None:
    """Print a table for each collection."""
    topics = int(sys.argv[1]) if len(sys.argv) > 1 else TOPICS
    for name in COLLECTIONS:
        if not (FOLDER / name).is_dir():
            sys.exit(f"There are no relevance collections at {FOLDER}.")
        print_table(name, topics)


def print_table(name: str, topics: int) -> None:
    """Print the mean and the median of each way over the topics of a collection."""
    folder = FOLDER / name
    documents, older = _papers(folder, "docs"), _papers(folder, "background")
    judged = Judged(documents, older)
    grades = read_judgements(folder / "qrels.tsv")
    dice = random.Random(7)  # noqa: S311  the same draws every time
    large = [
        query
        for query, _ in read_queries(folder / "queries.tsv")
        if 2 * LIBRARY <= len(grades[query]) <= LARGEST_TOPIC
    ]
    chosen = dice.sample(sorted(large), min(topics, len(large)))
    works = {each.key: Work(each.title, each.abstract) for each in documents}
    scores: dict[str, list[Scores]] = {}
    for query in chosen:
        names = dice.sample(sorted(grades[query]), len(grades[query]))
        shown = set(names[:LIBRARY])
        library = [works[each] for each in names[:LIBRARY]]
        held = {each: grades[query][each] for each in names[LIBRARY:]}
        for way, expressions in _ways(judged, library).items():
            found = _found(judged, expressions, shown)
            scores.setdefault(way, []).append(_scores(found, held))
    print(f"{name}: {len(chosen)} topics, mean (median)")
    for way, each in scores.items():
        cells = [
            f"{fmean(column):.3f} ({median(column):.3f})" for column in zip(*each, strict=True)
        ]
        print(f"  {way:32}" + "".join(f"{cell:>18}" for cell in cells))


def _ways(judged: Judged, library: Sequence[Work]) -> dict[str, list[str]]:
    archive = judged.search.batch.archive
    titles = [Work(each.title) for each in library]

    def ours(works: Sequence[Work]) -> list[str]:
        return [each.expression for each in propose(works, archive, most=EXPRESSIONS)]

    def words(works: Sequence[Work]) -> list[str]:
        counts = _counts(works, (1,))
        worth = {word: n * archive.rarity(archive.count(word)) for word, n in counts.items()}
        return sorted(worth, key=lambda word: (-worth[word], word))[:EXPRESSIONS]

    def phrases(works: Sequence[Work]) -> list[str]:
        return [each for each, _ in _counts(works, (2, 3)).most_common(EXPRESSIONS)]

    ways: dict[str, Way] = {"proposed": ours, "TF-IDF words": words, "frequent phrases": phrases}
    return {f"{way}, titles and abstracts": choose(library) for way, choose in ways.items()} | {
        f"{way}, titles alone": choose(titles) for way, choose in ways.items()
    }


def _counts(works: Sequence[Work], lengths: Sequence[int]) -> Counter[str]:
    """Return how many works have each run of words that neither begins nor ends with a stop word."""
    counts: Counter[str] = Counter()
    for work in works:
        found: dict[str, None] = {}
        for text in (work.title, work.abstract):
            for start, end in sentences(text):
                said = [token.word for token in tokenize(text, start, end)]
                for length in lengths:
                    for at in range(len(said) - length + 1):
                        run = said[at : at + length]
                        if STOP_WORDS.isdisjoint((run[0], run[-1])) and len(run[0]) > 1:
                            found[" ".join(run)] = None
        counts.update(found.keys())
    return counts


def _found(judged: Judged, expressions: Sequence[str], shown: set[str]) -> list[str]:
    """Return the hundred best of the papers that expressions find, without those of the library."""
    weighed = [judged.search.weighed(expression_of(each)) for each in expressions]
    if not weighed:
        return []
    worth = np.sum([each.worth * each.is_met for each in weighed], axis=0)
    order = np.lexsort((judged.names, -worth)).tolist()
    names = (str(judged.names[number]) for number in order if worth[number] > 0)
    return [name for name in names if name not in shown][:100]


def _scores(found: Sequence[str], held: dict[str, int]) -> Scores:
    best = sum(name in held for name in found[:20]) / 20
    recall = sum(name in held for name in found) / min(100, len(held))
    return gain(found[:10], held), best, recall


def _papers(folder: Path, name: str) -> list[Paper]:
    path = folder / f"{name}.jsonl.gz"
    if not path.exists():
        return []
    with TemporaryDirectory() as unpacked:
        plain = Path(unpacked) / name
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        return read_papers(plain)


if __name__ == "__main__":
    main()
