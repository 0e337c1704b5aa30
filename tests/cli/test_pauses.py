"""Stopping mail, and the addresses that get none; and taking in what comes back."""

import json
import os
import signal
import smtplib
import subprocess
import sys
from pathlib import Path

import pytest

from digest.delivery.verp import Returns
from digest.model.deliveries import DeliveryState
from digest.model.subscribers import SubscriberState
from digest.store.subscribers import all_subscribers
from digest.store.suppressions import suppress
from digest.tokens import Tokens
from tests.cli.conftest import SECRET, Operator, on_both
from tests.conftest import REPOSITORY, START
from tests.ports import free_port

ADA, BOB = "ada@example.org", "bob@gmail.com"
RETURN_TO = "return@digest.example.org"


def paused(operator: Operator) -> list[tuple[str, str, str]]:
    listed = json.loads(operator.says("pause", "--json").stdout)
    return [(each["scope"], each["name"], each["reason"]) for each in listed]


@on_both
def test_what_is_paused_is_listed_until_it_is_resumed(operator: Operator) -> None:
    name = f"127.0.0.1:{operator.sink.port}"
    assert operator.says("pause").stdout.strip() == "nothing is paused"
    operator.says("pause", "--site", "--domain", "GoogleMail.com", "--reason", "they\ncomplain")
    operator.says("pause", "--transport", name)
    assert paused(operator) == [
        ("site", "", "they complain"),
        ("domain", "gmail", "they complain"),
        ("transport", name, ""),
    ]
    assert "domain gmail" in operator.says("pause").stdout

    shown = operator.says("resume", "--site", "--domain", "gmail", "--domain", "example.org")
    assert "example.org was not paused" in shown.stderr
    assert paused(operator) == [("transport", name, "")]


@pytest.mark.parametrize("words", [("--site",), ("--domain", "gmail"), ("--transport", "{name}")])
def test_nothing_goes_out_where_it_is_paused(operator: Operator, words: tuple[str, ...]) -> None:
    operator.has_readers(BOB)
    operator.says("compose")
    chosen = [word.format(name=f"127.0.0.1:{operator.sink.port}") for word in words]
    operator.says("pause", *chosen)
    operator.says("deliver")
    assert operator.states() == {DeliveryState.READY: 1}
    assert not operator.sink.mails

    operator.says("resume", *chosen)
    assert operator.says("deliver").exit_code == 0
    assert operator.states() == {DeliveryState.ACCEPTED: 1}


def test_a_transport_that_is_none_cannot_be_paused(operator: Operator) -> None:
    result = operator.says("pause", "--transport", "mail.example.org")

    assert result.exit_code == 2
    assert f"there is 127.0.0.1:{operator.sink.port}" in result.stderr
    assert paused(operator) == []


@on_both
def test_a_suppressed_address_gets_nothing_until_it_is_removed(operator: Operator) -> None:
    operator.has_readers(ADA)
    operator.says("compose")
    added = operator.says("suppressions", "add", "Ada@Example.org", "--reason", "asked us\nto")
    assert added.stdout.strip() == f"{ADA} is suppressed"
    assert "already" in operator.says("suppressions", "add", ADA).stdout
    [listed] = json.loads(operator.says("suppressions", "list", "ADA@", "--json").stdout)
    assert (listed["address_key"], listed["reason"], listed["detail"]) == (
        ADA,
        "operator",
        "asked us to",
    )
    assert ADA in operator.says("suppressions").stdout
    assert "no suppressed address" in operator.says("suppressions", "list", "zoe").stdout
    operator.says("deliver")
    assert not operator.sink.mails

    assert operator.says("suppressions", "remove", ADA).exit_code == 0
    assert "is not suppressed" in operator.says("suppressions", "remove", ADA).stderr


def test_whoever_complained_is_not_written_to_again_by_mistake(operator: Operator) -> None:
    with operator.database.writing() as connection:
        suppress(connection, ADA, "complaint", "returned mail", "", START)
    asked = operator.says("suppressions", "remove", ADA, answer="n\n")
    assert "complained about our mail" in asked.stderr
    assert "already" in operator.says("suppressions", "add", ADA).stdout

    assert operator.says("suppressions", "remove", ADA, "--yes").exit_code == 0


def leave_address(operator: Operator) -> str:
    [reader] = operator.has_readers(ADA, papers=False)
    return Returns(RETURN_TO, Tokens([SECRET])).leave_address(reader.id, reader.token_version)


def has_left(operator: Operator) -> bool:
    with operator.database.reading() as connection:
        return all_subscribers(connection)[0].state is SubscriberState.UNSUBSCRIBED


def test_what_came_back_into_a_maildir_is_taken_in_once(operator: Operator, tmp_path: Path) -> None:
    new = tmp_path / "returns" / "new"
    new.mkdir(parents=True)
    address = leave_address(operator)
    (new / "1.mail").write_text(f"Delivered-To: {address}\nFrom: {ADA}\nTo: {address}\n\nstop\n")
    settings = {"DIGEST_RETURN_TO": RETURN_TO, "DIGEST_RETURNS": f"maildir:{new.parent}"}
    taken = operator.says("returns", **settings)

    assert taken.exit_code == 0, taken.output
    assert taken.stdout.strip() == "1 left"
    assert has_left(operator)
    assert operator.says("returns", **settings).stdout.strip() == "nothing has come back"
    assert json.loads(operator.says("returns", "--json", **settings).stdout) == {}


def test_an_intake_that_is_away_is_told_and_stops_no_other(
    operator: Operator, tmp_path: Path
) -> None:
    intakes = f"imaps://me:secret@127.0.0.1:1/INBOX maildir:{tmp_path / 'returns'}"
    taken = operator.says("returns", DIGEST_RETURN_TO=RETURN_TO, DIGEST_RETURNS=intakes)

    assert taken.exit_code == 1
    assert "127.0.0.1:1" in taken.stderr
    assert "secret" not in taken.output
    assert (tmp_path / "returns" / "new").is_dir()


def test_returns_says_what_is_missing(operator: Operator) -> None:
    assert "set DIGEST_RETURNS" in operator.says("returns").stderr
    listener = {"DIGEST_RETURN_TO": RETURN_TO, "DIGEST_RETURNS": "lmtp://127.0.0.1:2424"}
    assert "--listen" in operator.says("returns", **listener).stderr


@pytest.mark.slow
def test_a_listener_takes_returned_mail_in_until_it_is_asked_to_stop(operator: Operator) -> None:
    port = free_port()
    address = leave_address(operator)
    environment = {
        **operator.environment,
        "DIGEST_RETURN_TO": RETURN_TO,
        "DIGEST_RETURNS": f"smtp://127.0.0.1:{port}",
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONUNBUFFERED": "1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "digest", "returns", "--listen"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert f"smtp://127.0.0.1:{port}" in process.stdout.readline()
            with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
                client.sendmail(ADA, [address], "Subject: unsubscribe\r\n\r\nplease\r\n")
            os.kill(process.pid, signal.SIGTERM)
            out, _ = process.communicate(timeout=60)
        finally:
            process.kill()

    assert process.returncode == 0
    assert out.strip() == "1 left"
    assert has_left(operator)
