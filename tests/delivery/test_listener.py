"""The listener takes in what is for us, answers yes only to what is kept, and says no to the rest."""

import smtplib
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest

from digest.delivery import listener as module
from digest.delivery.intake import open_intake
from digest.delivery.intakes import IntakeError, Taken
from digest.delivery.listener import MAX_SIZE, ReturnsListener
from digest.delivery.verp import Returns
from digest.tokens import Tokens
from tests.delivery import returned_mail as came

RETURNS = Returns("return@digest.example.org", Tokens(["a secret"]))
OURS = RETURNS.bounce_address(7)
NOBODY = "return+b-7-00000000000000000000@digest.example.org"


class Desk:
    """Keeps what it gets, or raises what it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[list[str], bytes]] = []
        self.problem: Exception | None = None
        self.before: Callable[[], None] = lambda: None

    def take(self, recipients: Sequence[str], message: bytes) -> Taken:
        self.before()
        if self.problem:
            raise self.problem
        self.taken.append((list(recipients), message))
        return Taken.BOUNCED


@pytest.fixture
def desk() -> Desk:
    return Desk()


@contextmanager
def listening(desk: Desk, scheme: str = "smtp") -> Iterator[ReturnsListener]:
    intake = open_intake(f"{scheme}://127.0.0.1:0", RETURNS, desk.take)
    assert isinstance(intake, ReturnsListener)
    try:
        yield intake
    finally:
        intake.close()


@contextmanager
def connected(intake: ReturnsListener) -> Iterator[smtplib.SMTP]:
    client = smtplib.LMTP if intake.name.startswith("lmtp") else smtplib.SMTP
    with client(intake.host, intake.port, local_hostname="mx.example.net") as server:
        yield server


@pytest.mark.parametrize("scheme", ["smtp", "lmtp"])
def test_a_report_with_the_null_sender_is_taken_in(desk: Desk, scheme: str) -> None:
    with listening(desk, scheme) as intake, connected(intake) as server:
        server.sendmail("", [OURS], came.postfix())
        server.sendmail("", [OURS], came.exim())

    assert desk.taken == [([OURS], came.postfix()), ([OURS], came.exim())]
    assert intake.collect() == 2
    assert intake.collect() == 0


@pytest.mark.parametrize("scheme", ["smtp", "lmtp"])
def test_an_address_that_does_not_verify_is_refused_before_the_mail(
    desk: Desk, scheme: str
) -> None:
    with listening(desk, scheme) as intake, connected(intake) as server:
        for address in (NOBODY, "postmaster@digest.example.org", "x"):
            with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
                server.sendmail("", [address], came.postfix())
            assert refused.value.recipients[address][0] == 550

    assert desk.taken == []


def test_the_bare_address_takes_complaints(desk: Desk) -> None:
    with listening(desk) as intake, connected(intake) as server:
        server.sendmail("feedback@provider.example", [RETURNS.return_to], came.complaint())

    assert [recipients for recipients, _ in desk.taken] == [[RETURNS.return_to]]


def test_a_mail_that_cannot_be_kept_now_is_asked_for_again(desk: Desk) -> None:
    desk.problem = ConnectionError("the database is away: secret details")
    with listening(desk, "lmtp") as intake, connected(intake) as server:
        with pytest.raises(smtplib.SMTPDataError) as later:
            server.sendmail("", [OURS], came.postfix())
        desk.problem = None
        server.sendmail("", [OURS], came.postfix())

    assert later.value.smtp_code == 451
    assert b"secret" not in later.value.smtp_error
    assert len(desk.taken) == 1
    assert intake.collect() == 1


def test_the_answer_comes_after_the_mail_is_kept(desk: Desk) -> None:
    may_end, answered = threading.Event(), threading.Event()
    desk.before = lambda: None if may_end.wait(10) else pytest.fail("nobody let it end")

    def send(intake: ReturnsListener) -> None:
        with connected(intake) as server:
            server.sendmail("", [OURS], came.postfix())
        answered.set()

    with listening(desk) as intake:
        sender = threading.Thread(target=send, args=(intake,))
        sender.start()
        with connected(intake) as another:  # the listener is not held up meanwhile
            assert another.noop()[0] == 250
        assert not answered.is_set()
        may_end.set()
        sender.join(10)

    assert answered.is_set()


def test_one_recipient_at_a_time(desk: Desk) -> None:
    second = RETURNS.leave_address(1, 1)
    with listening(desk, "lmtp") as intake, connected(intake) as server:
        refused = server.sendmail("", [OURS, second], came.postfix())

    assert refused[second][0] == 452
    assert [recipients for recipients, _ in desk.taken] == [[OURS]]


def test_a_mail_of_megabytes_is_refused_and_the_next_is_not(desk: Desk) -> None:
    huge = came.postfix() + b"Hello again.\r\n" * 150_000
    with listening(desk) as intake, connected(intake) as server:
        server.ehlo()
        assert int(server.esmtp_features["size"]) == MAX_SIZE
        server.mail("<>")
        server.rcpt(OURS)
        code, _ = server.data(huge)
        assert code == 552
        server.sendmail("", [OURS], came.postfix())

    assert len(desk.taken) == 1


def test_a_line_longer_than_a_mail_may_have_is_taken(desk: Desk) -> None:
    quoted = came.postfix() + b"x" * 20_000 + b"\r\n"
    with listening(desk) as intake, connected(intake) as server:
        server.sendmail("", [OURS], quoted)

    assert desk.taken == [([OURS], quoted)]


def test_only_a_dot_between_two_line_ends_ends_a_mail(desk: Desk) -> None:
    smuggled = b"Subject: x\r\n\r\n\n.\nMAIL FROM:<>\r\n.\r\n"
    with listening(desk) as intake, socket.create_connection((intake.host, intake.port)) as line:
        file = line.makefile("rb")
        file.readline()
        for command in (b"HELO mx", b"MAIL FROM:<>", b"RCPT TO:<" + OURS.encode() + b">", b"DATA"):
            line.sendall(command + b"\r\n")
            assert file.readline()[:1] in b"23"
        line.sendall(smuggled)
        assert file.readline().startswith(b"250")
        file.close()

    assert [message for _, message in desk.taken] == [b"Subject: x\r\n\r\n\n.\nMAIL FROM:<>\r\n"]


def test_too_many_connections_are_sent_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CONNECTIONS", 2)
    with listening(desk) as intake:
        with connected(intake) as one, connected(intake) as two:
            one.noop()
            two.noop()
            with pytest.raises(smtplib.SMTPConnectError) as refused, connected(intake):
                pass
            assert refused.value.smtp_code == 421
        until_let_in(intake)


def until_let_in(intake: ReturnsListener) -> None:
    for _ in range(1000):  # the server may hear of a farewell after the next greeting
        with suppress(smtplib.SMTPConnectError), connected(intake) as server:
            server.noop()
            return
    pytest.fail("not let in")


def test_a_port_in_use_is_told(desk: Desk) -> None:
    with (
        listening(desk) as intake,
        pytest.raises(IntakeError, match=f"smtp://127.0.0.1:{intake.port} cannot be opened"),
    ):
        open_intake(f"smtp://127.0.0.1:{intake.port}", RETURNS, desk.take)


def test_closing_finishes_what_is_being_taken_in(desk: Desk) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        may_end.wait(10)

    desk.before = wait
    intake = open_intake("smtp://127.0.0.1:0", RETURNS, desk.take)
    assert isinstance(intake, ReturnsListener)
    with socket.create_connection((intake.host, intake.port)) as line:
        for command in (b"HELO mx", b"MAIL FROM:<>", b"RCPT TO:<" + OURS.encode() + b">", b"DATA"):
            line.recv(1000)
            line.sendall(command + b"\r\n")
        line.recv(1000)
        line.sendall(b"Subject: x\r\n\r\n.\r\n")
        begun.wait(10)
        closing = threading.Thread(target=intake.close)
        closing.start()
        may_end.set()
        closing.join(10)

    assert len(desk.taken) == 1
    intake.close()
