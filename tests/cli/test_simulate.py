"""What a simulation finds out, and that it finds it out."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from digest.cli.simulation.account import Account, compare
from digest.cli.simulation.faults import FAULTS, copies_explained, draw
from digest.cli.simulation.scene import addresses
from digest.delivery.sink import Received, Step
from digest.model.deliveries import Delivery, DeliveryState
from digest.store.engine import Database
from digest.store.proving import held, is_empty
from tests.cli.conftest import Run
from tests.factories import at, make_delivery

NOW = at("2026-01-07T08:00:00+00:00")


def message(key: str, text: str = "papers") -> bytes:
    return f"Message-ID: <{key}@digest.example.org>\r\n\r\n{text}\r\n".encode()


def mail(key: str, state: DeliveryState = DeliveryState.ACCEPTED, **changes: Any) -> Delivery:
    known = {"address": f"{key}@example.org", "message_hash": sha256(message(key)).hexdigest()}
    return make_delivery(NOW, key=key, state=state, **{**known, **changes})


def arrived(key: str, text: str = "papers") -> Received:
    return Received("digest@example.org", f"{key}@example.org", message(key, text))


def test_two_ledgers_that_agree_are_good() -> None:
    account = compare(1, [mail("a")], [arrived("a")])

    assert account == Account(1, {DeliveryState.ACCEPTED: 1})
    assert account.is_good


def test_a_mail_recorded_as_accepted_that_never_arrived_is_lost() -> None:
    account = compare(2, [mail("a"), mail("b")], [arrived("a")])

    assert account.lost == ("b@example.org",)
    assert not account.is_good


@pytest.mark.parametrize(
    "state", [DeliveryState.READY, DeliveryState.LEASED, DeliveryState.INFLIGHT]
)
def test_a_mail_that_neither_arrived_nor_came_to_an_end_is_lost(state: DeliveryState) -> None:
    account = compare(1, [mail("a", state)], [])

    assert account.lost == ("a@example.org",)
    assert account.waiting == 1


def test_a_mail_that_was_wanted_and_is_not_in_the_ledger_is_lost() -> None:
    assert compare(2, [mail("a")], [arrived("a")]).lost == ("?",)


@pytest.mark.parametrize(
    "state",
    [
        DeliveryState.FAILED,
        DeliveryState.SUPPRESSED,
        DeliveryState.EXPIRED,
        DeliveryState.UNCERTAIN,
        DeliveryState.HELD,
    ],
)
def test_a_mail_of_which_the_ledger_says_so_is_not_lost(state: DeliveryState) -> None:
    assert compare(1, [mail("a", state)], []).is_good


def test_a_copy_that_is_not_flagged_is_found() -> None:
    account = compare(1, [mail("a")], [arrived("a"), arrived("a")])

    assert (account.copies, account.flagged) == (1, 0)
    assert not account.is_good


def test_a_flagged_copy_of_the_same_bytes_is_the_honest_one() -> None:
    flagged = mail("a", is_maybe_duplicate=True)
    account = compare(1, [flagged], [arrived("a"), arrived("a")])

    assert (account.copies, account.flagged) == (1, 1)
    assert account.is_good


def test_a_copy_in_other_bytes_is_found() -> None:
    flagged = mail("a", is_maybe_duplicate=True)
    account = compare(1, [flagged], [arrived("a"), arrived("a", "other papers")])

    assert account.altered == ("a@example.org",)
    assert not account.is_good


def test_a_mail_at_somebody_elses_is_found() -> None:
    account = compare(1, [mail("a", address="b@example.org")], [arrived("a")])

    assert account.altered == ("b@example.org",)


def test_a_mail_that_arrived_and_is_recorded_as_failed_is_found() -> None:
    account = compare(1, [mail("a", DeliveryState.FAILED)], [arrived("a")])

    assert account.denied == ("a@example.org",)
    assert not account.is_good


def test_a_mail_that_is_none_of_ours_is_found() -> None:
    account = compare(1, [mail("a")], [arrived("a"), arrived("b")])

    assert account.strangers == ("b@example.org",)
    assert not account.is_good


def test_the_same_seed_draws_the_same_faults_and_another_one_others() -> None:
    readers = addresses(500)
    drawn = draw(FAULTS, readers, kills=5, seed=1)

    assert drawn == draw(FAULTS, readers, kills=5, seed=1)
    assert drawn != draw(FAULTS, readers, kills=5, seed=2)
    assert {cue.fault for cue in drawn} == set(FAULTS)
    assert sum(cue.fault == "kill" for cue in drawn) == 5


def test_no_reader_has_two_faults_of_their_own() -> None:
    drawn = draw(FAULTS, addresses(20), kills=0, seed=1)
    victims = [cue.rule.recipient for cue in drawn if cue.rule and cue.rule.recipient]

    assert len(victims) == len(set(victims)) > 0


def test_so_few_are_refused_as_spam_that_no_domain_is_paused() -> None:
    drawn = draw(["spam"], addresses(100_000), kills=0, seed=1)

    assert len(drawn) == 5
    assert all(cue.rule and cue.rule.step is Step.END for cue in drawn)


def test_copies_are_explained_by_kills_times_connections_and_lost_replies() -> None:
    played = {"kill": 5, "lost-reply": 3, "greylisted": 100}

    assert copies_explained(played, workers=2, connections=4) == 5 * 4 + 3


def test_a_database_is_empty_until_there_is_a_table(tmp_path: Path, database: Database) -> None:
    assert is_empty(Database(f"sqlite:///{tmp_path / 'new.sqlite3'}"))
    assert not is_empty(database)


def test_a_held_database_can_still_be_read(database: Database) -> None:
    with held(database), database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM deliveries").scalar() == 0


@pytest.mark.slow
def test_kills_and_lost_replies_lose_no_mail(run: Run, tmp_path: Path) -> None:
    words = ("--readers", "60", "--kills", "2", "--faults", "kill,crash,lost-reply,greylisted")
    result = run("simulate", *words, "--folder", str(tmp_path / "kept"), "--json")

    assert result.returncode == 0, result.stdout + result.stderr
    told = json.loads(result.stdout)
    assert told["wanted"] == sum(told["states"].values()) == 60
    assert told["states"].keys() <= {"accepted", "uncertain"}
    assert told["lost"] == told["altered"] == told["denied"] == []
    assert told["faults"] == {"greylisted": 1, "lost-reply": 1, "kill": 2, "crash": 1}
    assert told["copies"] == told["flagged"] <= told["explained"] == 2 * 4 + 2 * 4 + 1
    kept = (tmp_path / "kept" / "received.txt").read_text().splitlines()
    assert len(kept) == 60 + told["copies"]


@pytest.mark.slow
def test_it_is_told_what_is_wrong_with_the_words(run: Run, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()

    assert "no such fault: rain" in run("simulate", "--faults", "kill,rain").stderr
    assert "holds other things" in run("simulate", "--folder", "full").stderr
    assert "--folder" in run("simulate", "--database-url", "sqlite:///x").stderr


@pytest.mark.slow
def test_a_postgresql_database_with_tables_is_refused(
    run: Run, postgres_server: str, migrated_postgres: str
) -> None:
    url = f"{postgres_server}/{migrated_postgres}".replace("+psycopg", "")
    result = run("simulate", "--database-url", url)

    assert result.returncode == 3
    assert "has tables" in result.stderr
