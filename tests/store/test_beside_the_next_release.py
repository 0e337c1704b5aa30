"""Rows of a newer release: beside it this one passes over what it does not know, and nothing is lost.

`novelty` stands for a kind, state or scope that does not exist yet.
"""

from datetime import timedelta

import pytest
from sqlalchemy import Table, insert, update

from digest.errors import StoreAwayError
from digest.model.deliveries import DeliveryState, MailKind, PauseScope
from digest.model.feedback import Feedback, FeedbackKind
from digest.model.sessions import Session, SessionKind
from digest.store import (
    attempts,
    bounces,
    claims,
    deliveries,
    dumps,
    held_dumps,
    outlook,
    papers,
    pauses,
    private_feeds,
    receipts,
    sessions,
    steering,
    tables,
    watching,
)
from digest.store.account_tables import sessions as sessions_table
from digest.store.known import known
from tests.conftest import START
from tests.store.ledger import Ledger, accepted

NEW = "novelty"


def renew(ledger: Ledger, table: Table, **values: object) -> None:
    """Have a newer release write over all rows of a table."""
    with ledger.database.writing() as connection:
        connection.execute(update(table).values(**values))


def rename_mail(ledger: Ledger, number: int, **values: object) -> None:
    with ledger.database.writing() as connection:
        mails = tables.deliveries
        connection.execute(update(mails).where(mails.c.id == number).values(**values))


def test_a_word_that_is_not_known_is_none() -> None:
    assert known(MailKind, "digest") is MailKind.DIGEST
    assert known(MailKind, NEW) is None


def test_mails_of_kinds_it_does_not_know_are_left_for_who_does(ledger: Ledger) -> None:
    numbers = [ledger.plan(ledger.add_reader(f"r{n}")) for n in range(5)]
    for number in numbers[:3]:  # the first in the queue
        rename_mail(ledger, number, kind=NEW)
    ledger.hold_lease()

    # They take no place among what may be claimed, however few that is.
    mails = ledger.claim(per_group=2, limit=2)
    assert [mail.id for mail in mails] == numbers[3:]
    ledger.arm(*mails)
    ledger.settle(*map(accepted, mails))
    assert ledger.claim() == []
    assert ledger.states() == {DeliveryState.ACCEPTED: 2, DeliveryState.READY: 3}

    # A worker that knows the kind has them whole: not claimed, not tried, not touched.
    for number in numbers[:3]:
        rename_mail(ledger, number, kind="welcome")
    mails = ledger.claim("newer")
    assert [(mail.id, mail.fence, mail.attempts) for mail in mails] == [
        (number, 1, 0) for number in numbers[:3]
    ]


