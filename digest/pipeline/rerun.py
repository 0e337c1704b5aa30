"""What a digest would be of papers that were listed already: today's, or the last week's again."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from digest.errors import ExpressionError
from digest.model.digests import Entry
from digest.model.papers import ListedPaper, Paper
from digest.model.profiles import Profile
from digest.model.subscribers import Interest
from digest.ranking.preview import RecentPapers
from digest.ranking.query import parse
from digest.ranking.rank import Ranking
from digest.rendering.marks import without_weight

# Nobody's number: what is ranked here is ranked for whoever asks.
_NOBODY = 0


class Span(StrEnum):
    """Which papers to choose from: those of the newest day, or of the seven days up to it."""

    NEWEST = "newest"
    WEEK = "week"


_DAYS = {Span.NEWEST: 1, Span.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Rerun:
    """The digest that interests would have made of the papers listed from `since` to `until`.

    Of `considered` papers `matched` met an interest and `excluded` more are hidden by an exclusion;
    `entries` are the best, and `papers` has all they show. Both days are None without any papers.
    """

    span: Span
    since: date | None
    until: date | None
    considered: int = 0
    matched: int = 0
    excluded: int = 0
    entries: tuple[Entry, ...] = ()
    papers: tuple[Paper, ...] = ()

    @property
    def by_id(self) -> dict[int, Paper]:
        """Return the papers it shows by their ids."""
        return {each.id: each for each in self.papers}

    @property
    def unshown(self) -> int:
        """Return how many papers matched that it has no room for."""
        return max(0, self.matched - sum(len(entry.paper_ids) for entry in self.entries))


def run_again(  # noqa: PLR0913  what a digest is made of
    recent: RecentPapers,
    interests: tuple[Interest, ...],
    number: int,
    span: Span,
    now: datetime,
    *,
    muted: tuple[str, ...] = (),
) -> Rerun:
    """Return the digest of at most `number` papers these interests would have made; stores nothing.

    It is ranked as digests are, against the same archive, and as if no paper had been shown before.
    """
    if not recent.listed:
        return Rerun(span, None, None)
    until = max(each.dated_on for each in recent.listed)
    since = until - timedelta(days=_DAYS[span] - 1)
    profile = _within(recent.listed, since, Profile(_NOBODY, interests, number, muted=muted))
    archive, search = recent.search.batch.archive, recent.search
    (selection,) = Ranking(recent.listed, now, archive, search=search).select([profile])
    shown = {each for entry in selection.entries for each in entry.paper_ids}
    return Rerun(
        span,
        since,
        until,
        selection.considered,
        selection.matched,
        selection.excluded,
        selection.entries,
        tuple(each.paper for each in recent.listed if each.paper.id in shown),
    )


def prepare(recent: RecentPapers) -> RecentPapers:
    """Make what the first to ask would otherwise wait for, and return the papers."""
    search = recent.prepare().search
    _ = search.groups, search.places
    return recent


def as_one(interests: tuple[Interest, ...]) -> str:
    """Return one expression that finds what all of these do, "" where there is none.

    One that is too long is none; nor is there one where one of several has an exclusion of its
    own, which would hide what the others find.
    """
    parsed = [(parse(each.expression), each.expression) for each in interests]
    found = [(one, text) for one, text in parsed if one.alternatives]
    if len(found) > 1 and any(one.excluded for one, _ in found):
        return ""
    hidden = [text for one, text in parsed if not one.alternatives]
    joined = " ".join((" | ".join(without_weight(text) for _, text in found), *hidden))
    return joined if _is_sound(joined) else ""


def _is_sound(expression: str) -> bool:
    try:
        parse(expression)
    except ExpressionError:
        return False
    return True


def _within(listed: list[ListedPaper], since: date, profile: Profile) -> Profile:
    """Return a profile that has seen whatever was listed before a day, and nothing else."""
    wanted = [each.dump_id for each in listed if each.dated_on >= since]
    after = min(wanted) - 1
    # A list of an older day may have been taken in late.
    older = (each for each in listed if each.dump_id > after and each.dated_on < since)
    return replace(profile, after=after, seen=frozenset(each.paper.id for each in older))
