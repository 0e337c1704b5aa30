"""A reader's day in plain words, told from the ledger; loading is a thin loop, telling is pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from digest.delivery.address import address_key
from digest.delivery.suppression import Reason
from digest.model.deliveries import BounceKind, Delivery, DeliveryState
from digest.model.receipts import Choice, DayFacts, Receipt, Silence
from digest.model.subscribers import Subscriber
from digest.pipeline.receipt_choice import told_choice
from digest.pipeline.receipt_mail import told_mail
from digest.pipeline.receipt_nothing import why_nothing
from digest.pipeline.receipt_times import Times
from digest.rendering.environment import plural
from digest.store import receipts
from digest.store.attempts import attempts_of
from digest.store.engine import Connection
from digest.store.suppressions import suppression_of

LISTED = 30

_HELD_BACK = frozenset({DeliveryState.PLANNED, DeliveryState.HELD})
_ENDS = {
    DeliveryState.PLANNED: "waiting for whoever runs this site",
    DeliveryState.READY: "on their way",
    DeliveryState.LEASED: "on their way",
    DeliveryState.INFLIGHT: "on their way",
    DeliveryState.FAILED: "refused by the mail server",
    DeliveryState.SUPPRESSED: "not sent",
    DeliveryState.EXPIRED: "given up: the mail could not be handed over in time",
    DeliveryState.UNCERTAIN: "and nobody knows whether the mail arrived",
    DeliveryState.HELD: "held back by whoever runs this site",
}


def receipt_of(connection: Connection, reader: Subscriber, day: date, now: datetime) -> Receipt:
    """Return what happened on a reader's day, and why, in full."""
    [facts] = _facts(connection, reader, [day], now)
    choice, mail = facts.choice, facts.mail
    intake = receipts.intake_of(connection, choice) if choice else None
    attempts = tuple(attempts_of(connection, mail.id)) if mail else ()
    return tell(replace(facts, intake=intake, attempts=attempts))


def receipts_of(connection: Connection, reader: Subscriber, now: datetime) -> list[Receipt]:
    """Return a reader's last days in short, today first, back to when they subscribed."""
    times = Times(now.date(), reader.cadence.zone)
    today, began = times.on(now), times.on(reader.created_at)
    days = [today - timedelta(days=back) for back in range(LISTED)]
    wanted = [day for day in days if day >= began] or [today]
    return [tell(facts) for facts in _facts(connection, reader, wanted, now)]


def tell(facts: DayFacts) -> Receipt:
    """Return a reader's day in plain words; any combination of facts has some."""
    times = Times(facts.day, facts.reader.cadence.zone)
    if facts.choice is None:
        headline, reason = why_nothing(facts, times)
        return Receipt(facts.day, headline, (reason,) if reason else (), ())
    story: tuple[str, ...] = ()
    if facts.mail is not None:
        story = told_mail(facts, facts.mail, times)
    elif facts.choice.papers:
        story = ("What became of the mail is not on record.",)
    return Receipt(
        facts.day,
        _headline(facts, facts.choice, times),
        told_choice(facts, facts.choice, times),
        story,
        facts.choice.number if facts.choice.papers and is_out(facts.mail) else None,
    )


def is_out(mail: Delivery | None) -> bool:
    """Tell whether a digest is its reader's to read: nobody holds its mail back."""
    return mail is not None and mail.state not in _HELD_BACK


def how_it_ended(mail: Delivery | None, times: Times, *, came_back: bool = False) -> str:
    """Return how a digest's mail stands, to be said after the number of its papers."""
    if mail is None:
        return "with no mail on record"
    if mail.state is not DeliveryState.ACCEPTED:
        return _ENDS[mail.state]
    moment = f" {times.at(mail.settled_at)}" if mail.settled_at else ""
    later = ", and sent back later" if came_back else ""
    return f"accepted by the mail server{moment}{later}"


def _headline(facts: DayFacts, choice: Choice, times: Times) -> str:
    if choice.papers:
        came_back = any(each.kind is not BounceKind.COMPLAINT for each in facts.returned)
        end = how_it_ended(facts.mail, times, came_back=came_back)
        return f"{plural(choice.papers, 'paper')}, {end}."
    if choice.lacking:
        return "Not everything had come in, and nothing of the rest was for you, so no mail."
    if choice.considered <= 0:
        return "No new papers, so no mail."
    return "Nothing to show, so no mail." if choice.matched > 0 else "Nothing matched, so no mail."


def _facts(
    connection: Connection, reader: Subscriber, days: Sequence[date], now: datetime
) -> list[DayFacts]:
    """Return what is known of some of a reader's days, in as many statements as of one."""
    choices = receipts.choices_between(connection, reader.id, min(days), max(days))
    mails = receipts.mails_of(connection, [each.number for each in choices.values()])
    returned = receipts.returned_for(connection, [each.id for each in mails.values()])
    farewells = receipts.farewells(connection, reader.id)
    silence = _silence(connection, reader)
    later = receipts.next_period(connection, reader.id, max(days))
    periods = sorted({*choices, *([later] if later else [])})
    lately = now.date() - timedelta(days=LISTED)
    first = lately if min(days) >= lately else receipts.next_period(connection, reader.id, date.min)
    found = []
    for day in days:
        choice = choices.get(day)
        mail = mails.get(choice.number) if choice else None
        found.append(
            DayFacts(
                day=day,
                now=now,
                reader=reader,
                choice=choice,
                mail=mail,
                returned=returned.get(mail.id, ()) if mail else (),
                silence=silence,
                farewells=farewells,
                next_period=next((each for each in periods if each > day), None),
                is_forgotten=day < lately and (first is None or day < first),
            )
        )
    return found


def _silence(connection: Connection, reader: Subscriber) -> Silence | None:
    known = suppression_of(connection, address_key(reader.address))
    if known is None:
        return None
    return Silence(known.created_at, is_complaint=known.reason == Reason.COMPLAINT.value)
