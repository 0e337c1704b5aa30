"""What an expression would have found, before it is saved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from statistics import median

import numpy as np

from digest.model.digests import Entry
from digest.model.papers import ListedPaper
from digest.model.subscribers import MAX_PAPERS
from digest.ranking.analysis import fold
from digest.ranking.archive import Archive
from digest.ranking.arrays import Ints
from digest.ranking.elements import words_of
from digest.ranking.expressions import Expression
from digest.ranking.firsts import first_listings
from digest.ranking.query import parse
from digest.ranking.scoring import UNIT
from digest.ranking.search import Search
from digest.ranking.variants import Hint, Kind, Suggestion, suggest
from digest.ranking.vocabulary import Vocabulary

MAX_EXAMPLES = 5
# Of a fifth of all papers a list by its own order says as much; and more a day than the longest
# digest takes (MAX_PAPERS) leaves the choice to us.
BROAD_SHARE, BROAD_A_DAY = 0.2, MAX_PAPERS
# A share of fewer papers than stand on a short list is chance.
LEAST_TO_JUDGE = 20
# Less than a paper a month: a reader would forget that they asked.
NARROW_A_WEEK = 0.25
# Dumps further apart than a week: there was a pause, or an old dump was taken in later.
LONGEST_GAP_DAYS = 7


class Verdict(StrEnum):
    """What is to be said of an expression: nothing, or one of the ways to be wrong."""

    FINE = "fine"
    BROAD = "broad"
    NARROW = "narrow"
    NEVER = "never"
    ONLY_HIDES = "only hides"
    NO_PAPERS = "no papers"


@dataclass(frozen=True, slots=True)
class Preview:
    """What an expression would have found among `total` papers of so many dumps.

    `normal` is the expression as it was understood. `a_week` is how many papers to expect, None if
    all dumps are of one day. `hidden` papers would be found, but an exclusion hides them; of an
    expression that only hides they are all it hides, and `matched` is 0. `sentence` says all this,
    and what to do.
    """

    normal: str
    matched: int
    total: int
    dumps: int
    a_dump: float
    a_week: float | None
    verdict: Verdict
    sentence: str
    examples: tuple[Entry, ...]
    hidden: int = 0
    hidden_by: str = ""
    hidden_examples: tuple[Entry, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()


class RecentPapers:
    """Papers of the last dumps, analysed once, and what expressions find among them.

    Threads may share it. What was asked is remembered as long as it lives: bound that where
    anybody may ask.
    """

    def __init__(self, papers: Iterable[ListedPaper], archive: Archive | None = None) -> None:
        self.listed = first_listings(papers)
        self.search = Search([each.paper for each in self.listed], archive)
        self._dates = {each.dump_id: each.dated_on for each in self.listed}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of these papers."""
        return Vocabulary(self.search.batch)

    def prepare(self) -> "RecentPapers":
        """Make what is otherwise made at the first question, and return this."""
        self.search.hits([parse("a").key])
        self.vocabulary.prepare()
        return self

    def matching(self, expression: str) -> list[ListedPaper]:
        """Return the papers that match in the order of their listing; raises ExpressionError."""
        numbers, _ = self._found(parse(expression).key)
        return [self.listed[number] for number in numbers.tolist()]

    def preview(self, expression: str, now: datetime) -> Preview:
        """Return what an expression finds; raises ExpressionError if it cannot be read."""
        parsed = parse(expression)
        key, excluded = parsed.key, Expression((), parsed.excluded).key
        total, dumps = len(self.listed), len(self._dates)
        numbers, points = self._found(key)
        hidden_numbers, hidden_points = numbers, points
        if not parsed.alternatives:
            numbers, points = numbers[:0], points[:0]
        elif parsed.excluded:
            hidden_numbers, hidden_points = self._found(Expression(key.alternatives))
            is_hidden = ~np.isin(hidden_numbers, numbers)
            hidden_numbers, hidden_points = hidden_numbers[is_hidden], hidden_points[is_hidden]
        else:
            hidden_numbers, hidden_points = numbers[:0], points[:0]
        matched, hidden = len(numbers), len(hidden_numbers)
        days = covered_days(self._dates.values(), now.astimezone(UTC).date())
        a_week = 7 * matched / days if days else None
        verdict = _verdict(parsed, matched, total, matched / (days or max(1, dumps)), a_week)
        suggestions = self._suggestions(parsed, verdict, matched if parsed.alternatives else hidden)
        found = _Found(matched, hidden, total, dumps, a_week, len(parsed.alternatives))
        hidden_by = " ".join(f"-{term}" for term in parsed.excluded)
        return Preview(
            str(parsed),
            matched,
            total,
            dumps,
            matched / max(1, dumps),
            a_week,
            verdict,
            _sentence(verdict, found, suggestions, self._unknown(parsed, verdict)),
            self._entries(key, expression, numbers, points),
            hidden,
            hidden_by,
            self._entries(excluded, hidden_by, hidden_numbers, hidden_points),
            suggestions,
        )

    def _found(self, key: Expression) -> tuple[Ints, Ints]:
        hits = self.search.hits([key])
        return hits.papers, hits.points.astype(np.int32)

    def _entries(
        self, key: Expression, expression: str, numbers: Ints, points: Ints
    ) -> tuple[Entry, ...]:
        """Return the best of some papers, each with the words of `key` that stand there.

        One of several with the same title: a second says nothing about the expression.
        """
        best: dict[str, int] = {}
        for place in np.argsort(-points, kind="stable").tolist():
            best.setdefault(fold(self.listed[numbers[place]].paper.title), place)
            if len(best) == MAX_EXAMPLES:
                break
        return tuple(
            Entry(
                self.listed[number].paper.id,
                int(points[place]) / UNIT,
                (self.search.quotation(key, number).as_reason(expression, 1.0),),
            )
            for place in best.values()
            for number in (int(numbers[place]),)
        )

    def _unknown(self, parsed: Expression, verdict: Verdict) -> str:
        """Return a word of an expression without papers that they do not have, "" if there is none."""
        if verdict is not Verdict.NEVER:
            return ""
        words = [
            word
            for term, is_excluded in parsed.terms
            if term.is_text and not is_excluded
            for chunk in term.words
            for word in (() if chunk.endswith("*") else words_of(chunk))
        ]
        return next(filter(self.vocabulary.is_unknown, words), "")

    def _suggestions(
        self, parsed: Expression, verdict: Verdict, matched: int
    ) -> tuple[Suggestion, ...]:
        if verdict is Verdict.NO_PAPERS:
            return ()
        hint = {
            Verdict.BROAD: Hint.LESS,
            Verdict.NARROW: Hint.MUCH_MORE,
            Verdict.NEVER: Hint.MUCH_MORE,
        }.get(verdict, Hint.MORE)
        return suggest(self.search.batch, self.vocabulary, parsed, matched, hint)


