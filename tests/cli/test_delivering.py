"""Sending from the command line: for real, for one reader, on trial, or only looked at."""

import json
import os
import signal
import subprocess
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.delivery.sink import Rule, Step
from digest.model.deliveries import DeliveryState
from digest.store.subscribers import all_subscribers
from tests.cli.conftest import Operator, on_both
from tests.conftest import REPOSITORY

ADA, BOB, EVE = "ada@example.org", "bob@gmail.com", "eve@example.net"
READY, ACCEPTED = DeliveryState.READY, DeliveryState.ACCEPTED


@pytest.fixture
def planned(operator: Operator) -> Operator:
    """Three digests that are due."""
    operator.has_readers(ADA, BOB, EVE)
    assert operator.says("compose").exit_code == 0
    return operator


def read(message: bytes) -> EmailMessage:
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


@on_both
def test_composing_can_be_looked_at_first(operator: Operator) -> None:
    operator.has_readers(ADA, BOB)
    operator.says("suppressions", "add", BOB)
    foreseen = json.loads(operator.says("compose", "--dry-run", "--json").stdout)
    shown = operator.says("compose", "--dry-run").stdout

    assert foreseen == [{"address": ADA, "papers": 2, "matched": 2}]
    assert "1 digests would be composed" in shown
    assert not operator.states()
    composed = json.loads(operator.says("compose", "--json").stdout)
    assert composed == {"composed": 1, "quiet": 0, "waiting": 0, "broken": 0}
    assert json.loads(operator.says("compose", "--dry-run", "--json").stdout) == []


@on_both
def test_delivering_can_be_looked_at_first(planned: Operator) -> None:
    planned.says("pause", "--domain", "gmail", "--reason", "a complaint")
    planned.says("suppressions", "add", EVE)
    expected = json.loads(planned.says("deliver", "--dry-run", "--json").stdout)
    shown = planned.says("deliver", "--dry-run").stdout

    assert {each["domain_group"]: each["obstacle"] for each in expected["due"]} == {
        "example.org": "",
        "gmail": "paused: a complaint",
        "example.net": "the reader has left or paused, or is suppressed",
    }
    assert "1 mails would be sent now" in shown
    assert planned.states() == {READY: 3}
    assert not planned.sink.commands


def test_a_transport_that_is_left_alone_is_told_in_a_dry_run(planned: Operator) -> None:
    planned.sink.play(Rule(Step.BANNER, "554 go away"))
    sent = planned.says("deliver")
    expected = json.loads(planned.says("deliver", "--dry-run", "--json").stdout)

    assert sent.exit_code == 1
    assert "no mail server takes mail now" in sent.stderr
    assert all("is left alone until" in each["obstacle"] for each in expected["due"])


@on_both
def test_a_rehearsal_builds_every_mail_and_sends_none(planned: Operator, tmp_path: Path) -> None:
    folder = tmp_path / "rehearsal"
    for _ in range(2):
        result = planned.says("deliver", "--to-maildir", str(folder), "--json")
        assert json.loads(result.stdout) == {"written": 3, "broken": 0}
    rehearsed = {
        read(path.read_bytes())["To"]: path.read_bytes() for path in (folder / "new").iterdir()
    }
    assert len(rehearsed) == 3
    assert planned.states() == {READY: 3}
    assert all(mail.attempts == 0 and mail.fence == 0 for mail in planned.mails())

    planned.says("deliver")
    assert {read(mail.message)["To"]: mail.message for mail in planned.sink.mails} == rehearsed


def test_a_rehearsal_where_mail_is_delivered_keeps_none_from_it(
    planned: Operator, tmp_path: Path
) -> None:
    changes = {"DIGEST_MAIL": f"maildir:{tmp_path / 'mail'}"}
    planned.says("deliver", "--to-maildir", str(tmp_path / "mail"), **changes)
    sent = planned.says("deliver", **changes)

    assert sent.stdout.strip() == "3 accepted"
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 6


def test_what_is_planned_is_rehearsed_too(operator: Operator, tmp_path: Path) -> None:
    operator.has_readers(ADA)
    operator.says("compose", DIGEST_REVIEW="on")
    result = operator.says("deliver", "--to-maildir", str(tmp_path / "mail"))

    assert "1 mails written" in result.stdout
    assert operator.states() == {DeliveryState.PLANNED: 1}
    assert "1 wait for `digest deliveries release`" in operator.says("deliver", "--dry-run").stdout


