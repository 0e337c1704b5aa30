"""A batch of papers against expressions: which papers meet each, and what that is worth."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, reduce
from typing import NamedTuple

import numpy as np

from digest.model.papers import Paper
from digest.ranking.acronyms import Acronyms, find_acronyms
from digest.ranking.archive import Archive
from digest.ranking.arrays import Ints, Longs, offsets, ranges
from digest.ranking.compiled import COMPILED
from digest.ranking.elements import Element, Elements, Phrase, words_of
from digest.ranking.expressions import Expression, Scope, Style, Term
from digest.ranking.hits import Hits
from digest.ranking.index import Index
from digest.ranking.matching import Wanted, occurrences, tabulate
from digest.ranking.names import in_category, is_named
from digest.ranking.rarity import CATEGORY, Rarity
from digest.ranking.scoring import EXACT, MOST_POINTS, UNIT, Evidence, Plan, TermHits, score

_MOST_LOOKUPS = 1 << 10


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector out: it finds nothing among a million new tuples, and takes a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Lookup(NamedTuple):
    """How a term is looked up: by its own phrase, and by those that stand for it."""

    own: Wanted
    others: tuple[Wanted, ...]


class Row(NamedTuple):
    """Papers, ascending, and their points."""

    papers: Ints
    points: Longs


class Batch:
    """Papers analysed once, numbered in the order given, scored against an archive.

    Without an archive the papers are their own. `acronyms` are what is known of them, if not what
    the archive and these papers say. Threads may share a batch: what two of them compute at once is
    equal.
    """

    def __init__(
        self,
        papers: Iterable[Paper],
        archive: Archive | None = None,
        acronyms: Acronyms | None = None,
    ) -> None:
        self.papers = tuple(papers)
        self.index = Index(self.papers)
        texts = [(paper.title, paper.abstract) for paper in self.papers]
        self.archive = archive or Archive.of(texts, is_latent=False)
        self.acronyms = acronyms or self.archive.acronyms.with_newer(find_acronyms(texts))
        self.elements = Elements(self.index, self.archive.has_solid)
        # Many papers are asked, one after the other, how they meet the same term.
        self.lookup_of = lru_cache(_MOST_LOOKUPS)(self.lookup)

    def hits(self, expressions: Sequence[Expression], *, fast: bool = COMPILED) -> Hits:
        """Return what each expression finds; weights are not applied.

        Of an expression that only excludes, these are the papers it hides.
        """
        with uncollected():
            return self._hits(expressions, fast=fast)

    def _hits(self, expressions: Sequence[Expression], *, fast: bool) -> Hits:
        asked: list[tuple[Term, bool]] = []
        rows: list[int | None] = []
        shared: dict[tuple[Term, bool], int] = {}
        for each in expressions:
            only = each.only_term
            if only is not None:
                rows.append(len(asked))
                asked.append((only, False))
                continue
            rows.append(None)
            for term, is_excluded in each.terms:
                if (term, is_excluded) not in shared:
                    shared[term, is_excluded] = len(asked)
                    asked.append((term, is_excluded))
        found = _Found(shared, self._find(asked, fast=fast))
        return found.hits(expressions, rows)

    def _find(self, asked: Sequence[tuple[Term, bool]], *, fast: bool) -> TermHits:
        """Return what every term finds; an excluding one is taken literally."""
        texts = [term.is_text for term, _ in asked]
        by_words = iter(
            [self.lookup(*each) for each, is_text in zip(asked, texts, strict=True) if is_text]
        )
        found = self._find_words([*by_words], fast=fast)
        if all(texts):
            return found
        rows: list[Row] = []
        words = 0
        for (term, _), is_text in zip(asked, texts, strict=True):
            if is_text:
                here = slice(found.first[words], found.first[words + 1])
                rows.append(Row(found.papers[here], found.points[here]))
                words += 1
            else:
                rows.append(self._find_named(term))
        return _stacked(rows)

    def _find_named(self, term: Term) -> Row:
        """Return the papers that carry a name, all worth the same."""
        found = [number for number in range(len(self.papers)) if self.is_named(term, number)]
        rarity = self.archive.rarity(0) if term.scope is Scope.AUTHOR else CATEGORY
        points = round(UNIT * EXACT * rarity)
        return Row(np.array(found, np.int32), np.full(len(found), points, np.int64))

    def is_named(self, term: Term, paper: int) -> bool:
        """Return whether a paper has the author, or stands in the category, that a term names."""
        if term.scope is Scope.CATEGORY:
            return in_category(term.words[0], self.papers[paper].categories)
        return is_named(words_of(" ".join(term.words)), self.papers[paper].authors)

    def lookup(self, term: Term, is_exact: bool) -> Lookup:  # noqa: FBT001  half of a pair
        """Return the phrases a term is looked up by: with the long form of an acronym, or acronyms."""
        in_title = term.scope is Scope.TITLE
        phrase = self.elements.phrase_of(term)
        is_loose = term.style is Style.PLAIN and not is_exact and len(phrase) > 1
        others = [] if is_exact else self._others(term)
        return Lookup(
            Wanted(phrase, is_loose, in_title),
            tuple(Wanted(other, is_loose=False, in_title=in_title) for other in others),
        )

    def _others(self, term: Term) -> list[Phrase]:
        if term.style is Style.CAPITALS:
            long_form = self.acronyms.long_form(term.words[0])
            return [self.elements.phrase_of(Term(long_form))] if long_form else []
        if term.style is not Style.PLAIN:
            return []
        words = [word for chunk in term.words for word in words_of(chunk)]
        if len(words) == 1:
            return [
                self.elements.phrase_of(Term(long)) for long in self.acronyms.meant_by(words[0])
            ]
        shorts = self.acronyms.short_forms_of(words)
        return [(self.elements.number_of(Element((short,), Style.CAPITALS)),) for short in shorts]

    def _find_words(self, lookups: Sequence[Lookup], *, fast: bool) -> TermHits:
        wanted: list[Wanted] = []
        own: list[int] = []
        term_of: list[int] = []
        for number, lookup in enumerate(lookups):
            own.append(len(wanted))
            wanted += (lookup.own, *lookup.others)
            term_of += [number] * (1 + len(lookup.others))
        distinct, elements, phrases = tabulate(self.elements, wanted)
        found = occurrences(self.index, elements, phrases, fast=fast)
        is_own = np.zeros(len(wanted), bool)
        is_own[own] = True
        plan = Plan(np.array(own, np.int64), np.array(term_of, np.int64), is_own)
        rarity = Rarity.of(self.archive, distinct, phrases, found.last > found.first)
        evidence = Evidence(self.index, elements, self.archive)
        return score(plan, phrases, found, rarity, evidence)


class _Found(NamedTuple):
    """What the terms of some expressions found; a term's number is that of its row."""

    numbers: Mapping[tuple[Term, bool], int]
    terms: TermHits

    def hits(self, expressions: Sequence[Expression], rows: Sequence[int | None]) -> Hits:
        """Return what each expression finds: the row given, or put together from its terms."""
        made: list[Row] = []
        numbers: list[int] = []
        for row, each in zip(rows, expressions, strict=True):
            if row is None:
                numbers.append(len(self.terms.first) - 1 + len(made))
                made.append(self.row(each))
            else:
                numbers.append(row)
        pool = _stacked(made)
        first = np.concatenate((self.terms.first, self.terms.first[-1] + pool.first[1:]))
        papers = np.concatenate((self.terms.papers, pool.papers))
        points = np.concatenate((self.terms.points, pool.points))
        begins = first[numbers]
        ends = first[np.array(numbers, np.int64) + 1]
        _, places = ranges(begins, ends)
        return Hits(offsets(ends - begins), papers[places], points[places].astype(np.uint16))

    def row(self, expression: Expression) -> Row:
        """Return the papers of an expression: the best of its alternatives, none of the excluded."""
        hidden = _best([self.of(term, is_exact=True) for term in expression.excluded])
        if not expression.alternatives:
            return hidden
        found = _best(
            [
                reduce(_both, [self.of(term, is_exact=False) for term in terms])
                for terms in expression.alternatives
            ]
        )
        is_left = ~np.isin(found.papers, hidden.papers, assume_unique=True)
        return Row(found.papers[is_left], found.points[is_left])

    def of(self, term: Term, *, is_exact: bool) -> Row:
        """Return what a term found."""
        number = self.numbers[term, is_exact]
        here = slice(self.terms.first[number], self.terms.first[number + 1])
        return Row(self.terms.papers[here], self.terms.points[here])


def _stacked(rows: Sequence[Row]) -> TermHits:
    return TermHits(
        offsets(np.array([len(row.papers) for row in rows], np.int64)),
        np.concatenate([np.zeros(0, np.int32), *(row.papers for row in rows)]),
        np.concatenate([np.zeros(0, np.int64), *(row.points for row in rows)]),
    )


def _both(left: Row, right: Row) -> Row:
    papers, of_left, of_right = np.intersect1d(
        left.papers, right.papers, assume_unique=True, return_indices=True
    )
    points = np.minimum(left.points[of_left] + right.points[of_right], MOST_POINTS)
    return Row(papers, points)


def _best(rows: Sequence[Row]) -> Row:
    """Return the papers of any row with the most points of any."""
    stacked = _stacked(rows)
    order = np.lexsort((-stacked.points, stacked.papers))
    papers, points = stacked.papers[order], stacked.points[order]
    is_first = np.diff(papers, prepend=-1) > 0
    return Row(papers[is_first], points[is_first])