def covered_days(dates: Iterable[date], today: date) -> float | None:
    """Return how many days of papers dumps of these dates bring, None if one day cannot tell.

    Each brings what came since the one before it; the first, about as much as usual. Two lists of
    one day are one, and a date that has not come yet is a slip.
    """
    days = sorted({min(day, today) for day in dates})
    gaps = [min((after - before).days, LONGEST_GAP_DAYS) for before, after in pairwise(days)]
    return sum(gaps) + median(gaps) if gaps else None


def rate_in_words(a_week: float | None, a_dump: float) -> str:
    """Return how often a paper comes: `about 12 a week`, `about one in 3 weeks`, `about 3 a list`."""
    number, unit, units = (a_dump, "list", "lists") if a_week is None else (a_week, "week", "weeks")
    if number <= 0:
        return "none"
    if round(number) > 1:
        return f"about {number:,.0f} a {unit}"
    between = round(1 / number)
    return f"about one a {unit}" if between <= 1 else f"about one in {between} {units}"


def _verdict(
    parsed: Expression, matched: int, total: int, a_day: float, a_week: float | None
) -> Verdict:
    if not total:
        return Verdict.NO_PAPERS
    if not parsed.alternatives:
        return Verdict.ONLY_HIDES
    if not matched:
        return Verdict.NEVER
    if total >= LEAST_TO_JUDGE and (matched > BROAD_SHARE * total or a_day > BROAD_A_DAY):
        return Verdict.BROAD
    if a_week is not None and a_week < NARROW_A_WEEK:
        return Verdict.NARROW
    return Verdict.FINE


@dataclass(frozen=True, slots=True)
class _Found:
    matched: int
    hidden: int
    total: int
    dumps: int
    a_week: float | None
    ways: int

    @property
    def papers(self) -> str:
        last = f"last {self.total:,} papers" if self.total > 1 else "one paper there is"
        return f"the {last}"

    @property
    def rate(self) -> str:
        return rate_in_words(self.a_week, self.matched / max(1, self.dumps))


def _sentence(
    verdict: Verdict, found: _Found, suggestions: Sequence[Suggestion], unknown: str
) -> str:
    matches = f"Matches {found.matched:,} of {found.papers}, {found.rate}"
    match verdict:
        case Verdict.NO_PAPERS:
            return "There are no papers yet to try this on."
        case Verdict.ONLY_HIDES:
            hidden = f"{found.hidden:,}" if found.hidden else "none"
            return (
                f"Hides {hidden} of {found.papers}, whatever else they match; "
                "it finds nothing by itself."
            )
        case Verdict.NEVER:
            return f"Matches none of {found.papers}{_way_out(found, suggestions, unknown)}"
        case Verdict.NARROW:
            return f"{matches}: leave out a word, or add another way to say it after a |."
        case Verdict.BROAD:
            shorter = "leave out an alternative" if found.ways > 1 else "add a word"
            return f"{matches}: {shorter}, or join a second one with +."
        case Verdict.FINE:
            return f"{matches}."


def _way_out(found: _Found, suggestions: Sequence[Suggestion], unknown: str) -> str:
    meant = next((each for each in suggestions if each.kind is Kind.MEANT), None)
    if meant:
        return f"; the closest spelling they use is \u201c{meant.written}\u201d."
    if found.hidden:
        return f": the exclusion hides all {found.hidden:,} that it would find."
    if suggestions:
        return f"; \u201c{suggestions[0].written}\u201d matches {suggestions[0].finds:,}."
    if unknown:
        return f": they do not have the word \u201c{unknown}\u201d."
    return ": leave out a word, or say it in another way."