def test_a_folder_that_cannot_be_written_ends_the_rehearsal(
    planned: Operator, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    result = planned.says("deliver", "--to-maildir", str(tmp_path / "file" / "mail"))

    assert result.exit_code == 1
    assert "cannot write" in result.stderr


@on_both
def test_only_one_reader_is_sent_their_mails(planned: Operator) -> None:
    sent = planned.says("deliver", "--only", BOB)

    assert sent.exit_code == 0, sent.output
    assert sent.stdout.strip() == "1 accepted"
    assert [mail.recipient for mail in planned.sink.mails] == [BOB]
    assert planned.states() == {ACCEPTED: 1, READY: 2}
    assert planned.says("deliver", "--only", BOB).stdout.strip() == "nothing is due"
    assert "is no reader" in planned.says("deliver", "--only", "zoe@example.org").stderr


@on_both
def test_a_pause_holds_for_one_reader_alone_too(planned: Operator) -> None:
    planned.says("pause", "--domain", "gmail")
    sent = planned.says("deliver", "--only", BOB)

    assert sent.exit_code == 1
    assert not planned.sink.mails
    assert planned.states() == {READY: 3}


def test_looking_and_building_exclude_each_other(planned: Operator, tmp_path: Path) -> None:
    assert planned.says("deliver", "--dry-run", "--to-maildir", str(tmp_path)).exit_code == 2


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_ends_the_mail_on_the_wire_and_puts_the_rest_back(
    planned: Operator, number: signal.Signals
) -> None:
    planned.sink.play(Rule(Step.END, delay=1))
    environment = {**planned.environment, "DIGEST_CONNECTIONS": "1", "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(
        [sys.executable, "-m", "digest", "deliver"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            planned.sink.wait_for(1, within=60)
            os.kill(process.pid, number)
            out, errors = process.communicate(timeout=60)
        finally:
            process.kill()

    assert process.returncode == 130, errors
    assert "1 accepted" in out
    assert "stopped; what was not sent is as due as it was" in errors
    assert planned.states() == {ACCEPTED: 1, READY: 2}


def test_a_test_mail_is_the_newest_digest_and_uses_nothing_up(planned: Operator) -> None:
    said = planned.says("test-send", ADA)
    [mail] = planned.sink.mails
    message = read(mail.message)

    assert said.exit_code == 0, said.output
    assert "accepted: 250" in said.stdout
    assert str(message["Message-ID"]) in said.stdout
    assert message["Message-ID"].startswith("<test-")
    assert planned.states() == {READY: 3}
    assert planned.says("deliver").stdout.strip() == "3 accepted"
    ids = [read(each.message)["Message-ID"] for each in planned.sink.mails]
    assert len(set(ids)) == 4


def test_anothers_digest_shows_no_links_that_work(planned: Operator) -> None:
    assert planned.says("test-send", "me@example.org", "--reader", ADA).exit_code == 0
    planned.says("deliver", "--only", ADA)
    trial, real = (read(mail.message) for mail in planned.sink.mails)

    assert trial["To"] == "me@example.org"
    assert trial["Subject"] == real["Subject"]
    assert trial["List-Unsubscribe"] != real["List-Unsubscribe"]
    with planned.database.reading() as connection:
        assert {each.token_version for each in all_subscribers(connection)} == {1}


def test_a_test_mail_shows_what_the_reader_would_get_now(operator: Operator) -> None:
    operator.has_readers(ADA)
    said = operator.says("test-send", ADA)
    body = read(operator.sink.mails[0].message).get_body(("plain",))

    assert "the digest of" in said.stdout
    assert body is not None
    assert "Graph Neural Networks for Roads" in body.get_content()
    assert not operator.states()


def test_without_a_digest_a_test_mail_is_a_sample(operator: Operator) -> None:
    said = operator.says("test-send", "new@example.org", "--json", DIGEST_SITE_NAME="A <b>")
    data = json.loads(said.stdout)

    assert (data["shows"], data["said"][0]["outcome"]) == ("a sample text", "accepted")
    message = read(operator.sink.mails[0].message)
    html = message.get_body(("html",))
    assert message["Subject"] == "A test mail of A <b>"
    assert html is not None
    assert "A &lt;b&gt; sent this" in html.get_content()


def test_a_test_mail_shows_a_refusal_in_the_servers_words(operator: Operator) -> None:
    operator.sink.play(Rule(Step.RCPT, "550 5.1.1 No such <user>"))
    said = operator.says("test-send", ADA)

    assert said.exit_code == 1
    assert "failed: RCPT: 550 5.1.1 No such <user>" in said.stdout


def test_a_test_mail_goes_by_the_next_transport_where_the_first_is_away(
    operator: Operator, tmp_path: Path
) -> None:
    mail = f"smtp://127.0.0.1:1 maildir:{tmp_path / 'mail'}"
    said = operator.says("test-send", ADA, DIGEST_MAIL=mail)

    assert said.exit_code == 0
    assert "127.0.0.1:1: unreachable" in said.stdout
    assert "maildir: accepted" in said.stdout


def test_no_test_mail_goes_to_a_suppressed_address(operator: Operator) -> None:
    operator.says("suppressions", "add", ADA)
    said = operator.says("test-send", ADA)

    assert said.exit_code == 1
    assert f"digest suppressions remove {ADA}" in str(said.exception)
    assert not operator.sink.mails
