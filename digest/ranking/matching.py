"""A batch of papers against every distinct expression: which match, how, and where.

A phrase is looked up from its rarest word outwards, so its cost is that of its rarest word, and
nothing is done twice for two readers who ask the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from digest.model.digests import Field, MatchKind
from digest.model.papers import Paper
from digest.ranking import scoring
from digest.ranking.acronyms import Acronyms, find_acronyms, singular
from digest.ranking.analysis import PREFIXES, STOP_WORDS, tokenize
from digest.ranking.index import NEAR, Counts, Index, Places, Span, can_be_joined
from digest.ranking.query import Expression, Scope, Style, Term

STRENGTH = {kind: number for number, kind in enumerate(MatchKind)}
_NOTHING = Counts(0, 0)


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a paper where a term was found: positions of the matched words.

    `part` numbers the term among those that an alternative joins by "+".
    """

    kind: MatchKind
    spans: tuple[Span, ...]
    part: int = 0


@dataclass(frozen=True, slots=True)
class Match:
    """That a paper (its number in the batch) met an expression: how, where, and what it is worth.

    `kind` and `field` are those of the strongest place. A match by author has no place.
    """

    paper: int
    kind: MatchKind
    field: Field
    places: tuple[Place, ...]
    score: int


@dataclass(frozen=True, slots=True)
class _Element:
    """Words that stand together: one, or those that a hyphen, a prefix or the corpus makes one."""

    words: tuple[str, ...]
    style: Style
    is_prefix: bool = False

    @property
    def has_content(self) -> bool:
        return not STOP_WORDS.issuperset(self.words)


