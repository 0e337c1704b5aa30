"""Settled once: whatever a worker says, however late, no mail is lost and none sent again in vain."""

import dataclasses
import threading
from datetime import date, timedelta

import pytest

from digest.model.deliveries import (
    Attempt,
    DeliveryState,
    Outcome,
    Settled,
    Settlement,
    Stage,
    Verdict,
)
from digest.model.digests import Digest, Entry, Window
from digest.store import attempts, digests, subscribers, suppressions
from digest.store.engine import Database
from digest.store.settling import Written, settle_deliveries
from tests.store.ledger import Ledger, accepted, deferred, ended
from tests.stored import store_digests

ACCEPTED, READY = DeliveryState.ACCEPTED, DeliveryState.READY


def recorded(ledger: Ledger, number: int) -> list[Attempt]:
    with ledger.database.reading() as connection:
        return attempts.attempts_of(connection, number)


def overtake(ledger: Ledger) -> int:
    """Leave a mail inflight in a zombie's hands, and give it back to the queue; return its id."""
    number = ledger.plan(ledger.add_reader())
    ledger.arm(ledger.take("zombie"), owner="zombie")
    ledger.recover(lambda owner: owner == "zombie")
    return number


def late(ledger: Ledger, number: int) -> Settled:
    """Return the zombie's word that its copy was accepted."""
    mine = dataclasses.replace(ledger.mail(number), fence=1, state=DeliveryState.LEASED)
    return accepted(mine)


