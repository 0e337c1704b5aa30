import socket
import time
from collections.abc import Callable, Iterator

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import SmtpSettings, SmtpTransport
from digest.delivery.smtp_line import Line, Timeouts
from digest.model.deliveries import Outcome, Verdict

MAIL = b"Subject: Papers\r\n\r\n.hidden\r\n..\r\n.\r\nend\r\n"
BIG = b"Subject: Papers\r\n\r\n" + b"x" * 70 * 1000 + b"\r\n"
PATIENT = Timeouts().scaled(0.02)
BRIEF = Timeouts(connect=1, command=0.15, data=0.15, progress=0.2, end=0.15)
CERTAINLY_NOT_ACCEPTED = {Outcome.DEFERRED, Outcome.FAILED, Outcome.UNREACHABLE}

Connect = Callable[..., SmtpTransport]


@pytest.fixture
def connect() -> Iterator[Connect]:
    transports = []

    def connected(sink: Sink, **settings: object) -> SmtpTransport:
        given = {"timeouts": PATIENT} | settings
        transports.append(SmtpTransport(SmtpSettings(sink.host, sink.port, **given)))  # type: ignore[arg-type]
        return transports[-1]

    yield connected
    for transport in transports:
        transport.close()


def send(transport: SmtpTransport, recipient: str = "ada@b.test", message: bytes = MAIL) -> Verdict:
    return transport.send("digest@a.test", recipient, message, "k1")


def test_a_mail_arrives_byte_for_byte_and_the_servers_words_are_kept(connect: Connect) -> None:
    with Sink(Rule(Step.END, "250 2.0.0 queued as 4711")) as sink:
        verdict = send(connect(sink))
        assert verdict == Verdict(Outcome.ACCEPTED, "250 2.0.0 queued as 4711", 250, "2.0.0")
        (mail,) = sink.mails
        assert (mail.sender, mail.recipient, mail.message) == ("digest@a.test", "ada@b.test", MAIL)


@pytest.mark.parametrize("message", [b".", b".\r\n", b"", b"\r\n.\r\n", b".a\r\n.b", BIG])
def test_dots_and_missing_line_ends_do_no_harm(connect: Connect, message: bytes) -> None:
    with Sink() as sink:
        assert send(connect(sink), message=message).outcome is Outcome.ACCEPTED
        assert sink.mails[0].message == message + b"\r\n" * (not message.endswith(b"\r\n"))


