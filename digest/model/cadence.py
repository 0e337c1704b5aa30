"""When a digest is due: pure rules over local dates, so that no clock change sends one twice.

A slot is keyed by the reader's local date. A local time that a clock change skips goes to the first
valid instant after the gap; one that comes twice goes to the first.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from digest.errors import SubscriptionError
from digest.model.subscribers import Cadence, Days, Slot

_SATURDAY = 5
_LONGEST_PERIOD = timedelta(days=8)  # a week and a clock change
_TICK = timedelta(microseconds=1)


def next_slot(cadence: Cadence, after: datetime, last_period: date | None = None) -> Slot:
    """Return the first slot due later than `after`, and of a later local date than `last_period`.

    `last_period` keeps a reader who moves west over the date line, or to a later hour, from a
    second digest for a date that had one.
    """
    zone = ZoneInfo(cadence.zone)
    for day in _dates_from(after.astimezone(zone).date() - timedelta(days=1)):
        if not _is_digest_day(cadence, day) or (last_period is not None and day <= last_period):
            continue
        due_at = _instant(day, cadence.at, zone)
        if due_at > after:
            return Slot(period=day, due_at=due_at)
    raise AssertionError("dates do not end")  # pragma: no cover


def first_open_slot(
    cadence: Cadence,
    now: datetime,
    paused_until: datetime | None,
    last_period: date | None = None,
) -> Slot:
    """Return the first slot later than `now` and not before the end of a pause, if there is one.

    As in `next_slot` it is of a later local date than `last_period`.
    """
    if paused_until is None or paused_until <= now:
        return next_slot(cadence, now, last_period)
    return next_slot(cadence, paused_until - _TICK, last_period)


def start_of(day: date, zone: str) -> datetime:
    """Return the first instant of a local date."""
    return _instant(day, time(), ZoneInfo(zone))


def local_date(moment: datetime, zone: str) -> date:
    """Return the date that a moment has in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def slot_due(cadence: Cadence, due_at: datetime, now: datetime) -> Slot:
    """Return the newest slot that is due: that of `due_at`, or a later one that was missed as well.

    So after days of downtime there is one digest, of the newest date, not one for each.
    """
    slot = Slot(due_at.astimezone(ZoneInfo(cadence.zone)).date(), due_at)
    after = max(due_at, now - _LONGEST_PERIOD)
    while (later := next_slot(cadence, after, slot.period)).due_at <= now:
        slot, after = later, later.due_at
    return slot


def parse_time(text: str) -> time:
    """Return the local time written as HH:MM; raises SubscriptionError for anything else."""
    try:
        return datetime.strptime(text.strip(), "%H:%M").time()  # noqa: DTZ007  a time of day has no zone
    except ValueError as error:
        message = f"{text!r} is not a time of day: write it as 07:30"
        raise SubscriptionError(message) from error


def known_zone(name: str) -> str:
    """Return a stored zone, or UTC for one that this machine's tables no longer know."""
    return name if name in time_zones() else "UTC"


def parse_zone(text: str) -> str:
    """Return the IANA name of a time zone; raises SubscriptionError for one that does not exist."""
    name = text.strip()
    if name not in time_zones():
        message = f"{text!r} is not a time zone: write one such as Europe/Berlin, Asia/Tokyo or UTC"
        raise SubscriptionError(message)
    return name


@cache
def time_zones() -> frozenset[str]:
    """Return the names of all time zones; read from disk once."""
    return frozenset(available_timezones())


def _dates_from(day: date) -> Iterator[date]:
    while True:
        yield day
        day += timedelta(days=1)


def _is_digest_day(cadence: Cadence, day: date) -> bool:
    match cadence.days:
        case Days.DAILY:
            return True
        case Days.WEEKDAYS:
            return day.weekday() < _SATURDAY
        case Days.WEEKLY:
            return day.weekday() == cadence.weekday


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the first valid instant at or after the local time `at` on `day`."""
    instant = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)  # fold=0: the first of two
    back = instant.astimezone(zone)
    if back.replace(tzinfo=None) == datetime.combine(day, at):
        return instant
    # In a gap, fold=0 reads the clock before the change: the wall shows a time after the gap.
    # Walk back to the moment of the change itself, which is on a whole minute in every zone rule
    # since 1972.
    offset = back.utcoffset()
    before = instant
    while (before - timedelta(minutes=1)).astimezone(zone).utcoffset() == offset:
        before -= timedelta(minutes=1)
    return before
