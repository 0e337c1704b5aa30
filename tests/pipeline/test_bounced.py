"""What comes back changes what it proves, once, and nothing else; over both databases."""

import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text

from digest.delivery.intake import open_intake
from digest.delivery.intakes import Taken
from digest.delivery.listener import ReturnsListener
from digest.delivery.verp import Returns
from digest.model.deliveries import (
    BounceKind,
    Delivery,
    DeliveryState,
    MailKind,
    Outcome,
    Settled,
    Settlement,
    Stage,
    Verdict,
)
from digest.model.subscribers import SubscriberState
from digest.pipeline.bounced import ReturnDesk, count_refusals, take_return
from digest.pipeline.subscribe import Registry, enrol
from digest.store import bounces, deliveries, subscribers, suppressions
from digest.store.engine import Database
from digest.tokens import Tokens
from tests.conftest import HandClock
from tests.delivery import returned_mail as came
from tests.factories import make_wishes

RETURNS = Returns("return@digest.example.org", Tokens(["a secret"]))
KEY = "ada@example.net"


@pytest.fixture
def desk(database: Database, clock: HandClock) -> ReturnDesk:
    return ReturnDesk(database, RETURNS, clock)


@pytest.fixture
def mail(registry: Registry, database: Database, clock: HandClock) -> Delivery:
    """A mail of a reader's; more come by `another`."""
    enrol(registry, "Ada@example.net", make_wishes())
    return another(database, clock, "2026-03-18")


def another(database: Database, clock: HandClock, period: str) -> Delivery:
    with database.writing() as connection:
        reader = subscribers.subscriber_by_address(connection, KEY)
        assert reader is not None
        planned = deliveries.PlannedDelivery(
            subscriber_id=reader.id,
            kind=MailKind.DIGEST,
            period=period,
            digest_id=None,
            address=reader.address,
            key=f"key{period}",
            planned_at=clock.now,
            deadline_at=clock.now + timedelta(hours=20),
        )
        deliveries.plan_deliveries(connection, [planned])
        return deliveries.deliveries_of(connection, reader.id)[0]


def take(desk: ReturnDesk, mail: Delivery, message: bytes) -> Taken:
    """Take in a report that came to the mail's return address."""
    return take_return(desk, [RETURNS.bounce_address(mail.id)], message)


def reason(database: Database) -> str | None:
    with database.reading() as connection:
        found = suppressions.suppression_of(connection, KEY)
    return found.reason if found else None


def score(database: Database) -> float:
    with database.reading() as connection:
        return suppressions.score_of(connection, KEY)


def state(database: Database) -> SubscriberState:
    with database.reading() as connection:
        reader = subscribers.subscriber_by_address(connection, KEY)
    assert reader is not None
    return reader.state


def nothing_has_changed(database: Database, mail: Delivery) -> bool:
    with database.reading() as connection:
        events = bounces.bounces_of(connection, mail.id)
        same = deliveries.deliveries_by_id(connection, [mail.id])[mail.id]
    return (
        not events
        and same == mail
        and reason(database) is None
        and score(database) == 0
        and state(database) is SubscriberState.ACTIVE
    )


def test_one_hard_bounce_suppresses_the_address(desk: ReturnDesk, mail: Delivery) -> None:
    assert take(desk, mail, came.postfix()) is Taken.BOUNCED

    assert reason(desk.database) == "bounces"
    with desk.database.reading() as connection:
        [event] = bounces.bounces_of(connection, mail.id)
    assert (event.kind, event.enhanced) == (BounceKind.HARD, "5.1.1")
    assert "no such user" in event.text


def test_a_bounce_never_moves_the_state_of_its_mail(desk: ReturnDesk, mail: Delivery) -> None:
    take(desk, mail, came.postfix())

    with desk.database.reading() as connection:
        assert deliveries.deliveries_by_id(connection, [mail.id])[mail.id] == mail


def test_the_same_report_twice_is_one_event(desk: ReturnDesk, mail: Delivery) -> None:
    later = b"Received: from elsewhere\r\n" + came.exim().replace(b"<E1@", b"<E2@")

    assert take(desk, mail, came.exim()) is Taken.BOUNCED
    assert take(desk, mail, came.exim()) is Taken.KNOWN
    assert take(desk, mail, later) is Taken.KNOWN
    assert score(desk.database) == 1
    assert reason(desk.database) is None


def test_two_mails_refused_are_two(desk: ReturnDesk, mail: Delivery, clock: HandClock) -> None:
    second = another(desk.database, clock, "2026-03-19")

    take(desk, mail, came.exim())
    take(desk, second, came.exim())

    assert reason(desk.database) == "bounces"


