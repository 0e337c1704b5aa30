"""The keyword language: an expression as a reader wrote it, as data, with errors that point.

    graph neural networks     the phrase in any inflection; its words close together count as near
    "graph neural network"    consecutive only, in any inflection
    ="objectivity"            verbatim, no inflection
    RAG                       2 to 6 capitals: matched in capitals, or by the long form
    a | b                     alternatives
    a + b                     both in one paper
    a -survey -"case study"   never with these; alone on its line: never shown at all
    title:x  author:"x y"     in the title; by this author
    diffus*                   every word that begins so
    x^2                       counts twice

There is no nesting: alternatives bind weakest, then "+"; exclusions and the weight concern the whole.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from digest.errors import ExpressionError
from digest.model.subscribers import MAX_EXPRESSION
from digest.ranking.analysis import tokenize

MIN_PREFIX = 3
MIN_WEIGHT, MAX_WEIGHT = 0.1, 10.0


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


@dataclass(frozen=True, slots=True)
class Term:
    """One phrase to look for; what was written without a space is one of its words."""

    words: tuple[str, ...]
    style: Style = Style.PLAIN
    scope: Scope = Scope.ANYWHERE

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
    `str` gives the normal form, which parses to an equal expression.
    """

    alternatives: tuple[tuple[Term, ...], ...]
    excluded: tuple[Term, ...] = ()
    weight: float = 1.0

    def __str__(self) -> str:
        text = self._written(" | ", " + ")
        return text if len(text) <= MAX_EXPRESSION else self._written("|", "+")

    @property
    def unweighted(self) -> "Expression":
        """The same wish at weight 1: what readers share who weigh it differently."""
        return self if self.weight == 1 else replace(self, weight=1.0)

    def _written(self, either: str, both: str) -> str:
        found = either.join(both.join(map(str, terms)) for terms in self.alternatives)
        parts = [found] if found else []
        parts += [f"-{term}" for term in self.excluded]
        weight = "" if self.weight == 1 else f"^{self.weight:g}"
        return " ".join(parts) + weight


@lru_cache(maxsize=1 << 16)
def parse(expression: str) -> Expression:
    """Return what the reader asked for, or raise ExpressionError at the place that is wrong."""
    return _Parser(expression).parse()


_CURLY_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f", '"'))
_FIELD = re.compile(r"([A-Za-z]+):(?=\S)|(title|author|cat):", re.IGNORECASE)
_CAPITALS = re.compile(r"(?=[0-9]*[A-Z])[A-Z0-9]{2,6}s?")
_PLUS_PLUS = re.compile(r"(?<=[^\W_])\+\+(?![^\W_])")
_WEIGHT = re.compile(r"\d{1,4}(?:\.\d{1,2})?")
_OPERATOR_WORDS = {"AND": "+", "OR": "|", "NOT": "-"}
_BREAKS = {
    "(": "Parentheses are not understood; write alternatives as a | b.",
    ")": "Parentheses are not understood; write alternatives as a | b.",
    ",": "One interest a line: write this on a line of its own, or | between alternatives.",
    ";": "One interest a line: write this on a line of its own, or | between alternatives.",
}


