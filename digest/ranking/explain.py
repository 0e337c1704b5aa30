"""Why a paper was chosen: the sentence with the words that matched, from the match itself."""

from dataclasses import dataclass

from digest.model.digests import Field, MatchKind, Reason
from digest.ranking.analysis import STOP_WORDS, Token, stem, tokenize
from digest.ranking.index import Index, Sentence
from digest.ranking.places import STRENGTH, Match, Place

MAX_SENTENCE = 300
MARK = "\u2026"
_Chars = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Quotation:
    """A sentence of a paper with the places of the matched words in it."""

    kind: MatchKind
    field: Field
    sentence: str
    spans: tuple[_Chars, ...]

    def as_reason(self, expression: str, share: float) -> Reason:
        """Return the reason a reader sees, under the expression as they wrote it."""
        return Reason(expression, self.kind, self.field, self.sentence, self.spans, share)


def quote(index: Index, match: Match) -> Quotation:
    """Return the sentence that shows a match best, its words marked.

    That is the one with most of the terms joined by "+", then the strongest kind of match, then
    the title, then the first. A match by author shows the title and marks nothing.
    """
    if not match.places:
        title = index.papers[match.paper].title
        sentence, spans = _windowed(title, ())
        return Quotation(match.kind, match.field, sentence, spans)
    by_sentence: dict[int, list[Place]] = {}
    sentences: dict[int, Sentence] = {}
    for place in match.places:
        sentence_here = index.sentence_at(place.spans[0][0])
        sentences[sentence_here.base] = sentence_here
        by_sentence.setdefault(sentence_here.base, []).append(place)
    base = min(by_sentence, key=lambda base: _order(base, by_sentence[base], sentences[base]))
    shown = sentences[base]
    text, starts, ends = index.spelled(base)
    found = [
        (starts[first - base], ends[last - 1 - base])
        for place in by_sentence[base]
        for first, last in place.spans
    ]
    text, spans = _windowed(text, _merged(found))
    return Quotation(match.kind, shown.field, text, spans)


def quote_shared(index: Index, paper: int, roots: frozenset[str]) -> Quotation:
    """Return the sentence of a paper with most of some stems, the first of equals, its words marked.

    Stop words are not looked for. A paper with none of them shows its title and marks nothing.
    """
    best: tuple[int, Sentence, list[Token]] | None = None
    for sentence in index.sentences_of(paper):
        words = tokenize(index.text_of(sentence), sentence.start, sentence.end)
        shared = [w for w in words if w.word not in STOP_WORDS and stem(w.word) in roots]
        count = len({stem(word.word) for word in shared})
        if count and (best is None or count > best[0]):
            best = count, sentence, shared
    if best is None:
        text, spans = _windowed(index.papers[paper].title, ())
        return Quotation(MatchKind.LIKED, Field.TITLE, text, spans)
    _, shown, found = best
    text = index.text_of(shown)[shown.start : shown.end]
    text, spans = _windowed(
        text, tuple((w.start - shown.start, w.end - shown.start) for w in found)
    )
    return Quotation(MatchKind.LIKED, shown.field, text, spans)


def _order(base: int, places: list[Place], sentence: Sentence) -> tuple[int, int, bool, int]:
    parts = len({place.part for place in places})
    strongest = min(STRENGTH[place.kind] for place in places)
    return -parts, strongest, sentence.field is not Field.TITLE, base


def _merged(spans: list[_Chars]) -> tuple[_Chars, ...]:
    """Return spans ascending, those that overlap as one."""
    merged: list[_Chars] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _windowed(text: str, spans: tuple[_Chars, ...]) -> tuple[str, tuple[_Chars, ...]]:
    """Return text of at most MAX_SENTENCE characters around the first spans, cut between words."""
    if len(text) <= MAX_SENTENCE:
        return text, spans
    room = MAX_SENTENCE - 2 * len(MARK)
    first = spans[0][0] if spans else 0
    end_of_match = max((end for _, end in spans if end - first <= room), default=first)
    start = max(0, min(first - (room - (end_of_match - first)) // 2, len(text) - room))
    end = min(len(text), start + room)
    if start > 0:
        start = _after_space(text, start, first)
    if end < len(text):
        end = _before_space(text, end, end_of_match)
    head, tail = MARK if start > 0 else "", MARK if end < len(text) else ""
    shift = len(head) - start
    kept = tuple((s + shift, e + shift) for s, e in spans if start <= s and e <= end)
    return head + text[start:end] + tail, kept


def _after_space(text: str, start: int, limit: int) -> int:
    space = text.find(" ", start - 1, limit)
    return start if space < 0 else space + 1


def _before_space(text: str, end: int, limit: int) -> int:
    space = text.rfind(" ", limit, end + 1)
    return end if space < 0 else space