def test_mails_that_a_newer_worker_left_behind_are_taken_back_for_another(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    mail = ledger.take("newer")
    rename_mail(ledger, number, kind=NEW)
    ledger.lapse("newer")

    assert ledger.recover() == 1
    assert ledger.claim() == []
    rename_mail(ledger, number, kind=mail.kind.value)
    assert [each.id for each in ledger.claim()] == [number]


def test_what_operators_look_at_leaves_out_what_it_cannot_tell_of(ledger: Ledger) -> None:
    kinds = ledger.plan(reader := ledger.add_reader())
    states = ledger.plan(reader, period="2026-03-19")
    plain = ledger.plan(reader, period="2026-03-20")
    rename_mail(ledger, kinds, kind=NEW)
    rename_mail(ledger, states, state=NEW)

    with ledger.database.reading() as connection:
        assert [each.id for each in deliveries.find_deliveries(connection)] == [plain]
        assert set(deliveries.deliveries_by_id(connection, [kinds, states, plain])) == {plain}
        assert deliveries.count_by_state_and_group(connection) == {
            (DeliveryState.READY, "example.org"): 2
        }
        assert deliveries.count_deliveries(connection) == {DeliveryState.READY: 2}
        assert watching.count_waiting(connection)[DeliveryState.READY] == 2
        assert [due.count for due in outlook.count_due(connection, START)] == [1]
        assert claims.groups_due(connection, START) == ["example.org"]


def test_attempts_and_reports_of_other_kinds_are_left_out(ledger: Ledger) -> None:
    number = ledger.plan(ledger.add_reader())
    with ledger.database.writing() as connection:
        connection.execute(
            insert(tables.attempts),
            {"delivery_id": number, "fence": 1, "outcome": NEW, "text": "", "ended_at": START},
        )
        report = {"event_key": "a", "delivery_id": number, "kind": NEW, "text": ""}
        connection.execute(insert(tables.bounces), {**report, "received_at": START})

        assert attempts.attempts_of(connection, number) == []
        assert bounces.bounces_of(connection, number) == []
        assert watching.bounces_of_mails(connection, [number]) == []
        assert receipts.returned_for(connection, [number]) == {}


def test_a_pause_of_something_unknown_holds_all_of_this_release(ledger: Ledger) -> None:
    ledger.plan(ledger.add_reader())
    mail = ledger.take()
    pause = {"scope": NEW, "name": "anything", "reason": "try", "since": START}
    with ledger.database.writing() as connection:
        connection.execute(insert(tables.pauses), pause)

    with ledger.database.reading() as connection:
        [found] = pauses.pauses(connection)
    assert (found.scope, found.name, found.reason) == (PauseScope.SITE, "", "try")
    assert ledger.arm(mail) == set()


def test_a_reader_in_an_unknown_state_is_neither_served_nor_told_to_be_gone(
    ledger: Ledger,
) -> None:
    reader = ledger.add_reader()
    renew(ledger, tables.subscribers, state=NEW)

    with ledger.database.reading() as connection, pytest.raises(StoreAwayError, match="newer"):
        private_feeds.standing(connection, reader)


def test_a_session_of_another_kind_lets_nobody_in(ledger: Ledger) -> None:
    session = Session(
        0, SessionKind.READER, ledger.add_reader(), "", START, START.date(), START + timedelta(1)
    )
    with ledger.database.writing() as connection:
        sessions.add_session(connection, "abc", session)
    renew(ledger, sessions_table, kind=NEW)

    with ledger.database.reading() as connection:
        assert sessions.session_by_digest(connection, "abc", START) is None


def test_a_dump_that_was_decided_upon_otherwise_is_not_decided_again(ledger: Ledger) -> None:
    row = {"source": "dumps", "name": "a.txt", "checksum": "a", "body": b"", "reason": ""}
    dates = {"dated_on": START.date(), "held_at": START, "settled_at": START}
    with ledger.database.writing() as connection:
        connection.execute(insert(tables.held_dumps), {**row, **dates, "outcome": NEW})

        assert held_dumps.waiting_dumps(connection) == []
        [held] = held_dumps.settled_dumps(connection, 5)
        assert held.outcome is not None


def test_what_it_does_not_know_of_a_paper_is_left_out(ledger: Ledger, stored: list[int]) -> None:
    links = [
        {"kind": NEW, "url": "https://a.example"},
        {"kind": "code", "url": "https://b.example"},
    ]
    renew(ledger, tables.papers, links=links)
    renew(ledger, tables.dumps, date_origin=NEW)
    named = {"scheme": NEW, "value": "1", "paper_id": stored[0]}
    with ledger.database.writing() as connection:
        connection.execute(insert(tables.paper_ids), named)

        paper = papers.papers_by_id(connection, stored[:1])[stored[0]]
        assert ([link.url for link in paper.links], paper.ids) == (["https://b.example"], ())
        assert len(dumps.recent_dumps(connection, 5)) == 1


def test_a_word_on_a_paper_of_another_kind_is_none_to_this_release(
    ledger: Ledger, stored: list[int]
) -> None:
    reader = ledger.add_reader()
    with ledger.database.writing() as connection:
        given = Feedback(reader, stored[0], FeedbackKind.MORE, START)
        steering.set_feedback(connection, given)
    renew(ledger, tables.feedback, kind=NEW)

    with ledger.database.reading() as connection:
        assert steering.word_on(connection, reader, stored[0]) is None
        assert steering.feedback_of(connection, [reader]) == {}
