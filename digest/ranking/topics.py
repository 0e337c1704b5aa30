"""What a few papers share, in words of their own."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from digest.model.papers import Paper
from digest.ranking.analysis import STOP_WORDS, Token, sentences, stem, tokenize
from digest.ranking.archive import COMMON, Archive
from digest.ranking.vectors import MOST_RARITY

MOST_WORDS, MOST_LETTERS = 4, 60
# What the words of a phrase tell together: one word stands in fewer than one of 150 papers, which
# an acronym or a name need not.
FEWEST_RARITY, FEWEST_RARITY_ALONE = 4.0, 5.0
# A title says what a paper is about; an abstract also says much else.
IN_TITLE = 1.0

# Words of the trade: they say that it is a paper, not what it is about.
_TRADE_WORDS = (
    "achieve address advance algorithm analysis analyze apply approach art available based "
    "baseline benchmark better big case challenge code compare compute consider current data "
    "dataset demonstrate design develop different effective efficient enable evaluate existing "
    "experiment explore extensive fast feature first following framework general improve "
    "including introduce investigate issue key large learn leverage main method model multiple "
    "new novel number observe obtain order outperform paper part perform performance present "
    "previous problem process propose provide recent related require research result second set "
    "show significant simple single state strong study such superior support survey system task "
    "technique term three toward two understand use using various via well work"
)
_TRADE = frozenset(map(stem, _TRADE_WORDS.split()))


class _Found(NamedTuple):
    """A phrase of a paper: its stems, as written, and whether it stands in the title."""

    stems: tuple[str, ...]
    written: str
    is_in_title: bool


def topic_of(papers: Sequence[Paper], archive: Archive) -> str:
    """Return the most telling phrase that most of some papers share, "" if none tells enough.

    It has one to four words, as the papers write them, in lower case but for acronyms and names,
    and stands in a title at least once.
    """
    holders: dict[tuple[str, ...], set[int]] = defaultdict(set)
    titled: dict[tuple[str, ...], set[int]] = defaultdict(set)
    forms: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    cases = _Cases(papers)
    for number, paper in enumerate(papers):
        for found in _phrases(paper, cases):
            holders[found.stems].add(number)
            forms[found.stems][found.written] += 1
            if found.is_in_title:
                titled[found.stems].add(number)
    best, most = "", 0.0
    for phrase in sorted(titled):
        rarity = sum(min(MOST_RARITY, archive.rarity(archive.count(root))) for root in phrase)
        worth = rarity * (len(holders[phrase]) + IN_TITLE * len(titled[phrase]))
        written = _usual(forms[phrase])
        is_plain = len(phrase) == 1 and written.islower()
        fewest = FEWEST_RARITY_ALONE if is_plain else FEWEST_RARITY
        if 2 * len(holders[phrase]) > len(papers) and rarity >= fewest and worth > most:
            best, most = written, worth
    return best


def topics_in(paper: Paper, archive: Archive, most: int) -> tuple[str, ...]:
    """Return the phrases of a paper's title that other papers have too, the most telling first.

    Each has two to four words, in lower case but for acronyms, or is an acronym alone; none is a part
    of another.
    """
    known: dict[tuple[str, ...], str] = {}
    for found in _phrases(paper, _Cases([paper])):
        if found.is_in_title and _is_common(found, archive):
            known.setdefault(found.stems, _lowered(found.written))
    whole = [phrase for phrase in known if not any(_is_part(phrase, other) for other in known)]
    rarity = {
        phrase: sum(min(MOST_RARITY, archive.rarity(archive.count(root))) for root in phrase)
        for phrase in whole
    }
    whole.sort(key=lambda phrase: (-rarity[phrase], phrase))
    return tuple(known[phrase] for phrase in whole[:most])


def _is_common(found: _Found, archive: Archive) -> bool:
    if len(found.stems) == 1:
        return _is_acronym(found.written) and archive.count(found.stems[0]) >= COMMON
    return all(f"{left} {right}" in archive.pairs for left, right in pairwise(found.stems))


def _lowered(written: str) -> str:
    return " ".join(each if _is_acronym(each) else each.lower() for each in written.split(" "))


def _is_part(phrase: tuple[str, ...], other: tuple[str, ...]) -> bool:
    size = len(phrase)
    starts = range(len(other) - size + 1)
    return phrase != other and any(other[at : at + size] == phrase for at in starts)


def _usual(forms: Counter[str]) -> str:
    return min(forms, key=lambda form: (-forms[form], len(form), form))


class _Cases:
    """How the words of some papers are written where no sentence or title has a say in it."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._lower: set[str] = set()
        self._as_written: set[str] = set()
        for paper in papers:
            for start, end in sentences(paper.abstract):
                for place, token in enumerate(tokenize(paper.abstract, start, end)):
                    written = paper.abstract[token.start : token.end]
                    if written.islower():
                        self._lower.add(token.word)
                    elif place:
                        self._as_written.add(token.word)

    def of(self, written: str, token: Token) -> str:
        """Return a word as it is written in the middle of a sentence."""
        is_name = token.word in self._as_written or _is_acronym(written)
        return written if is_name and token.word not in self._lower else written.lower()


def _is_acronym(written: str) -> bool:
    return sum(letter.isupper() for letter in written) > 1


def _phrases(paper: Paper, cases: _Cases) -> Iterator[_Found]:
    for is_in_title, text in ((True, paper.title), (False, paper.abstract)):
        for start, end in sentences(text):
            for run in _runs(text, tokenize(text, start, end)):
                for first in range(len(run)):
                    for last in range(first + 1, min(len(run), first + MOST_WORDS) + 1):
                        if found := _phrase(text, run[first:last], cases):
                            yield _Found(*found, is_in_title)


def _runs(text: str, tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the words between which nothing but a space or a hyphen stands."""
    run = list(tokens[:1])
    for before, token in pairwise(tokens):
        between = text[before.end : token.start]
        if token.is_glued or not between.strip():
            run.append(token)
        else:
            yield run
            run = [token]
    if run:
        yield run


def _phrase(
    text: str, tokens: Sequence[Token], cases: _Cases
) -> tuple[tuple[str, ...], str] | None:
    if not _can_begin(*tokens[:2]) or not _can_begin(tokens[-1]) or _is_broken(tokens):
        return None
    written = ""
    for token in tokens:
        joint = (text[token.start - 1] if token.is_glued else " ") if written else ""
        written += joint + cases.of(text[token.start : token.end], token)
    if len(written) > MOST_LETTERS:
        return None
    roots = (stem(token.word) for token in tokens if token.word not in STOP_WORDS)
    return tuple(roots), written


def _can_begin(token: Token, after: Token | None = None) -> bool:
    """Return whether a phrase may begin, or end, with a word: "second-price" may, "second" may not."""
    if len(token.word) == 1 or token.word.isdecimal() or token.word in STOP_WORDS:
        return False
    return stem(token.word) not in _TRADE or (after is not None and after.is_glued)


def _is_broken(tokens: Sequence[Token]) -> bool:
    """Return whether a stop word parts the words: "internet of things" is one phrase."""
    return any(
        token.word in STOP_WORDS and token.word != "of" and not (token.is_glued and after.is_glued)
        for token, after in pairwise(tokens)
    )
