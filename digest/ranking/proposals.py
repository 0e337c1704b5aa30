"""Keyword expressions for whoever has a library: what its works share and most papers have not.

A phrase counts by how unlikely it is that so many works have it by chance, and for the works that
have one already each next one counts less: so every topic of a library gets its share.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

from digest.errors import ExpressionError
from digest.model.libraries import Work
from digest.model.subscribers import MAX_EXPRESSION
from digest.ranking.acronyms import definitions
from digest.ranking.analysis import tokenize
from digest.ranking.archive import COMMON, Archive
from digest.ranking.candidates import TITLE, Candidate, Key, find_candidates, is_acronym, key_of
from digest.ranking.query import parse

MOST = 30
# Of a larger library so many are looked at: they say what it is about.
MOST_WORKS = 1000
_EXAMPLES = 3
# A library of a few works repeats nothing.
_FEW_WORKS = 5
# What the archive is silent about has this share of papers, as if so many told.
_PRIOR, _PRIOR_PAPERS = 0.002, 50.0
# A logarithm of odds: among thousands of phrases some recur by chance. Whoever chose a keyword
# meant it, and a word that stands alone means many things.
_CHOSEN, _PHRASE, _WORD = 4.0, 5.0, 6.0
# So many are proposed all the same, where there is less to tell by.
_ENOUGH = 5
# Then a word that stands alone is to be in so many works at least.
_LEAST_ALONE = 3
# Among all that abstracts say, much recurs once by chance.
_LEAST_SAID, _LEAST_TITLED = 3, 2
# A phrase that is mostly part of a longer one is half of a name.
_WHOLE, _ENDED = 0.3, 1.0
_ALONE = 0.55
# What the next expression of a work that has one is worth to it.
_AGAIN = 0.45
# A part of a phrase that stands alone in so few works is no topic of its own.
_SHARED = 0.5
_LEAST_BY_AUTHOR, _AUTHORS_SHARE, _MOST_AUTHORS = 3, 0.05, 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """An expression to propose: in how many works of the library it stands, with some titles.

    `chosen` of the works have it among their keywords or tags.
    """

    expression: str
    works: int
    chosen: int
    examples: tuple[str, ...]


def propose(
    works: Sequence[Work], archive: Archive, known: Collection[str] = (), most: int = MOST
) -> list[Proposal]:
    """Return expressions for a library, the best first, none of which a reader has already.

    Each can be read by `parse`. Whoever keeps few works is given what stands in one, whoever keeps
    many what recurs. Authors come last.
    """
    least = 1 if len(works) < _FEW_WORKS else 2
    found = _joined(find_candidates(works, least=least), _long_forms(works, archive))
    taken = {key_of(words) for each in known for words in _words_of(each)}
    followed = [each for each in found if each.key in taken]
    pool = [
        each
        for each in found
        if _expression(each) and not any(_is_covered(each, one) for one in followed)
    ]
    surprise = {each.key: _surprise(each, archive, len(works)) for each in pool}
    pool = [each for each in pool if surprise[each.key] > 0 and not _is_in_passing(each)]
    worth = {each.key: _worth(each, surprise[each.key]) for each in pool}
    strong = [each for each in pool if surprise[each.key] >= _least(each)]
    chosen = _choose(strong, worth, most, ())
    if len(chosen) < min(most, _ENOUGH):
        titled = [each for each in pool if each.is_titled and not _is_thin(each, least)]
        chosen = _choose(titled, worth, min(most, _ENOUGH), chosen)
    topics = [_proposal(_expression(each), works, _best(each), len(each.chosen)) for each in chosen]
    written = {each.lower() for each in known}
    names = [each for each in _authors(works) if each.expression.lower() not in written]
    return [*topics[: most - len(names)], *names]


def _proposal(
    expression: str, works: Sequence[Work], numbers: Sequence[int], chosen: int
) -> Proposal:
    titles = dict.fromkeys(works[number].title for number in numbers if works[number].title)
    return Proposal(expression, len(numbers), chosen, tuple(titles)[:_EXAMPLES])


def _choose(
    pool: Sequence[Candidate],
    worth: dict[Key, float],
    most: int,
    chosen: Sequence[Candidate],
) -> list[Candidate]:
    """Return what was chosen and the best besides, each by what it adds for works with little so far."""
    taken = list(chosen)
    left = [each for each in pool if not any(_is_covered(each, one) for one in taken)]
    bounds = {each.key: worth[each.key] * each.mass for each in left}
    left.sort(key=lambda each: (-bounds[each.key], each.key))
    had = Counter(work for one in taken for work in one.works)
    while left and len(taken) < most:
        best, gain = left[0], -1.0
        for each in left:
            if bounds[each.key] <= gain:
                break
            shares = each.works.items()
            added = worth[each.key] * sum(share * _AGAIN ** had[work] for work, share in shares)
            if added > gain:
                best, gain = each, added
        taken.append(best)
        had.update(best.works.keys())
        left = [each for each in left if not _is_covered(each, best)]
    return taken


def _is_covered(one: Candidate, by: Candidate) -> bool:
    """Tell whether an expression adds little to another: it is a part of it, or has a word more."""
    mine, theirs = set(one.key), set(by.key)
    if mine >= theirs:
        return True
    shared = len(one.works.keys() & by.works.keys())
    return mine < theirs and shared >= _SHARED * len(one.works)


def _is_in_passing(each: Candidate) -> bool:
    """Tell whether it is a word alone that no title has: most of those say nothing."""
    return len(each.key) == 1 and not each.acronym and not each.is_titled


def _is_coincidence(each: Candidate) -> bool:
    """Tell whether just two works have it, and not both in their titles: too little to go by."""
    titled = sum(worth >= TITLE for worth in each.works.values())
    return len(each.works) < _LEAST_SAID and titled < _LEAST_TITLED and not each.chosen


def _is_thin(each: Candidate, least: int) -> bool:
    """Tell whether it is a word alone of too few works; of few works one will do."""
    is_word = len(each.key) == 1 and not each.acronym and not each.chosen
    return is_word and least > 1 and len(each.works) < _LEAST_ALONE


def _least(each: Candidate) -> float:
    if each.chosen:
        return _CHOSEN
    return _PHRASE if each.acronym or len(each.key) > 1 else _WORD


def _worth(each: Candidate, surprise: float) -> float:
    """Return how much it tells that a work has it."""
    told = surprise / each.mass
    if each.chosen:
        return told
    whole, ended = each.whole / each.times, each.ended / each.times
    told *= float(whole**_WHOLE * ended**_ENDED)
    return told if each.acronym or len(each.key) > 1 else told * _ALONE


def _surprise(each: Candidate, archive: Archive, works: int) -> float:
    """Return how unlikely it is that so many works have it by chance, as a logarithm (Poisson's).

    It is 0 for what most papers have as often.
    """
    papers = _papers_with(each.key, archive) + _PRIOR * _PRIOR_PAPERS
    expected = works * papers / (archive.papers + _PRIOR_PAPERS)
    found = len(each.works)
    if found <= expected or (works >= _FEW_WORKS and _is_coincidence(each)):
        return 0.0
    return found * log(found / expected) - (found - expected)


def _papers_with(key: Key, archive: Archive) -> float:
    """Return about how many papers of the archive have a phrase: as many as its rarest pair."""
    words = [
        min(archive.papers, archive.counts.get(root, 0) + archive.counts.get(f"-{root}", 0))
        for root in key
    ]
    pairs = (archive.pairs.get(f"{left} {right}", 0) for left, right in pairwise(key))
    return float(min([*(count or min(COMMON - 1, *words) for count in pairs), *words]))


def _long_forms(works: Sequence[Work], archive: Archive) -> dict[str, Key]:
    """Return what short forms stand for: as the library itself says, else as papers do."""
    found: dict[str, Counter[Key]] = {}
    for work in works:
        for text in (work.title, work.abstract, *work.keywords):
            for short, long in definitions(text) if "(" in text else ():
                key = key_of(token.word for token in tokenize(long))
                found.setdefault(short.lower(), Counter())[key] += 1
    known = {short.lower(): key_of(words) for short, words in archive.acronyms.long_forms.items()}
    return known | {short: keys.most_common(1)[0][0] for short, keys in found.items()}


def _joined(found: Sequence[Candidate], long_forms: dict[str, Key]) -> list[Candidate]:
    """Return candidates with each acronym taken together with the phrase it stands for."""
    by_key = {each.key: each for each in found}
    for each in found:
        if len(each.key) != 1 or not is_acronym(each.form):
            continue
        short = each.form.lower()
        meant = long_forms.get(short) or long_forms.get(short.removesuffix("s")) or ()
        long = by_key.get(meant)
        each.acronym = each.form
        if long is not None and len(meant) > 1:
            long.take(each)
            del by_key[each.key]
    return list(by_key.values())


def _best(each: Candidate) -> list[int]:
    return sorted(each.works, key=lambda work: (-each.works[work], work))


def _authors(works: Sequence[Work]) -> list[Proposal]:
    """Return those who wrote much of a library, the most frequent first."""
    by: dict[str, list[int]] = {}
    for number, work in enumerate(works):
        for name in dict.fromkeys(work.authors):
            by.setdefault(name, []).append(number)
    least = max(_LEAST_BY_AUTHOR, _AUTHORS_SHARE * len(works))
    often = sorted(
        (name for name in by if len(by[name]) >= least), key=lambda name: (-len(by[name]), name)
    )
    written = ((f'author:"{name}"', name) for name in often if " " in name and '"' not in name)
    return [
        _proposal(expression, works, by[name], 0)
        for expression, name in written
        if _can_be_read(expression)
    ][:_MOST_AUTHORS]


def _expression(each: Candidate) -> str:
    """Return a candidate as a reader would write it, "" if it cannot be written."""
    is_short = is_acronym(each.form) and len(each.key) == 1
    form = each.form if is_short else _small(each.form)
    words = " ".join(token.word for token in tokenize(form))
    return next(filter(_can_be_read, (form, words)), "")


def _small(form: str) -> str:
    """Return a phrase as it stands inside a sentence: without capitals that are not an acronym's."""
    return " ".join(word if is_acronym(word) else word.lower() for word in form.split())


def _can_be_read(expression: str) -> bool:
    try:
        parsed = parse(expression)
    except ExpressionError:
        return False
    return len(expression) <= MAX_EXPRESSION and parsed.only_term is not None and parsed.weight == 1


def _words_of(expression: str) -> list[list[str]]:
    """Return the words of each way in which an expression is met, [] if it cannot be read."""
    try:
        parsed = parse(expression)
    except ExpressionError:
        return []
    return [
        [token.word for word in terms[0].words for token in tokenize(word)]
        for terms in parsed.alternatives
        if len(terms) == 1 and terms[0].is_text
    ]
