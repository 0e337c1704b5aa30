"""LMTP: one answer for each recipient; against the sink, and against Dovecot."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.delivery.one_mail import send_now
from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import SmtpSettings, SmtpTransport
from digest.model.deliveries import Outcome, Stage
from tests.delivery.dovecot_lmtp import WAY_OUT, Dovecot, dovecot, is_installed
from tests.delivery.lane import PATIENT, mail_to, mails_to, send_all, transport_to

THREE = mails_to("ada", "bob", "cy")


def test_mails_are_handed_over_and_answered_one_by_one() -> None:
    refusal = Rule(Step.END, "452 4.2.2 mailbox full", recipient="^bob@")
    with Sink(refusal, is_lmtp=True) as sink:
        verdicts = send_all(transport_to(sink), THREE)
        outcomes = [verdict.outcome for verdict in verdicts]
        assert outcomes == [Outcome.ACCEPTED, Outcome.DEFERRED, Outcome.ACCEPTED]
        assert [mail.recipient for mail in sink.mails] == ["ada@b.test", "cy@b.test"]
        assert sink.commands[0] == "LHLO localhost"
        assert sink.connections == 1


def test_a_socket_of_this_machine_is_enough(tmp_path: Path) -> None:
    path = str(tmp_path / "lmtp")
    with Sink(is_lmtp=True, unix_path=path) as sink:
        transport = SmtpTransport(SmtpSettings(path, is_lmtp=True, timeouts=PATIENT))
        verdicts = send_all(transport, THREE)
        assert [verdict.text for verdict in verdicts] == ["250 2.0.0 Kept"] * 3
        assert len(sink.mails) == 3


def test_a_354_for_nobody_costs_the_connection_as_no_answer_would_follow_a_dot() -> None:
    rules = [
        Rule(Step.RCPT, "550 5.1.1 nobody", recipient="^bob@"),
        Rule(Step.DATA, "354 all the same"),
    ]
    with Sink(*rules, is_lmtp=True) as sink:
        verdicts = send_all(transport_to(sink), THREE)
        outcomes = [verdict.outcome for verdict in verdicts]
        assert outcomes == [Outcome.ACCEPTED, Outcome.FAILED, Outcome.ACCEPTED]
        assert sink.connections == 2


def test_a_server_that_speaks_smtp_only_is_unreachable() -> None:
    with Sink() as sink:
        verdict = send_now(transport_to(sink, is_lmtp=True), mail_to())
        assert (verdict.outcome, verdict.stage) == (Outcome.UNREACHABLE, Stage.CONNECT)
        assert not any(command.startswith("HELO") for command in sink.commands)


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    if not is_installed():
        if os.environ.get("CI"):
            pytest.fail(f"CI tests LMTP: {WAY_OUT}")
        pytest.skip(WAY_OUT)
    with dovecot() as running:
        yield running


@pytest.mark.slow
class TestDovecot:
    @pytest.mark.parametrize("way", ["port", "path"])
    def test_takes_mails_byte_for_byte(self, server: Dovecot, way: str) -> None:
        host = str(server.path) if way == "path" else "127.0.0.1"
        settings = SmtpSettings(host, server.port, is_lmtp=True, timeouts=PATIENT)
        mails = mails_to(*(f"{way}{number}" for number in range(5)))
        verdicts = send_all(SmtpTransport(settings), mails)
        assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
        for number, mail in enumerate(mails):
            [delivered] = server.mails_of(f"{way}{number}")
            assert delivered.replace(b"\r\n", b"\n").endswith(mail.message.replace(b"\r\n", b"\n"))

    def test_refuses_a_recipient_and_takes_the_next_mail(self, server: Dovecot) -> None:
        settings = SmtpSettings("127.0.0.1", server.port, is_lmtp=True, timeouts=PATIENT)
        mails = [mail_to("dee@b.test"), mail_to("not an address"), mail_to("a..b@"), mail_to()]
        verdicts = send_all(SmtpTransport(settings), mails)
        outcomes = [verdict.outcome for verdict in verdicts]
        assert (outcomes[0], outcomes[-1]) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
        assert set(outcomes[1:3]) == {Outcome.FAILED}
