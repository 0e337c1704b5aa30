"""From the ledger to a real SMTP server, and back into the ledger."""

import multiprocessing
import sqlite3
import threading
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import event

from digest.delivery.maildir import MaildirTransport
from digest.delivery.owner import this_owner
from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import SmtpSettings, SmtpTransport, Tls
from digest.delivery.smtp_settings import Timeouts
from digest.delivery.transports import OutgoingMail, Threaded, Transport
from digest.model.deliveries import DeliveryState, Outcome, PauseScope, Stage, Verdict
from digest.model.digests import DigestEdition
from digest.model.subscribers import Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer
from digest.pipeline.deliver import DeliverReport, deliver_due
from digest.pipeline.outgoing import Sender
from digest.pipeline.subscribe import Registry, enrol, subscribe, unsubscribe
from digest.rendering.email import MailRenderer, RenderedMail
from digest.rendering.links import Links
from digest.store import deliveries, subscribers
from digest.store.engine import Database
from digest.store.pauses import pause
from digest.tokens import Tokens
from tests.conftest import START, HandClock
from tests.factories import make_wishes, numbered
from tests.pipeline.conftest import Take
from tests.postgres import process_wait

TITLES = ["Graph Neural Networks for Roads", "Graph Neural Networks & <b>Forgetting</b>"]


def smtp(sink: Sink) -> SmtpTransport:
    quick = Timeouts().scaled(0.005)
    return SmtpTransport(SmtpSettings(sink.host, sink.port, tls=Tls.NEVER, timeouts=quick))


def sender(registry: Registry, renderer: MailRenderer, *transports: Transport) -> Sender:
    return Sender(
        database=registry.database,
        transports=transports,
        renderer=renderer,
        links=Links("http://digest.example.org", registry.tokens),
        site_name="Digest",
        mail_from="digest@example.org",
        authority="digest.example.org",
        owner=this_owner(),
        clock=registry.clock,
    )


def read(message: bytes) -> EmailMessage:
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def make_due(
    registry: Registry, take: Take, clock: HandClock, readers: int = 1
) -> list[Subscriber]:
    found = [
        enrol(registry, f"reader{n}@example.org", make_wishes("graph neural networks"))
        for n in range(readers)
    ]
    take("a.txt", numbered(TITLES))
    clock.advance(days=1, hours=1)
    Composer(
        registry.database, Archives(registry.database, clock), registry.authority, clock
    ).compose_due()
    return found


def states(database: Database) -> dict[DeliveryState, int]:
    with database.reading() as connection:
        return deliveries.count_deliveries(connection)


