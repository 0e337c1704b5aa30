"""What is known of older papers, frozen, so that scores of different days compare.

How rare a word is, how long papers are, which acronym stands for what, and which words are written in
one piece: counted over every stored paper at one moment. Today's papers are scored against these
numbers, so a paper's score depends neither on the other papers of the day nor on who else is ranked.
"""

import io
import json
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from math import log

import numpy as np
from numpy.typing import NDArray

from digest.errors import StoreError
from digest.ranking.acronyms import AcronymCounts, Acronyms
from digest.ranking.analysis import (
    STOP_WORDS,
    beginning,
    fold,
    sentences,
    stem,
    stems,
    words_as_written,
)
from digest.ranking.latent import MOST_PAPERS, Latent

FORMAT = b"digest archive 1\n"
# In a large archive a word that stood in one paper only is mostly a slip of the pen.
_MANY_PAPERS = 20_000
# Pairs of fewer papers are told well enough by the rarity of their words.
COMMON = 5


@dataclass(frozen=True, eq=False)  # compared, and remembered, as the object it is
class Archive:
    """Frozen statistics of `papers` papers: how many have a stem, and mean lengths in words.

    `counts` has the stems of words, and with a hyphen before them those of words that a hyphen joins;
    `pairs` has the stems, with a space between, of neighbouring words that COMMON papers have.
    """

    papers: int
    counts: Mapping[str, int]
    pairs: Mapping[str, int]
    title_length: float
    abstract_length: float
    acronyms: Acronyms
    latent: Latent | None = None

    def rarity(self, papers: float) -> float:
        """Return what a find is worth that so many of the archive's papers share."""
        return log(1 + (max(0.0, self.papers - papers) + 0.5) / (papers + 0.5))

    def count(self, word: str) -> int:
        """Return how many papers have a folded word or an inflection, in one piece or hyphenated."""
        root = stem(word)
        return min(self.papers, self.counts.get(root, 0) + self.counts.get("-" + root, 0))

    def has_solid(self, word: str) -> bool:
        """Return whether a folded word, or an inflection, is known to be written in one piece."""
        return stem(word) in self.counts

    def count_beginning(self, prefix: str) -> int:
        """Return about how many papers have a word that begins so: at least, and at most all."""
        # The stem of a whole word need not begin with the word.
        found = {*beginning(self._sorted, prefix), stem(prefix)}
        return min(self.papers, sum(self.counts.get(root, 0) for root in found))

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.counts)

    @classmethod
    def of(cls, texts: Iterable[tuple[str, str]], *, is_latent: bool = True) -> "Archive":
        """Count papers, each a (title, abstract), the oldest first; they are read once.

        `is_latent` asks for the directions of closeness, too: seconds, from some hundred papers on.
        """
        papers, lengths = 0, [0, 0]
        counts: Counter[str] = Counter()
        pairs: Counter[str] = Counter()
        acronyms = AcronymCounts()
        newest: deque[tuple[str, str]] = deque(maxlen=MOST_PAPERS if is_latent else 0)
        for texts_of_paper in texts:
            papers += 1
            newest.append(texts_of_paper)
            roots: set[str] = set()
            neighbours: set[str] = set()
            for field, text in enumerate(texts_of_paper):
                for words in _sentences(text):
                    lengths[field] += len(words)
                    found = stems([word for word, _ in words])
                    roots.update(found)
                    for (left, before), (right, after) in pairwise(zip(words, found, strict=True)):
                        if right[1]:
                            roots.add("-" + stem(left[0] + right[0]))
                        if left[0] not in STOP_WORDS and right[0] not in STOP_WORDS:
                            neighbours.add(f"{before} {after}")
            counts.update(roots)
            pairs.update(neighbours)
            acronyms.add(texts_of_paper)
            if papers % _MANY_PAPERS == 0:  # what is rare so far stays rare: memory must not grow
                pairs = Counter({pair: count for pair, count in pairs.items() if count > 1})
        if papers > _MANY_PAPERS:
            counts = Counter({root: count for root, count in counts.items() if count > 1})
        common = {pair: count for pair, count in pairs.items() if count >= COMMON}
        title, abstract = (length / papers if length else 1.0 for length in lengths)
        latent = Latent.of(newest)
        return cls(papers, counts, common, title, abstract, acronyms.dominant(), latent)

    def to_bytes(self) -> bytes:
        """Return everything, compressed; equal archives give equal bytes."""
        head = {
            "papers": self.papers,
            "lengths": [self.title_length, self.abstract_length],
            "long_forms": {short: list(words) for short, words in self.acronyms.long_forms.items()},
            "never_small": sorted(self.acronyms.never_small),
        }
        arrays: dict[str, NDArray[np.generic]] = self.latent.arrays() if self.latent else {}
        arrays["head"] = _packed([json.dumps(head, sort_keys=True)])
        for name, counts in (("counts", self.counts), ("pairs", self.pairs)):
            arrays[f"{name}_of"] = _packed(sorted(counts))
            arrays[name] = np.array([counts[key] for key in sorted(counts)], np.int32)
        body = io.BytesIO()
        np.savez_compressed(body, **arrays)  # type: ignore[arg-type]  # none is called allow_pickle
        content = body.getvalue()
        return FORMAT + sha256(content).digest() + content

    @staticmethod
    def can_read(body: bytes) -> bool:
        """Return whether `to_bytes` of this version wrote something, whole or not."""
        return body.startswith(FORMAT)

    @classmethod
    def from_bytes(cls, body: bytes) -> "Archive":
        """Return what `to_bytes` wrote; raises StoreError for anything else."""
        head, content = body[: len(FORMAT) + 32], body[len(FORMAT) + 32 :]
        if head != FORMAT + sha256(content).digest():
            message = "The frozen statistics of the archive are of another version, or damaged"
            raise StoreError(message)
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = dict(stored)
        facts = json.loads(_unpacked(arrays["head"])[0])
        counts, pairs = (
            dict(zip(_unpacked(arrays[f"{name}_of"]), arrays[name].tolist(), strict=True))
            for name in ("counts", "pairs")
        )
        long_forms = {key: tuple(words) for key, words in facts["long_forms"].items()}
        acronyms = Acronyms(long_forms, frozenset(facts["never_small"]))
        title, abstract = facts["lengths"]
        latent = Latent.from_arrays(arrays)
        return cls(facts["papers"], counts, pairs, title, abstract, acronyms, latent)


def _packed(texts: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def _unpacked(array: NDArray[np.uint8]) -> list[str]:
    text = array.tobytes().decode()
    return text.split("\n") if text else []


def _sentences(text: str) -> Iterator[list[tuple[str, bool]]]:
    """Yield the folded words of each sentence, and whether a hyphen joins each to the one before."""
    for start, end in sentences(text):
        yield [(fold(word), bool(hyphen)) for hyphen, word in words_as_written(text, start, end)]
