"""Sessions: who is let in, for how long, and how they are shown out, on both databases."""

from datetime import timedelta

import pytest

from digest.errors import NotSignedInError
from digest.model.sessions import SessionKind
from digest.pipeline.erase import erase
from digest.pipeline.sessions import LASTS, Sessions
from digest.pipeline.subscribe import Registry, enrol
from digest.store.account_tables import sessions as table
from tests.conftest import HandClock
from tests.factories import make_wishes

READER, API = SessionKind.READER, SessionKind.API


def sessions_of_a_reader(registry: Registry, clock: HandClock) -> tuple[Sessions, int]:
    reader = enrol(registry, "ada@example.org", make_wishes("robots"))
    return Sessions(registry.database, clock), reader.id


def test_a_browser_is_known_by_what_it_was_given(registry: Registry, clock: HandClock) -> None:
    sessions, ada = sessions_of_a_reader(registry, clock)
    token = sessions.open(READER, ada, "Firefox\r\non Linux")

    found = sessions.find(token, READER)
    assert found is not None
    assert (found.owner, found.program) == (ada, "Firefox on Linux")
    assert sessions.find(token, API) is None
    assert sessions.find(token + "x", READER) is None
    assert sessions.find("\udcff", READER) is None


def test_the_table_holds_nothing_that_lets_anybody_in(registry: Registry, clock: HandClock) -> None:
    sessions, ada = sessions_of_a_reader(registry, clock)
    token = sessions.open(READER, ada, "")

    with registry.database.reading() as connection:
        (row,) = connection.execute(table.select()).all()
    assert token not in str(row)
    assert sessions.find(row.digest, READER) is None


def test_a_session_ends_a_month_after_its_last_day_of_use(
    registry: Registry, clock: HandClock
) -> None:
    sessions, ada = sessions_of_a_reader(registry, clock)
    token = sessions.open(READER, ada, "")
    clock.advance(days=29)
    assert sessions.find(token, READER)
    clock.advance(days=29)
    assert sessions.find(token, READER)
    clock.advance(days=31)
    assert sessions.find(token, READER) is None


def test_whoever_was_erased_a_moment_ago_is_not_let_in(
    registry: Registry, clock: HandClock
) -> None:
    sessions, ada = sessions_of_a_reader(registry, clock)
    erase(registry.database, ada)
    for kind in (READER, API):
        with pytest.raises(NotSignedInError):
            sessions.open(kind, ada, "")


def test_an_operator_signs_in_every_day() -> None:
    assert LASTS[SessionKind.OPERATOR] < timedelta(days=1)


def test_a_reader_lists_and_closes_only_their_own(registry: Registry, clock: HandClock) -> None:
    sessions, ada = sessions_of_a_reader(registry, clock)
    bob = enrol(registry, "bob@example.org", make_wishes("robots")).id
    first, second = (sessions.open(READER, ada, name) for name in ("one", "two"))
    program = sessions.open(API, ada, "a program")
    his = sessions.open(READER, bob, "his")

    assert [each.program for each in sessions.of(READER, ada)] == ["two", "one"]
    shown = sessions.find(his, READER)
    assert shown is not None
    sessions.close(shown.id, READER, ada)
    assert sessions.find(his, READER)

    sessions.close(sessions.of(READER, ada)[0].id, READER, ada)
    assert sessions.find(second, READER) is None
    sessions.close_others(READER, ada, None)
    assert sessions.find(first, READER) is None
    assert sessions.find(program, API)
    assert sessions.find(his, READER)


def test_what_expired_is_forgotten_when_somebody_comes(
    registry: Registry, clock: HandClock
) -> None:
    sessions, ada = sessions_of_a_reader(registry, clock)
    sessions.open(READER, ada, "old")
    clock.advance(days=31)
    sessions.open(READER, ada, "new")

    with registry.database.reading() as connection:
        assert [row.program for row in connection.execute(table.select())] == ["new"]
