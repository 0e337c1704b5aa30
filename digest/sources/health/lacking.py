"""Is a source incomplete, or is the day quiet? Decided from what it usually gives; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from digest.model.sources import DayCount, Lack, Lacking, SourceState
from digest.sources.health.expected import Expected, expected_on

_DAY = timedelta(days=1)
# How far back a day is looked for on which something was to come: over a weekend and holidays.
_LOOK_BACK = 10
# How long ago that may have been of which it is told since when it lasts.
_LONGEST_TOLD = 28
_FAILURES = 3
_PATIENCE = timedelta(hours=3)
# Where nobody knows what to expect: a list a day, and two hours.
LONG = timedelta(hours=26)


def lacking(
    state: SourceState, counts: Sequence[DayCount], now: datetime, every: timedelta | None
) -> Lacking | None:
    """Return in what a source is incomplete so far, None if nothing is known to be missing.

    `every` is how long it is left alone between two looks, None for what is not asked but comes by
    itself. The newest day counts of which anything is to be expected and that is over by the
    source's own habits: so a weekend after a day without papers does not hide it, and the next day
    that is whole ends it. A source that is silent when nothing is to come is not incomplete.
    """
    since = _silent_since(state, now, every) if every is not None else None
    if since is not None and _may_miss(since, counts, now):
        return _marked(Lacking(state.name, state.title, Lack.SILENT, since), now)
    found = _by_counts(state, counts, now)
    return None if found is None else _marked(found, now)


def _marked(found: Lacking, now: datetime) -> Lacking:
    return replace(found, is_long=now - found.since >= LONG)


def _expected(
    counts: Sequence[DayCount], today: date, days: int = _LOOK_BACK
) -> Iterator[Expected]:
    """Yield what was to be expected of the last days, newest first."""
    for back in range(days):
        expected = expected_on(today - _DAY * back, counts)
        if expected is not None:
            yield expected


def _silent_since(state: SourceState, now: datetime, every: timedelta) -> datetime | None:
    """Return since when a source has not answered, if that is longer than is to be borne."""
    answered_at, failing_since = state.answered_at, state.failing_since
    moments = [each for each in (answered_at, failing_since) if each is not None]
    is_failing = (
        failing_since is not None
        and state.failures >= _FAILURES
        and now - failing_since >= _PATIENCE
    )
    is_left = answered_at is not None and now - answered_at >= 2 * every + _PATIENCE
    return min(moments) if is_failing or is_left else None


def _may_miss(since: datetime, counts: Sequence[DayCount], now: datetime) -> bool:
    """Tell whether anything was to come since a source answered last."""
    expected = list(_expected(counts, now.date()))
    if not expected:
        return now - since >= LONG
    papers = {each.day: each.papers for each in counts}
    return any(
        each.begins_at <= now
        and not (papers.get(each.day, 0) >= each.fewest and since >= each.filled_at - each.grace)
        and since < each.filled_at + each.grace
        for each in expected
    )


def _by_counts(state: SourceState, counts: Sequence[DayCount], now: datetime) -> Lacking | None:
    """Return what the newest day lacks, since the first of the days in a row that lack something."""
    papers = {each.day: each.papers for each in counts}
    found: Lacking | None = None
    for each in _expected(counts, now.date(), _LONGEST_TOLD):
        count = papers.get(each.day, 0)
        if not count and now >= each.begins_at + each.grace:
            lack, since = Lack.NOTHING, each.begins_at
        elif now < each.filled_at + each.grace:
            continue
        elif count < each.fewest:
            lack, since = Lack.FEW, each.filled_at
        else:
            break
        found = found or _lacks(state, lack, since, each, count)
        found = replace(found, since=since)
    return found


def _lacks(
    state: SourceState, lack: Lack, since: datetime, expected: Expected, papers: int
) -> Lacking:
    return Lacking(state.name, state.title, lack, since, expected.day, papers, expected.usual)
