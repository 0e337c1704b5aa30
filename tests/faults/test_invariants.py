"""That the invariants would notice: a check that never fails proves nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from digest.delivery.sink import Received, Sink
from tests.faults.invariants import check
from tests.faults.site import Site, smtp

Mails = list[Received]


def change(site: Site, values: str) -> None:
    with site.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE deliveries SET {values} WHERE id = 1")  # noqa: S608  ours


def a_mail_stays_in_a_workers_hands(site: Site, mails: Mails) -> Mails:
    change(site, "state = 'leased'")
    return mails


def a_mail_is_forgotten(site: Site, mails: Mails) -> Mails:
    site.planned += 1
    return mails


def a_mail_never_arrived(_: Site, mails: Mails) -> Mails:
    return mails[1:]


def a_mail_arrived_that_failed(site: Site, mails: Mails) -> Mails:
    change(site, "state = 'failed'")
    return mails


def a_mail_of_another_arrived(_: Site, mails: Mails) -> Mails:
    return [replace(mails[0], recipient=mails[1].recipient), *mails[1:]]


def a_mail_arrived_twice(_: Site, mails: Mails) -> Mails:
    return [*mails, mails[0]]


def a_flagged_mail_arrived_twice_without_a_lost_reply(site: Site, mails: Mails) -> Mails:
    change(site, "is_maybe_duplicate = NOT is_maybe_duplicate")
    return [*mails, mails[0]]


def a_copy_differs(_: Site, mails: Mails) -> Mails:
    return [replace(mails[0], message=mails[0].message + b"\r\n"), *mails[1:]]


def a_paper_was_taken_for_seen(site: Site, mails: Mails) -> Mails:
    change(site, "state = 'failed'")
    gone = site.mails()[0].address
    return [mail for mail in mails if mail.recipient != gone]


@pytest.mark.parametrize(
    ("told", "tamper"),
    [
        ("I1", a_mail_stays_in_a_workers_hands),
        ("I1", a_mail_is_forgotten),
        ("I2", a_mail_never_arrived),
        ("I2", a_mail_arrived_that_failed),
        ("I2", a_mail_of_another_arrived),
        ("I3", a_mail_arrived_twice),
        ("I3", a_flagged_mail_arrived_twice_without_a_lost_reply),
        ("I4", a_copy_differs),
        ("I6", a_paper_was_taken_for_seen),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # they are told of neither kind
def test_a_broken_invariant_is_told(
    site: Site, sink: Sink, told: str, tamper: Callable[[Site, Mails], Mails]
) -> None:
    site.make_due(2)
    site.deliver(smtp(sink))
    check(site, sink.mails)
    with pytest.raises(AssertionError, match=told):
        check(site, tamper(site, list(sink.mails)))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mail_to_somebody_who_had_left_is_told(site: Site, sink: Sink) -> None:
    site.make_due(2)
    site.deliver(smtp(sink))
    with pytest.raises(AssertionError, match="I5"):
        check(site, sink.mails, left=["reader1@example.org"])