def test_an_acceptance_stands_in_the_mail_and_in_no_attempt(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    mail = ledger.take()
    ledger.arm(mail)
    ledger.clock.advance(minutes=1)

    assert ledger.settle(accepted(mail)) == set()
    mail = ledger.mail(number)
    assert (mail.state, mail.settled_at, mail.attempts) == (ACCEPTED, ledger.clock(), 1)
    assert (mail.code, mail.enhanced, mail.text) == (250, "2.0.0", "250 queued")
    assert recorded(ledger, number) == []


def test_a_deferral_is_on_record_and_the_mail_is_ready_again(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    mail = ledger.take()
    ledger.arm(mail)
    later = ledger.clock() + timedelta(minutes=5)
    verdict = Verdict(Outcome.DEFERRED, "451 greylisted", 451, "4.7.1", Stage.RCPT)
    settlement = Settlement(READY, next_at=later)
    ledger.settle(Settled(mail, settlement, verdict, "relay"))

    again = ledger.mail(number)
    assert (again.state, again.next_at, again.attempts) == (READY, later, 1)
    assert (again.settled_at, again.transport) == (None, "relay")
    assert recorded(ledger, number) == [
        Attempt(
            delivery_id=number,
            outcome=Outcome.DEFERRED,
            text="451 greylisted",
            code=451,
            enhanced="4.7.1",
            stage="RCPT",
            transport="relay",
            ended_at=ledger.clock(),
        )
    ]


def test_a_mail_given_back_is_as_due_as_it_was_and_nothing_on_record(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    before = ledger.mail(number)
    settlement = Settlement(READY, uses_attempt=False)
    ledger.settle(Settled(ledger.take(), settlement, Verdict(Outcome.WITHDRAWN, "not tried")))

    mail = ledger.mail(number)
    assert (mail.state, mail.next_at, mail.attempts) == (READY, before.next_at, 0)
    assert recorded(ledger, number) == []
    assert len(ledger.claim("other")) == 1


def test_a_verdict_may_flag_a_mail_and_none_takes_the_flag_away(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    ledger.settle(ended(ledger.take(), READY, Outcome.UNCERTAIN, maybe_duplicate=True))
    assert ledger.mail(number).is_maybe_duplicate
    ledger.settle(deferred(ledger.take(), ledger))
    assert ledger.mail(number).is_maybe_duplicate


def test_settling_again_after_a_lost_answer_changes_nothing(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    mail = ledger.take()
    ledger.arm(mail)
    for _ in range(2):
        assert ledger.settle(deferred(mail, ledger)) == set()

    assert ledger.mail(number).attempts == 1
    assert len(recorded(ledger, number)) == 1


def test_a_set_is_settled_each_in_its_own_way(ledger: Ledger) -> None:
    for name in ("ada", "bob", "eve"):
        ledger.plan(ledger.add_reader(name))
    ledger.hold_lease()
    one, two, three = ledger.claim()
    ledger.settle(ended(three, DeliveryState.FAILED), accepted(one), ended(two, DeliveryState.HELD))

    assert ledger.mail(one.id).state is ACCEPTED
    assert ledger.mail(two.id).state is DeliveryState.HELD
    assert ledger.mail(three.id).state is DeliveryState.FAILED
    assert ledger.settle() == set()


@pytest.mark.parametrize(
    "state",
    [
        DeliveryState.PLANNED,
        READY,
        DeliveryState.UNCERTAIN,
        DeliveryState.HELD,
        DeliveryState.EXPIRED,
        DeliveryState.FAILED,
        DeliveryState.SUPPRESSED,
    ],
)
def test_a_late_acceptance_counts_where_nobody_is_sending(
    ledger: Ledger, state: DeliveryState
) -> None:
    number = overtake(ledger)
    if state is not READY:
        ledger.settle(ended(ledger.take(), state))

    assert ledger.settle(late(ledger, number)) == {number}
    mail = ledger.mail(number)
    assert (mail.state, mail.settled_at) == (ACCEPTED, ledger.clock())
    assert recorded(ledger, number)[-1 if state is READY else 1].outcome is Outcome.ACCEPTED
    assert ledger.claim() == []


def test_a_late_acceptance_stops_whoever_has_claimed_the_mail(ledger: Ledger) -> None:
    number = overtake(ledger)
    theirs = ledger.take("other")
    ledger.settle(late(ledger, number))

    assert ledger.mail(number).state is ACCEPTED
    assert ledger.arm(theirs, owner="other") == set()
    assert ledger.settle(deferred(theirs, ledger)) == {number}
    assert ledger.mail(number).state is ACCEPTED


def test_a_late_acceptance_of_a_mail_that_was_accepted_again_flags_it(ledger: Ledger) -> None:
    number = overtake(ledger)
    ledger.settle(accepted(ledger.take()))
    ledger.settle(late(ledger, number))

    mail = ledger.mail(number)
    assert (mail.state, mail.is_maybe_duplicate) == (ACCEPTED, True)


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (READY, Outcome.DEFERRED),
        (READY, Outcome.UNREACHABLE),
        (DeliveryState.FAILED, Outcome.FAILED),
        (DeliveryState.UNCERTAIN, Outcome.UNCERTAIN),
    ],
)
def test_a_mail_accepted_late_while_it_is_on_the_wire_again_is_not_sent_a_third_time(
    ledger: Ledger, state: DeliveryState, outcome: Outcome
) -> None:
    number = overtake(ledger)
    theirs = ledger.take("other")
    ledger.arm(theirs, owner="other")

    assert ledger.settle(late(ledger, number)) == {number}
    mail = ledger.mail(number)
    assert (mail.state, mail.is_maybe_duplicate) == (DeliveryState.INFLIGHT, True)
    assert ledger.settle(ended(theirs, state, outcome)) == set()
    assert ledger.mail(number).state is ACCEPTED


def test_a_mail_accepted_late_by_an_idempotent_transport_is_sent_by_no_other(
    ledger: Ledger,
) -> None:
    number = ledger.plan(ledger.add_reader())
    ledger.arm(ledger.take("zombie"), owner="zombie", transport="maildir")
    ledger.recover(lambda owner: owner == "zombie", idempotent={"maildir"})
    theirs = ledger.take("other")
    ledger.arm(theirs, owner="other")
    ledger.settle(late(ledger, number))
    ledger.settle(deferred(theirs, ledger))

    assert ledger.mail(number).state is ACCEPTED


@pytest.mark.parametrize("outcome", [Outcome.DEFERRED, Outcome.FAILED, Outcome.UNCERTAIN])
def test_any_other_late_verdict_is_only_put_on_record(ledger: Ledger, outcome: Outcome) -> None:
    number = overtake(ledger)
    before = ledger.mail(number)
    word = late(ledger, number)
    verdict = Verdict(outcome, "late")

    assert ledger.settle(Settled(word.delivery, word.settlement, verdict, "relay")) == {number}
    assert ledger.mail(number) == before
    assert outcome in [each.outcome for each in recorded(ledger, number)]


def test_a_late_verdict_twice_is_one_on_record(ledger: Ledger) -> None:
    number = overtake(ledger)
    for _ in range(2):
        ledger.settle(late(ledger, number))

    kinds = [each.outcome for each in recorded(ledger, number)]
    assert kinds == [Outcome.UNCERTAIN, Outcome.ACCEPTED]


def test_both_verdicts_of_a_mail_may_come_in_one_set(ledger: Ledger) -> None:
    number = overtake(ledger)
    theirs = ledger.take("other")
    ledger.arm(theirs, owner="other")

    assert ledger.settle(late(ledger, number), deferred(theirs, ledger)) == {number}
    assert ledger.mail(number).state is ACCEPTED


def test_attempts_are_forgotten_after_a_while(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    ledger.settle(deferred(ledger.take(), ledger))
    ledger.clock.advance(days=1)
    ledger.settle(deferred(ledger.take(), ledger))

    with ledger.database.writing() as connection:
        assert attempts.prune_attempts(connection, ledger.clock()) == 1
    assert [each.ended_at for each in recorded(ledger, number)] == [ledger.clock()]


def test_acceptance_forgives_an_address_a_little(ledger: Ledger) -> None:
    for name in ("ada", "bob"):
        ledger.plan(ledger.add_reader(name))
    with ledger.database.writing() as connection:
        for points in (1.0, -0.95):
            suppressions.add_score(connection, "ada@example.org", points, ledger.clock())
        suppressions.add_score(connection, "eve@example.org", 1.0, ledger.clock())
    ledger.hold_lease()
    ledger.settle(*map(accepted, ledger.claim()))

    with ledger.database.reading() as connection:
        assert suppressions.score_of(connection, "ada@example.org") == 0
        assert suppressions.score_of(connection, "bob@example.org") == 0
        assert suppressions.score_of(connection, "eve@example.org") == 1


def compose(ledger: Ledger, reader: int, papers: list[int]) -> int:
    digest = Digest(
        id=0,
        subscriber_id=reader,
        period=date(2026, 3, 18),
        window=Window(0, 1),
        considered=3,
        matched=1,
        entries=(Entry(papers[0], 2.5, ()),),
        composed_at=ledger.clock(),
    )
    with ledger.database.writing() as connection:
        [number] = store_digests(connection, [digest])
    return number


def seen_through(database: Database, reader: int) -> int | None:
    with database.reading() as connection:
        found = subscribers.subscriber_by_id(connection, reader)
    assert found is not None
    return found.seen_through


def on_their_way(ledger: Ledger, reader: int) -> int:
    with ledger.database.reading() as connection:
        found = digests.papers_on_their_way(connection, [reader], ledger.clock())
    return len(found.get(reader, ()))


def test_only_acceptance_moves_what_a_reader_has_seen(ledger: Ledger, stored: list[int]) -> None:
    reader = ledger.add_reader()
    ledger.plan(reader, digest_id=compose(ledger, reader, stored))
    marks = [seen_through(ledger.database, reader)]
    for last in (deferred(ledger.take(), ledger), None):
        ledger.settle(last or accepted(ledger.take()))
        marks.append(seen_through(ledger.database, reader))

    assert marks == [0, 0, 1]


def test_a_late_acceptance_moves_what_a_reader_has_seen(ledger: Ledger, stored: list[int]) -> None:
    reader = ledger.add_reader()
    number = ledger.plan(reader, digest_id=compose(ledger, reader, stored))
    ledger.arm(ledger.take("zombie"), owner="zombie")
    ledger.recover(lambda owner: owner == "zombie")
    ledger.settle(late(ledger, number))

    assert seen_through(ledger.database, reader) == 1


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (DeliveryState.FAILED, 0),
        (DeliveryState.EXPIRED, 0),
        (DeliveryState.SUPPRESSED, 0),
        (DeliveryState.UNCERTAIN, 1),
        (DeliveryState.HELD, 1),
        (READY, 1),
    ],
)
def test_papers_come_again_only_where_they_were_surely_not_seen(
    ledger: Ledger, stored: list[int], state: DeliveryState, shown: int
) -> None:
    reader = ledger.add_reader()
    ledger.plan(reader, digest_id=compose(ledger, reader, stored))
    assert on_their_way(ledger, reader) == 1
    ledger.settle(ended(ledger.take(), state))
    assert on_their_way(ledger, reader) == shown


@pytest.mark.parametrize(
    ("state", "after"), [(DeliveryState.PLANNED, 0), (READY, 0), (DeliveryState.HELD, 1)]
)
def test_papers_of_a_mail_that_waits_past_its_time_come_again_unless_a_person_has_it(
    ledger: Ledger, stored: list[int], state: DeliveryState, after: int
) -> None:
    reader = ledger.add_reader()
    ledger.plan(reader, digest_id=compose(ledger, reader, stored), state=state)
    assert on_their_way(ledger, reader) == 1
    ledger.clock.advance(days=1)
    assert on_their_way(ledger, reader) == after


def test_workers_that_settle_and_recover_at_once_lose_nothing(ledger: Ledger) -> None:
    for n in range(12):
        ledger.plan(ledger.add_reader(f"reader{n}"), address=f"r{n}@example.org")
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            ledger.hold_lease(name)
            while mails := ledger.claim(name, limit=2):
                ledger.recover(lambda owner: owner == "nobody")
                armed = ledger.arm(*mails, owner=name)
                assert (
                    ledger.settle(*(accepted(each) for each in mails if each.id in armed)) == set()
                )
        except BaseException as error:  # noqa: BLE001  a thread's error is lost otherwise
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert ledger.states() == {ACCEPTED: 12}


def test_only_what_a_settling_has_changed_is_said_to_be(ledger: Ledger) -> None:
    first, second = (ledger.plan(ledger.add_reader(name)) for name in ("ada", "bob"))
    ledger.hold_lease()
    mails = {mail.id: mail for mail in ledger.claim()}
    failed = ended(mails[first], DeliveryState.FAILED)
    with ledger.database.writing() as connection:
        once = settle_deliveries(connection, [failed], ledger.clock())
        again = settle_deliveries(connection, [failed, accepted(mails[second])], ledger.clock())

    assert once == Written(changed=frozenset({first}))
    assert again == Written(changed=frozenset({second}))


def test_an_acceptance_written_twice_lowers_a_score_once(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    mail = ledger.take()
    with ledger.database.writing() as connection:
        suppressions.add_score(connection, "ada@example.org", 4, ledger.clock())
    scores = []
    for _ in range(2):
        ledger.settle(accepted(mail))
        with ledger.database.reading() as connection:
            scores.append(suppressions.score_of(connection, "ada@example.org"))

    assert scores[0] == scores[1]