def test_a_digest_arrives_with_its_papers_and_ways_to_leave(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    [reader] = make_due(registry, take, clock)
    report = deliver_due(sender(registry, renderer, smtp(sink)))

    assert report.states == {DeliveryState.ACCEPTED: 1}
    [mail] = sink.mails
    message = read(mail.message)
    html = message.get_body(("html",))
    text = message.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert mail.recipient == reader.address
    assert TITLES[0] in html.get_content()
    assert "Graph Neural Networks &amp; " in html.get_content()
    assert "<b>Forgetting" not in html.get_content()
    assert TITLES[0] in text.get_content()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/u/" in message["List-Unsubscribe"]
    with registry.database.reading() as connection:
        after = subscribers.subscriber_by_id(connection, reader.id)
    assert after is not None
    assert after.seen_through


def test_a_confirmation_mail_carries_one_link_that_confirms(
    registry: Registry, sink: Sink, renderer: MailRenderer
) -> None:
    subscribe(registry, "ada@example.org", make_wishes("robots"))
    deliver_due(sender(registry, renderer, smtp(sink)))

    text = read(sink.mails[0].message).get_body(("plain",))
    assert text is not None
    assert text.get_content().count("http://digest.example.org/confirm/") == 1


def test_a_mail_that_is_deferred_comes_later_with_the_same_bytes(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    make_due(registry, take, clock)
    sink.play(Rule(Step.END, "451 4.3.0 try again later", times=1))
    first = deliver_due(sender(registry, renderer, smtp(sink)))
    assert first.states == {DeliveryState.READY: 1}
    clock.advance(hours=1)
    second = deliver_due(sender(registry, renderer, smtp(sink)))

    assert second.states == {DeliveryState.ACCEPTED: 1}


def test_a_mail_server_that_is_down_costs_no_mail_anything(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    make_due(registry, take, clock, readers=5)
    nowhere = SmtpTransport(SmtpSettings("127.0.0.1", 1, tls=Tls.NEVER))
    report = deliver_due(sender(registry, renderer, nowhere))
    assert set(report.states) == {DeliveryState.READY}  # and the rest was not tried
    assert not report.is_reachable
    assert not deliver_due(sender(registry, renderer, nowhere)).attempts  # it is left alone
    clock.advance(hours=2)
    deliver_due(sender(registry, renderer, smtp(sink)))

    assert states(registry.database) == {DeliveryState.ACCEPTED: 5}
    assert len(sink.mails) == 5


def test_a_mail_that_breaks_every_connection_holds_up_no_other(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    make_due(registry, take, clock, readers=6)
    sink.play(Rule(Step.RCPT, "421 4.3.2 closing", recipient="reader2@", drops=True))
    for _ in range(3):
        deliver_due(sender(registry, renderer, smtp(sink)))
        clock.advance(minutes=5)

    assert states(registry.database)[DeliveryState.ACCEPTED] == 5


def test_a_mailbox_that_does_not_exist_is_written_to_once(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    make_due(registry, take, clock)
    sink.play(Rule(Step.RCPT, "550 5.1.1 no such user"))
    deliver_due(sender(registry, renderer, smtp(sink)))
    clock.advance(days=1)
    report = Composer(
        registry.database, Archives(registry.database, clock), registry.authority, clock
    ).compose_due()

    assert states(registry.database) == {DeliveryState.FAILED: 1}
    assert report.composed == 0


def test_a_damaged_row_stops_no_other_mail(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    make_due(registry, take, clock, readers=3)
    with registry.database.writing() as connection:
        connection.exec_driver_sql("UPDATE subscribers SET local_time = '24:00:00' WHERE id = 2")
    deliver_due(sender(registry, renderer, smtp(sink)))

    assert states(registry.database) == {DeliveryState.ACCEPTED: 2, DeliveryState.FAILED: 1}


def test_a_mail_whose_end_is_unknown_is_never_called_expired(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    make_due(registry, take, clock)
    sink.play(Rule(Step.END, b"", drops=True, accepts=True))
    deliver_due(sender(registry, renderer, smtp(sink)))
    clock.advance(days=2)
    deliver_due(sender(registry, renderer, smtp(sink)))

    assert states(registry.database) == {DeliveryState.UNCERTAIN: 1}
    assert len(sink.mails) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL locks rows only
def test_a_verdict_is_written_down_however_long_the_database_is_locked(
    registry: Registry, take: Take, clock: HandClock, renderer: MailRenderer, sink: Sink
) -> None:
    make_due(registry, take, clock)
    event.listen(registry.database.engine, "connect", _impatient)
    registry.database.engine.dispose()
    locked = threading.Event()

    def lock() -> None:
        with registry.database.writing():
            locked.set()
            process_wait(1.5)

    def lock_from_now_on() -> None:
        threading.Thread(target=lock).start()
        locked.wait()

    sink.play(Rule(Step.END, hook=lock_from_now_on))  # accepted, and the reply not yet sent
    deliver_due(sender(registry, renderer, smtp(sink)))

    assert states(registry.database) == {DeliveryState.ACCEPTED: 1}
    assert len(sink.mails) == 1


def _impatient(connection: sqlite3.Connection, _entry: object) -> None:
    connection.execute("PRAGMA busy_timeout = 50")


def test_a_mail_past_its_time_expires_and_loses_no_paper(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    [reader] = make_due(registry, take, clock)
    clock.advance(days=2)
    deliver_due(sender(registry, renderer, smtp(sink)))

    assert states(registry.database) == {DeliveryState.EXPIRED: 1}
    Composer(
        registry.database, Archives(registry.database, clock), registry.authority, clock
    ).compose_due()
    deliver_due(sender(registry, renderer, smtp(sink)))
    assert [mail.recipient for mail in sink.mails] == [reader.address]


def test_who_left_between_plan_and_sending_gets_a_goodbye_and_nothing_else(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    [reader] = make_due(registry, take, clock)
    unsubscribe(registry, reader)
    deliver_due(sender(registry, renderer, smtp(sink)))

    assert states(registry.database) == {DeliveryState.SUPPRESSED: 1, DeliveryState.ACCEPTED: 1}
    assert [read(mail.message)["Subject"] for mail in sink.mails] == [
        "You are unsubscribed from Digest"
    ]


class _BrokenForOne(MailRenderer):
    """A renderer that fails for one reader, as a damaged row would make it."""

    def digest(self, edition: DigestEdition) -> RenderedMail:
        if edition.subscriber.address.startswith("reader1"):
            raise ValueError("damaged")
        return super().digest(edition)


def test_one_readers_broken_mail_stops_no_other(
    registry: Registry, take: Take, clock: HandClock, sink: Sink
) -> None:
    make_due(registry, take, clock, readers=3)
    broken = _BrokenForOne(Links("http://d.example.org", registry.tokens), "Digest")
    deliver_due(sender(registry, broken, smtp(sink)))

    assert states(registry.database) == {DeliveryState.ACCEPTED: 2, DeliveryState.FAILED: 1}


def test_a_maildir_gets_each_mail_once_however_often_it_is_delivered(
    registry: Registry, take: Take, clock: HandClock, tmp_path: Path, renderer: MailRenderer
) -> None:
    make_due(registry, take, clock)
    transport = Threaded(MaildirTransport(tmp_path / "mail"))
    deliver_due(sender(registry, renderer, transport))
    with registry.database.writing() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET state = 'ready'")
    deliver_due(sender(registry, renderer, transport))

    assert len(list((tmp_path / "mail" / "new").iterdir())) == 1


def _deliver_for_ever(url: str, port: int) -> None:
    """Deliver over a slow line until killed, with the real clock moved as far as the mails."""
    registry = Registry(Database(url), Tokens(["a secret"]), "digest.example.org", _later)
    links = Links("http://digest.example.org", registry.tokens)
    transport = SmtpTransport(SmtpSettings("127.0.0.1", port, tls=Tls.NEVER))
    deliver_due(sender(registry, MailRenderer(links, "Digest"), transport))


def _later() -> datetime:
    return START + timedelta(days=1, hours=1)


@pytest.mark.slow
def test_a_worker_killed_while_sending_loses_nothing_and_doubles_one_a_connection_at_most(
    registry: Registry, take: Take, clock: HandClock, sink: Sink, renderer: MailRenderer
) -> None:
    make_due(registry, take, clock, readers=40)
    url = registry.database.url.render_as_string(hide_password=False)
    spawn = multiprocessing.get_context("spawn")
    worker = spawn.Process(target=_deliver_for_ever, args=(url, sink.port))
    worker.start()
    sink.wait_for(5, within=60)
    worker.kill()
    worker.join()
    process_wait(0.1)  # what the kernel still holds of the dead worker's bytes arrives
    clock.advance(hours=1)
    report: DeliverReport = deliver_due(sender(registry, renderer, smtp(sink)))

    assert states(registry.database) == {DeliveryState.ACCEPTED: 40}
    assert report.recovered > 0
    by_reader: dict[str, set[bytes]] = {}
    for mail in sink.mails:
        by_reader.setdefault(mail.recipient, set()).add(mail.message)
    assert len(by_reader) == 40
    assert all(len(copies) == 1 for copies in by_reader.values())  # the same bytes every time
    assert len(sink.mails) <= 42  # one copy a connection, and a group begins with two


@pytest.mark.parametrize("breaks_at", [0, 3])
def test_a_folder_that_breaks_holds_up_nobody_and_the_next_way_is_taken(  # noqa: PLR0917  fixtures
    registry: Registry,
    take: Take,
    clock: HandClock,
    tmp_path: Path,
    renderer: MailRenderer,
    sink: Sink,
    breaks_at: int,
) -> None:
    make_due(registry, take, clock, readers=6)
    folder = BreakingFolder(tmp_path / "mail", breaks_at)
    for _ in range(2):
        deliver_due(sender(registry, renderer, Threaded(folder), smtp(sink)))

    assert states(registry.database) == {DeliveryState.ACCEPTED: 6}
    assert len(sink.mails) == 6 - breaks_at
    assert folder.calls < 20


class BreakingFolder(MaildirTransport):
    """A Maildir on a disk that is gone after so many mails."""

    def __init__(self, root: Path, breaks_at: int) -> None:
        super().__init__(root)
        self.calls = 0
        self._left = breaks_at

    def deliver(self, mail: OutgoingMail) -> Verdict:
        self.calls += 1
        if not self._left:
            return Verdict(Outcome.UNREACHABLE, "no such device", stage=Stage.CONNECT)
        self._left -= 1
        return super().deliver(mail)


def test_a_mail_whose_end_is_unknown_goes_by_no_other_way(
    registry: Registry, take: Take, clock: HandClock, renderer: MailRenderer, sink: Sink
) -> None:
    make_due(registry, take, clock)
    sink.play(Rule(Step.END, b"", drops=True, accepts=True))
    with Sink() as other:
        deliver_due(sender(registry, renderer, smtp(sink), smtp(other)))
        clock.advance(minutes=20)
        sink.play(Rule(Step.BANNER, "421 not now"))
        deliver_due(sender(registry, renderer, smtp(sink), smtp(other)))
        assert states(registry.database) == {DeliveryState.READY: 1}
        clock.advance(hours=2)
        sink.play()
        deliver_due(sender(registry, renderer, smtp(sink), smtp(other)))

        assert states(registry.database) == {DeliveryState.ACCEPTED: 1}
        assert not other.mails


def test_a_mail_that_comes_due_meanwhile_does_not_wait_for_everybody_elses(
    registry: Registry, take: Take, clock: HandClock, renderer: MailRenderer, sink: Sink
) -> None:
    make_due(registry, take, clock, readers=150)

    def subscribes() -> None:
        subscribe(registry, "ada@small.test", make_wishes("robots"))

    sink.play(
        Rule(Step.END, hook=subscribes, times=1), Rule(Step.END, delay=0.05, recipient="reader")
    )
    deliver_due(sender(registry, renderer, smtp(sink)))

    place = [mail.recipient for mail in sink.mails].index("ada@small.test")
    assert place < 100


def test_what_nobody_foresaw_costs_one_mail_an_attempt_and_no_other_anything(
    registry: Registry, take: Take, clock: HandClock, renderer: MailRenderer, sink: Sink
) -> None:
    make_due(registry, take, clock, readers=5)
    told: list[int] = []

    def advance(count: int) -> None:
        told.append(count)
        if len(told) == 1:
            raise RuntimeError("nobody foresaw this")

    deliver_due(sender(registry, renderer, smtp(sink)), advance)

    assert states(registry.database) == {DeliveryState.ACCEPTED: 5}


def test_a_group_that_is_paused_meanwhile_is_left_alone_at_once(
    registry: Registry, take: Take, clock: HandClock, renderer: MailRenderer, sink: Sink
) -> None:
    make_due(registry, take, clock, readers=30)

    def pauses() -> None:
        with registry.database.writing() as connection:
            pause(connection, PauseScope.DOMAIN, "example.org", "a look", clock())

    sink.play(Rule(Step.END, hook=pauses, times=1))
    deliver_due(sender(registry, renderer, smtp(sink)))

    assert states(registry.database)[DeliveryState.READY] >= 25
    assert sink.connections < 6
