"""The keyword language: an expression as a reader wrote it, as data, with errors that point.

    graph neural networks     the phrase in any inflection; its words close together count as near
    "graph neural network"    consecutive only, in any inflection
    ="objectivity"            verbatim, no inflection
    RAG, QoE, 3D              an acronym: matched in these very letters, or by the long form
    quality of life (QoL)     the phrase or the acronym
    a | b                     alternatives
    a + b                     both in one paper
    a -survey -"case study"   never with these; alone on its line: never shown at all
    title:x  author:"x y"     in the title; by this author
    cat:cs.CL  cat:cs.*       in this category; in any of the archive
    diffus*                   every word that begins so
    x^2                       counts twice

There is no nesting: alternatives bind weakest, then "+"; exclusions and the weight concern the whole.
"""

import re
from functools import lru_cache

from digest.model.subscribers import MAX_EXPRESSION
from digest.ranking.expressions import Expression, Scope, Style, Term
from digest.ranking.terms import ACRONYM_IN_PARENTHESES, OPERATOR_WORDS, PARENTHESES, TermReader

__all__ = ["MAX_WEIGHT", "MIN_WEIGHT", "Expression", "Scope", "Style", "Term", "parse"]

MIN_WEIGHT, MAX_WEIGHT = 0.1, 10.0
_WEIGHT = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,2})?|\.[0-9]{1,2}")
_WEIGHTS = "A weight is a number from 0.1 to 10, such as ^2 or ^0.5."
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)*")


@lru_cache(maxsize=1 << 16)
def parse(expression: str) -> Expression:
    """Return what the reader asked for, or raise ExpressionError at the place that is wrong."""
    return _plain_phrase(expression) or _Parser(expression).parse()


def _plain_phrase(expression: str) -> Expression | None:
    """Return what the parser would, for the plain phrases that most expressions are; else None."""
    if len(expression) > MAX_EXPRESSION or not _PLAIN_PHRASE.fullmatch(expression):
        return None
    lowered = expression.lower()
    words = tuple(lowered.split(" "))
    if lowered != expression and (
        len(words) == 1 or not OPERATOR_WORDS.keys().isdisjoint(expression.split(" "))
    ):
        return None
    return Expression(((Term(words),),))


class _Parser(TermReader):
    """One pass over the expression; `last` is the kind of part that was read last, and where."""

    def __init__(self, expression: str) -> None:
        super().__init__(expression)
        self.alternatives: list[list[Term]] = [[]]
        self.excluded: list[Term] = []
        self.weight = 1.0
        self.last = ""  # "|", "+", "term", "exclusion" or "acronym"
        self.last_at = 0
        self.has_acronym = False  # in parentheses, as the last alternative

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
            start = self.at
            self.last, self.last_at = self.read_part(), start
            self.skip_space()
        if self.is_waiting:
            raise self.error(f"Nothing follows the {self.last}.", self.last_at)
        return Expression(
            tuple(
                dict.fromkeys(tuple(dict.fromkeys(terms)) for terms in self.alternatives if terms)
            ),
            tuple(dict.fromkeys(self.excluded)),
            self.weight,
        )

    @property
    def is_waiting(self) -> bool:
        """Whether a | or + still waits for its right side."""
        return self.last in {"|", "+"}

    def read_part(self) -> str:
        match self.text[self.at]:
            case "|" | "+" as operator:
                return self.read_operator(operator)
            case "^":
                return self.read_weight()
            case "-":
                return self.read_exclusion()
            case "(":
                return self.read_acronym()
            case _:
                return self.read_found()

    def read_operator(self, operator: str) -> str:
        if self.is_waiting:
            raise self.error(f"Two operators in a row: {self.last} and {operator}.", self.at)
        if not self.alternatives[-1] and (operator == "|" or not self.excluded):
            raise self.error(f"Nothing to find stands before the {operator}.", self.at)
        if operator == "|":
            self.alternatives.append([])
            self.has_acronym = False
        elif self.has_acronym:
            problem = "With + write both ways out, as in a + b | c + b, without parentheses."
            raise self.error(problem, self.at)
        self.at += 1
        return operator

    def read_weight(self) -> str:
        if self.is_waiting:
            raise self.error(f"Nothing stands between the {self.last} and the weight.", self.at)
        if not self.alternatives[0]:
            raise self.error("A weight needs something to find before it.", self.at)
        written = _WEIGHT.match(self.text, self.at + 1)
        if written is None:
            raise self.error(_WEIGHTS, self.at)
        self.weight = float(written[0])
        if not MIN_WEIGHT <= self.weight <= MAX_WEIGHT:
            raise self.error(_WEIGHTS, self.at)
        self.at = written.end()
        if self.at < len(self.text):
            raise self.error("The weight stands at the end, and has two decimals at most.", self.at)
        return "weight"

    def read_exclusion(self) -> str:
        if self.last == "|":
            problem = "An exclusion is no alternative; write it at the end, after a space."
            raise self.error(problem, self.at)
        if self.at > 0 and self.last != "+" and not self.text[self.at - 1].isspace():
            raise self.error("Put a space before the minus.", self.at)
        self.at += 1
        if self.at == len(self.text) or self.text[self.at].isspace():
            problem = (
                "A minus excludes the word right after it, as in -survey; "
                "between words that are found leave it out."
            )
            raise self.error(problem, self.at - 1)
        self.excluded.append(self.read_term(one_word=True))
        return "exclusion"

    def read_acronym(self) -> str:
        """Read the acronym that stands in parentheses after its phrase, as an alternative to it."""
        acronym = ACRONYM_IN_PARENTHESES.match(self.text, self.at)
        if acronym is None or self.last != "term" or self.has_acronym:
            raise self.error(PARENTHESES, self.at)
        terms = self.alternatives[-1]
        if len(terms) > 1:
            problem = "With + write both ways out, as in a + b | a + c, without parentheses."
            raise self.error(problem, self.at)
        if terms[0].scope is Scope.TITLE:
            problem = f"Write | title:{acronym[1]} instead of the parentheses."
            raise self.error(problem, self.at)
        if terms[0].scope is not Scope.ANYWHERE:
            raise self.error(PARENTHESES, self.at)
        self.alternatives.append([Term((acronym[1],), Style.CAPITALS)])
        self.has_acronym = True
        self.at = acronym.end()
        return "acronym"

    def read_found(self) -> str:
        if not self.is_waiting:
            if self.last == "exclusion":
                problem = (
                    'A minus takes one word: write -"two words" to exclude a phrase, '
                    "or + before what is to be found."
                )
                raise self.error(problem, self.at)
            if self.last == "acronym":
                problem = "The acronym in parentheses stands at the end of its phrase."
                raise self.error(problem, self.at)
            if self.last:
                problem = "Write + (both) or | (either) between these two parts."
                raise self.error(problem, self.at)
        self.alternatives[-1].append(self.read_term(one_word=False))
        return "term"
