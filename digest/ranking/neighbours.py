"""What stands beside a phrase, or inside it, in a batch."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from digest.ranking.analysis import stem
from digest.ranking.batch import Batch
from digest.ranking.elements import Phrase, Spans
from digest.ranking.expressions import Term
from digest.ranking.index import NO_WORD
from digest.ranking.vocabulary import Vocabulary

MAX_BETWEEN, MAX_NEIGHBOURS = 4, 12
_LEAST_NEIGHBOURS = 2
# Places beside a phrase, negative before it and from 0 after it; and which of them, if any, stands
# between it and the other.
_SHAPES = (((-1,), -1), ((0,), -1), ((-2, -1), 1), ((0, 1), 0), ((-1, 0), -1))
_Words = tuple[str, ...]


def rows_of(batch: Batch, phrase: Phrase) -> Spans:
    """Return where the elements of a phrase stand one right after the other."""
    rows = batch.elements.spans_of(phrase[0])
    for element in phrase[1:]:
        after = batch.elements.spans_of(element)
        ends = rows.starts + rows.widths
        low = np.searchsorted(after.starts, ends, "left")
        goes_on = low < np.searchsorted(after.starts, ends, "right")
        widths = rows.widths[goes_on] + after.widths[low[goes_on]]
        rows = Spans(rows.starts[goes_on], widths)
    return rows


def neighbours(batch: Batch, vocabulary: Vocabulary, rows: Spans) -> list[tuple[_Words, _Words]]:
    """Return what stands most often right before and after, one or two words in all."""
    found = sorted(each for shape in _SHAPES for each in _around(batch, vocabulary, rows, *shape))
    distinct: dict[_Words, tuple[_Words, _Words]] = {}
    for _, _, before, after in found:
        key = (*map(stem, before), "", *map(stem, after))
        distinct.setdefault(key, (before, after))
    return list(distinct.values())[:MAX_NEIGHBOURS]


def words_between(batch: Batch, term: Term) -> Iterator[tuple[int, str]]:
    """Yield the commonest words that stand inside a phrase, and before which of its parts."""
    index = batch.index
    found = []
    for gap in range(1, len(term.words)):
        head, tail = (
            rows_of(batch, batch.elements.phrase_of(replace(term, words=part)))
            for part in (term.words[:gap], term.words[gap:])
        )
        ends = head.starts + head.widths
        places = ends[np.isin(ends + 1, tail.starts)]
        numbers, counts = np.unique(index.word_at[places], return_counts=True)
        best = np.argsort(-counts, kind="stable")[:MAX_BETWEEN]
        found += [(-int(counts[at]), gap, int(numbers[at])) for at in best.tolist()]
    for _, gap, number in sorted(found)[:MAX_BETWEEN]:
        if number != NO_WORD:
            yield gap, index.words[number]


def _around(
    batch: Batch, vocabulary: Vocabulary, rows: Spans, places: tuple[int, ...], inner: int
) -> Iterator[tuple[int, int, _Words, _Words]]:
    """Yield the words at places around rows: minus the papers, the length, before, after."""
    index = batch.index
    first, end = rows.starts, rows.starts + rows.widths
    size, papers = len(index.words) + 1, max(1, len(index.papers))
    words = [index.word_at[(first if place < 0 else end) + place] for place in places]
    # "learning (RL)" is no longer phrase; "from" may stand inside one.
    fits = [vocabulary.has_content if place < 0 else vocabulary.may_follow for place in places]
    if inner >= 0:
        fits[inner] = vocabulary.may_link
    is_phrase = np.all([fit[each] for fit, each in zip(fits, words, strict=True)], axis=0)
    code = np.zeros(int(is_phrase.sum()), np.int64)
    for each in words:
        code = code * size + each[is_phrase]
    once = np.unique(code * papers + index.paper_of[first[is_phrase]]) // papers
    codes, counts = np.unique(once, return_counts=True)
    before = sum(place < 0 for place in places)
    for at in np.argsort(-counts, kind="stable")[:MAX_NEIGHBOURS].tolist():
        if counts[at] >= _LEAST_NEIGHBOURS:
            numbers = divmod(int(codes[at]), size)[-len(places) :]
            text = tuple(index.words[number] for number in numbers)
            yield -int(counts[at]), len(places), text[:before], text[before:]
