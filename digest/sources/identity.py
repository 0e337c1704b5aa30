"""When two records are one paper: decided from ids, titles and abstracts; pure.

Everything is compared by letters and digits alone, so that case, hyphens, punctuation and blanks
never make two papers of one. MinHash bands find candidates; only the texts themselves decide.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from digest.model.papers import KnownPaper, PaperRecord, Signature
from digest.sources.normalize import title_key

_OCTETS = 8  # the bytes of one 64-bit number
_SHINGLE = 14  # letters, about three words
_RETITLED = 0.75  # the share of common shingles at which differently named texts are one
_SAME_TITLE = 0.15  # enough beside the same title: unrelated abstracts share next to nothing
_SAME_TITLE_WITHIN = 0.3  # the same, counted from the shorter text
_SHORTEST_PREFIX = 4  # an abstract may be cut off after its first word
_DICE = np.random.default_rng(1997)  # the same for ever: the bands are stored
_MULTIPLIERS = _DICE.integers(1 << 63, size=12, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_NUMBERS = np.arange(6, dtype=np.uint64)  # so that one pair of minima is another number per band
_SHORTEST_RETITLED = 150
_LONGEST_KEY = 500  # of a title; a ligature may make eighteen letters of one


def signature(record: PaperRecord) -> Signature:
    """Return a record's title key, and the bands that abstracts much like its own share with it."""
    return Signature(title_key(record.title)[:_LONGEST_KEY], bands_of(record.abstract))


def bands_of(abstract: str) -> tuple[int, ...]:
    """Return six numbers of 31 bits, at least one of which a similar abstract has too; none if empty.

    MinHash (Broder 1997) in bands of two: abstracts that share a fraction s of their shingles have
    a band in common with probability 1 - (1 - s^2)^6, which is 99 % at three quarters; two papers
    of one field share a hundredth, and so hardly ever one.
    """
    octets = np.frombuffer(title_key(abstract).encode("utf-8"), dtype=np.uint8)
    if octets.size == 0:
        return ()
    octets = np.pad(octets, (0, max(0, _SHINGLE - octets.size)))
    windows = np.lib.stride_tricks.sliding_window_view(octets, _OCTETS)
    numbers = np.ascontiguousarray(windows).view("<u8").ravel()
    apart = _SHINGLE - _OCTETS
    shingles = _mixed(numbers[:-apart] ^ _mixed(numbers[apart:]))
    least = (shingles[np.newaxis, :] * _MULTIPLIERS[:, np.newaxis]).min(axis=1)
    pairs = _mixed(least[::2] ^ _mixed(least[1::2] + _NUMBERS))
    return tuple(int(band) for band in pairs >> np.uint64(33))


def same_paper(
    record: PaperRecord, signature: Signature, candidates: Sequence[KnownPaper]
) -> int | None:
    """Return the id of the candidate that is this very paper, or None if it is a new one.

    A shared id decides, two different ids of one kind decide against. Then the same title with
    abstracts that are alike (or one empty, or one cut off); then the same abstract under another
    title. Among several the most alike wins, the oldest at a tie.
    """
    ids = {paper_id.scheme: paper_id.value for paper_id in record.ids}
    shared = [known.id for known in candidates if set(known.ids) & set(record.ids)]
    if shared:
        return min(shared)
    open_to = [
        known for known in candidates if not any(paper_id.scheme in ids for paper_id in known.ids)
    ]
    text = title_key(record.abstract)
    same_title = (
        (_alike_by_title(text, title_key(known.abstract)), -known.id)
        for known in open_to
        if known.title_key == signature.title_key and known.title_key
    )
    retitled = (
        (_alike_retitled(text, title_key(known.abstract)), -known.id)
        for known in open_to
        if known.title_key != signature.title_key
    )
    return _most_alike(same_title) or _most_alike(retitled)


def similarity(text: str, other: str) -> float:
    """Return the share of shingles two texts have in common, from 0 to 1, of all they have."""
    return _shares(title_key(text), title_key(other))[0]


def _most_alike(scored: Iterable[tuple[float, int]]) -> int | None:
    score, negative_id = max(scored, default=(0.0, 0))
    return -negative_id if score > 0 else None


def _alike_by_title(text: str, other: str) -> float:
    """Return how alike two abstracts under one title are, 0 if they are two papers'."""
    if not text or not other:
        return 0.01
    if _is_cut_of(text, other, _SHORTEST_PREFIX):
        return 1.0
    of_all, of_shorter = _shares(text, other)
    return of_all if of_all >= _SAME_TITLE or of_shorter >= _SAME_TITLE_WITHIN else 0.0


def _alike_retitled(text: str, other: str) -> float:
    if min(len(text), len(other)) < _SHORTEST_RETITLED:
        return 0.0
    of_all, _ = _shares(text, other)
    return of_all if of_all >= _RETITLED else 0.0


def _is_cut_of(text: str, other: str, at_least: int) -> bool:
    short, long = sorted((text, other), key=len)
    return len(short) >= at_least and long.startswith(short)


def _shares(text: str, other: str) -> tuple[float, float]:
    """Return the common shingles as a share of all and as a share of the shorter text's."""
    ours, theirs = _shingles(text), _shingles(other)
    common = len(ours & theirs)
    if not common:
        return 0.0, 0.0
    return common / len(ours | theirs), common / min(len(ours), len(theirs))


def _shingles(key: str) -> set[str]:
    return {key[at : at + _SHINGLE] for at in range(max(1, len(key) - _SHINGLE + 1))}


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the numbers with their bits spread evenly (the finaliser of splitmix64)."""
    mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
