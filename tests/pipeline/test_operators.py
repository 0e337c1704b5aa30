"""Operators: added, let in, reset and removed, on both databases."""

import threading

import pytest

from digest.credentials import Vault, code_at
from digest.errors import CredentialError
from digest.model.sessions import SessionKind
from digest.pipeline.limits import CODES_OF_OPERATOR, Limits
from digest.pipeline.operators import Operators, normal_name
from digest.pipeline.sessions import Sessions
from digest.store import operators as store
from digest.store.account_tables import operators as table
from digest.store.engine import Database
from digest.tokens import Tokens
from tests.conftest import HandClock

PASSWORD = "four words that rhyme"  # noqa: S105  of the tests


def operators_of(database: Database, clock: HandClock, key: str = "a secret") -> Operators:
    limits = Limits(database, Tokens([key]), clock)
    return Operators(database, Vault([key]), limits, clock)


@pytest.fixture
def cheap(database: Database, clock: HandClock) -> bytes:
    """Ada, whose password is looked at in no time; what makes her codes."""
    kept = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$7XtB6BwwI4E91qYSHLboqg"
    secret = bytes(20)
    with database.writing() as connection:
        store.add_operator(
            connection, "ada", kept, Vault(["a secret"]).seal(secret, "ada"), clock()
        )
    return secret


def test_what_is_kept_lets_nobody_in(database: Database, clock: HandClock) -> None:
    people = operators_of(database, clock)
    secret = people.add("Grace", PASSWORD)
    code = code_at(secret, clock())
    with database.reading() as connection:
        row = connection.execute(table.select()).one()
    assert PASSWORD not in str(row)
    assert secret.hex() not in str(row)
    with pytest.raises(CredentialError, match="reset grace"):
        people.add("grace", PASSWORD)

    # Another site's secret opens no seal: whoever has the database has no codes.
    assert operators_of(database, clock, "another").sign_in("grace", PASSWORD, code, "") is None
    token = people.sign_in("grace", PASSWORD, code, "Firefox")
    assert token is not None
    found = Sessions(database, clock).find(token, SessionKind.OPERATOR)
    assert found is not None
    assert found.program == "Firefox"

    people.remove("grace")
    assert Sessions(database, clock).find(token, SessionKind.OPERATOR) is None
    with pytest.raises(CredentialError, match="digest operators list"):
        people.remove("grace")


def test_a_code_shown_by_two_at_once_lets_one_in(database: Database, clock: HandClock) -> None:
    with database.writing() as connection:
        store.add_operator(connection, "grace", "", "", clock())
    with database.reading() as connection:
        grace = store.operator_by_name(connection, "grace")
    assert grace is not None
    used: list[bool] = []
    both = threading.Barrier(2)

    def show() -> None:
        both.wait(5)
        with database.writing() as connection:
            used.append(store.use_step(connection, grace, 59))

    threads = [threading.Thread(target=show) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)

    assert sorted(used) == [False, True]
    with database.writing() as connection:
        assert not store.use_step(connection, grace, 58)
        assert store.use_step(connection, grace, 60)


def test_who_has_only_the_password_guesses_no_code(
    database: Database, clock: HandClock, cheap: bytes
) -> None:
    people = operators_of(database, clock)
    for _ in range(3 * int(CODES_OF_OPERATOR.most)):
        assert people.sign_in("ada", "a wrong password", "000000", "") is None
    assert people.sign_in("ada", PASSWORD, code_at(cheap, clock()), ""), "strangers shut nobody out"
    clock.advance(days=1)

    for _ in range(int(CODES_OF_OPERATOR.most)):
        assert people.sign_in("ada", PASSWORD, "000000", "") is None
    assert people.sign_in("ada", PASSWORD, code_at(cheap, clock()), "") is None
    clock.advance(days=1)
    assert people.sign_in("ada", PASSWORD, code_at(cheap, clock()), "")


def test_who_is_reset_or_removed_while_they_sign_in_is_not_let_in(
    database: Database, clock: HandClock, cheap: bytes
) -> None:
    del cheap
    with database.writing() as connection:
        before = store.operator_by_name(connection, "ada")
        assert before is not None
        store.change_operator(connection, "ada", "another", "sealed anew")
        assert not store.use_step(connection, before, 60)
        store.remove_operator(connection, "ada")
        store.add_operator(connection, "eve", "", "", clock())
        assert not store.use_step(connection, before, 60), "eve may have the number that ada had"


def test_a_name_that_cannot_be_is_nobodys(database: Database, clock: HandClock) -> None:
    assert operators_of(database, clock).sign_in("a\0b", PASSWORD, "000000", "") is None


@pytest.mark.parametrize("name", ["", " ", "a b", "gr\u00e4ce", "x" * 81, "-rf", "a\nb", "<b>"])
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(CredentialError, match="cannot be a name"):
        normal_name(name)