class _Parser:
    """One pass over the expression; `at` is the next character to read."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.text = expression.translate(_CURLY_QUOTES).rstrip()
        self.at = 0
        self.alternatives: list[list[Term]] = [[]]
        self.excluded: list[Term] = []
        self.weight = 1.0
        self.operator = ""  # the | or + that still waits for its right side
        self.operator_at = 0

    def parse(self) -> Expression:
        self.skip_space()
        if self.at == len(self.text):
            raise self.error("There is nothing to look for: write a word or a phrase.", 0)
        if len(self.text) - self.at > MAX_EXPRESSION:
            problem = (
                f"An expression has at most {MAX_EXPRESSION} characters; this one goes on here."
            )
            raise self.error(problem, self.at + MAX_EXPRESSION)
        while self.at < len(self.text):
            self.read_part()
            self.skip_space()
        if self.operator:
            raise self.error(f"Nothing follows the {self.operator}.", self.operator_at)
        return Expression(
            tuple(
                dict.fromkeys(tuple(dict.fromkeys(terms)) for terms in self.alternatives if terms)
            ),
            tuple(dict.fromkeys(self.excluded)),
            self.weight,
        )

    def read_part(self) -> None:
        match self.text[self.at]:
            case "|" | "+" as operator:
                self.read_operator(operator)
            case "^":
                self.read_weight()
            case "-":
                self.read_exclusion()
            case _:
                self.read_found()

    def read_operator(self, operator: str) -> None:
        if self.operator:
            raise self.error(f"Two operators in a row: {self.operator} and {operator}.", self.at)
        if not self.alternatives[-1] and (operator == "|" or not self.excluded):
            raise self.error(f"Nothing to find stands before the {operator}.", self.at)
        if operator == "|":
            self.alternatives.append([])
        self.operator, self.operator_at = operator, self.at
        self.at += 1

    def read_weight(self) -> None:
        if self.operator:
            raise self.error(f"Nothing stands between the {self.operator} and the weight.", self.at)
        if not self.alternatives[0]:
            raise self.error("A weight needs something to find before it.", self.at)
        written = _WEIGHT.match(self.text, self.at + 1)
        if written is None:
            raise self.error("A weight is a number from 0.1 to 10, such as ^2 or ^0.5.", self.at)
        self.weight = float(written[0])
        if not MIN_WEIGHT <= self.weight <= MAX_WEIGHT:
            raise self.error("A weight is a number from 0.1 to 10, such as ^2 or ^0.5.", self.at)
        self.at = written.end()
        if self.at < len(self.text):
            raise self.error("The weight stands at the end, and has two decimals at most.", self.at)

    def read_exclusion(self) -> None:
        if self.operator == "|":
            problem = "An exclusion is no alternative; write it at the end, after a space."
            raise self.error(problem, self.at)
        if self.at > 0 and not self.operator and not self.text[self.at - 1].isspace():
            raise self.error("Put a space before the minus.", self.at)
        self.at += 1
        if self.at == len(self.text) or self.text[self.at].isspace():
            problem = "A minus excludes the word right after it, as in -survey."
            raise self.error(problem, self.at - 1)
        self.excluded.append(self.read_term(one_word=True))
        self.operator = ""

    def read_found(self) -> None:
        if not self.operator:
            if self.alternatives[-1]:
                problem = "Write + (both) or | (either) between these two parts."
                raise self.error(problem, self.at)
            if self.excluded:
                problem = (
                    'A minus takes one word: write -"two words" to exclude a phrase, '
                    "or + before what is to be found."
                )
                raise self.error(problem, self.at)
        self.alternatives[-1].append(self.read_term(one_word=False))
        self.operator = ""

    def read_term(self, *, one_word: bool) -> Term:
        scope = self.read_scope()
        start = self.at
        if self.text.startswith('="', start):
            self.at += 1
            return Term(self.read_quoted(is_verbatim=True), Style.VERBATIM, scope)
        if self.text.startswith('"', start):
            return Term(self.read_quoted(), Style.CONSECUTIVE, scope)
        if self.text.startswith("=", start):
            raise self.error('Verbatim words stand in quotes, as in ="objectivity".', start)
        words = self.read_words(one_word=one_word)
        if scope is not Scope.AUTHOR and len(words) == 1 and _CAPITALS.fullmatch(words[0]):
            return Term(words, Style.CAPITALS, scope)
        return Term(tuple(map(_lower, words)), Style.PLAIN, scope)

    def read_scope(self) -> Scope:
        field = _FIELD.match(self.text, self.at)
        if field is None:
            return Scope.ANYWHERE
        name = (field[1] or field[2]).lower()
        if name == "cat":
            problem = "Papers carry no categories yet; cat: comes with the sources that name them."
            raise self.error(problem, self.at)
        if name not in {Scope.TITLE, Scope.AUTHOR}:
            raise self.error("There is no such field; the fields are title: and author:.", self.at)
        self.at = field.end()
        self.skip_space()
        return Scope(name)

    def read_quoted(self, *, is_verbatim: bool = False) -> tuple[str, ...]:
        opening = self.at
        closing = self.text.find('"', opening + 1)
        if closing < 0:
            raise self.error("This quotation mark is never closed.", opening)
        words = []
        for chunk in re.finditer(r"\S+", self.text[opening + 1 : closing]):
            at = opening + 1 + chunk.start()
            if (word := self.trimmed(chunk[0], at)) and is_verbatim and word.endswith("*"):
                raise self.error("Verbatim words take no *.", at + len(word) - 1)
            words.append(_lower(word))
        if not any(words):
            raise self.error("There is no word between these quotation marks.", opening)
        self.at = closing + 1
        return tuple(filter(None, words))

    def read_words(self, *, one_word: bool) -> tuple[str, ...]:
        start = self.at
        words: list[str] = []
        places: list[int] = []
        while self.at < len(self.text) and self.text[self.at] not in '|+^"':
            at = self.at
            if words and (self.text[at] == "-" or self.text.startswith('="', at)):
                break
            word = self.trimmed(self.read_chunk(), at)
            if _FIELD.match(word):
                raise self.error("Write + (both) or | (either) before the name of a field.", at)
            if word:
                words.append(word)
                places.append(at)
            if one_word:
                break
            self.skip_space()
        if not words:
            raise self.error("There is no word here.", min(start, len(self.text) - 1))
        for word, at in zip(words, places, strict=True):
            if len(words) > 1 and word in _OPERATOR_WORDS:
                raise self.error(f"Write {_OPERATOR_WORDS[word]} instead of {word}.", at)
        return tuple(words)

    def read_chunk(self) -> str:
        """Read on to a space or an operator; ++ at the end of a word belongs to it."""
        start = self.at
        while self.at < len(self.text):
            character = self.text[self.at]
            if character.isspace() or character in '|^"':
                break
            if character in _BREAKS:
                raise self.error(_BREAKS[character], self.at)
            if character == "+":
                if _PLUS_PLUS.match(self.text, self.at):
                    self.at += 2
                break
            self.at += 1
        return self.text[start : self.at]

    def trimmed(self, chunk: str, at: int) -> str:
        """Return chunk without the punctuation around it, "" if it holds no word."""
        tokens = tokenize(chunk)
        end = tokens[-1].end if tokens else 0
        star = chunk.find("*")
        if star >= 0:
            if not tokens or star != end or "*" in chunk[end + 1 :]:
                raise self.error("A * stands at the end of a word, as in diffus*.", at + star)
            if len(tokens[-1].word) < MIN_PREFIX:
                problem = f"At least {MIN_PREFIX} letters stand before a *."
                raise self.error(problem, at + star)
            end += 1
        return chunk[tokens[0].start : end] if tokens else ""

    def skip_space(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def error(self, problem: str, position: int) -> ExpressionError:
        return ExpressionError(self.expression, problem, position)


def _lower(word: str) -> str:
    """Return word in lower case, letter by letter, so that its length stays and twice is once."""
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in word)