@pytest.mark.parametrize(
    ("rule", "outcome", "code", "enhanced"),
    [
        (Rule(Step.BANNER, "421 too busy"), Outcome.UNREACHABLE, 421, None),
        (Rule(Step.BANNER, "554 5.7.1 go away"), Outcome.UNREACHABLE, 554, "5.7.1"),
        (Rule(Step.BANNER, "HTTP/1.1 400 Bad"), Outcome.UNREACHABLE, None, None),
        (Rule(Step.BANNER, b"", drops=True), Outcome.UNREACHABLE, None, None),
        (Rule(Step.BANNER, delay=1), Outcome.UNREACHABLE, None, None),
        (Rule(Step.EHLO, b"", drops=True), Outcome.UNREACHABLE, None, None),
        (Rule(Step.EHLO, delay=1), Outcome.UNREACHABLE, None, None),
        (Rule(Step.MAIL, "421 4.3.2 closing", drops=True), Outcome.UNREACHABLE, 421, "4.3.2"),
        (Rule(Step.MAIL, "450 4.3.2 later"), Outcome.DEFERRED, 450, "4.3.2"),
        (Rule(Step.MAIL, "451 4.7.1 throttled"), Outcome.UNREACHABLE, 451, "4.7.1"),
        (Rule(Step.MAIL, "530 5.7.0 log in"), Outcome.UNREACHABLE, 530, "5.7.0"),
        (Rule(Step.MAIL, "550 5.1.8 sender"), Outcome.FAILED, 550, "5.1.8"),
        (Rule(Step.MAIL, b"", drops=True), Outcome.UNREACHABLE, None, None),
        (Rule(Step.MAIL, delay=1), Outcome.UNREACHABLE, None, None),
        (Rule(Step.RCPT, "421 closing", drops=True), Outcome.UNREACHABLE, 421, None),
        (Rule(Step.RCPT, "450 4.2.0 greylisted"), Outcome.DEFERRED, 450, "4.2.0"),
        (Rule(Step.RCPT, "452 4.5.3 too many"), Outcome.DEFERRED, 452, "4.5.3"),
        (Rule(Step.RCPT, "552 5.5.3 too many"), Outcome.DEFERRED, 552, "5.5.3"),
        (Rule(Step.RCPT, "550 5.1.1 nobody"), Outcome.FAILED, 550, "5.1.1"),
        (Rule(Step.RCPT, b"", drops=True), Outcome.DEFERRED, None, None),
        (Rule(Step.RCPT, delay=1), Outcome.DEFERRED, None, None),
        (Rule(Step.RCPT, "354 what"), Outcome.DEFERRED, None, None),
        (Rule(Step.DATA, "421 closing", drops=True), Outcome.UNREACHABLE, 421, None),
        (Rule(Step.DATA, "451 4.3.0 later"), Outcome.DEFERRED, 451, "4.3.0"),
        (Rule(Step.DATA, "554 5.5.1 no"), Outcome.FAILED, 554, "5.5.1"),
        (Rule(Step.DATA, "250 already"), Outcome.DEFERRED, None, None),
        (Rule(Step.DATA, b"", drops=True), Outcome.DEFERRED, None, None),
        (Rule(Step.DATA, delay=1), Outcome.DEFERRED, None, None),
        (Rule(Step.END, "421 4.3.2 closing", drops=True), Outcome.UNREACHABLE, 421, "4.3.2"),
        (Rule(Step.END, "452 4.3.1 disk full"), Outcome.DEFERRED, 452, "4.3.1"),
        (Rule(Step.END, "552 5.3.4 too large"), Outcome.FAILED, 552, "5.3.4"),
        (Rule(Step.END, "554-5.7.1 spam\r\n554 5.7.1 no"), Outcome.FAILED, 554, "5.7.1"),
    ],
    ids=lambda value: f"{value.step} {value.reply!r}" if isinstance(value, Rule) else "",
)
def test_before_an_answer_to_the_end_of_data_nothing_is_accepted_or_in_doubt(
    connect: Connect, rule: Rule, outcome: Outcome, code: int | None, enhanced: str | None
) -> None:
    with Sink(rule) as sink:
        transport = connect(sink, timeouts=BRIEF if rule.delay else PATIENT)
        verdict = send(transport)
        assert (verdict.outcome, verdict.code, verdict.enhanced) == (outcome, code, enhanced)
        assert verdict.outcome in CERTAINLY_NOT_ACCEPTED
        assert sink.mails == []
        sink.play()
        assert send(transport).outcome is Outcome.ACCEPTED
        assert len(sink.mails) == 1


@pytest.mark.parametrize(
    "rule",
    [
        Rule(Step.END, b"", drops=True, accepts=True),
        Rule(Step.END, b"25", drops=True, accepts=True),
        Rule(Step.END, b"250-first\r\n", drops=True, accepts=True),
        Rule(Step.END, b"250-first\r\n451 second\r\n", accepts=True),
        Rule(Step.END, "what?", accepts=True),
        Rule(Step.END, b"250 o\0k\r\n", accepts=True),
        Rule(Step.END, "354 go on", accepts=True),
        Rule(Step.END, "999 fine", accepts=True),
        Rule(Step.END, b"250-" + b"x" * 100_000, accepts=True),
        Rule(Step.END, b"250-more\r\n" * 5000, accepts=True),
        Rule(Step.END, delay=1),
        Rule(Step.END, b"", drops=True, accepts=False),
    ],
    ids=range(12),
)
def test_a_lost_or_garbled_answer_to_the_end_of_data_is_uncertain(
    connect: Connect, rule: Rule
) -> None:
    with Sink(rule) as sink:
        transport = connect(sink, timeouts=BRIEF if rule.delay else PATIENT)
        assert send(transport).outcome is Outcome.UNCERTAIN
        kept = len(sink.mails)
        sink.play()
        # The late or garbled answer is not taken for the next mail's: the connection is gone.
        assert send(transport, "bob@b.test").outcome is Outcome.ACCEPTED
        assert sink.connections == 2
        assert [mail.recipient for mail in sink.mails[kept:]] == ["bob@b.test"]


