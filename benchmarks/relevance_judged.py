"""Documents as Digest ranks them for the texts of the relevance collections."""

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from math import log2
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from digest.clock import utc_now
from digest.errors import ExpressionError
from digest.model.papers import Paper
from digest.ranking import scoring, weighing
from digest.ranking.acronyms import Acronyms
from digest.ranking.archive import Archive
from digest.ranking.elements import stems_of, words_of
from digest.ranking.expressions import Expression, Term
from digest.ranking.latent import Items, extras
from digest.ranking.likes import Tastes
from digest.ranking.query import parse
from digest.ranking.scoring import UNIT
from digest.ranking.search import Search

FIRST_TIER = 1e6
DRAWS = 4
Floats = NDArray[np.float64]


def _off(*places: tuple[object, str, object]) -> Callable[[], None]:
    def turn_off() -> None:
        for place, name, value in places:
            setattr(place, name, value)

    return turn_off


# How each part of the score is left out, to see what it brings.
PARTS: dict[str, Callable[[], None]] = {
    "closeness": _off((scoring, "CLOSE", 0.0)),
    "tiers": lambda: setattr(Judged, "has_tiers", False),
    "phrase": _off((weighing, "PHRASE", 0.0)),
    "pairs": _off((weighing, "PAIR", 0.0)),
    "acronyms": _off(
        (Acronyms, "long_form", lambda *_: ()), (Acronyms, "short_forms_of", lambda *_: ())
    ),
    "kinds": _off((weighing, "EXACT", 1.0), (weighing, "ACRONYM", 1.0)),
    "feedback": _off((weighing, "FEEDBACK", 0.0)),
    "title": _off((scoring, "TITLE", 1.0)),
}


class Judged:
    """A collection; a text with ";" is a profile whose parts are interests, any other is searched for."""

    has_tiers = True

    def __init__(self, documents: Sequence[Paper], older: Sequence[Paper]) -> None:
        archive = Archive.of((paper.title, paper.abstract) for paper in [*older, *documents])
        self.search = Search(documents, archive)
        self.names = np.array([paper.key for paper in documents])
        self._latent = archive.latent

    def best(self, text: str, most: int) -> Iterator[tuple[str, float]]:
        """Yield the names of the best documents, with their worth."""
        worth = self.worth(text)
        order = np.lexsort((self.names, -worth))[:most]
        return ((str(self.names[n]), float(worth[n])) for n in order if worth[n])

    def worth(self, text: str, liked: Sequence[Paper] = (), tastes: Tastes | None = None) -> Floats:
        """Return what every document is worth: those that an interest or a like brought come first."""
        asked = [expression_of(each) for each in filter(None, map(str.strip, text.split(";")))]
        weighed = [self.search.weighed(each) for each in asked]
        is_met = np.any([each.is_met for each in weighed], axis=0)
        met = np.sum([each.worth * each.is_met for each in weighed], axis=0)
        worth = np.sum([each.worth for each in weighed], axis=0)
        if tastes is not None:
            papers, points = tastes.liked(liked, len(asked))
            is_met[papers] = True
            met[papers] += points / UNIT
        if self.has_tiers:
            worth = np.where(is_met, met + FIRST_TIER, worth)
        return np.asarray(worth + self._closeness(asked), np.float64)

    def _closeness(self, asked: Sequence[Expression]) -> Floats | float:
        if self._latent is None or self.search.places is None or len(asked) < 2:  # noqa: PLR2004
            return 0.0
        phrases = self._latent.phrases([stems_of(each) for each in asked])
        count = np.array([len(asked)])
        codes = np.arange(len(asked), dtype=np.int32)
        items = Items(count - count, count, codes, np.ones(len(asked), np.int64))
        found = extras(items, phrases, self.search.places, scoring.CLOSE * UNIT)
        return np.asarray(found[0] / UNIT, np.float64)


def expression_of(phrase: str) -> Expression:
    """Return a phrase as a reader would have to write it: what cannot be read is taken as words."""
    try:
        parsed = parse(phrase)
    except ExpressionError:
        parsed = None
    if parsed is not None and parsed.alternatives:
        return parsed
    return Expression(((Term(words_of(phrase)),),))


def read_papers(path: Path) -> list[Paper]:
    """Return the documents of a file as papers whose key is the document's id."""
    now = utc_now()
    with path.open(encoding="utf8") as lines:
        given = [json.loads(line) for line in lines]
    return [
        Paper(
            id=number,
            key=each["id"],
            title=each.get("title") or "",
            abstract=each.get("text") or "",
            links=(),
            authors=(),
            ids=(),
            is_truncated=False,
            created_at=now,
            updated_at=now,
        )
        for number, each in enumerate(given)
    ]


def read_queries(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the queries of a file: id and text."""
    for line in path.read_text(encoding="utf8").splitlines():
        query, _, text = line.partition("\t")
        yield query, text


def print_likes(folder: Path) -> None:
    """Print what liking papers brings: profiles of authors who like some of their own.

    The liked papers are left out of the lists and of the judgements; so is an author with one paper.
    """
    with TemporaryDirectory() as unpacked:
        files = {}
        for name in ("docs.jsonl", "background.jsonl"):
            files[name] = Path(unpacked) / name
            files[name].write_bytes(gzip.decompress((folder / f"{name}.gz").read_bytes()))
        documents, older = (read_papers(path) for path in files.values())
    judged = Judged(documents, older)
    author, keyword = (read_judgements(folder / f"qrels{end}.tsv") for end in ("-author", ""))
    by_name = {paper.key: paper for paper in documents}
    tastes = Tastes(judged.search.vectors, documents, judged.search.batch.archive)
    dice = random.Random(1)  # noqa: S311  the same draws every time
    texts = dict(read_queries(folder / "queries.tsv"))
    for likes in (1, 2, 3):
        scores = defaultdict(list)
        for _ in range(DRAWS):
            for query, own in author.items():
                if len(own) < 2:  # noqa: PLR2004
                    continue
                liked = dice.sample(sorted(own), min(likes, len(own) - 1))
                papers = [by_name[name] for name in liked]
                for kind, worth in (
                    ("without", judged.worth(texts[query])),
                    ("with", judged.worth(texts[query], papers, tastes)),
                ):
                    order = judged.names[np.lexsort((judged.names, -worth))[:20]].tolist()
                    shown = [name for name in order if name not in liked][:10]
                    for judgement, grades in (("author", author), ("keyword", keyword)):
                        left = {n: g for n, g in grades.get(query, {}).items() if n not in liked}
                        if left:
                            scores[judgement, kind].append(gain(shown, left))
        before, after = (fmean(scores["keyword", kind]) for kind in ("without", "with"))
        print(
            f"{likes} liked: author {fmean(scores['author', 'without']):.3f} to "
            f"{fmean(scores['author', 'with']):.3f}, "
            f"keyword {before:.3f} to {after:.3f} ({after / before - 1:+.1%})"
        )


def read_judgements(path: Path) -> dict[str, dict[str, int]]:
    """Return the grade of each judged document, by query."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for line in path.read_text(encoding="utf8").splitlines():
        query, document, grade = line.split("\t")
        found[query][document] = int(grade)
    return found


def gain(shown: Sequence[str], grades: dict[str, int]) -> float:
    """Return nDCG@10."""
    ideal = sum(g / log2(n + 2) for n, g in enumerate(sorted(grades.values(), reverse=True)[:10]))
    return sum(grades.get(name, 0) / log2(n + 2) for n, name in enumerate(shown)) / ideal
