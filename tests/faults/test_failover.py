"""Several ways for a mail to go: another is taken only when it certainly did not go by the first."""

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from digest.delivery.file import FileTransport
from digest.delivery.maildir import MaildirTransport
from digest.delivery.sink import Received, Rule, Sink, Step
from digest.delivery.transports import BlockingTransport, OutgoingMail, Threaded
from digest.model.deliveries import (
    Arming,
    DeliveryState,
    Outcome,
    Stage,
    Throttle,
    TransportHealth,
    Verdict,
)
from digest.pipeline.outgoing import Job, build, load
from digest.store import arming, claims, throttles, workers
from tests.faults.invariants import check
from tests.faults.site import Site, smtp

GONE = [
    Rule(Step.BANNER, "421 4.3.2 bye", drops=True),
    *(Rule(step, b"", drops=True) for step in (Step.MAIL, Step.RCPT, Step.DATA)),
]


def test_a_refusal_for_now_does_not_go_by_another_server(site: Site, sink: Sink) -> None:
    """Failover is for servers that cannot be used, not for what they say of a mail."""
    site.make_due(2)
    sink.play(Rule(Step.RCPT, "450 4.2.0 greylisted", "reader1@"))
    with Sink() as second:
        site.deliver(smtp(sink), smtp(second))
        assert second.connections == 0
        check(site, sink.mails, ready=1)


def test_a_server_that_goes_away_in_mid_run_is_replaced_by_the_next(site: Site, sink: Sink) -> None:
    """C1."""
    site.make_due(30)
    sink.play(
        Rule(Step.END, times=9),
        Rule(Step.END, times=1, then=lambda: sink.play(*GONE)),
    )
    with Sink() as second:
        site.deliver(smtp(sink), smtp(second), connections=2)
        site.clock.advance(minutes=20)
        site.deliver(smtp(sink), smtp(second), connections=2)

        assert site.states() == {DeliveryState.ACCEPTED: 30}
        assert sink.mails
        assert second.mails
        assert not any(mail.is_maybe_duplicate for mail in site.mails())
        check(site, [*sink.mails, *second.mails])


class Forgetful:
    """A folder that takes a mail and then, as often as it is told, does not say so."""

    def __init__(self, folder: BlockingTransport, times: int) -> None:
        self.name = folder.name
        self.is_idempotent = folder.is_idempotent
        self._folder = folder
        self._left = times

    def deliver(self, mail: OutgoingMail) -> Verdict:
        verdict = self._folder.deliver(mail)
        self._left -= 1
        if self._left < 0:
            return verdict
        return Verdict(Outcome.UNCERTAIN, "whoever wrote it is gone", stage=Stage.END)


def maildir(root: Path) -> BlockingTransport:
    return MaildirTransport(root)


def files(root: Path) -> BlockingTransport:
    return FileTransport(root)


FOLDERS = pytest.mark.parametrize("folder", [maildir, files], ids=["D4 maildir", "D4 file"])


def found_in(root: Path) -> list[Received]:
    """Return the mails in a folder as what a server would have received."""
    found = []
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        message = path.read_bytes()
        recipient = message_from_bytes(message)["To"]
        found.append(Received("", recipient, message))
    return found


@FOLDERS
def test_a_folder_gets_each_mail_once_however_often_it_is_sent(
    site: Site, tmp_path: Path, folder: Callable[[Path], BlockingTransport]
) -> None:
    site.make_due(5)
    root = tmp_path / "mail"
    forgetful = Threaded(Forgetful(folder(root), times=12))
    site.deliver(forgetful)
    assert site.states() == {DeliveryState.READY: 5}
    assert not any(mail.is_maybe_duplicate for mail in site.mails())
    site.deliver_until_settled(forgetful)

    assert site.states() == {DeliveryState.ACCEPTED: 5}
    assert not any(mail.is_maybe_duplicate for mail in site.mails())
    assert len(found_in(root)) == 5
    check(site, found_in(root))


@FOLDERS
def test_what_a_dead_worker_may_have_put_into_a_folder_is_put_there_again_without_a_copy(
    site: Site, tmp_path: Path, folder: Callable[[Path], BlockingTransport]
) -> None:
    """K6."""
    site.make_due(5)
    root = tmp_path / "mail"
    transport = folder(root)
    sender = site.sender(Threaded(transport), owner="elsewhere")
    now = site.clock()
    with site.database.writing() as connection:
        workers.hold_lease(connection, "elsewhere", 900, now)
        claimed = claims.claim_deliveries(connection, "elsewhere", now, ["example.org"], 9, 9)
    batch = load(site.database, claimed)
    for number, delivery in enumerate(claimed):
        job = Job(delivery, batch)
        mail = build(sender, job)
        armed = Arming(delivery, job.message_hash, transport.name)
        with site.database.writing() as connection:
            assert arming.arm_deliveries(connection, "elsewhere", [armed], 0)
        if number < 3:  # of the others only the arming is done
            transport.deliver(mail)
    with site.database.writing() as connection:
        workers.hold_lease(connection, "elsewhere", -1, now)
    report = site.deliver(Threaded(transport))

    assert report.recovered == 5
    assert site.states() == {DeliveryState.ACCEPTED: 5}
    assert not any(mail.is_maybe_duplicate for mail in site.mails())
    assert len(found_in(root)) == 5
    check(site, found_in(root))


def test_a_group_that_cools_down_for_one_server_is_served_by_another(
    site: Site, sink: Sink
) -> None:
    """L1: what a domain says of one server's mail says nothing of another's."""
    site.make_due(3)
    first = smtp(sink)
    cooling = Throttle(cooldown_until=site.clock() + timedelta(hours=1), strikes=3)
    with site.database.writing() as connection:
        throttles.save_throttles(connection, first.name, {"example.org": cooling}, site.clock())
        away = TransportHealth(1, site.clock() + timedelta(hours=1), "no route")
        throttles.save_transport(connection, first.name, away)
    with Sink() as another:
        second = smtp(another)
        another.play(Rule(Step.RCPT, "421 4.7.0 slow down", "reader2@", times=1, drops=True))
        site.deliver(first, second, connections=1)

        assert site.states() == {DeliveryState.ACCEPTED: 2, DeliveryState.READY: 1}
        assert site.throttle(second).strikes == 1
        assert site.throttle(first) == cooling
        check(site, another.mails, ready=1)
