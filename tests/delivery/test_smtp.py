"""One mail at a time: what a server does, and the verdict it leads to."""

import asyncio
import socket

import pytest

from digest.delivery.one_mail import send_now
from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp import SmtpSettings, SmtpTransport, Timeouts, Tls
from digest.delivery.transports import ArmedTooLongError
from digest.model.deliveries import Outcome, Stage, Verdict
from tests.delivery.lane import (
    BRIEF,
    MAIL,
    armed,
    mail_to,
    mails_to,
    nothing,
    send_all,
    still_armed,
    transport_to,
)

BIG = b"Subject: Papers\r\n\r\n" + b"x" * 70 * 1000 + b"\r\n"
CERTAINLY_NOT_ACCEPTED = {
    Outcome.DEFERRED,
    Outcome.FAILED,
    Outcome.THROTTLED,
    Outcome.UNREACHABLE,
}
ONE_BY_ONE = ("8BITMIME",)
WAYS = pytest.mark.parametrize("features", [("PIPELINING",), ONE_BY_ONE], ids=["ahead", "in turn"])


def test_a_mail_arrives_byte_for_byte_and_the_servers_words_are_kept() -> None:
    with Sink(Rule(Step.END, "250 2.0.0 queued as 4711")) as sink:
        assert send_now(transport_to(sink), mail_to()) == Verdict(
            Outcome.ACCEPTED, "250 2.0.0 queued as 4711", 250, "2.0.0", Stage.END
        )
        (mail,) = sink.mails
        assert (mail.sender, mail.recipient, mail.message) == ("digest@a.test", "ada@b.test", MAIL)


@pytest.mark.parametrize("message", [b".", b".\r\n", b"", b"\r\n.\r\n", b".a\r\n.b", BIG])
def test_dots_and_missing_line_ends_do_no_harm(message: bytes) -> None:
    with Sink() as sink:
        verdict = send_now(transport_to(sink), mail_to(message=message))
        assert verdict.outcome is Outcome.ACCEPTED
        has_end = not message or message.endswith(b"\r\n")
        assert sink.mails[0].message == message + b"\r\n" * (not has_end)