def test_a_line_that_breaks_within_the_body_is_certainly_not_accepted(connect: Connect) -> None:
    with Sink(Rule(Step.BODY, b"", drops=True)) as sink:
        verdict = send(connect(sink), message=BIG * 50)
        assert verdict.outcome is Outcome.DEFERRED
        assert sink.mails == []


def test_a_server_that_answers_within_the_body_gets_no_end_of_data(connect: Connect) -> None:
    with Sink(Rule(Step.BODY, "250 2.0.0 queued, or so it says")) as sink:
        verdict = send(connect(sink), message=BIG * 50)
        assert verdict.outcome is Outcome.DEFERRED
        assert sink.mails == []


def test_an_answer_that_comes_just_before_the_end_of_data_leaves_no_doubt(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send_body_and_wait(line: Line, message: bytes) -> None:
        send_body(line, message)
        deadline = time.monotonic() + 5
        while line.is_silent() and time.monotonic() < deadline:
            time.sleep(0.001)

    send_body = Line.send_body
    monkeypatch.setattr(Line, "send_body", send_body_and_wait)
    with Sink(Rule(Step.BODY, "250 2.0.0 queued, or so it says")) as sink:
        verdict = send(connect(sink))
        assert verdict.outcome is Outcome.DEFERRED
        assert "spoke out of turn" in verdict.text
        assert sink.mails == []


def test_an_answer_too_many_is_not_taken_for_the_next_mails(connect: Connect) -> None:
    with Sink(Rule(Step.END, b"250 2.0.0 ok\r\n250 2.0.0 again\r\n", times=1)) as sink:
        transport = connect(sink)
        assert send(transport).outcome is Outcome.ACCEPTED
        sink.play(Rule(Step.RCPT, "550 5.1.1 nobody"))
        assert send(transport).outcome is Outcome.FAILED
        assert sink.connections == 2


@pytest.mark.parametrize("step", [Step.BANNER, Step.EHLO, Step.MAIL, Step.RCPT, Step.DATA])
def test_an_answer_too_many_at_any_step_never_makes_a_mail_accepted(
    connect: Connect, step: Step
) -> None:
    code = {"BANNER": b"220", "DATA": b"354"}.get(step, b"250")
    with Sink(Rule(step, code + b" yes\r\n250 2.0.0 yes\r\n"), Rule(Step.END, "554 no")) as sink:
        assert send(connect(sink)).outcome in {Outcome.DEFERRED, Outcome.UNREACHABLE}
        assert sink.mails == []


def test_answers_of_many_lines_are_one_answer(connect: Connect) -> None:
    with Sink(
        Rule(Step.BANNER, "220-hello\r\n220-be nice\r\n220"),
        Rule(Step.RCPT, "250-yes\r\n250-really\r\n250 2.1.5 " + "x" * 4000),
        Rule(Step.END, "250-one\r\n250 two"),
    ) as sink:
        verdict = send(connect(sink))
        assert (verdict.outcome, verdict.text) == (Outcome.ACCEPTED, "250 one two")


def test_a_server_without_ehlo_is_greeted_with_helo(connect: Connect) -> None:
    with Sink(Rule(Step.EHLO, "502 5.5.1 what")) as sink:
        assert send(connect(sink)).outcome is Outcome.ACCEPTED
        assert sink.commands[:2] == ["ehlo localhost", "helo localhost"]


def test_a_refusal_keeps_the_connection_for_the_next_mail(connect: Connect) -> None:
    with Sink(Rule(Step.RCPT, "550 5.1.1 nobody", recipient="^bob@")) as sink:
        transport = connect(sink)
        outcomes = [send(transport, f"{name}@b.test").outcome for name in ("ada", "bob", "cy")]
        assert outcomes == [Outcome.ACCEPTED, Outcome.FAILED, Outcome.ACCEPTED]
        assert [mail.recipient for mail in sink.mails] == ["ada@b.test", "cy@b.test"]
        assert sink.connections == 1


def test_a_connection_is_renewed_after_so_many_mails(connect: Connect) -> None:
    with Sink() as sink:
        transport = connect(sink, mails_per_connection=3)
        for _ in range(7):
            send(transport)
        assert (len(sink.mails), sink.connections) == (7, 3)
        assert sink.commands.count("QUIT") == 2


def test_a_connection_is_renewed_after_so_many_seconds(connect: Connect) -> None:
    with Sink() as sink:
        transport = connect(sink, seconds_per_connection=0)
        send(transport)
        send(transport)
        assert sink.connections == 2


@pytest.mark.parametrize(
    "rule",
    [
        Rule(Step.END, drops=True),
        Rule(Step.MAIL, "421 4.4.2 idle for too long", times=1, drops=True),
    ],
)
def test_a_server_that_hung_up_between_two_mails_is_called_again(
    connect: Connect, rule: Rule
) -> None:
    with Sink() as sink:
        transport = connect(sink)
        if rule.step is Step.END:
            sink.play(rule)
        assert send(transport).outcome is Outcome.ACCEPTED
        sink.play() if rule.step is Step.END else sink.play(rule)
        assert send(transport).outcome is Outcome.ACCEPTED
        assert (len(sink.mails), sink.connections) == (2, 2)


def test_a_server_that_throttles_is_not_called_again_at_once(connect: Connect) -> None:
    with Sink() as sink:
        transport = connect(sink)
        send(transport)
        sink.play(Rule(Step.END, "421 4.7.0 slow down", drops=True))
        assert send(transport).outcome is Outcome.UNREACHABLE
        assert sink.connections == 1


def test_a_reset_that_is_refused_means_a_new_connection(connect: Connect) -> None:
    with Sink(Rule(Step.RCPT, "451 later", times=1), Rule(Step.RSET, "500 what")) as sink:
        transport = connect(sink)
        assert send(transport).outcome is Outcome.DEFERRED
        assert send(transport).outcome is Outcome.ACCEPTED
        assert sink.connections == 2


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    verdict = send(SmtpTransport(SmtpSettings("127.0.0.1", port)))
    assert verdict.outcome is Outcome.UNREACHABLE
    assert "refused" in verdict.text


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70 + ".test"])
def test_a_host_that_cannot_be_found_is_unreachable(host: str) -> None:
    assert send(SmtpTransport(SmtpSettings(host, 25))).outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize(
    ("recipient", "message"),
    [
        ("ada@b.test>\r\nRCPT TO:<eve@b.test", MAIL),
        ("ada@b.test> SIZE=1 <", MAIL),
        ("ада@b.test", MAIL),
        ("ada@b.test", b"bare\nline end\r\n"),
        ("ada@b.test", b"smuggled\n.\r\nMAIL FROM:<eve@a.test>\r\n"),
        ("ada@b.test", b"bare\rline end\r\n"),
        ("ada@b.test", "8-bit é\r\n".encode()),
    ],
)
def test_what_smtp_cannot_carry_fails_without_a_word_to_the_server(
    connect: Connect, recipient: str, message: bytes
) -> None:
    with Sink() as sink:
        assert send(connect(sink), recipient, message).outcome is Outcome.FAILED
        assert sink.connections == 0