def test_a_full_mailbox_takes_four(desk: ReturnDesk, mail: Delivery, clock: HandClock) -> None:
    take(desk, mail, came.gmail_full())
    for day in (19, 20):
        take(desk, another(desk.database, clock, f"2026-03-{day}"), came.gmail_full())
    assert reason(desk.database) is None

    take(desk, another(desk.database, clock, "2026-03-21"), came.gmail_full())
    assert reason(desk.database) == "bounces"


def test_a_refusal_for_policy_is_recorded_and_counts_nothing(
    desk: ReturnDesk, mail: Delivery
) -> None:
    refused = came.postfix("5.7.1", "smtp; 550 5.7.1 looks like spam")

    assert take(desk, mail, refused) is Taken.BOUNCED

    with desk.database.reading() as connection:
        [event] = bounces.bounces_of(connection, mail.id)
    assert event.kind is BounceKind.SOFT
    assert score(desk.database) == 0


def test_a_complaint_is_the_last_word(desk: ReturnDesk, mail: Delivery) -> None:
    assert take(desk, mail, came.complaint()) is Taken.COMPLAINED
    assert take(desk, mail, came.complaint()) is Taken.KNOWN

    assert reason(desk.database) == "complaint"
    assert state(desk.database) is SubscriberState.UNSUBSCRIBED


def test_who_complains_of_a_mail_that_went_elsewhere_ends_nobodys_subscription(
    desk: ReturnDesk, mail: Delivery
) -> None:
    """A new address with a typing error is a stranger's; an old one may be somebody else's by now."""
    with desk.database.writing() as connection:
        connection.execute(text("UPDATE deliveries SET address = 'Stranger@example.net'"))
    assert take(desk, mail, came.complaint()) is Taken.COMPLAINED

    assert state(desk.database) is SubscriberState.ACTIVE
    assert reason(desk.database) is None
    with desk.database.reading() as connection:
        assert suppressions.suppression_of(connection, "stranger@example.net")


def test_a_complaint_to_the_bare_address_is_known_by_the_mail_it_encloses(
    desk: ReturnDesk, mail: Delivery
) -> None:
    ours = RETURNS.bounce_address(mail.id).encode()
    complaint = came.complaint().replace(came.OURS.encode(), ours)

    assert take_return(desk, [RETURNS.return_to], complaint) is Taken.COMPLAINED
    assert reason(desk.database) == "complaint"


def test_a_complaint_can_name_the_reader_alone(desk: ReturnDesk, mail: Delivery) -> None:
    leave = RETURNS.leave_address(mail.subscriber_id, 1).encode()
    made_up = b"return+u-5-1-00112233445566778899@digest.example.org"
    complaint = came.complaint().replace(made_up, leave)

    assert take_return(desk, [RETURNS.return_to], complaint) is Taken.COMPLAINED
    assert take_return(desk, [RETURNS.return_to], complaint) is Taken.KNOWN
    assert reason(desk.database) == "complaint"


def test_a_mail_to_the_leave_address_unsubscribes(desk: ReturnDesk, mail: Delivery) -> None:
    address = RETURNS.leave_address(mail.subscriber_id, 1)

    for _ in range(2):
        assert take_return(desk, [address.upper()], b"\r\n") is Taken.LEFT

    assert state(desk.database) is SubscriberState.UNSUBSCRIBED
    assert reason(desk.database) is None
    assert kinds(desk.database, mail) == [MailKind.GOODBYE, MailKind.DIGEST]


@pytest.mark.parametrize("report", [came.complaint(), came.postfix()])
def test_who_complains_or_bounces_hears_no_more(
    desk: ReturnDesk, mail: Delivery, report: bytes
) -> None:
    take(desk, mail, report)

    assert kinds(desk.database, mail) == [MailKind.DIGEST]


def kinds(database: Database, mail: Delivery) -> list[MailKind]:
    with database.reading() as connection:
        found = deliveries.deliveries_of(connection, mail.subscriber_id)
    return [each.kind for each in found]


def test_without_an_envelope_the_head_of_the_mail_names_the_address(
    desk: ReturnDesk, mail: Delivery
) -> None:
    bounced = came.postfix(to=RETURNS.bounce_address(mail.id))
    leaving = b"To: " + RETURNS.leave_address(mail.subscriber_id, 1).encode() + b"\r\n\r\n"

    assert take_return(desk, [], bounced) is Taken.BOUNCED
    assert take_return(desk, [], leaving) is Taken.LEFT


