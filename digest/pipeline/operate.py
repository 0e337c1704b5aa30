"""What an operator decides about mails: try them again, hold them back, let them go."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from digest.clock import Clock
from digest.delivery.address import address_key
from digest.model.deliveries import Delivery, DeliveryState, MailKind
from digest.model.subscribers import SubscriberState
from digest.store import deliveries, subscribers, suppressions, waiting
from digest.store.engine import Connection, Database

# A mail that is tried again has as long as a new one.
_REQUEUED_FOR = timedelta(hours=20)
_CHUNK = 500


class Deed(StrEnum):
    """What is done to mails: from the start again, held back, or let go."""

    REQUEUE = "requeue"
    HOLD = "hold"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mails are meant: those that meet every condition given."""

    states: Collection[DeliveryState] = ()
    domain_group: str | None = None
    address_part: str = ""
    transport: str | None = None


@dataclass(slots=True)
class Changes:
    """The ids of the mails a deed was done to, and why it was not to others."""

    done: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


_ENDED_WITHOUT = frozenset({DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.EXPIRED})
_FOR_A_PERSON = frozenset({DeliveryState.UNCERTAIN, DeliveryState.HELD})
TAKES = {
    Deed.REQUEUE: _ENDED_WITHOUT | _FOR_A_PERSON,
    Deed.HOLD: frozenset({DeliveryState.PLANNED, DeliveryState.READY}),
    Deed.RELEASE: frozenset({DeliveryState.PLANNED, DeliveryState.HELD}),
}
_BECOMES = {
    Deed.REQUEUE: DeliveryState.READY,
    Deed.HOLD: DeliveryState.HELD,
    Deed.RELEASE: DeliveryState.READY,
}


def find(database: Database, wanted: Wanted) -> Iterator[Delivery]:
    """Give the mails that are meant, oldest first, however many; no transaction stays open."""
    after = 0
    while True:
        with database.reading() as connection:
            found = deliveries.find_deliveries(
                connection,
                wanted.states,
                wanted.domain_group,
                wanted.address_part,
                wanted.transport,
                limit=_CHUNK,
                after_id=after,
            )
        yield from found
        if len(found) < _CHUNK:
            return
        after = found[-1].id


def change(  # noqa: PLR0913, PLR0917  what, to whom, and who hears of it
    database: Database,
    deed: Deed,
    numbers: Sequence[int],
    clock: Clock,
    advance: Callable[[int], None] = lambda _count: None,
    note: Callable[[Connection, Sequence[int]], None] = lambda _connection, _done: None,
) -> Changes:
    """Do a deed to mails by their ids, 500 in a transaction; a refused one stops no other.

    `note` writes down, in the same transaction, that it was done to these.

    Raises StoreAwayError when the database cannot be written; what was done until then is kept,
    and doing it again is harmless.
    """
    changes = Changes()
    for start in range(0, len(numbers), _CHUNK):
        part = numbers[start : start + _CHUNK]
        done = database.try_write(
            lambda connection, part=part: _noted(  # type: ignore[misc]
                connection, _change(connection, deed, part, clock()), note
            )
        )
        changes.done += done.done
        changes.refused |= done.refused
        advance(len(part))
    return changes


def why_not(deed: Deed, delivery: Delivery | None, now: datetime) -> str | None:
    """Return why a deed cannot be done to a mail as it stands, None if it can."""
    if delivery is None:
        return "there is no such delivery"
    state = delivery.state
    if state is _BECOMES[deed]:
        return f"is {state} already"
    if state not in TAKES[deed]:
        return _UNFIT[state]
    if deed is Deed.RELEASE and delivery.deadline_at <= now:
        return "its time is over: `digest deliveries requeue` gives it more"
    return None


_UNFIT = {
    DeliveryState.PLANNED: "waits for its release: say `digest deliveries release`",
    DeliveryState.LEASED: "is in a worker's hands at this moment",
    DeliveryState.INFLIGHT: "is being sent at this moment",
    DeliveryState.ACCEPTED: "was accepted",
    DeliveryState.UNCERTAIN: "may have arrived: `digest deliveries requeue` sends it once more",
    **{
        state: f"has ended as {state}: `digest deliveries requeue` tries it again"
        for state in _ENDED_WITHOUT
    },
}


def _noted(
    connection: Connection, changes: Changes, note: Callable[[Connection, Sequence[int]], None]
) -> Changes:
    if changes.done:
        note(connection, changes.done)
    return changes


def _change(connection: Connection, deed: Deed, numbers: Sequence[int], now: datetime) -> Changes:
    before = deliveries.deliveries_by_id(connection, numbers)
    changes = Changes()
    for number in dict.fromkeys(numbers):
        mail = before.get(number)
        why = why_not(deed, mail, now)
        if mail is not None and why is None and deed is Deed.REQUEUE:
            why = _why_not_again(connection, mail)
        if why is None:
            changes.done.append(number)
        else:
            changes.refused[number] = why
    match deed:
        case Deed.REQUEUE:
            waiting.requeue(connection, changes.done, now, now + _REQUEUED_FOR)
        case Deed.HOLD:
            waiting.hold(connection, changes.done)
        case Deed.RELEASE:
            waiting.release(connection, changes.done, now)
    # A worker, or another operator, may have been at one between the look and the change.
    after = deliveries.deliveries_by_id(connection, changes.done)
    for number in [each for each in changes.done if after[each].state is not _BECOMES[deed]]:
        changes.done.remove(number)
        changes.refused[number] = f"has become {after[number].state} a moment ago"
    return changes


def _why_not_again(connection: Connection, mail: Delivery) -> str | None:
    """Return why a mail that ended must stay so: nobody gets a paper twice, or after they left."""
    if mail.state not in _ENDED_WITHOUT:
        return None  # its papers are kept out of later digests, and nobody has refused it
    if suppressions.suppression_of(connection, address_key(mail.address)):
        return f"{mail.address} is suppressed: see `digest suppressions`"
    if mail.kind in {MailKind.SIGN_IN, MailKind.MOVE}:
        return "the link in it is too old: its reader asks for a new one on the page"
    reader = subscribers.subscriber_by_id(connection, mail.subscriber_id)
    has_left = reader is None or reader.state is SubscriberState.UNSUBSCRIBED
    if has_left != (mail.kind is MailKind.GOODBYE) and mail.kind is not MailKind.MOVED:
        return f"{mail.address} has {'unsubscribed' if has_left else 'come back since'}"
    until = reader.paused_until if reader is not None else None
    if until is not None and mail.kind is MailKind.DIGEST and mail.planned_at < until:
        return f"{mail.address} has paused: its papers come with the first digest after that"
    later = [
        each
        for each in deliveries.deliveries_of(connection, mail.subscriber_id)
        if each.kind is MailKind.DIGEST
        and mail.kind is MailKind.DIGEST
        and each.id > mail.id
        and each.state not in _ENDED_WITHOUT
    ]
    return f"its papers went over to a later digest, delivery {later[0].id}" if later else None
