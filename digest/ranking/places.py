"""Where in one paper an expression is met: the record that reasons are made of.

Found again for the few papers that were chosen, from the same spans that matched them, rather than
kept for every pair of an expression and a paper.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from digest.model.digests import Field, MatchKind
from digest.ranking.batch import Batch
from digest.ranking.elements import Phrase
from digest.ranking.expressions import Expression, Term
from digest.ranking.index import NEAR
from digest.ranking.matching import Wanted

STRENGTH = {kind: number for number, kind in enumerate(MatchKind)}
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a paper where a term was found: positions of the matched words.

    `part` numbers the terms of an expression, so that a sentence with several is known.
    """

    kind: MatchKind
    spans: tuple[Span, ...]
    part: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """That a paper (its number in the batch) met an expression: how and where.

    `kind` and `field` are those of the strongest place. A match by a name has no place.
    """

    paper: int
    kind: MatchKind
    field: Field
    places: tuple[Place, ...]


def match_in(batch: Batch, expression: Expression, paper: int) -> Match | None:
    """Return how a paper meets an expression, None if it does not; exclusions are not asked.

    Of an expression that only excludes, this is what hides the paper.
    """
    parts = count()
    kinds: list[MatchKind] = []
    places: list[Place] = []
    alternatives: Iterable[tuple[Term, ...]] = expression.alternatives
    for terms in alternatives or ((term,) for term in expression.excluded):
        met = [
            _term_in(batch, term, paper, next(parts), is_exact=not expression.alternatives)
            for term in terms
        ]
        if all(found is not None for found in met):
            kinds.append(max((_strongest(found or ()) for found in met), key=STRENGTH.__getitem__))
            places += [place for found in met for place in found or ()]
    if not kinds:
        return None
    kind = min(kinds, key=STRENGTH.__getitem__)
    if not places:
        return Match(paper, kind, Field.TITLE, ())
    shown = min(places, key=lambda place: (place.kind is not kind, place.spans))
    return Match(paper, kind, batch.index.sentence_at(shown.spans[0][0]).field, tuple(places))


def words_in(batch: Batch, expression: Expression, paper: int) -> Match | None:
    """Return where words of an expression that is not met stand in a paper, None if none does."""
    places: list[Place] = []
    words: set[int] = set()
    for terms in expression.alternatives:
        for term in terms:
            if not term.is_text:
                continue
            lookup = batch.lookup_of(term, False)  # noqa: FBT003
            for wanted in (lookup.own, *lookup.others):
                words.update(_content(batch, wanted.phrase) or wanted.phrase)
    for part, word in enumerate(sorted(words)):
        spans = _spans_in(batch, word, paper, in_title=False)
        places += [Place(MatchKind.WORDS, (span,), part) for span in spans]
    if not places:
        return None
    field = batch.index.sentence_at(min(place.spans[0][0] for place in places)).field
    return Match(paper, MatchKind.WORDS, field, tuple(places))


def _strongest(places: Sequence[Place]) -> MatchKind:
    return min((place.kind for place in places), key=STRENGTH.__getitem__, default=MatchKind.PHRASE)


def _term_in(
    batch: Batch, term: Term, paper: int, part: int, *, is_exact: bool
) -> list[Place] | None:
    """Return the places of a term in a paper, None if there are none; a name has no place."""
    if not term.is_text:
        return [] if batch.is_named(term, paper) else None
    lookup = batch.lookup_of(term, is_exact)
    places = [Place(MatchKind.PHRASE, (span,), part) for span in _rows(batch, lookup.own, paper)]
    if not places and lookup.own.is_loose:
        near = _near(batch, lookup.own, paper)
        places = [Place(MatchKind.NEAR, spans, part) for spans in near]
    for other in lookup.others:
        found = _rows(batch, other, paper)
        places += [Place(MatchKind.ACRONYM, (span,), part) for span in found]
    return places or None


def _spans_in(batch: Batch, element: int, paper: int, *, in_title: bool) -> list[Span]:
    bounds = batch.index.bounds
    last = bounds[2 * paper + (1 if in_title else 2)]
    spans = batch.elements.spans_of(element)
    low, high = np.searchsorted(spans.starts, (bounds[2 * paper], last))
    starts = spans.starts[low:high]
    return list(zip(starts.tolist(), (starts + spans.widths[low:high]).tolist(), strict=True))


def _rows(batch: Batch, wanted: Wanted, paper: int) -> list[Span]:
    """Return where the elements of a phrase stand one right after the other."""
    rows: set[Span] | None = None
    for element in wanted.phrase:
        ends: dict[int, list[int]] = defaultdict(list)
        for start, end in _spans_in(batch, element, paper, in_title=wanted.in_title):
            ends[start].append(end)
        if rows is None:
            rows = {(start, end) for start, found in ends.items() for end in found}
        else:
            rows = {(start, last) for start, end in rows for last in ends.get(end, ())}
        if not rows:
            return []
    return sorted(rows or ())


def _near(batch: Batch, wanted: Wanted, paper: int) -> Iterator[tuple[Span, ...]]:
    """Yield, for each occurrence of the rarest word, a stretch of NEAR places with all words."""
    content = _content(batch, wanted.phrase)
    if len(content) < 2:  # noqa: PLR2004 -- one word is near to nothing
        return
    found = [_spans_in(batch, element, paper, in_title=wanted.in_title) for element in content]
    found.sort(key=len)
    for anchor in found[0]:
        around = [
            [(s, e) for s, e in spans if s >= anchor[1] - 1 - NEAR and e <= anchor[0] + NEAR + 1]
            for spans in found[1:]
        ]
        firsts = {anchor[0], *(s for spans in around for s, _ in spans if s < anchor[0])}
        for first in sorted(firsts, reverse=True):
            chosen = [_first_within(spans, first, first + NEAR) for spans in around]
            if anchor[1] - 1 <= first + NEAR and None not in chosen:
                yield tuple(sorted({anchor, *(span for span in chosen if span)}))
                break


def _content(batch: Batch, phrase: Phrase) -> list[int]:
    return [e for e in dict.fromkeys(phrase) if batch.elements.all[e].has_content]


def _first_within(spans: Sequence[Span], first: int, last: int) -> Span | None:
    return next((span for span in spans if first <= span[0] and span[1] - 1 <= last), None)
