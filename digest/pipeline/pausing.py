"""How a reader stops their digests for a while, and has them again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.errors import SubscriptionError
from digest.model.cadence import first_open_slot, local_date, start_of
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.subscribe import Registry
from digest.store import digests, due, subscribers
from digest.store.engine import Connection

_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class PauseDates:
    """From which date to which a reader may pause, in their own zone."""

    today: date

    @property
    def first(self) -> date:
        """Return the earliest date that digests can be paused until."""
        return self.today + timedelta(days=1)

    @property
    def last(self) -> date:
        """Return the latest: a year from today."""
        return self.today + _LONGEST


def pause_dates(subscriber: Subscriber, now: datetime) -> PauseDates:
    """Return the dates a reader can choose from."""
    return PauseDates(local_date(now, subscriber.cadence.zone))


def is_paused(subscriber: Subscriber, now: datetime) -> bool:
    """Tell whether a reader gets no digest at this moment because they said so."""
    return subscriber.paused_until is not None and now < subscriber.paused_until


def was_paused(subscriber: Subscriber, moment: datetime) -> bool:
    """Tell whether a reader got no digest at a moment because of their newest pause.

    Of an earlier one nothing is known.
    """
    began_at = subscriber.paused_at
    ended_at = subscriber.resumed_at or subscriber.paused_until
    return began_at is not None and ended_at is not None and began_at <= moment < ended_at


def pause(registry: Registry, subscriber: Subscriber, until: date) -> Subscriber:
    """Send a reader no digest before a date of their zone; then one with the best of all between.

    One that is ready to go out goes no more: its papers are in that one. What is in a server's hands
    already may arrive. Another pause takes the place of the first. Raises SubscriptionError for a
    date that is not between tomorrow and a year from now, and for a reader who is not active.
    """
    with registry.database.writing() as connection:
        known = _active(connection, subscriber.id)
        dates = pause_dates(known, registry.clock())
        if not dates.first <= until <= dates.last:
            message = (
                f"{until} is not a date to pause until: choose one from tomorrow, "
                f"{dates.first}, to {dates.last}"
            )
            raise SubscriptionError(message)
        moment, now = start_of(until, known.cadence.zone), registry.clock()
        began_at = known.paused_at if is_paused(known, now) else None
        subscribers.set_pause(connection, known.id, moment, began_at or now)
        return _due_anew(connection, known, now, moment)


def resume(registry: Registry, subscriber: Subscriber) -> Subscriber:
    """End a reader's pause now: their next digest comes at their next hour. Idempotent.

    Raises SubscriptionError for a reader who is not active.
    """
    with registry.database.writing() as connection:
        known = _active(connection, subscriber.id)
        # One that is over says when the reader came back, and the digest may be due right now.
        now = registry.clock()
        if not is_paused(known, now):
            return known
        subscribers.end_pause(connection, known.id, now)
        return _due_anew(connection, known, now, None)


def read_date(text: str) -> date:
    """Return the date written as 2026-03-31; raises SubscriptionError for anything else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        message = f"{text!r} is not a date: write it as 2026-03-31" if text else "Choose a date"
        raise SubscriptionError(message) from error


def _due_anew(
    connection: Connection, known: Subscriber, now: datetime, until: datetime | None
) -> Subscriber:
    period = digests.last_period(connection, known.id)
    slot = first_open_slot(known.cadence, now, until, period)
    due.set_due_times(connection, [known.id], [slot.due_at])
    return subscribers.subscribers_by_id(connection, [known.id])[known.id]


def _active(connection: Connection, number: int) -> Subscriber:
    # Locked: whoever composes this reader's digest at this moment is done first, or does not.
    found = subscribers.subscriber_by_id(connection, number, for_update=True)
    if found is None or found.state is not SubscriberState.ACTIVE:
        raise SubscriptionError("You get no digests, so there is nothing to pause: subscribe first")
    return found
