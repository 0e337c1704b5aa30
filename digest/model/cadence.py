"""When a digest is due: pure rules over local dates, so that no clock change sends one twice.

A slot is keyed by the reader's local date. A local time that a clock change skips goes to the first
valid instant after the gap; one that comes twice goes to the first. A date that a zone skips whole,
when it moves over the date line, has no digest: its papers, and the turn of a weekday or a week, are
the next date's, at the same hour.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import available_timezones

from digest.errors import SubscriptionError
from digest.model.clocks import first_instant, has_date, zone_named
from digest.model.subscribers import Cadence, Days, Slot

_SATURDAY = 5
_DAY = timedelta(days=1)
_LONGEST_PERIOD = timedelta(days=8)  # a week and a clock change
_TICK = timedelta(microseconds=1)
# New tables of a zone move the hour of a digest that is planned already by no more than this.
_MOVED = timedelta(hours=3)
# Many readers share a cadence, and each asks for two or three dates: a million need no more.
_KEPT = 1 << 15
# Not zones: what this machine happens to be set to, and what one is before it is set.
_NO_ZONES = frozenset({"localtime", "Factory"})


def next_slot(cadence: Cadence, after: datetime, last_period: date | None = None) -> Slot:
    """Return the first slot due later than `after`, and of a later local date than `last_period`.

    `last_period` keeps a reader who moves west over the date line, or to a later hour, from a
    second digest for a date that had one.
    """
    day = local_date(after, cadence.zone) - _DAY
    slot = _slot_after(cadence, day if last_period is None else max(day, last_period))
    while slot.due_at <= after:
        slot = _slot_after(cadence, slot.period)
    return slot


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
    """Return the first instant of a local date, or of the date after one that the zone skips."""
    return first_instant(day, time(), zone_named(zone))


def local_date(moment: datetime, zone: str) -> date:
    """Return the date that a moment has in a zone."""
    return moment.astimezone(zone_named(zone)).date()


def slot_due(cadence: Cadence, due_at: datetime, now: datetime) -> Slot:
    """Return the newest slot that is due: that of `due_at`, or a later one that was missed as well.

    So after days of downtime there is one digest, of the newest date, not one for each.
    """
    slot = _slot_of(cadence, due_at.astimezone(UTC))
    if now - due_at > _LONGEST_PERIOD:
        return max(slot, _newest_slot(cadence, now), key=lambda each: each.period)
    while (later := _slot_after(cadence, slot.period)).due_at <= now:
        slot = later
    return slot


def due_after_change(
    cadence: Cadence,
    now: datetime,
    paused_until: datetime | None,
    last_period: date | None,
    due_at: datetime | None,
) -> datetime:
    """Return when a reader is due who was due at `due_at` and has chosen this cadence just now.

    One who is due at this moment does not wait for another date, if this date had no digest yet.
    """
    slot = first_open_slot(cadence, now, paused_until, last_period)
    if due_at is None or due_at > now:
        return slot.due_at
    period = slot_due(cadence, due_at, now).period
    has_digest = last_period is not None and period <= last_period
    return slot.due_at if has_digest or period >= slot.period else due_at


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
    return frozenset(available_timezones()) - _NO_ZONES


@lru_cache(maxsize=_KEPT)
def _slot_after(cadence: Cadence, day: date) -> Slot:
    """Return the slot of the first local date after this one that has a digest."""
    while True:
        day += _DAY
        if slot := _slot_on(cadence, day):
            return slot


@lru_cache(maxsize=_KEPT)
def _slot_of(cadence: Cadence, due_at: datetime) -> Slot:
    """Return the slot that a stored due time was planned for.

    It is hardly ever another than the newest by then. But the tables of a zone, or the wishes of a
    reader who is due at this moment, may have changed since: then it is the slot of about that hour,
    else the digest is that of its local date.
    """
    before = _newest_slot(cadence, due_at)
    if due_at - before.due_at <= _MOVED:
        return before
    day = local_date(due_at, cadence.zone)
    later = next_slot(cadence, due_at)
    if _slot_on(cadence, day) is None and later.due_at - due_at <= _MOVED:
        return later
    return Slot(day, due_at)


def _newest_slot(cadence: Cadence, now: datetime) -> Slot:
    # Where clocks were set back over midnight, the newest slot may be of the date after that of `now`.
    day = local_date(now, cadence.zone) + _DAY
    while (slot := _slot_on(cadence, day)) is None or slot.due_at > now:
        day -= _DAY
    return slot


def _slot_on(cadence: Cadence, day: date) -> Slot | None:
    """Return the slot of a local date, None if it has none."""
    zone, before = zone_named(cadence.zone), day - _DAY
    if _is_digest_day(cadence, day):
        has_digest = has_date(zone, day)
    else:
        has_digest = _is_digest_day(cadence, before) and not has_date(zone, before)
    return Slot(day, first_instant(day, cadence.at, zone)) if has_digest else None


def _is_digest_day(cadence: Cadence, day: date) -> bool:
    match cadence.days:
        case Days.DAILY:
            return True
        case Days.WEEKDAYS:
            return day.weekday() < _SATURDAY
        case Days.WEEKLY:
            return day.weekday() == cadence.weekday
