"""Why a paper is shown, as a reader is told it: what it met, and how."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from digest.model.digests import Field, MatchKind, Reason
from digest.rendering.languages import ENGLISH, Language
from digest.rendering.marks import without_weight
from digest.text import clip

MOST_GROUNDS = 3
MAX_LIKED = 90

# Weaker than words that were found as they were asked for.
_WEAK = frozenset({MatchKind.WORDS, MatchKind.RELATED, MatchKind.LIKED})
_NAME = "%(name)s"


@dataclass(frozen=True, slots=True)
class Ground:
    """One thing a paper is shown for: its name, and the words before and after it."""

    before: str
    name: str
    after: str

    @property
    def text(self) -> str:
        """Return all of it."""
        return f"{self.before}{self.name}{self.after}"


@dataclass(frozen=True, slots=True)
class Why:
    """Why a paper is shown: grounds, the reason whose sentence shows them, and grounds besides.

    Without a reason to quote, all grounds are the first.
    """

    grounds: tuple[Ground, ...]
    quoted: Reason | None
    besides: tuple[Ground, ...]


def why(reasons: Sequence[Reason], words: Language = ENGLISH) -> Why:
    """Return why a paper is shown: each thing once, the largest share first, three at most.

    A sentence is quoted of the abstract, and if something is marked in it; what was found as it
    was asked for is shown before what is only like it.
    """
    first: dict[Ground, Reason] = {}
    for reason in reasons:
        first.setdefault(_ground(reason, words), reason)
    named = list(first.items())[:MOST_GROUNDS]
    able = [each for _, each in named if each.field is Field.ABSTRACT and each.spans]
    quoted = min(able, key=_is_weak, default=None)
    if quoted is None:
        return Why(_joined(named, words, tells_title=True), None, ())
    is_shown = [each is quoted or not (_is_weak(each) or _is_weak(quoted)) for _, each in named]
    shown = [each for each, is_so in zip(named, is_shown, strict=True) if is_so]
    besides = [each for each, is_so in zip(named, is_shown, strict=True) if not is_so]
    return Why(_joined(shown, words), quoted, _joined(besides, words))


def manner(reason: Reason) -> str:
    """Return how a paper met what stands above it, "" if it simply says so."""
    if reason.kind is MatchKind.WORDS:
        return "Mentions some of its words: "
    if reason.kind is MatchKind.RELATED:
        return "Related in meaning: "
    if reason.kind is MatchKind.NEAR:
        return "Its words close together: "
    return ""


def _is_weak(reason: Reason) -> bool:
    """Return whether a reason is weaker than words that were found as asked for."""
    return reason.kind in _WEAK


def _ground(reason: Reason, words: Language) -> Ground:
    is_liked = reason.kind is MatchKind.LIKED
    name = clip(reason.expression, MAX_LIKED) if is_liked else without_weight(reason.expression)
    before, _, after = _told(reason.kind, words).partition(_NAME)
    return Ground(before, name, after)


def _told(kind: MatchKind, words: Language) -> str:
    """Return how a kind of match is told, with `_NAME` for what it met.

    Only what says of itself that it is weaker is said: a phrase that was found needs no word.
    """
    if kind is MatchKind.WORDS:
        return words.gettext("mentions words of %(name)s", name=_NAME)
    if kind is MatchKind.RELATED:
        return words.gettext("related to %(name)s", name=_NAME)
    if kind is MatchKind.LIKED:
        return words.gettext("like \u201c%(name)s\u201d, which you liked", name=_NAME)
    if kind is MatchKind.NEAR:
        return words.gettext("%(name)s (its words close together)", name=_NAME)
    return _NAME


def _joined(
    named: Sequence[tuple[Ground, Reason]], words: Language, *, tells_title: bool = False
) -> tuple[Ground, ...]:
    """Return grounds with commas between; the last that matched in the title may say so."""
    comma = "; " if any(ground.before for ground, _ in named) else ", "
    titled = [n for n, (_, reason) in enumerate(named) if tells_title and _is_in_title(reason)]
    found = []
    for number, (ground, _) in enumerate(named):
        before, after = ground.before, ground.after
        if number in titled[-1:]:
            start, _, end = words.gettext("%(name)s, in the title", name=_NAME).partition(_NAME)
            before, after = start + before, after + end
        then = comma if number < len(named) - 1 else ""
        found.append(replace(ground, before=before, after=after + then))
    return tuple(found)


def _is_in_title(reason: Reason) -> bool:
    return bool(reason.field is Field.TITLE and reason.spans and reason.kind is not MatchKind.LIKED)