@pytest.mark.parametrize("message", [came.vacation(), came.receipt(), came.delay_warning()])
def test_automatic_replies_and_warnings_change_nothing(
    desk: ReturnDesk, mail: Delivery, message: bytes
) -> None:
    assert take(desk, mail, message) is Taken.IGNORED
    assert nothing_has_changed(desk.database, mail)


@pytest.mark.parametrize(
    "address",
    [
        "return@digest.example.org",
        "return+b-1-00000000000000000000@digest.example.org",
        Returns(RETURNS.return_to, Tokens(["another"])).bounce_address(1),
        "return+u-1-1-00000000000000000000@digest.example.org",
    ],
)
@pytest.mark.parametrize("message", [came.postfix(), came.complaint()])
def test_a_forged_report_is_parked_and_changes_nothing(
    desk: ReturnDesk, mail: Delivery, address: str, message: bytes
) -> None:
    forged = message.replace(b"0123abcd@example.org", f"{mail.key}@example.org".encode())

    assert take_return(desk, [address], forged) is Taken.PARKED
    assert nothing_has_changed(desk.database, mail)


def test_a_report_that_encloses_our_unsubscribe_address_unsubscribes_nobody(
    desk: ReturnDesk, mail: Delivery
) -> None:
    leave = RETURNS.leave_address(mail.subscriber_id, 1).encode()
    made_up = b"return+u-5-1-00112233445566778899@digest.example.org"

    assert take_return(desk, [], came.postfix().replace(made_up, leave)) is Taken.PARKED
    assert nothing_has_changed(desk.database, mail)


def test_a_report_about_a_mail_that_is_gone_is_parked(desk: ReturnDesk) -> None:
    assert take_return(desk, [RETURNS.bounce_address(999)], came.postfix()) is Taken.PARKED


def test_the_same_report_from_many_at_once_is_one_event(desk: ReturnDesk, mail: Delivery) -> None:
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: take(desk, mail, came.exim()), range(16)))

    assert sorted(taken) == [Taken.BOUNCED] + [Taken.KNOWN] * 15
    assert score(desk.database) == 1


def test_the_listener_says_yes_when_it_is_committed_and_not_before(
    desk: ReturnDesk, mail: Delivery
) -> None:
    intake = open_intake("lmtp://127.0.0.1:0", RETURNS, partial(take_return, desk))
    assert isinstance(intake, ReturnsListener)
    address = RETURNS.bounce_address(mail.id)
    try:
        with smtplib.LMTP(intake.host, intake.port, local_hostname="mx") as server:
            rename(desk.database, "bounces", "bounces_gone")
            with pytest.raises(smtplib.SMTPDataError) as later:
                server.sendmail("", [address], came.postfix())
            rename(desk.database, "bounces_gone", "bounces")
            assert nothing_has_changed(desk.database, mail)
            server.sendmail("", [address], came.postfix())
            assert reason(desk.database) == "bounces"
    finally:
        intake.close()

    assert later.value.smtp_code == 451


def rename(database: Database, table: str, name: str) -> None:
    with database.writing() as connection:
        connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))


def refusal(mail: Delivery, code: int, enhanced: str | None, stage: Stage = Stage.RCPT) -> Settled:
    verdict = Verdict(Outcome.FAILED, f"RCPT: {code} no", code, enhanced, stage)
    return Settled(mail, Settlement(DeliveryState.FAILED), verdict, "mx.example.net:25")


def test_what_is_refused_at_once_counts_like_what_comes_back(
    desk: ReturnDesk, mail: Delivery, clock: HandClock
) -> None:
    second = another(desk.database, clock, "2026-03-19")

    with desk.database.writing() as connection:
        count_refusals(connection, [refusal(mail, 550, None)], clock.now)
    take(desk, second, came.exim())

    assert reason(desk.database) == "bounces"


def test_refusals_for_policy_and_delays_count_nothing(
    database: Database, mail: Delivery, clock: HandClock
) -> None:
    deferred = Verdict(Outcome.DEFERRED, "RCPT: 450 later", 450, None, Stage.RCPT)
    waiting = Settled(mail, Settlement(DeliveryState.READY, clock.now), deferred)

    with database.writing() as connection:
        refused = [refusal(mail, 550, "5.7.1"), refusal(mail, 554, None, Stage.END), waiting]
        count_refusals(connection, refused, clock.now)

    assert score(database) == 0


def test_one_sure_no_such_user_at_once_suppresses(
    database: Database, mail: Delivery, clock: HandClock
) -> None:
    with database.writing() as connection:
        count_refusals(connection, [refusal(mail, 550, "5.1.1")], clock.now)

    assert reason(database) == "bounces"