def test_an_international_domain_is_spoken_in_ascii(connect: Connect) -> None:
    with Sink() as sink:
        assert send(connect(sink), "ada@bücher.example").outcome is Outcome.ACCEPTED
        assert sink.mails[0].recipient == "ada@xn--bcher-kva.example"


def test_an_interrupt_in_a_mail_leaves_no_half_used_connection(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with Sink() as sink:
        transport = connect(sink)
        send(transport)
        with monkeypatch.context() as patch:
            patch.setattr("digest.delivery.smtp_line.Line.send_body", interrupted)
            with pytest.raises(KeyboardInterrupt):
                send(transport)
        assert send(transport).outcome is Outcome.ACCEPTED
        assert (len(sink.mails), sink.connections) == (2, 2)


def test_closing_says_goodbye_and_may_be_done_twice(connect: Connect) -> None:
    with Sink() as sink:
        transport = connect(sink)
        send(transport)
        transport.close()
        transport.close()
        assert sink.commands[-1] == "QUIT"
        assert send(transport).outcome is Outcome.ACCEPTED


def test_a_password_is_not_shown() -> None:
    settings = SmtpSettings("mail.test", password="secret")  # noqa: S106 - nobody's
    assert "secret" not in repr(settings)


def test_the_end_of_data_is_waited_for_as_long_as_the_standard_says() -> None:
    assert Timeouts() == Timeouts(connect=30, command=300, data=120, progress=180, end=600)
    assert Timeouts().scaled(0.01).end == 6
