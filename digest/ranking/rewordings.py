"""Other ways to write an expression, whether or not the papers have them."""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from itertools import islice, permutations
from typing import NamedTuple

from digest.ranking.analysis import STOP_WORDS, tokenize
from digest.ranking.batch import Batch
from digest.ranking.elements import words_of
from digest.ranking.expressions import Expression, Scope, Style, Term
from digest.ranking.neighbours import neighbours, rows_of, words_between
from digest.ranking.vocabulary import Vocabulary, phrase_key

# Whoever lists more alternatives knows what they do; and a page has to answer at once.
_MAX_TERMS = 6
# A third of the papers that define it mean this: the others are what the reader would get besides.
_LEAST_SHARE = 1 / 3
# What one paper in ten means by an acronym somebody may look for by it; less is an oddity.
_LEAST_MEANING = 0.1
_MAX_RELATIVES, _MAX_CORRECTIONS = 3, 3
_MAX_SWAPPED, _MAX_APART, _MAX_NARROWED = 3, 4, 2


class Kind(StrEnum):
    """What a suggestion does to an expression."""

    ACRONYM = "acronym"
    SPELLING = "spelling"
    ORDER = "order"
    LOOSER = "looser"
    MEANT = "meant"
    NARROWER = "narrower"


class Hint(StrEnum):
    """What an expression needs."""

    MORE = "more"
    MUCH_MORE = "much more"
    LESS = "less"


class Candidate(NamedTuple):
    """An expression to use instead, and the part of it that is new."""

    kind: Kind
    written: str
    expression: Expression


class _Change(NamedTuple):
    """What could stand beside a term, or in its place: terms that are joined by "+"."""

    kind: Kind
    written: str
    terms: tuple[Term, ...]
    is_added: bool = True


class Rewordings:
    """Candidates for one expression, the likeliest first; whether they find anything is not asked."""

    def __init__(self, batch: Batch, vocabulary: Vocabulary, hint: Hint) -> None:
        self.batch = batch
        self.vocabulary = vocabulary
        self.hint = hint

    def of(self, expression: Expression) -> Iterator[Candidate]:
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
            if term.is_text
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
                yield Candidate(change.kind, change.written, made)

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
        for gap, between in words_between(self.batch, term):
            yield _added(
                Kind.ORDER, replace(term, words=(*term.words[:gap], between, *term.words[gap:]))
            )

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

    def _corrected(self, expression: Expression) -> Iterator[Candidate]:
        """Yield an expression without its misspelt words: all corrected, some in several ways."""
        ways: dict[Term, list[Term]] = {}
        for term, _ in islice(expression.terms, 2 * _MAX_TERMS):
            if term.is_text and term.style is not Style.CAPITALS:
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
                yield Candidate(Kind.MEANT, str(corrected), made)

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

    def _narrowed(self, expression: Expression) -> Iterator[Candidate]:
        """Yield an expression with one of its commonest terms as part of a longer phrase."""
        if len(expression.alternatives) > _MAX_NARROWED:
            return
        places = []
        for number, terms in enumerate(expression.alternatives):
            for at, term in enumerate(terms):
                is_text = term.is_text
                if is_text and not STOP_WORDS.issuperset(words_of(" ".join(term.words))):
                    rows = rows_of(self.batch, self.batch.elements.phrase_of(term))
                    places.append((-len(rows.starts), number, at, term, rows))
        for _, number, at, term, rows in sorted(places, key=lambda place: place[:3])[
            :_MAX_NARROWED
        ]:
            for before, after in neighbours(self.batch, self.vocabulary, rows):
                words = (*before, *(word.lower() for word in term.words), *after)
                narrow = Term(words, Style.CONSECUTIVE, term.scope)
                terms = expression.alternatives[number]
                alternatives = list(expression.alternatives)
                alternatives[number] = (*terms[:at], narrow, *terms[at + 1 :])
                made = replace(expression, alternatives=tuple(alternatives))
                yield Candidate(Kind.NARROWER, " ".join(words), made)


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