@WAYS
@pytest.mark.parametrize(
    ("rule", "outcome", "code", "enhanced"),
    [
        (Rule(Step.BANNER, "421 too busy"), Outcome.UNREACHABLE, 421, None),
        (Rule(Step.BANNER, "554 5.7.1 go away"), Outcome.UNREACHABLE, 554, "5.7.1"),
        (Rule(Step.BANNER, "HTTP/1.1 400 Bad"), Outcome.UNREACHABLE, None, None),
        (Rule(Step.BANNER, b"", drops=True), Outcome.UNREACHABLE, None, None),
        (Rule(Step.BANNER, b"", resets=True), Outcome.UNREACHABLE, None, None),
        (Rule(Step.BANNER, delay=1), Outcome.UNREACHABLE, None, None),
        (Rule(Step.EHLO, b"", drops=True), Outcome.UNREACHABLE, None, None),
        (Rule(Step.EHLO, "421 4.3.2 no"), Outcome.UNREACHABLE, 421, "4.3.2"),
        (Rule(Step.EHLO, delay=1), Outcome.UNREACHABLE, None, None),
        (Rule(Step.MAIL, "421 4.3.2 closing", drops=True), Outcome.THROTTLED, 421, "4.3.2"),
        (Rule(Step.MAIL, "450 4.3.2 later"), Outcome.DEFERRED, 450, "4.3.2"),
        (Rule(Step.MAIL, "451 4.7.1 throttled"), Outcome.THROTTLED, 451, "4.7.1"),
        (Rule(Step.MAIL, "530 5.7.0 log in"), Outcome.UNREACHABLE, 530, "5.7.0"),
        (Rule(Step.MAIL, "550 5.1.8 sender"), Outcome.UNREACHABLE, 550, "5.1.8"),
        (Rule(Step.MAIL, "552 5.3.4 too large"), Outcome.FAILED, 552, "5.3.4"),
        (Rule(Step.MAIL, b"", drops=True), Outcome.UNREACHABLE, None, None),
        (Rule(Step.MAIL, b"", resets=True), Outcome.UNREACHABLE, None, None),
        (Rule(Step.MAIL, delay=1), Outcome.UNREACHABLE, None, None),
        (Rule(Step.RCPT, "421 closing", drops=True), Outcome.THROTTLED, 421, None),
        (Rule(Step.RCPT, "450 4.2.0 greylisted"), Outcome.DEFERRED, 450, "4.2.0"),
        (Rule(Step.RCPT, "452 4.5.3 too many"), Outcome.DEFERRED, 452, "4.5.3"),
        (Rule(Step.RCPT, "552 5.5.3 too many"), Outcome.DEFERRED, 552, "5.5.3"),
        (Rule(Step.RCPT, "550 5.1.1 nobody"), Outcome.FAILED, 550, "5.1.1"),
        (Rule(Step.RCPT, "550 5.1.1 nobody", drops=True), Outcome.FAILED, 550, "5.1.1"),
        (Rule(Step.RCPT, b"", drops=True), Outcome.DEFERRED, None, None),
        (Rule(Step.RCPT, b"", resets=True), Outcome.DEFERRED, None, None),
        (Rule(Step.RCPT, delay=1), Outcome.DEFERRED, None, None),
        (Rule(Step.RCPT, "354 what"), Outcome.DEFERRED, None, None),
        (Rule(Step.DATA, "421 closing", drops=True), Outcome.THROTTLED, 421, None),
        (Rule(Step.DATA, "451 4.3.0 later"), Outcome.DEFERRED, 451, "4.3.0"),
        (Rule(Step.DATA, "554 5.5.1 no"), Outcome.FAILED, 554, "5.5.1"),
        (Rule(Step.DATA, "250 already"), Outcome.DEFERRED, None, None),
        (Rule(Step.DATA, b"", drops=True), Outcome.DEFERRED, None, None),
        (Rule(Step.DATA, b"", resets=True), Outcome.DEFERRED, None, None),
        (Rule(Step.DATA, delay=1), Outcome.DEFERRED, None, None),
        (Rule(Step.END, "421 4.3.2 closing", drops=True), Outcome.THROTTLED, 421, "4.3.2"),
        (Rule(Step.END, "452 4.3.1 disk full"), Outcome.DEFERRED, 452, "4.3.1"),
        (Rule(Step.END, "552 5.3.4 too large"), Outcome.FAILED, 552, "5.3.4"),
        (Rule(Step.END, "554-5.7.1 spam\r\n554 5.7.1 no"), Outcome.FAILED, 554, "5.7.1"),
    ],
    ids=lambda value: f"{value.step} {value.reply!r}" if isinstance(value, Rule) else "",
)
def test_before_an_answer_to_the_end_of_data_nothing_is_accepted_or_in_doubt(
    rule: Rule,
    outcome: Outcome,
    code: int | None,
    enhanced: str | None,
    features: tuple[str, ...],
) -> None:
    with Sink(rule, features=features) as sink:
        transport = transport_to(sink, **({"timeouts": BRIEF} if rule.delay else {}))
        verdict = send_now(transport, mail_to())
        assert (verdict.outcome, verdict.code, verdict.enhanced) == (outcome, code, enhanced)
        assert verdict.outcome in CERTAINLY_NOT_ACCEPTED
        assert sink.mails == []
        sink.play()
        assert send_now(transport, mail_to()).outcome is Outcome.ACCEPTED
        assert len(sink.mails) == 1


@WAYS
@pytest.mark.parametrize(
    "rule",
    [
        Rule(Step.END, b"", drops=True, accepts=True),
        Rule(Step.END, b"", resets=True, accepts=True),
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
        Rule(Step.END, pace=0.05),
        Rule(Step.END, b"", drops=True, accepts=False),
    ],
    ids=range(14),
)
def test_a_lost_or_garbled_answer_to_the_end_of_data_is_uncertain(
    rule: Rule, features: tuple[str, ...]
) -> None:
    with Sink(rule, features=features) as sink:
        late = rule.delay or rule.pace
        transport = transport_to(sink, **({"timeouts": BRIEF} if late else {}))
        verdicts = send_all(transport, mails_to("ada"))
        assert [verdict.outcome for verdict in verdicts] == [Outcome.UNCERTAIN]
        kept = len(sink.mails)
        sink.play()
        # The late or garbled answer is not taken for the next mail's: the connection is gone.
        assert send_now(transport, mail_to("bob@b.test")).outcome is Outcome.ACCEPTED
        assert sink.connections == 2
        assert [mail.recipient for mail in sink.mails[kept:]] == ["bob@b.test"]


