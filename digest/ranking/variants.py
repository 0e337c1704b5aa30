"""What the papers write that an expression does not find yet, as expressions that would find it.

Every suggestion is an expression that parses; what it would bring is not guessed but matched.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice, permutations
from math import ceil
from typing import NamedTuple

import numpy as np

from digest.errors import ExpressionError
from digest.ranking.analysis import STOP_WORDS, stem, tokenize
from digest.ranking.batch import Batch
from digest.ranking.elements import Phrase, Spans, words_of
from digest.ranking.expressions import Expression, Scope, Style, Term
from digest.ranking.index import NO_WORD
from digest.ranking.query import parse
from digest.ranking.vocabulary import Vocabulary, phrase_key

MAX_SUGGESTIONS = 6
# So that the forms of one word do not fill the list.
MAX_OF_A_KIND = 3
# Of a word that would bring a paper more to every fifty there is nothing to say.
LEAST_MORE = 0.02
# One that leaves more of the papers narrows nothing.
MOST_LEFT = 0.75
# Whoever lists more alternatives knows what they do; and a page has to answer at once.
_MAX_TERMS, _MAX_CANDIDATES = 6, 48
# A third of the papers that define it mean this: the others are what the reader would get besides.
_LEAST_SHARE = 1 / 3
# What one paper in ten means by an acronym somebody may look for by it; less is an oddity.
_LEAST_MEANING = 0.1
_MAX_RELATIVES, _MAX_CORRECTIONS, _MAX_BETWEEN = 3, 3, 4
_MAX_SWAPPED, _MAX_APART, _MAX_NARROWED = 3, 4, 2
_MAX_NEIGHBOURS, _LEAST_NEIGHBOURS = 12, 2
# Places beside a phrase, negative before it and from 0 after it; and which of them, if any, stands
# between it and the other.
_SHAPES = (((-1,), -1), ((0,), -1), ((-2, -1), 1), ((0, 1), 0), ((-1, 0), -1))
_Words = tuple[str, ...]


class Kind(StrEnum):
    """What a suggestion does to an expression."""

    ACRONYM = "acronym"
    SPELLING = "spelling"
    ORDER = "order"
    LOOSER = "looser"
    MEANT = "meant"
    NARROWER = "narrower"


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


class _Candidate(NamedTuple):
    kind: Kind
    written: str
    expression: Expression


class _Change(NamedTuple):
    """What could stand beside a term, or in its place: terms that are joined by "+"."""

    kind: Kind
    written: str
    terms: tuple[Term, ...]
    is_added: bool = True


class Hint(StrEnum):
    """What an expression needs."""

    MORE = "more"
    MUCH_MORE = "much more"
    LESS = "less"


def suggest(
    batch: Batch, vocabulary: Vocabulary, expression: Expression, matched: int, hint: Hint
) -> tuple[Suggestion, ...]:
    """Return what to write instead of an expression that finds `matched` papers, at most six.

    Those that change most come first.
    """
    variants = _Variants(batch, vocabulary, hint)
    least = max(1, ceil(LEAST_MORE * matched))
    most = int(MOST_LEFT * matched)
    seen = {expression.key}
    candidates: list[tuple[_Candidate, str]] = []
    for candidate in islice(variants.of(expression), 2 * _MAX_CANDIDATES):
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
        same = sum(other.kind is each.kind for other in kept)
        if each.kind is Kind.NARROWER or same < MAX_OF_A_KIND:
            kept.append(each)
    return tuple(kept[:MAX_SUGGESTIONS])


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


class _Variants:
    """Candidates for one expression, the likeliest first; whether they find anything is not asked."""

    def __init__(self, batch: Batch, vocabulary: Vocabulary, hint: Hint) -> None:
        self.batch = batch
        self.vocabulary = vocabulary
        self.hint = hint

    def of(self, expression: Expression) -> Iterator[_Candidate]:
        """Yield whole expressions: with one term changed, or with an alternative added."""
        yield from self._corrected(expression)
        if sum(1 for _ in expression.terms) > _MAX_TERMS:
            return
        if self.hint is Hint.LESS:
            yield from self._narrowed(expression)
            return
        places = [
            (number, at, term)
            for number, terms in enumerate(expression.alternatives)
            for at, term in enumerate(terms)
            if term.scope in {Scope.ANYWHERE, Scope.TITLE}
        ]
        for number, at, term in places:
            for change in self._changes(term):
                terms = expression.alternatives[number]
                changed = (*terms[:at], *change.terms, *terms[at + 1 :])
                alternatives = list(expression.alternatives)
                alternatives[number : number + 1] = (
                    [terms, changed] if change.is_added else [changed]
                )
                made = replace(expression, alternatives=tuple(alternatives))
                yield _Candidate(change.kind, change.written, made)

    def _changes(self, term: Term) -> Iterator[_Change]:
        """Yield what could stand beside one term, or in its place."""
        if self.hint is Hint.MUCH_MORE:
            yield from self._looser(term)
        if term.style is Style.VERBATIM or any("*" in chunk for chunk in term.words):
            return
        words = words_of(" ".join(term.words))
        if term.style is Style.CAPITALS:
            yield from self._long_forms(term)
            return
        yield from self._short_forms(term, words)
        yield from self._relatives(term)
        if term.style is Style.CONSECUTIVE and len(words) > 1:
            yield from self._unquoted(term, words)
        if self.hint is Hint.MUCH_MORE and len(words) > 1:
            yield from self._apart(term, words)

    def _looser(self, term: Term) -> Iterator[_Change]:
        """Yield a term outside titles too."""
        if term.scope is Scope.TITLE:
            anywhere = replace(term, scope=Scope.ANYWHERE)
            yield _Change(Kind.LOOSER, str(anywhere), (anywhere,), is_added=False)

    def _long_forms(self, term: Term) -> Iterator[_Change]:
        usual = self.batch.acronyms.long_form(term.words[0])
        for words in self.vocabulary.long_forms(term.words[0], _LEAST_MEANING):
            if words and phrase_key(words) != phrase_key(usual):
                yield _added(Kind.ACRONYM, Term(words, scope=term.scope))

    def _short_forms(self, term: Term, words: tuple[str, ...]) -> Iterator[_Change]:
        if len(words) == 1:
            for short in self.vocabulary.as_acronyms(words[0]):
                capitals = Term((short,), Style.CAPITALS, term.scope)
                yield _Change(Kind.ACRONYM, short, (capitals,), is_added=False)
            return
        for short in self.vocabulary.short_forms(phrase_key(words), _LEAST_SHARE):
            yield _added(Kind.ACRONYM, Term((short,), Style.CAPITALS, term.scope))
        for start in range(len(words)):
            for end in range(start + 2, len(words) + (start > 0)):
                key = phrase_key(words[start:end])
                for short in self.vocabulary.short_forms(key, _LEAST_SHARE)[:1]:
                    shorter = (*words[:start], short.lower(), *words[end:])
                    yield _added(Kind.ACRONYM, replace(term, words=shorter))
            for short in self.vocabulary.as_acronyms(words[start])[:1]:
                for long in self.vocabulary.long_forms(short, _LEAST_MEANING)[:1]:
                    longer = (*words[:start], *long, *words[start + 1 :])
                    yield _added(Kind.ACRONYM, replace(term, words=longer))

    def _relatives(self, term: Term) -> Iterator[_Change]:
        for chunk, start, end, word in _tokens_of(term):
            for other in self.vocabulary.relatives(word, _MAX_RELATIVES):
                yield _added(Kind.SPELLING, _respelled(term, {(chunk, start, end): other}))

    def _unquoted(self, term: Term, words: tuple[str, ...]) -> Iterator[_Change]:
        plain = replace(term, style=Style.PLAIN)
        yield _Change(Kind.LOOSER, str(plain), (plain,), is_added=False)
        if len(words) <= _MAX_SWAPPED:
            for order in islice(permutations(words), 1, None):
                yield _added(Kind.ORDER, replace(term, words=order))
        for gap, between in self._words_between(term):
            yield _added(
                Kind.ORDER, replace(term, words=(*term.words[:gap], between, *term.words[gap:]))
            )

    def _words_between(self, term: Term) -> Iterator[tuple[int, str]]:
        """Yield the commonest words that stand inside a phrase, and before which of its parts."""
        index = self.batch.index
        found = []
        for gap in range(1, len(term.words)):
            head, tail = (
                self._rows(self.batch.elements.phrase_of(replace(term, words=part)))
                for part in (term.words[:gap], term.words[gap:])
            )
            ends = head.starts + head.widths
            places = ends[np.isin(ends + 1, tail.starts)]
            numbers, counts = np.unique(index.word_at[places], return_counts=True)
            best = np.argsort(-counts, kind="stable")[:_MAX_BETWEEN]
            found += [(-int(counts[at]), gap, int(numbers[at])) for at in best.tolist()]
        for _, gap, number in sorted(found)[:_MAX_BETWEEN]:
            if number != NO_WORD:
                yield gap, index.words[number]

    def _apart(self, term: Term, words: tuple[str, ...]) -> Iterator[_Change]:
        """Yield the words of a phrase that nobody writes, anywhere in a paper, and all but one."""
        content = tuple(dict.fromkeys(word for word in words if word not in STOP_WORDS))
        if not 1 < len(content) <= _MAX_APART:
            return
        apart = tuple(Term((word,), scope=term.scope) for word in content)
        yield _Change(Kind.LOOSER, " + ".join(content), apart, is_added=False)
        if len(content) > 2:  # noqa: PLR2004  one word alone is another question
            for left_out in content:
                shorter = Term(
                    tuple(word for word in content if word != left_out), scope=term.scope
                )
                yield _Change(Kind.LOOSER, str(shorter), (shorter,), is_added=False)

    def _corrected(self, expression: Expression) -> Iterator[_Candidate]:
        """Yield an expression without its misspelt words: all corrected, some in several ways."""
        ways: dict[Term, list[Term]] = {}
        for term, _ in islice(expression.terms, 2 * _MAX_TERMS):
            if term.scope in {Scope.ANYWHERE, Scope.TITLE} and term.style is not Style.CAPITALS:
                ways.setdefault(term, self._corrections(term))
        best = {term: corrected[0] for term, corrected in ways.items() if corrected}
        for term in best:
            for corrected in ways[term]:
                meant = {**best, term: corrected}
                alternatives = tuple(
                    tuple(meant.get(each, each) for each in terms)
                    for terms in expression.alternatives
                )
                excluded = tuple(meant.get(each, each) for each in expression.excluded)
                made = replace(expression, alternatives=alternatives, excluded=excluded)
                yield _Candidate(Kind.MEANT, str(corrected), made)

    def _corrections(self, term: Term) -> list[Term]:
        close: dict[tuple[int, int, int], list[str]] = {}
        for chunk, start, end, word in _tokens_of(term):
            if self.vocabulary.is_unknown(word):
                close[chunk, start, end] = self.vocabulary.close_to(word, _MAX_CORRECTIONS)
        close = {place: words for place, words in close.items() if words}
        best = {place: words[0] for place, words in close.items()}
        made = [
            _respelled(term, {**best, place: word})
            for place, words in close.items()
            for word in words
        ]
        return list(dict.fromkeys(made))

    def _narrowed(self, expression: Expression) -> Iterator[_Candidate]:
        """Yield an expression with one of its commonest terms as part of a longer phrase."""
        if len(expression.alternatives) > _MAX_NARROWED:
            return
        places = []
        for number, terms in enumerate(expression.alternatives):
            for at, term in enumerate(terms):
                is_text = term.scope in {Scope.ANYWHERE, Scope.TITLE}
                if is_text and not STOP_WORDS.issuperset(words_of(" ".join(term.words))):
                    rows = self._rows(self.batch.elements.phrase_of(term))
                    places.append((-len(rows.starts), number, at, term, rows))
        for _, number, at, term, rows in sorted(places, key=lambda place: place[:3])[
            :_MAX_NARROWED
        ]:
            for before, after in self._neighbours(rows):
                words = (*before, *(word.lower() for word in term.words), *after)
                narrow = Term(words, Style.CONSECUTIVE, term.scope)
                terms = expression.alternatives[number]
                alternatives = list(expression.alternatives)
                alternatives[number] = (*terms[:at], narrow, *terms[at + 1 :])
                made = replace(expression, alternatives=tuple(alternatives))
                yield _Candidate(Kind.NARROWER, " ".join(words), made)

    def _neighbours(self, rows: Spans) -> list[tuple[_Words, _Words]]:
        """Return what stands most often right before and after, one or two words in all."""
        found = sorted(each for shape in _SHAPES for each in self._around(rows, *shape))
        distinct: dict[_Words, tuple[_Words, _Words]] = {}
        for _, _, before, after in found:
            key = (*map(stem, before), "", *map(stem, after))
            distinct.setdefault(key, (before, after))
        return list(distinct.values())[:_MAX_NEIGHBOURS]

    def _around(
        self, rows: Spans, places: tuple[int, ...], inner: int
    ) -> Iterator[tuple[int, int, _Words, _Words]]:
        """Yield the words at places around rows: minus the papers, the length, before, after."""
        index, vocabulary = self.batch.index, self.vocabulary
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
        for at in np.argsort(-counts, kind="stable")[:_MAX_NEIGHBOURS].tolist():
            if counts[at] >= _LEAST_NEIGHBOURS:
                numbers = divmod(int(codes[at]), size)[-len(places) :]
                text = tuple(index.words[number] for number in numbers)
                yield -int(counts[at]), len(places), text[:before], text[before:]

    def _rows(self, phrase: Phrase) -> Spans:
        """Return where the elements of a phrase stand one right after the other."""
        rows = self.batch.elements.spans_of(phrase[0])
        for element in phrase[1:]:
            after = self.batch.elements.spans_of(element)
            ends = rows.starts + rows.widths
            low = np.searchsorted(after.starts, ends, "left")
            goes_on = low < np.searchsorted(after.starts, ends, "right")
            widths = rows.widths[goes_on] + after.widths[low[goes_on]]
            rows = Spans(rows.starts[goes_on], widths)
        return rows


def _added(kind: Kind, term: Term) -> _Change:
    return _Change(kind, str(term), (term,))


def _tokens_of(term: Term) -> Iterator[tuple[int, int, int, str]]:
    """Yield the words of a term with the number of their chunk and their place in it."""
    for number, chunk in enumerate(term.words):
        for token in tokenize(chunk):
            if not chunk.endswith("*"):
                yield number, token.start, token.end, token.word


def _respelled(term: Term, words: dict[tuple[int, int, int], str]) -> Term:
    """Return a term with some of its words written otherwise, each given by its place."""
    chunks = list(term.words)
    for (number, start, end), word in sorted(words.items(), reverse=True):
        chunks[number] = chunks[number][:start] + word + chunks[number][end:]
    return replace(term, words=tuple(chunks))
