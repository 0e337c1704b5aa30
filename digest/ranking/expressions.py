"""What a reader asks for, as data: expressions of terms, their normal form and their shared key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from digest.model.subscribers import MAX_EXPRESSION
from digest.ranking.acronyms import singular


class Style(StrEnum):
    """How literally a term is taken."""

    PLAIN = "plain"
    CONSECUTIVE = "consecutive"
    VERBATIM = "verbatim"
    CAPITALS = "capitals"


class Scope(StrEnum):
    """Where a term is looked for."""

    ANYWHERE = "anywhere"
    TITLE = "title"
    AUTHOR = "author"
    CATEGORY = "cat"


@dataclass(frozen=True, slots=True)
class Term:
    """One phrase to look for; what was written without a space is one of its words.

    A CAPITALS term is one word with its letters as written. A CATEGORY term is one name, as written
    too but compared without case; "cs.*" stands for cs and whatever begins with "cs.", "hep-*" for
    whatever begins with "hep-".
    """

    words: tuple[str, ...]
    style: Style = Style.PLAIN
    scope: Scope = Scope.ANYWHERE

    @property
    def is_text(self) -> bool:
        """Whether it is looked for in the text, not among names."""
        return self.scope in {Scope.ANYWHERE, Scope.TITLE}

    def __str__(self) -> str:
        words = " ".join(self.words)
        if self.style is Style.CONSECUTIVE:
            words = f'"{words}"'
        elif self.style is Style.VERBATIM:
            words = f'="{words}"'
        return words if self.scope is Scope.ANYWHERE else f"{self.scope}:{words}"


@dataclass(frozen=True, slots=True)
class Expression:
    """What one interest asks for: any of the alternatives, each with all its terms.

    With no alternative it only excludes, and does so for everything its reader asked for.
    `str` gives the normal form, in the reader's order, which parses to an equal expression.
    """

    alternatives: tuple[tuple[Term, ...], ...]
    excluded: tuple[Term, ...] = ()
    weight: float = 1.0

    def __str__(self) -> str:
        text = self._written(" | ", " + ")
        return text if len(text) <= MAX_EXPRESSION else self._written("|", "+")

    @property
    def terms(self) -> Iterator[tuple[Term, bool]]:
        """Every term, and whether it is one that excludes."""
        for terms in self.alternatives:
            for term in terms:
                yield term, False
        for term in self.excluded:
            yield term, True

    @property
    def only_term(self) -> Term | None:
        """The term, where it is one and nothing is excluded: most expressions are such."""
        if self.excluded or len(self.alternatives) != 1 or len(self.alternatives[0]) != 1:
            return None
        return self.alternatives[0][0]

    @property
    def key(self) -> "Expression":
        """The one expression that stands for all that ask the same: match this, once for everybody.

        Without weight and repetitions; alternatives, terms and exclusions in one order; acronyms in
        the singular, categories in lower case. It parses from its normal form as any other, so that
        this text may be stored in its place. Words keep their inflection: the stem of a compound
        is not made of the stems of its words, so `network` and `networks` may find different papers.
        """
        term = self.only_term
        if self.weight == 1 and term is not None and _reduced(term) is term:
            return self
        alternatives = {_in_order(terms) for terms in self.alternatives}
        ordered = sorted(alternatives, key=lambda terms: tuple(map(str, terms)))
        return Expression(tuple(ordered), _in_order(self.excluded))

    def _written(self, either: str, both: str) -> str:
        found = either.join(both.join(map(str, terms)) for terms in self.alternatives)
        parts = [found] if found else []
        parts += [f"-{term}" for term in self.excluded]
        weight = "" if self.weight == 1 else f"^{self.weight:g}"
        return " ".join(parts) + weight


def _in_order(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(sorted(set(map(_reduced, terms)), key=str))


def _reduced(term: Term) -> Term:
    """Return a term without what no paper can tell: itself if there is nothing of that kind."""
    word = term.words[0]
    if term.scope is Scope.CATEGORY:
        reduced = word.lower()
    elif term.style is Style.CAPITALS:
        reduced = singular(word)
    else:
        return term
    return term if reduced == word else replace(term, words=(reduced,))