def test_answers_that_come_byte_by_byte_are_the_same_answers() -> None:
    rules = [Rule(step, pace=0.0002) for step in Step if step is not Step.BODY]
    with Sink(*rules) as sink:
        verdicts = send_all(transport_to(sink), mails_to("ada", "bob"))
        assert [verdict.text for verdict in verdicts] == ["250 2.0.0 Kept"] * 2


def test_a_line_that_breaks_within_the_body_is_certainly_not_accepted() -> None:
    with Sink(Rule(Step.BODY, b"", drops=True)) as sink:
        verdict = send_now(transport_to(sink), mail_to(message=BIG * 50))
        assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.BODY)
        assert sink.mails == []


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("250 2.0.0 queued, or so it says", Outcome.DEFERRED),
        ("what?", Outcome.DEFERRED),
        ("421 4.3.2 closing", Outcome.THROTTLED),
        ("552 5.3.4 too large", Outcome.FAILED),
    ],
)
def test_a_server_that_answers_within_the_body_gets_no_end_of_data(
    said: str, outcome: Outcome
) -> None:
    with Sink(Rule(Step.BODY, said, rate=10_000), narrow=True) as sink:
        verdict = send_now(transport_to(sink), mail_to(message=BIG * 50))
        assert (verdict.outcome, verdict.stage) == (outcome, Stage.BODY)
        assert sink.mails == []


def test_an_answer_that_comes_just_before_the_end_of_data_leaves_no_doubt() -> None:
    # While the mail waits to be armed the server says yes to what it has not got.
    reached = asyncio.Event()

    async def arm_late() -> bool:
        await asyncio.wait_for(reached.wait(), 5)
        return True

    async def send(sink: Sink) -> Verdict:
        loop = asyncio.get_running_loop()
        said_too_much = Rule(
            Step.DATA,
            b"354 go on\r\n250 2.0.0 queued, or so it says\r\n",
            then=lambda: loop.call_soon_threadsafe(reached.set),
        )
        sink.play(said_too_much)
        connection = await transport_to(sink).connect()
        verdict = await connection.send(mail_to(), arm_late, still_armed, nothing)
        assert not connection.is_usable
        return verdict

    with Sink() as sink:
        verdict = asyncio.run(send(sink))
        assert verdict.outcome is Outcome.DEFERRED
        assert "spoke out of turn" in verdict.text
        assert sink.mails == []


def test_an_answer_too_many_is_not_taken_for_the_next_mails() -> None:
    with Sink(
        Rule(Step.END, b"250 2.0.0 ok\r\n250 2.0.0 again\r\n", times=1),
        Rule(Step.RCPT, "550 5.1.1 nobody", recipient="^bob@"),
    ) as sink:
        verdicts = send_all(transport_to(sink), mails_to("ada", "bob"), chains=False)
        outcomes = [verdict.outcome for verdict in verdicts]
        assert outcomes == [Outcome.ACCEPTED, Outcome.FAILED]
        assert sink.connections == 2


@WAYS
@pytest.mark.parametrize("step", [Step.BANNER, Step.EHLO, Step.MAIL, Step.RCPT, Step.DATA])
def test_an_answer_too_many_at_any_step_never_makes_a_mail_accepted(
    step: Step, features: tuple[str, ...]
) -> None:
    code = {"BANNER": b"220", "DATA": b"354"}.get(step, b"250")
    rule = Rule(step, code + b" yes\r\n250 2.0.0 yes\r\n")
    with Sink(rule, Rule(Step.END, "554 no"), features=features) as sink:
        verdict = send_now(transport_to(sink), mail_to())
        assert verdict.outcome in {Outcome.DEFERRED, Outcome.UNREACHABLE}
        assert sink.mails == []


