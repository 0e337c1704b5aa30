"""What the papers write that an expression does not find yet, as expressions that would find it.

Every suggestion is an expression that parses; what it would bring is not guessed but matched.
"""

from dataclasses import dataclass
from itertools import islice
from math import ceil

import numpy as np

from digest.errors import ExpressionError
from digest.ranking.batch import Batch
from digest.ranking.expressions import Expression
from digest.ranking.query import parse
from digest.ranking.rewordings import Candidate, Hint, Kind, Rewordings
from digest.ranking.vocabulary import Vocabulary

__all__ = ["Hint", "Kind", "Suggestion", "suggest"]

MAX_SUGGESTIONS = 6
# So that the forms of one word do not fill the list.
MAX_OF_A_KIND = 3
# Of a word that would bring a paper more to every fifty there is nothing to say.
LEAST_MORE = 0.02
# One that leaves more of the papers narrows nothing.
MOST_LEFT = 0.75
# Of so many papers with "trained model" that have "pre trained model", only the longer is a name.
MOSTLY = 0.8
_MAX_CANDIDATES = 48


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An expression to use instead: it finds `finds` papers, `more` than what was asked.

    `written` is what the papers write; `more` is negative where the expression gets narrower. Of an
    expression that only hides, the papers are those it hides. `effect` says it in words.
    """

    expression: str
    kind: Kind
    written: str
    finds: int
    more: int
    effect: str

    @property
    def purpose(self) -> str:
        """What it is good for, to stand above it and others like it."""
        return {Kind.MEANT: "Did you mean", Kind.NARROWER: "To narrow it down"}.get(
            self.kind, "To find more"
        )


def suggest(
    batch: Batch, vocabulary: Vocabulary, expression: Expression, matched: int, hint: Hint
) -> tuple[Suggestion, ...]:
    """Return what to write instead of an expression that finds `matched` papers, at most six.

    Those that change most come first.
    """
    rewordings = Rewordings(batch, vocabulary, hint)
    least = max(1, ceil(LEAST_MORE * matched))
    most = int(MOST_LEFT * matched)
    seen = {expression.key}
    candidates: list[tuple[Candidate, str]] = []
    for candidate in islice(rewordings.of(expression), 2 * _MAX_CANDIDATES):
        text = _sound(candidate.expression)
        if text is not None and candidate.expression.key not in seen:
            seen.add(candidate.expression.key)
            candidates.append((candidate, text))
    candidates = candidates[:_MAX_CANDIDATES]
    # Not through Search: what nobody asked for is not worth remembering.
    hits = batch.hits([candidate.expression.key for candidate, _ in candidates])
    hides = not expression.alternatives
    found = [
        Suggestion(
            text,
            candidate.kind,
            candidate.written,
            finds,
            finds - matched,
            _effect(finds, finds - matched, hides=hides),
        )
        for (candidate, text), finds in zip(candidates, np.diff(hits.starts).tolist(), strict=True)
    ]
    return _best([each for each in found if _is_worth_it(each, least, most)])


def _is_worth_it(suggestion: Suggestion, least: int, most: int) -> bool:
    if suggestion.kind is Kind.NARROWER:
        return 0 < suggestion.finds <= most
    # A misspelt exclusion hides nothing: put right, it leaves fewer papers.
    return suggestion.more >= least or (suggestion.kind is Kind.MEANT and suggestion.more < 0)


def _best(found: list[Suggestion]) -> tuple[Suggestion, ...]:
    """Return what was meant in the order of likeliness, then the others by what they bring."""
    meant = [each for each in found if each.kind is Kind.MEANT]
    others = [each for each in found if each.kind is not Kind.MEANT]
    others.sort(key=lambda each: (-_brings(each), len(each.expression), each.expression))
    kept: list[Suggestion] = []
    for each in (*meant, *others):
        if any(_says_it(other, each) for other in others):
            continue
        same = sum(other.kind is each.kind for other in kept)
        if each.kind is Kind.NARROWER or same < MAX_OF_A_KIND:
            kept.append(each)
    return tuple(kept[:MAX_SUGGESTIONS])


def _says_it(longer: Suggestion, shorter: Suggestion) -> bool:
    """Return whether hardly anybody writes the shorter phrase but in the longer one."""
    if longer.kind is not Kind.NARROWER or len(longer.written) <= len(shorter.written):
        return False
    is_part = f" {shorter.written} " in f" {longer.written} "
    return is_part and longer.finds >= MOSTLY * shorter.finds


def _effect(finds: int, more: int, *, hides: bool) -> str:
    if hides:
        return f"hides {finds:,}"
    if more < 0:
        return f"leaves {finds:,} of {finds - more:,}"
    return f"{more:,} more" if more < finds else f"finds {finds:,}"


def _brings(suggestion: Suggestion) -> int:
    return suggestion.finds if suggestion.kind is Kind.NARROWER else suggestion.more


def _sound(expression: Expression) -> str | None:
    """Return an expression as one writes it, None if that would not be read as it is meant."""
    text = str(expression)
    try:
        return text if parse(text).key == expression.key else None
    except ExpressionError:
        return None
