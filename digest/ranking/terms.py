"""One term of an expression as a reader wrote it: its field, its quotes, its words."""

import re

from digest.errors import ExpressionError
from digest.ranking.analysis import tokenize
from digest.ranking.expressions import Scope, Style, Term

MIN_PREFIX = 3

# 2 to 6 capitals and digits, or letters with at least two capitals among them; and a plural s.
_ACRONYM = r"(?:(?=\d*[A-Z])[A-Z\d]{2,6}|(?=(?:[a-z\d]*[A-Z]){2})[A-Za-z\d]{2,6})s?"
_LONE_ACRONYM = re.compile(_ACRONYM, re.ASCII)
ACRONYM_IN_PARENTHESES = re.compile(rf"\(\s*({_ACRONYM})\s*\)", re.ASCII)
OPERATOR_WORDS = {"AND": "+", "OR": "|", "NOT": "-"}
PARENTHESES = (
    "Parentheses hold an acronym after its phrase, as in quality of experience (QoE); "
    "write alternatives as a | b."
)

_FIELD = re.compile(r"([A-Za-z]+):(?=\S)|(title|author|cat):", re.IGNORECASE)
_FIELDS = {str(scope): scope for scope in (Scope.TITLE, Scope.AUTHOR, Scope.CATEGORY)}
_CATEGORY = re.compile(r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*(?:[.-]?\*)?")
# Those of arXiv's archives that hold nothing but subcategories.
_ARCHIVES = frozenset(["cs", "econ", "eess", "math", "nlin", "physics", "q-bio", "q-fin", "stat"])
_SOLID = re.compile(r"[^\s|^\"+(),;]*")
_PLUS_PLUS = re.compile(r"(?<=[^\W_])\+\+(?![^\W_])")
_ONE_A_LINE = "One interest a line: write this on a line of its own, or | between alternatives."
_BREAKS = {"(": PARENTHESES, ")": PARENTHESES, ",": _ONE_A_LINE, ";": _ONE_A_LINE}
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'))
# What telephones make of a minus that begins a word.
_LONG_MINUS = re.compile(r"(?<!\S)[\u2010-\u2014\u2212](?=\S)")


class TermReader:
    """A place in an expression, and how to read the term that stands there.

    `at` is the next character to read; what was read stays as long as it was written, so that
    every place is also one in the expression.
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.text = expression.rstrip()
        if not expression.isascii():
            self.text = _LONG_MINUS.sub("-", self.text.translate(_QUOTES))
        self.at = 0

    def read_term(self, *, one_word: bool) -> Term:
        """Return the term that begins here; with one_word it ends at a space outside quotes."""
        scope = self._read_scope()
        if scope is Scope.CATEGORY:
            return Term((self._read_category(),), scope=scope)
        no_star = "A name takes no *." if scope is Scope.AUTHOR else ""
        if self.text.startswith('="', self.at):
            self.at += 1
            return Term(self._read_quoted("Verbatim words take no *."), Style.VERBATIM, scope)
        if self.text.startswith('"', self.at):
            return Term(self._read_quoted(no_star), Style.CONSECUTIVE, scope)
        if self.text.startswith("=", self.at):
            raise self.error('Verbatim words stand in quotes, as in ="objectivity".', self.at)
        words = self._read_words(no_star, one_word=one_word)
        if scope is not Scope.AUTHOR and len(words) == 1 and _LONE_ACRONYM.fullmatch(words[0]):
            return Term(words, Style.CAPITALS, scope)
        return Term(tuple(map(_lower, words)), Style.PLAIN, scope)

    def skip_space(self) -> None:
        """Go on to what is no space."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def error(self, problem: str, position: int) -> ExpressionError:
        """Return what to raise about a place."""
        return ExpressionError(self.expression, problem, position)

    def _read_scope(self) -> Scope:
        field = _FIELD.match(self.text, self.at)
        if field is None:
            return Scope.ANYWHERE
        scope = self._scope_of(field, self.at)
        self.at = field.end()
        self.skip_space()
        return scope

    def _scope_of(self, field: re.Match[str], at: int) -> Scope:
        scope = _FIELDS.get((field[1] or field[2]).lower())
        if scope is None:
            problem = (
                "There is no such field; the fields are title:, author: and cat:. "
                "Put a space after a colon that names none."
            )
            raise self.error(problem, at)
        return scope

    def _read_category(self) -> str:
        start = self.at
        if start == len(self.text) or self.text[start].isspace() or self.text[start] in "|+^*":
            problem = "Name a category, as in cat:cs.CL, or cat:cs.* for all of an archive."
            raise self.error(problem, min(start, len(self.text) - 1))
        if written := _CATEGORY.match(self.text, start):
            self.at = written.end()
        if self.at < len(self.text):
            character = self.text[self.at]
            if character in ",;":
                raise self.error("Write categories as cat:cs.CL | cat:cs.LG.", self.at)
            if not character.isspace() and character not in "|+^":
                problem = (
                    "A category is written with letters, digits, single dots and hyphens, "
                    "and * at the end only, as in cat:cs.CL or cat:cs.*."
                )
                raise self.error(problem, self.at)
        name = self.text[start : self.at]
        if name.lower() in _ARCHIVES:
            raise self.error(f"Write cat:{name}.* for all of this archive.", start)
        return name

    def _read_quoted(self, no_star: str) -> tuple[str, ...]:
        opening = self.at
        closing = self.text.find('"', opening + 1)
        if closing < 0:
            raise self.error("This quotation mark is never closed.", opening)
        chunks = re.finditer(r"\S+", self.text[opening + 1 : closing])
        words = [self._trimmed(c[0], opening + 1 + c.start(), no_star) for c in chunks]
        if not any(words):
            raise self.error("There is no word between these quotation marks.", opening)
        self.at = closing + 1
        return tuple(_lower(word) for word in words if word)

    def _read_words(self, no_star: str, *, one_word: bool) -> tuple[str, ...]:
        start = self.at
        words: list[str] = []
        places: list[int] = []
        while self.at < len(self.text) and self.text[self.at] not in '|+^"':
            at = self.at
            if words and (self.text[at] in "-(" or self.text.startswith('="', at)):
                break
            word = self._trimmed(self._read_chunk(), at, no_star)
            if field := _FIELD.match(word):
                self._scope_of(field, at)
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
            if len(words) > 1 and word in OPERATOR_WORDS:
                raise self.error(f"Write {OPERATOR_WORDS[word]} instead of {word}.", at)
        return tuple(words)

    def _read_chunk(self) -> str:
        """Read on to a space or an operator; ++ at the end of a word belongs to it."""
        start = self.at
        if self.text.startswith("&&", start):
            raise self.error("Write + instead of &&.", start)
        if self.text.startswith("!", start):
            raise self.error("Write -word, after a space, to exclude a word.", start)
        if solid := _SOLID.match(self.text, start):
            self.at = solid.end()
        character = self.text[self.at : self.at + 1]
        is_acronym = self.at > start and ACRONYM_IN_PARENTHESES.match(self.text, self.at)
        if character in _BREAKS and not is_acronym:
            raise self.error(_BREAKS[character], self.at)
        if _PLUS_PLUS.match(self.text, self.at):
            self.at += 2
        return self.text[start : self.at]

    def _trimmed(self, chunk: str, at: int, no_star: str) -> str:
        """Return chunk without the punctuation around it, "" if it holds no word."""
        tokens = tokenize(chunk)
        end = tokens[-1].end if tokens else 0
        star = chunk.find("*")
        if star >= 0:
            if not tokens or star != end or "*" in chunk[end + 1 :]:
                raise self.error("A * stands at the end of a word, as in diffus*.", at + star)
            if no_star:
                raise self.error(no_star, at + star)
            if len(tokens[-1].word) < MIN_PREFIX:
                problem = f"At least {MIN_PREFIX} letters stand before a *, as in diffus*."
                raise self.error(problem, at + star)
            end += 1
        return chunk[tokens[0].start : end] if tokens else ""


def _lower(word: str) -> str:
    """Return word in lower case, letter by letter, so that its length stays and twice is once."""
    if word.isascii():
        return word.lower()
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in word)
