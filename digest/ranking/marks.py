"""What a paper is looked up by in the archive, and what a paper needs to match an expression.

The needs are wider than the matcher: whatever it would find has them, and it decides among those
that do. So an index of marks narrows a large archive without knowing where words stand.

    stem      of a word, of the word that a hyphen joins, or of two neighbours written as one
    =word     the word itself, where it is not its own stem
    ^letters  with the capitals of an acronym
    t:...     any of these in the title
    a:word    of an author's name
    k:name    a category
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from digest.model.archive_search import LONGEST_MARK, AllOf, AnyOf, Mark, Needed
from digest.model.papers import Paper
from digest.ranking.acronyms import Acronyms, singular
from digest.ranking.analysis import STOP_WORDS, fold, sentences, stem, words_as_written
from digest.ranking.elements import words_of
from digest.ranking.expressions import Expression, Scope, Style, Term
from digest.ranking.index import is_joinable

# To be raised when the marks of a paper change: those of an older version are made anew.
VERSION = 1

_TITLE, _AUTHOR, _CATEGORY, _WORD, _WRITTEN = "t:", "a:", "k:", "=", "^"
# A full-text index cuts at anything else; one for one, so that beginnings stay beginnings.
_CUTS = re.compile(r"[^a-z0-9+#=:^.\-\u0080-\U0010ffff]")
_LIKE_A_NAME = re.compile(r"[A-Z]?[^A-Z]*")
_NOTHING = AnyOf((Mark("?"),))  # no mark begins with it


def marks_of(paper: Paper) -> frozenset[str]:
    """Return everything a paper is looked up by."""
    title = set(_marks_in(paper.title))
    found = title.union(_marks_in(paper.abstract))
    found |= {_TITLE + mark for mark in title}
    found |= {_AUTHOR + word for author in paper.authors for word in words_of(author)}
    found |= {_CATEGORY + category.lower() for category in paper.categories}
    return frozenset(map(_sound, found))


def needs_of(expression: Expression, acronyms: Acronyms) -> Needed | None:
    """Return what every paper has that an expression finds; None if it only excludes."""
    if not expression.alternatives:
        return None
    return AnyOf(
        tuple(
            AllOf(tuple(_needs_of_term(term, acronyms) for term in terms))
            for terms in expression.alternatives
        )
    )


def _marks_in(text: str) -> Iterator[str]:
    for start, end in sentences(text):
        before = ""
        for hyphen, written in words_as_written(text, start, end):
            word = fold(written)
            yield from _marks_of_word(word)
            if not _LIKE_A_NAME.fullmatch(written):
                yield _WRITTEN + written.lower()
            if before and hyphen:
                yield from _marks_of_word(before + word)
            elif before and is_joinable(before) and is_joinable(word):
                yield stem(before + word)
            before = word


def _marks_of_word(word: str) -> tuple[str, ...]:
    root = stem(word)
    return (root,) if root == word else (root, _WORD + word)


def _needs_of_term(term: Term, acronyms: Acronyms) -> Needed:
    if term.scope is Scope.AUTHOR:
        return _author(words_of(" ".join(term.words)))
    if term.scope is Scope.CATEGORY:
        return _category(term.words[0].lower())
    start = _TITLE if term.scope is Scope.TITLE else ""
    return AnyOf((_own(term, start), *_others(term, acronyms, start)))


def _own(term: Term, start: str) -> Needed:
    if term.style is Style.CAPITALS:
        return _letters(singular(term.words[0]), start)
    words = [
        (word, at == last and chunk.endswith("*"))
        for chunk in term.words
        for last in (len(words_of(chunk)) - 1,)
        for at, word in enumerate(words_of(chunk))
    ]
    if term.style is Style.VERBATIM:
        return AllOf(tuple(_mark(start, _exactly(word)) for word, _ in words))
    return _phrase(words, start)


def _others(term: Term, acronyms: Acronyms, start: str) -> Iterator[Needed]:
    """Yield what papers need that have a term by its long form, or by its acronym."""
    if term.style is Style.CAPITALS:
        long_forms: Iterable[Sequence[str]] = filter(None, [acronyms.long_form(term.words[0])])
    elif term.style is Style.PLAIN:
        words = [word for chunk in term.words for word in words_of(chunk)]
        long_forms = acronyms.meant_by(words[0]) if len(words) == 1 else ()
        shorts = acronyms.short_forms_of(words) if len(words) > 1 else ()
        yield from (_letters(short, start) for short in shorts)
    else:
        return
    yield from (_own(Term(tuple(long)), start) for long in long_forms)


def _phrase(words: Sequence[tuple[str, bool]], start: str) -> Needed:
    """Return the marks of all words, each on its own or as a part of one with a neighbour.

    Stop words stand in nearly every paper, and nearness does not ask for them.
    """
    needed = []
    is_telling = [word not in STOP_WORDS for word, _ in words]
    for at, (word, is_prefix) in enumerate(words):
        if any(is_telling) and not is_telling[at]:
            continue
        ways = [*_ways(word, start, is_prefix=is_prefix)]
        if at:
            ways += _ways(words[at - 1][0] + word, start, is_prefix=is_prefix)
        if at + 1 < len(words):
            after, begins = words[at + 1]
            ways += _ways(word + after, start, is_prefix=begins)
        needed.append(AnyOf(tuple(dict.fromkeys(ways))))
    return AllOf(tuple(needed))


def _ways(word: str, start: str, *, is_prefix: bool) -> Iterator[Mark]:
    if is_prefix:
        yield _mark(start, word, is_prefix=True)
        yield _mark(start, _WORD + word, is_prefix=True)
        return
    root = stem(word)
    # A short word is found with its plural only, and those may have other stems.
    yield from (_mark(start, each) for each in dict.fromkeys((root, stem(root), stem(root + "s"))))


def _exactly(word: str) -> str:
    return word if stem(word) == word else _WORD + word


def _letters(short: str, start: str) -> Needed:
    forms = (short, short + "s")
    if _LIKE_A_NAME.fullmatch(short):
        return AnyOf(tuple(_mark(start, stem(fold(form))) for form in forms))
    return AnyOf(tuple(_mark(start, _WRITTEN + form.lower()) for form in forms))


def _author(words: Sequence[str]) -> Needed:
    """Return the marks of a name, whose words may be initials on either side."""
    needed = [
        AnyOf((_mark(_AUTHOR, word), _mark(_AUTHOR, word[0])))
        if len(word) > 1
        else _mark(_AUTHOR, word, is_prefix=True)
        for word in words
    ]
    return AllOf(tuple(needed)) if needed else _NOTHING


def _category(wanted: str) -> Needed:
    if not wanted.endswith("*"):
        return _mark(_CATEGORY, wanted)
    start = wanted[:-1]
    return AnyOf((_mark(_CATEGORY, start, is_prefix=True), _mark(_CATEGORY, start.rstrip("."))))


def _mark(start: str, text: str, *, is_prefix: bool = False) -> Mark:
    return Mark(_sound(start + text), is_prefix)


def _sound(mark: str) -> str:
    return _CUTS.sub("-", mark)[:LONGEST_MARK]
