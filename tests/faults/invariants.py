"""What must hold however a test ends: our ledger against the one of whoever received the mails."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from email import message_from_bytes
from email.utils import format_datetime

from digest.delivery.address import address_key
from digest.delivery.sink import Received
from digest.model.deliveries import Delivery, DeliveryState, MailKind, Outcome
from digest.model.digests import Digest
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.archive import Archives
from digest.pipeline.foresee import foresee
from digest.store import digests
from tests.faults.site import Site

_ENDS = frozenset(
    {
        DeliveryState.ACCEPTED,
        DeliveryState.FAILED,
        DeliveryState.SUPPRESSED,
        DeliveryState.EXPIRED,
        DeliveryState.UNCERTAIN,
    }
)
_NOT_ACCEPTED = frozenset(
    {DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.EXPIRED, DeliveryState.READY}
)
# A lost reply makes one copy; the second time a person is asked.
_MOST_COPIES = 2


def check(
    site: Site,
    received: Iterable[Received],
    *,
    ready: int = 0,
    held: int = 0,
    left: Collection[str] = (),
) -> None:
    """Assert the six invariants.

    `ready` and `held` are how many mails are meant to wait still; `left` are addresses that were
    not to be written to before anything was sent.
    """
    mails = site.mails()
    copies: dict[str, list[Received]] = defaultdict(list)
    for each in received:
        copies[each.message_id].append(each)
    _every_mail_is_accounted_for(site, mails, ready, held)
    _both_ledgers_agree(mails, copies)
    _no_copy_but_of_flagged_attempts(site, mails, copies)
    _copies_are_the_same_bytes(mails, copies)
    _nobody_is_written_to_who_left(site, mails, copies, left)
    _no_paper_is_lost(site, mails)


def key_of(received: Received) -> str:
    """Return the key of a mail: its Message-ID is made of it."""
    return received.message_id.strip("<>").partition("@")[0]


def _every_mail_is_accounted_for(
    site: Site, mails: Sequence[Delivery], ready: int, held: int
) -> None:
    """I1."""
    states = [each.state for each in mails]
    assert states.count(DeliveryState.READY) == ready, f"I1: {site.states()}"
    assert states.count(DeliveryState.HELD) == held, f"I1: {site.states()}"
    ended = sum(state in _ENDS for state in states)
    assert ended + ready + held == len(mails), f"I1: {site.states()}"
    # Who left while a test ran got a word of their own for it.
    planned = sum(each.kind is not MailKind.GOODBYE for each in mails)
    assert planned == site.planned, f"I1: {site.states()}"


def _both_ledgers_agree(mails: Sequence[Delivery], copies: dict[str, list[Received]]) -> None:
    """I2."""
    by_key = {each.key: each for each in mails}
    for all_copies in copies.values():
        for each in all_copies:
            mail = by_key.get(key_of(each))
            assert mail is not None, f"I2: {each.message_id} is none of ours"
            assert each.recipient == mail.address, f"I2: {mail} went to {each.recipient}"
    arrived = {key_of(all_copies[0]) for all_copies in copies.values()}
    for mail in mails:
        if mail.state is DeliveryState.ACCEPTED:
            assert mail.key in arrived, f"I2: {mail} never arrived"
        elif mail.state is not DeliveryState.UNCERTAIN and not mail.is_maybe_duplicate:
            assert mail.key not in arrived, f"I2: {mail} arrived"


def _no_copy_but_of_flagged_attempts(
    site: Site, mails: Sequence[Delivery], copies: dict[str, list[Received]]
) -> None:
    """I3."""
    identities = {(mail.subscriber_id, mail.kind, mail.period) for mail in mails}
    assert len(identities) == len(mails), "I3: two mails for one period"
    counts = {key_of(each[0]): len(each) for each in copies.values()}
    for mail in mails:
        count = counts.get(mail.key, 0)
        if count <= 1:
            continue
        assert mail.is_maybe_duplicate, f"I3: {count} copies of {mail}, which is not flagged"
        tried = [each for each in site.attempts(mail.address) if each.delivery_id == mail.id]
        unknown = sum(each.outcome is Outcome.UNCERTAIN for each in tried)
        assert count <= min(1 + unknown, _MOST_COPIES), f"I3: {count} copies of {mail}"


def _copies_are_the_same_bytes(
    mails: Sequence[Delivery], copies: dict[str, list[Received]]
) -> None:
    """I4."""
    by_key = {each.key: each for each in mails}
    assert len({key_of(each[0]) for each in copies.values()}) == len(copies), "I4: Message-IDs"
    for all_copies in copies.values():
        mail = by_key[key_of(all_copies[0])]
        assert {each.sha256 for each in all_copies} == {mail.message_hash}, f"I4: {mail}"
        date = message_from_bytes(all_copies[0].message)["Date"]
        assert date == format_datetime(mail.planned_at), f"I4: {mail} is dated {date}"


def _nobody_is_written_to_who_left(
    site: Site,
    mails: Sequence[Delivery],
    copies: dict[str, list[Received]],
    left: Collection[str],
) -> None:
    """I5."""
    arrived = {key_of(all_copies[0]) for all_copies in copies.values()}
    since = {each.address_key: each.created_at for each in site.suppressions()}
    for mail in mails:
        suppressed_at = since.get(address_key(mail.address))
        was_suppressed = suppressed_at is not None and suppressed_at < mail.planned_at
        is_farewell = mail.kind is MailKind.GOODBYE and not was_suppressed
        if was_suppressed or (mail.address in left and not is_farewell):
            assert mail.key not in arrived, f"I5: {mail}"


def _no_paper_is_lost(site: Site, mails: Sequence[Delivery]) -> None:
    """I6."""
    readers = {each.id: each for each in site.readers()}
    with site.database.reading() as connection:
        found = digests.digests_by_id(
            connection, [each.digest_id for each in mails if each.digest_id is not None]
        )
    lost: dict[int, set[int]] = defaultdict(set)
    shown: dict[int, set[int]] = defaultdict(set)
    for mail in mails:
        if mail.kind is not MailKind.DIGEST or mail.digest_id is None:
            continue
        digest, reader = found[mail.digest_id], readers[mail.subscriber_id]
        papers = {number for entry in digest.entries for number in entry.paper_ids}
        if mail.state in {DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN}:
            shown[reader.id] |= papers
        if mail.state in _NOT_ACCEPTED and not _has_been_shown(digest, mails, found):
            assert (reader.seen_through or 0) <= digest.window.after, f"I6: {reader} of {mail}"
            if mail.state is not DeliveryState.READY:
                lost[reader.id] |= papers
    _come_next(site, [readers[number] for number in sorted(lost)], lost, shown)


def _has_been_shown(digest: Digest, mails: Sequence[Delivery], found: dict[int, Digest]) -> bool:
    """Tell whether a later digest has brought what this one did not."""
    papers = {number for entry in digest.entries for number in entry.paper_ids}
    later = [
        found[each.digest_id]
        for each in mails
        if each.subscriber_id == digest.subscriber_id
        and each.digest_id is not None
        and each.digest_id > digest.id
        and each.state not in _NOT_ACCEPTED
    ]
    return papers <= {n for each in later for entry in each.entries for n in entry.paper_ids}


def _come_next(
    site: Site,
    readers: Sequence[Subscriber],
    lost: dict[int, set[int]],
    shown: dict[int, set[int]],
) -> None:
    suppressed = {each.address_key for each in site.suppressions()}
    still_here = [
        each
        for each in readers
        if each.state is SubscriberState.ACTIVE and address_key(each.address) not in suppressed
    ]
    later = site.clock() + timedelta(days=1)
    archives = Archives(site.database, lambda: later)
    for next_one in foresee(site.database, archives, still_here, lambda: later):
        number = next_one.subscriber.id
        coming = {n for entry in next_one.digest.entries for n in entry.paper_ids}
        assert lost[number] - shown[number] <= coming, f"I6: papers of {next_one.subscriber}"
        assert not shown[number] & coming, f"I6: {next_one.subscriber} sees papers twice"