_Elements = tuple[_Element, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What one term found: its places in each paper, and the paper's score for it."""

    places: Mapping[int, tuple[Place, ...]]
    scores: Mapping[int, float]


class Batch:
    """Papers analysed once, and what every expression asked of them so far has found.

    Papers are numbered by ascending id, whatever order they came in. Threads may share a batch:
    what two of them compute at once is equal.
    """

    def __init__(self, papers: Iterable[Paper]) -> None:
        self.papers = tuple(sorted(papers, key=lambda paper: paper.id))
        self.index = Index(self.papers)
        self.acronyms: Acronyms = find_acronyms((p.title, p.abstract) for p in self.papers)
        lengths = self.index.lengths
        self._averages = (
            sum(length.title for length in lengths) / max(1, len(lengths)) or 1.0,
            sum(length.abstract for length in lengths) / max(1, len(lengths)) or 1.0,
        )
        self._names = [[_words(name) for name in paper.authors] for paper in self.papers]
        self._matches: dict[Expression, Mapping[int, Match]] = {}
        self._terms: dict[tuple[Term, bool], _Found] = {}
        self._places: dict[_Elements, Places] = {}
        self._counts: dict[_Elements, Mapping[int, Counts]] = {}

    def matches(self, expression: Expression) -> Mapping[int, Match]:
        """Return the papers that meet an expression, by number; its weight is not applied.

        Of an expression that only excludes, these are the papers it hides.
        """
        found = self._matches.get(expression)
        if found is None:
            found = self._matches[expression] = self._match(expression)
        return found

    def _match(self, expression: Expression) -> Mapping[int, Match]:
        hidden = _best(self._all_of((term,), is_exact=True) for term in expression.excluded)
        if not expression.alternatives:
            return hidden
        found = _best(self._all_of(terms) for terms in expression.alternatives)
        return {paper: match for paper, match in found.items() if paper not in hidden}

    def _all_of(self, terms: Sequence[Term], *, is_exact: bool = False) -> dict[int, Match]:
        """Return the papers in which every term is found; together they score the sum."""
        found = [self._find(term, is_exact=is_exact) for term in terms]
        common = set(found[0].scores).intersection(*(each.scores for each in found[1:]))
        matches = {}
        for paper in common:
            places = tuple(
                Place(place.kind, place.spans, part)
                for part, each in enumerate(found)
                for place in each.places.get(paper, ())
            )
            score = scoring.quantised(sum(each.scores[paper] for each in found))
            matches[paper] = self._record(paper, places, score)
        return matches

    def _record(self, paper: int, places: tuple[Place, ...], score: int) -> Match:
        if not places:
            return Match(paper, MatchKind.PHRASE, Field.TITLE, (), score)
        parts: dict[int, list[Place]] = defaultdict(list)
        for place in places:
            parts[place.part].append(place)
        kinds = [min((p.kind for p in each), key=STRENGTH.__getitem__) for each in parts.values()]
        kind = max(kinds, key=STRENGTH.__getitem__)
        strongest = min(places, key=lambda place: (place.kind is not kind, place.spans))
        field = self.index.sentence_at(strongest.spans[0][0]).field
        return Match(paper, kind, field, places, score)

    def _find(self, term: Term, *, is_exact: bool) -> _Found:
        found = self._terms.get((term, is_exact))
        if found is None:
            find = self._find_author if term.scope is Scope.AUTHOR else self._find_words
            found = self._terms[term, is_exact] = find(term, is_exact=is_exact)
        return found

    def _find_author(self, term: Term, *, is_exact: bool) -> _Found:
        del is_exact  # a name is always exact
        wanted = _words(" ".join(term.words))
        papers = [
            number
            for number, names in enumerate(self._names)
            if any(_is_named(wanted, name) for name in names)
        ]
        score = scoring.rarity(len(papers), len(self.papers)) * scoring.saturated(1)
        return _Found({}, dict.fromkeys(papers, score))

    def _find_words(self, term: Term, *, is_exact: bool) -> _Found:
        elements = self._elements_of(term)
        is_plain = term.style is Style.PLAIN and not is_exact
        alternatives = [] if is_exact else self._alternatives(term)
        places: dict[int, list[Place]] = defaultdict(list)
        for span in self._occurrences(elements):
            self._put(places, term, Place(MatchKind.PHRASE, (span,)))
        if is_plain:
            exact = frozenset(places)
            for spans in self._near(elements):
                if self.index.sentence_at(spans[0][0]).paper not in exact:
                    self._put(places, term, Place(MatchKind.NEAR, spans))
        for alternative in alternatives:
            for span in self._occurrences(alternative):
                self._put(places, term, Place(MatchKind.ACRONYM, (span,)))
        scores = {paper: self._score(paper, term, elements, alternatives) for paper in places}
        return _Found({paper: tuple(found) for paper, found in places.items()}, scores)

    def _put(self, places: dict[int, list[Place]], term: Term, place: Place) -> None:
        sentence = self.index.sentence_at(place.spans[0][0])
        if term.scope is Scope.ANYWHERE or sentence.field is Field.TITLE:
            places[sentence.paper].append(place)

    def _alternatives(self, term: Term) -> list[_Elements]:
        """Return the long form of an acronym, or the acronyms of a phrase."""
        if term.style is Style.CAPITALS:
            long_form = self.acronyms.long_form(term.words[0])
            return [self._elements_of(Term(long_form, Style.CONSECUTIVE))] if long_form else []
        if term.style is not Style.PLAIN:
            return []
        words = _words(" ".join(term.words))
        return [
            (_Element((short,), Style.CAPITALS),) for short in self.acronyms.short_forms_of(words)
        ]

    def _elements_of(self, term: Term) -> _Elements:
        """Return the words of a term, those that may be written as one put together."""
        if term.style is Style.CAPITALS:
            return (_Element((singular(term.words[0]),), Style.CAPITALS),)
        style = Style.VERBATIM if term.style is Style.VERBATIM else Style.PLAIN
        elements: list[_Element] = []
        for chunk in term.words:
            element = _Element(_words(chunk), style, is_prefix=chunk.endswith("*"))
            if elements and style is Style.PLAIN and self._are_one(elements[-1], element):
                words = (*elements.pop().words, *element.words)
                element = _Element(words, style, is_prefix=element.is_prefix)
            elements.append(element)
        return tuple(elements)

    def _are_one(self, left: _Element, right: _Element) -> bool:
        head, tail = left.words[-1], right.words[0]
        return (
            not left.is_prefix
            and can_be_joined(head, tail)
            and (head in PREFIXES or self.index.is_written_solid(head + tail))
        )

    def _occurrences(self, elements: _Elements) -> Places:
        """Return where elements stand one right after the other."""
        places = self._places.get(elements)
        if places is None:
            find = (
                self._in_one_piece(elements[0]) if len(elements) == 1 else self._in_a_row(elements)
            )
            places = self._places[elements] = Places(find)
        return places

    def _in_one_piece(self, element: _Element) -> Iterable[Span]:
        """Return where the words of an element stand in a row, any two of them joined or not."""
        words = element.words
        whole: list[set[Span]] = []
        for number in range(len(words)):
            spans = _continued(whole[-1] if whole else None, self._look_up(element, number, 1))
            if number and element.style is Style.PLAIN:
                before = whole[-2] if number > 1 else None
                spans |= _continued(before, self._look_up(element, number, 2))
            whole.append(spans)
        return whole[-1]

    def _look_up(self, element: _Element, number: int, pieces: int) -> Places:
        word = "".join(element.words[number + 1 - pieces : number + 1])
        if element.style is Style.CAPITALS:
            return self.index.capitals(word)
        if element.style is Style.VERBATIM:
            return self.index.verbatim(word)
        if element.is_prefix and number == len(element.words) - 1:
            return self.index.beginning(word)
        return self.index.inflected(word)

    def _in_a_row(self, elements: _Elements) -> Iterable[Span]:
        parts = [self._occurrences((element,)) for element in elements]
        anchor = min(range(len(parts)), key=lambda number: len(parts[number]))
        rows = set(parts[anchor])
        for part in parts[anchor + 1 :]:
            rows = {(start, last) for start, end in rows for last in part.ends.get(end, ())}
        for part in reversed(parts[:anchor]):
            rows = {(first, end) for start, end in rows for first in part.starts.get(start, ())}
        return rows

    def _near(self, elements: _Elements) -> Iterable[tuple[Span, ...]]:
        """Yield, for each occurrence of the rarest word, a stretch of NEAR places with all words."""
        content = tuple(dict.fromkeys(element for element in elements if element.has_content))
        if len(content) < 2:  # noqa: PLR2004 -- one word is near to nothing
            return
        parts = sorted((self._occurrences((element,)) for element in content), key=len)
        for anchor in parts[0]:
            around = [part.within(anchor[1] - 1 - NEAR, anchor[0] + NEAR) for part in parts[1:]]
            firsts = {anchor[0], *(s for spans in around for s, _ in spans if s < anchor[0])}
            for first in sorted(firsts, reverse=True):
                chosen = [_first_within(spans, first, first + NEAR) for spans in around]
                if anchor[1] - 1 <= first + NEAR and None not in chosen:
                    yield tuple(sorted({anchor, *(span for span in chosen if span)}))
                    break

    def _score(
        self, paper: int, term: Term, elements: _Elements, alternatives: Sequence[_Elements]
    ) -> float:
        def evidence(part: _Elements) -> tuple[float, float]:
            counts = self._count(part)
            here = counts.get(paper, _NOTHING)
            if term.scope is Scope.TITLE:
                here = Counts(here.title, 0)
            frequency = scoring.term_frequency(here, self.index.lengths[paper], self._averages)
            return scoring.rarity(len(counts), len(self.papers)), frequency

        content = [element for element in elements if element.has_content] or elements
        is_phrase = len(elements) > 1
        return scoring.combine(
            [evidence((element,)) for element in content],
            [evidence(pair) for pair in pairwise(elements)] if is_phrase else [],
            evidence(elements) if is_phrase else (0.0, 0.0),
            [(*evidence(other), len(other) > 1) for other in alternatives],
        )

    def _count(self, elements: _Elements) -> Mapping[int, Counts]:
        counts = self._counts.get(elements)
        if counts is None:
            counts = self._counts[elements] = self.index.counts(self._occurrences(elements))
        return counts


@lru_cache(maxsize=2)
def batch_of(papers: frozenset[Paper]) -> Batch:
    """Return the papers analysed, the same batch for the same papers while it is remembered.

    A day's subscribers are ranked in chunks against the same papers: only the first chunk pays.
    """
    return Batch(papers)


def _best(found: Iterable[Mapping[int, Match]]) -> dict[int, Match]:
    """Return the best match of each paper; of equal ones the strongest kind, then the first."""
    best: dict[int, Match] = {}
    for matches in found:
        for paper, match in matches.items():
            other = best.get(paper)
            if other is None or _merit(match) > _merit(other):
                best[paper] = match
    return best


def _merit(match: Match) -> tuple[int, int]:
    return match.score, -STRENGTH[match.kind]


def _continued(before: set[Span] | None, places: Places) -> set[Span]:
    if before is None:
        return set(places)
    return {(start, last) for start, end in before for last in places.ends.get(end, ())}


def _first_within(spans: Sequence[Span], first: int, last: int) -> Span | None:
    return next((span for span in spans if first <= span[0] and span[1] - 1 <= last), None)


@lru_cache(maxsize=1 << 16)
def _words(text: str) -> tuple[str, ...]:
    return tuple(token.word for token in tokenize(text))


def _is_named(wanted: Sequence[str], name: Sequence[str]) -> bool:
    """Return whether a name has all these words; a single letter stands for a name it begins."""
    return all(
        any(word == part or (1 in {len(word), len(part)} and word[0] == part[0]) for part in name)
        for word in wanted
    )
