"""What made-up readers ask for: phrases that papers really have, the most popular first."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from digest.errors import DigestError, ExpressionError
from digest.model.subscribers import MAX_EXPRESSION
from digest.ranking.acronyms import definitions, singular
from digest.ranking.analysis import STOP_WORDS, Token, stems, tokenize
from digest.ranking.query import parse
from digest.text import clean_line

_MOST_PHRASES = 50_000
_MOST_PAPERS = 50_000
# With fewer that are in two titles, those of one count as well.
_ENOUGH = 500
_LONGEST = 3  # words
_SHORTEST_WORD = 5  # letters, where it stands alone
_TOO_COMMON = 0.02  # of all titles, for a word alone
# How often somebody asks so, in the order of a vocabulary's expressions; by a phrase alone where a way
# cannot be taken.
WAYS = {"alone": 0.80, "both": 0.05, "either": 0.03, "exact": 0.04, "title": 0.02, "acronym": 0.06}
_COMPANIONS = 200  # the most popular phrases that go along with another


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The expressions to draw from: of each of the WAYS one for each phrase, in order of popularity."""

    expressions: Sequence[Sequence[str]]

    @property
    def phrases(self) -> Sequence[str]:
        """The phrases alone, the most popular first."""
        return self.expressions[0]

    @classmethod
    def of(cls, phrases: Sequence[str], acronyms: Sequence[str] = ()) -> "Vocabulary":
        """Return all ways to ask for phrases that can be read; raises DigestError for none."""
        if not phrases:
            raise DigestError(
                "there is no phrase to be interested in: ingest papers, or name a file"
            )
        return cls(
            [[_asked(way, phrases, acronyms, n) for n in range(len(phrases))] for way in WAYS]
        )


def vocabulary_of_papers(texts: Iterable[tuple[str, str]]) -> Vocabulary:
    """Return what (title, abstract) pairs are about; raises DigestError for none.

    Pairs and triples of neighbouring words and rarer single words of the titles, by how many have
    them, and the acronyms that the abstracts define.
    """
    found, short_forms = _Phrases(), Counter[str]()
    for title, abstract in islice(texts, _MOST_PAPERS):
        found.add(title)
        if "(" in abstract:
            short_forms.update({singular(short) for short, _ in definitions(abstract)})
    acronyms = [short for short, _ in short_forms.most_common(_MOST_PHRASES)]
    return Vocabulary.of(list(_readable(found.popular())), list(_readable(acronyms)))


def vocabulary_of_lines(lines: Iterable[str]) -> Vocabulary:
    """Return what a file holds: one expression a line, the most popular first; # begins a comment.

    Raises ExpressionError for what cannot be read or is too long, and DigestError for nothing.
    """
    found = []
    for line in lines:
        text = clean_line(line)
        if not text or text.startswith("#"):
            continue
        if len(text) > MAX_EXPRESSION:
            raise ExpressionError(text, f"longer than {MAX_EXPRESSION} characters", MAX_EXPRESSION)
        if not parse(text).alternatives:
            raise ExpressionError(text, "this only excludes: nobody is interested in that alone", 0)
        found.append(text)
    return Vocabulary.of(list(dict.fromkeys(found)))


class _Phrases:
    """Counts in how many titles a phrase is, whatever its inflection."""

    def __init__(self) -> None:
        self._titles = 0
        self._counts: Counter[str] = Counter()
        self._written: dict[str, str] = {}

    def add(self, title: str) -> None:
        self._titles += 1
        found: dict[str, str] = {}
        for run in _runs(tokenize(title)):
            roots = stems([token.word for token in run])
            for size in range(1, _LONGEST + 1):
                for start in range(len(run) - size + 1):
                    words = run[start : start + size]
                    if size > 1 or len(words[0].word) >= _SHORTEST_WORD:
                        key = " ".join(roots[start : start + size])
                        found.setdefault(key, " ".join(token.word for token in words))
        self._counts.update(found.keys())
        for key, text in found.items():
            self._written.setdefault(key, text)

    def popular(self) -> list[str]:
        """Return the phrases, those of the most titles first."""
        too_common = max(3.0, _TOO_COMMON * self._titles)
        ranked = [
            (count, key) for key, count in self._counts.items() if " " in key or count <= too_common
        ]
        ranked.sort(key=lambda each: (-each[0], each[1]))
        often = [key for count, key in ranked if count > 1]
        keys = often if len(often) >= _ENOUGH else [key for _, key in ranked]
        return [self._written[key] for key in keys[:_MOST_PHRASES]]


def _runs(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the words that stand beside each other with no stop word, letter or number between."""
    run: list[Token] = []
    for token in tokens:
        word = token.word
        if len(word) > 1 and word[0].isalpha() and word not in STOP_WORDS:
            run.append(token)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _readable(texts: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for text in texts:
        try:
            written = str(parse(text).key)
        except ExpressionError:  # such as a name with a sign in it
            continue
        if len(written) <= MAX_EXPRESSION and written not in seen:
            seen.add(written)
            yield written


def _asked(way: str, phrases: Sequence[str], acronyms: Sequence[str], place: int) -> str:
    """Return the phrase at a place as somebody asks for it in a way; alone if it cannot be so."""
    phrase = phrases[place]
    if way == "acronym" and acronyms:
        return acronyms[place % len(acronyms)]
    other = phrases[(place * 31 + 7) % min(len(phrases), _COMPANIONS)]
    if not (is_words(phrase) and is_words(other)) or phrase == other:
        return phrase
    match way:
        case "both":
            text = f"{phrase} + {other}"
        case "either":
            text = f"{phrase} | {other}"
        case "exact":
            text = f'"{phrase}"'
        case "title":
            text = f"title:{phrase}"
        case _:
            return phrase
    return text if len(text) <= MAX_EXPRESSION else phrase


def is_words(phrase: str) -> bool:
    """Tell whether a phrase is nothing but words in small letters, without an operator."""
    return phrase.replace(" ", "").isalnum() and phrase.islower()