def test_answers_of_many_lines_are_one_answer() -> None:
    with Sink(
        Rule(Step.BANNER, "220-hello\r\n220-be nice\r\n220"),
        Rule(Step.RCPT, "250-yes\r\n250-really\r\n250 2.1.5 " + "x" * 4000),
        Rule(Step.END, "250-one\r\n250 two"),
    ) as sink:
        verdict = send_now(transport_to(sink), mail_to())
        assert (verdict.outcome, verdict.text) == (Outcome.ACCEPTED, "250 one two")


def test_a_server_without_ehlo_is_greeted_with_helo_and_offers_nothing() -> None:
    with Sink(Rule(Step.EHLO, "502 5.5.1 what")) as sink:
        assert send_now(transport_to(sink), mail_to()).outcome is Outcome.ACCEPTED
        assert sink.commands[:3] == [
            "EHLO localhost",
            "HELO localhost",
            "MAIL FROM:<digest@a.test>",
        ]


def test_a_mail_that_is_too_large_for_the_server_is_not_offered_to_it() -> None:
    with Sink(max_size=1000) as sink:
        mails = [mail_to(message=BIG), mail_to("bob@b.test")]
        large, small = send_all(transport_to(sink), mails)
        assert (large.outcome, large.enhanced) == (Outcome.FAILED, "5.3.4")
        assert small.outcome is Outcome.ACCEPTED
        assert sink.connections == 1


def test_international_addresses_are_spoken_where_the_server_knows_them() -> None:
    mails = [mail_to("ada@bücher.example"), mail_to("ада@b.test")]
    with Sink(features=("SMTPUTF8",)) as sink:
        outcomes = [verdict.outcome for verdict in send_all(transport_to(sink), mails)]
        assert outcomes == [Outcome.ACCEPTED, Outcome.ACCEPTED]
        recipients = [mail.recipient for mail in sink.mails]
        assert recipients == ["ada@xn--bcher-kva.example", "ада@b.test"]


def test_nobody_listening_is_unreachable() -> None:
    with Sink() as sink:
        sink.refuse()
        verdict = send_now(transport_to(sink), mail_to())
        assert (verdict.outcome, verdict.stage) == (Outcome.UNREACHABLE, Stage.CONNECT)
        assert "refused" in verdict.text
        sink.listen_again()
        assert send_now(transport_to(sink), mail_to()).outcome is Outcome.ACCEPTED


def test_a_server_that_takes_no_connection_is_given_up_in_time() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        with socket.create_connection(deaf.getsockname()):
            host, port = deaf.getsockname()
            settings = SmtpSettings(host, port, timeouts=Timeouts(connect=0.1))
            verdict = send_now(SmtpTransport(settings), mail_to())
    assert verdict.outcome is Outcome.UNREACHABLE
    assert "no connection within 0.1 s" in verdict.text


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 70 + ".test", "/no/such"])
def test_a_host_that_cannot_be_found_is_unreachable(host: str) -> None:
    verdict = send_now(SmtpTransport(SmtpSettings(host, 25)), mail_to())
    assert verdict.outcome is Outcome.UNREACHABLE


