"""How well one paper is told from two: ./run.sh bench identity [FOLDER].

Pairs are made of the collections in FOLDER (../shared/relevance unless given) and of the dumps beside
it by changes such as happen between lists, services and versions; and of papers that look alike and
are two. Every two neighbours in a collection (that share a band of their abstracts, or a title) are
looked at as well. Precision, recall and F1 against the exact title, and against the rules of the
release before (one title and an abstract a little alike, or nearly the same abstract).
"""

import gzip
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from benchmarks.identity_pairs import Pair, pairs_of
from digest.model.papers import KnownPaper, PaperRecord
from digest.pipeline.recognising import as_known
from digest.sources.dumps.text import read_dump
from digest.sources.identity.same import same_papers, signature, similarity
from digest.sources.texts.normalize import record_from, title_key

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "relevance"
COLLECTIONS = ("acm-2016", "ml-keyword", "s2-search", "cacm", "cisi", "cranfield")
EACH = 150
# Of the rules before.
_SAME_TITLE, _RETITLED, _SHORTEST_RETITLED = 0.15, 0.75, 150
System = Callable[[PaperRecord, PaperRecord], bool]


class Score(NamedTuple):
    """How many pairs were taken for one rightly, for one wrongly, and for two wrongly."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    apart: int = 0

    def __add__(self, other: "Score") -> "Score":  # type: ignore[override]  # tuples add otherwise
        return Score(*(ours + theirs for ours, theirs in zip(self, other, strict=True)))

    @property
    def precision(self) -> float:
        """Return the share of the pairs taken for one that are."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Return the share of the pairs that are one that were taken for it."""
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Return the harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def main() -> None:
    """Print the tables."""
    given = [each for each in sys.argv[1:] if each != "-v"]
    folder = Path(given[0]) if given else FOLDER
    collections = [path for name in COLLECTIONS if (path := folder / name).is_dir()]
    if not collections:
        sys.exit("There are no collections: give the folder that holds them.")
    sources = [[*read_collection(path)] for path in collections]
    sources.append([*read_dumps(folder.parent / "dumps")])
    dice = random.Random(2026)  # noqa: S311  the same pairs every time
    pairs = [pair for papers in sources if papers for pair in pairs_of(papers, dice, EACH)]
    systems = {"title": by_title, "before": as_before, "Digest": as_now}
    judged = {name: judge(pairs, system) for name, system in systems.items()}
    print(f"{len(pairs):,} pairs; recall, or for papers that are two the share kept apart")
    print(f"{'':38}{'pairs':>7}" + "".join(f"{name:>9}" for name in systems))
    for kind in dict.fromkeys(pair.kind for pair in pairs):
        of_kind = [judged[name][kind] for name in systems]
        count = sum(of_kind[0])
        shares = [
            each.recall if each.right + each.missed else each.apart / count for each in of_kind
        ]
        print(f"{kind:38}{count:7}" + "".join(f"{share:9.4f}" for share in shares))
    totals = [sum(found.values(), Score()) for found in judged.values()]
    for what in ("precision", "recall", "f1"):
        print(f"{what:45}" + "".join(f"{getattr(each, what):9.4f}" for each in totals))
    neighbours(sources)


def judge(pairs: Iterable[Pair], system: System) -> dict[str, Score]:
    """Return how a system does on each kind of pairs."""
    found: defaultdict[str, Score] = defaultdict(Score)
    for pair in pairs:
        says = system(pair.one, pair.other)
        found[pair.kind] += Score(
            right=int(says and pair.is_one),
            wrong=int(says and not pair.is_one),
            missed=int(not says and pair.is_one),
            apart=int(not says and not pair.is_one),
        )
    return found


def as_now(one: PaperRecord, other: PaperRecord) -> bool:
    """Tell whether Digest finds the one for the other, and takes it for the same."""
    return any(_is_found(*pair) for pair in ((one, other), (other, one)))


def _is_found(one: PaperRecord, other: PaperRecord) -> bool:
    mark, known = signature(other), known_of(1, one)
    if not {*mark.title_keys, *mark.bands} & {*known.title_keys, *known.bands}:
        return False
    return bool(same_papers(other, mark, [known]))


def known_of(number: int, record: PaperRecord) -> KnownPaper:
    """Return a record as a stored paper."""
    return as_known(number, record, signature(record))


def by_title(one: PaperRecord, other: PaperRecord) -> bool:
    """Tell whether the titles are the same but for case and punctuation."""
    return title_key(one.title) == title_key(other.title) != ""


def as_before(one: PaperRecord, other: PaperRecord) -> bool:
    """Tell what the release before would have said."""
    ours, theirs = title_key(one.abstract), title_key(other.abstract)
    if by_title(one, other):
        if not ours or not theirs or ours.startswith(theirs) or theirs.startswith(ours):
            return True
        return similarity(one.abstract, other.abstract) >= _SAME_TITLE
    if min(len(ours), len(theirs)) < _SHORTEST_RETITLED:
        return False
    is_found = set(signature(one).bands) & set(signature(other).bands)
    return bool(is_found) and similarity(one.abstract, other.abstract) >= _RETITLED


def neighbours(sources: Iterable[list[tuple[str, str]]]) -> None:
    """Print which papers of one collection are taken for one, and how long it took to say so."""
    looked, joined, began = 0, [], time.perf_counter()
    for papers in sources:
        by_feature: defaultdict[object, list[int]] = defaultdict(list)
        known: list[KnownPaper] = []
        for title, abstract in papers:
            record = record_from(1, 1, title, abstract, is_truncated=False)
            mark = signature(record)
            features = {*mark.title_keys, *mark.bands}
            like = {number for feature in features for number in by_feature[feature]}
            looked += len(like)
            found = same_papers(record, mark, [known[number] for number in sorted(like)])
            joined += [(title, papers[number][0]) for number in found]
            for feature in features:
                by_feature[feature].append(len(known))
            known.append(known_of(len(known), record))
    took = time.perf_counter() - began
    count = sum(map(len, sources))
    print(f"\n{count:,} papers of the collections, each beside those before it: {looked:,} pairs")
    print(f"{len(joined)} taken for one; {took / count * 1e6:.0f} microseconds a paper")
    for one, other in joined if "-v" in sys.argv else ():
        print(f"  {one[:90]!r} = {other[:90]!r}")


def read_collection(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (title, abstract) of the papers of a collection."""
    with gzip.open(path / "docs.jsonl.gz", "rt", encoding="utf8") as lines:
        for line in lines:
            paper = json.loads(line)
            yield paper["title"], paper["text"]


def read_dumps(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield (title, abstract) of the papers of real dumps."""
    for path in sorted(folder.glob("*.txt")):
        for record in read_dump(path, today=date(2026, 11, 21)).records:
            yield record.title, record.abstract


if __name__ == "__main__":
    main()
