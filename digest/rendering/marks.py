"""A reason's sentence, cut into what matched and what stands around it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from digest.model.digests import Reason

_ELLIPSIS = "\u2026"
# Where a cut may begin or end without breaking a word, looked for this far from the ideal place.
_WORD_SEARCH = 24
_SPACE = re.compile(r"\s")
_WEIGHT = re.compile(r"\s*\^[0-9.]+\s*$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and whether it is what matched."""

    text: str
    is_match: bool


def without_weight(expression: str) -> str:
    """Return an expression as a reader would say it: how much it counts is between them and us."""
    return _WEIGHT.sub("", expression) if "^" in expression else expression


def pieces(reason: Reason, length: int) -> tuple[Piece, ...]:
    """Return a reason's sentence in pieces, cut to about `length` characters around the match.

    Spans that do not fit the sentence are passed over: a reason is shown as far as it is sound.
    """
    text = reason.sentence
    spans = list(_sound_spans(reason))
    start, end = _window(text, spans, length)
    found = []
    at = start
    for first, last in spans:
        if first < start or last > end:
            continue
        found += [Piece(text[at:first], is_match=False), Piece(text[first:last], is_match=True)]
        at = last
    found.append(Piece(text[at:end], is_match=False))
    before = [Piece(_ELLIPSIS, is_match=False)] if start > 0 else []
    after = [Piece(_ELLIPSIS, is_match=False)] if end < len(text) else []
    return tuple(piece for piece in (*before, *found, *after) if piece.text)


def _sound_spans(reason: Reason) -> Iterator[tuple[int, int]]:
    at = 0
    for start, end in reason.spans:
        if at <= start < end <= len(reason.sentence):
            yield start, end
            at = end


def _window(text: str, spans: list[tuple[int, int]], length: int) -> tuple[int, int]:
    if len(text) <= length:
        return 0, len(text)
    first, last = spans[0] if spans else (0, 0)
    # The first match a third of the way in, whole even if it alone is longer than wished.
    start = max(0, min(first - length // 3, len(text) - length))
    end = min(len(text), max(start + length, last))
    if start and (space := _SPACE.search(text, start, min(first, start + _WORD_SEARCH))):
        start = space.end()
    if end < len(text):
        space_at = text.rfind(" ", max(last, end - _WORD_SEARCH), end)
        end = space_at if space_at > start else end
    return start, end