class TestArming:
    @WAYS
    def test_a_mail_is_asked_about_when_the_server_waits_for_it_and_not_before(
        self, features: tuple[str, ...]
    ) -> None:
        said_until_then: list[str] = []

        async def send(sink: Sink) -> Verdict:
            async def arm() -> bool:
                said_until_then.extend(sink.commands)
                return False

            connection = await transport_to(sink).connect()
            verdict = await connection.send(mail_to(), arm, still_armed, nothing)
            assert not connection.is_usable
            await connection.close()
            return verdict

        with Sink(features=features) as sink:
            verdict = asyncio.run(send(sink))
            assert (verdict.outcome, verdict.stage) == (Outcome.WITHDRAWN, Stage.DATA)
            assert said_until_then[-1] == "DATA"
            assert sink.mails == []

    @pytest.mark.parametrize("asked", ["arm", "still armed"])
    def test_what_is_raised_instead_of_a_permission_flies_out_and_nothing_is_sent(
        self, asked: str
    ) -> None:
        def check() -> None:
            if asked == "still armed":
                raise ArmedTooLongError

        async def arm() -> bool:
            if asked == "arm":
                raise ArmedTooLongError
            return True

        async def send(sink: Sink) -> None:
            connection = await transport_to(sink).connect()
            with pytest.raises(ArmedTooLongError):
                await connection.send(mail_to(), arm, check, nothing)
            assert not connection.is_usable

        with Sink() as sink:
            asyncio.run(send(sink))
            assert send_now(transport_to(sink), mail_to("bob@b.test")).outcome is Outcome.ACCEPTED
            assert [mail.recipient for mail in sink.mails] == ["bob@b.test"]

    def test_a_permission_that_grows_old_while_the_server_dawdles_is_not_used(self) -> None:
        asked = 0

        def still_armed_at_first() -> None:
            nonlocal asked
            asked += 1
            if asked > 1:
                raise ArmedTooLongError

        async def send(sink: Sink) -> None:
            connection = await transport_to(sink).connect()
            mail = mail_to(message=BIG * 300)  # more than any system takes at once
            with pytest.raises(ArmedTooLongError):
                await connection.send(mail, armed, still_armed_at_first, nothing)

        with Sink(narrow=True, max_size=10**8) as sink:
            asyncio.run(send(sink))
            assert asked == 2
            assert sink.mails == []

    def test_a_refused_mail_is_not_asked_about(self) -> None:
        async def never() -> bool:
            pytest.fail("asked about a mail that was refused")

        async def send(sink: Sink) -> Verdict:
            connection = await transport_to(sink).connect()
            verdict = await connection.send(mail_to(), never, still_armed, nothing)
            await connection.close()
            return verdict

        with Sink(Rule(Step.RCPT, "550 5.1.1 nobody")) as sink:
            assert asyncio.run(send(sink)).outcome is Outcome.FAILED

    def test_a_line_that_breaks_while_the_mail_is_armed_leaves_no_doubt(self) -> None:
        async def send(sink: Sink) -> Verdict:
            async def arm() -> bool:
                await asyncio.to_thread(sink.refuse)
                return True

            connection = await transport_to(sink).connect()
            return await connection.send(mail_to(), arm, still_armed, nothing)

        with Sink() as sink:
            verdict = asyncio.run(send(sink))
            assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.BODY)
            assert sink.mails == []


def test_an_interrupt_in_a_mail_leaves_no_half_used_connection() -> None:
    async def send(sink: Sink) -> None:
        connection = await transport_to(sink).connect()
        waits = asyncio.Event()

        async def arm_never() -> bool:
            waits.set()
            await asyncio.Event().wait()
            return True

        sending = asyncio.create_task(connection.send(mail_to(), arm_never, still_armed, nothing))
        await waits.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert not connection.is_usable

    with Sink() as sink:
        asyncio.run(send(sink))
        assert sink.mails == []


def test_closing_says_goodbye_and_may_be_done_twice() -> None:
    async def close_twice(sink: Sink) -> None:
        connection = await transport_to(sink).connect()
        await connection.close()
        await connection.close()
        assert not connection.is_usable

    with Sink() as sink:
        asyncio.run(close_twice(sink))
        assert sink.commands[-1] == "QUIT"


def test_a_server_that_drops_instead_of_saying_goodbye_has_accepted_all_the_same() -> None:
    with Sink(Rule(Step.QUIT, b"", resets=True)) as sink:
        assert send_now(transport_to(sink), mail_to()).outcome is Outcome.ACCEPTED


def test_a_password_is_not_shown() -> None:
    settings = SmtpSettings("mail.test", password="secret")  # noqa: S106 - nobody's
    assert "secret" not in repr(settings)


def test_a_transport_is_called_by_its_server_unless_it_has_a_name() -> None:
    assert SmtpTransport(SmtpSettings("mail.test", 587)).name == "mail.test:587"
    assert SmtpTransport(SmtpSettings("/run/lmtp", is_lmtp=True)).name == "/run/lmtp"
    assert SmtpTransport(SmtpSettings("mail.test", name="relay")).name == "relay"


def test_the_end_of_data_is_waited_for_as_long_as_the_standard_says() -> None:
    timeouts = Timeouts()
    assert (timeouts.connect, timeouts.command, timeouts.data) == (30, 300, 120)
    assert (timeouts.progress, timeouts.end) == (180, 600)
    assert Tls.OPPORTUNISTIC is SmtpSettings("mail.test").tls
