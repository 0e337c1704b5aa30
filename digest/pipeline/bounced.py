"""What comes back about our mails, and what refusals say: bounces, complaints, farewells."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.clock import Clock
from digest.delivery.address import address_key
from digest.delivery.bounces import Report, ReportKind, read_report
from digest.delivery.intakes import Taken
from digest.delivery.suppression import Failure, Reason, is_enough, kind_of, points, score_of
from digest.delivery.verp import BounceFor, LeaveFor, Returns
from digest.model.deliveries import Bounce, BounceKind, Delivery, Settled
from digest.pipeline import account_mails
from digest.store import bounces, deliveries, feeds, subscribers, suppressions
from digest.store.engine import Connection, Database

logger = logging.getLogger(__name__)

_FROM_REPORTS = "returned mail"
_FROM_REFUSALS = "smtp"


@dataclass(frozen=True, slots=True)
class ReturnDesk:
    """What taking in returned mail works with."""

    database: Database
    returns: Returns
    clock: Clock


def take_return(desk: ReturnDesk, recipients: Sequence[str], message: bytes) -> Taken:
    """Take in one returned mail and say what it has changed; what it says is committed then.

    `recipients` is its envelope, none if it is not known. Only an address that verifies says which
    mail or reader it is about; everything else in it may be made up. Taking the same in twice
    changes nothing, and a delivery's state is never moved back. Raises what the database does.
    """
    report = read_report(message)
    subject = _subject(desk.returns, recipients or report.received_for)
    if isinstance(subject, LeaveFor):
        return _leave(desk, subject)
    if report.kind not in {ReportKind.FAILURE, ReportKind.COMPLAINT}:
        logger.info("a returned mail says nothing: %s %s", report.kind, report.message_id)
        return Taken.IGNORED
    subject = subject or _subject(desk.returns, report.sent_from)
    match subject:
        case BounceFor(delivery_id):
            return _take_report(desk, delivery_id, report)
        case LeaveFor() if report.kind is ReportKind.COMPLAINT:
            return _complain(desk, subject, report)
    logger.warning("a report about no mail of ours is parked: %s", report.message_id)
    return Taken.PARKED


def count_refusals(connection: Connection, settled: Iterable[Settled], now: datetime) -> None:
    """Count what servers refused just now against the addresses, as if it had come back later.

    For verdicts that settled their delivery, in the same transaction; not for late ones.
    """
    # In one order everywhere, so that two processes that count the same addresses take turns.
    for each in sorted(settled, key=lambda each: each.delivery.address):
        counted = score_of(each.verdict, each.settlement.state)
        if counted:
            _count(connection, each.delivery, counted, _FROM_REFUSALS, each.verdict.text, now)


def _subject(returns: Returns, addresses: Sequence[str]) -> BounceFor | LeaveFor | None:
    """Return what the first address of ours was made for, None if there is none.

    One for a mail goes first: a report encloses our headers, in which the address that unsubscribes
    stands as well.
    """
    read = [subject for address in addresses if (subject := returns.read(address))]
    return next((each for each in read if isinstance(each, BounceFor)), read[0] if read else None)


def _leave(desk: ReturnDesk, subject: LeaveFor) -> Taken:
    """Unsubscribe a reader. As with links, an address that was replaced still works."""
    with desk.database.writing() as connection:
        site = feeds.read_site(connection)
        authority = site.authority if site else desk.returns.domain
        account_mails.leave(connection, authority, subject.subscriber_id, desk.clock())
    return Taken.LEFT


def _take_report(desk: ReturnDesk, delivery_id: int, report: Report) -> Taken:
    now = desk.clock()
    bounce = _bounce(delivery_id, report)
    with desk.database.writing() as connection:
        delivery = deliveries.deliveries_by_id(connection, [delivery_id]).get(delivery_id)
        if delivery is None:
            logger.warning("a report about mail %d, which is gone, is parked", delivery_id)
            return Taken.PARKED
        if not bounces.add_bounce(connection, bounce, now):
            return Taken.KNOWN
        if bounce.kind is BounceKind.COMPLAINT:
            _silence(connection, delivery.subscriber_id, address_key(delivery.address), report, now)
            return Taken.COMPLAINED
        counted = points(report.failure or Failure())
        if counted:
            _count(connection, delivery, counted, _FROM_REPORTS, report.text, now)
    return Taken.BOUNCED


def _bounce(delivery_id: int, report: Report) -> Bounce:
    """Return the event of a report: one mail fails once and is complained of once.

    So its key holds nothing that another server on the way, or the same one an hour later, would
    write otherwise; nor can a flood of reports about one mail add up.
    """
    is_complaint = report.kind is ReportKind.COMPLAINT
    failure = report.failure or Failure()
    kind = BounceKind.COMPLAINT if is_complaint else kind_of(failure)
    event_key = hashlib.sha256(f"{delivery_id} {kind}".encode()).hexdigest()
    return Bounce(event_key, delivery_id, kind, failure.enhanced, report.text)


def _complain(desk: ReturnDesk, subject: LeaveFor, report: Report) -> Taken:
    """Take a complaint that names the reader and not the mail."""
    with desk.database.writing() as connection:
        reader = subscribers.subscriber_by_id(connection, subject.subscriber_id)
        if reader is None:
            return Taken.PARKED
        key = address_key(reader.address)
        is_new = _silence(connection, reader.id, key, report, desk.clock())
    return Taken.COMPLAINED if is_new else Taken.KNOWN


def _silence(
    connection: Connection, subscriber_id: int, key: str, report: Report, now: datetime
) -> bool:
    """Write to an address no more, for ever; return False if so it was.

    The reader whose mail it was leaves with it, unless their digests go elsewhere: a stranger whose
    address they gave by mistake, or had before them, must not end their subscription.
    """
    reader = subscribers.subscriber_by_id(connection, subscriber_id, for_update=True)
    if reader is not None and address_key(reader.address) == key:
        subscribers.unsubscribe(connection, subscriber_id)
    return suppressions.suppress(
        connection, key, Reason.COMPLAINT.value, _FROM_REPORTS, report.text, now
    )


def _count(  # noqa: PLR0913, PLR0917  one event, whole
    connection: Connection,
    delivery: Delivery,
    counted: float,
    source: str,
    text: str,
    now: datetime,
) -> None:
    key = address_key(delivery.address)
    if is_enough(suppressions.add_score(connection, key, counted, now)):
        suppressions.suppress(connection, key, Reason.BOUNCES.value, source, text, now)
