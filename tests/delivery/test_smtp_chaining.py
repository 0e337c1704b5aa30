"""One mail after another over one connection: chained, renewed, and never mistaken."""

import asyncio
from collections.abc import Callable

import pytest

from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.transports import OutgoingMail
from digest.model.deliveries import Outcome, Stage, Verdict
from tests.delivery.lane import (
    BRIEF,
    armed,
    mail_to,
    mails_to,
    nothing,
    send_all,
    still_armed,
    transport_to,
)

NAMES = ("ada", "bob", "cy", "dee", "eve")
FIVE = mails_to(*NAMES)
LATER = ("450 4.2.0 later", Outcome.DEFERRED)
NOBODY = ("550 5.1.1 nobody", Outcome.FAILED)
CHAINING = pytest.mark.parametrize("chains", [True, False], ids=["chained", "unchained"])


def outcomes(verdicts: list[Verdict]) -> list[Outcome]:
    return [verdict.outcome for verdict in verdicts]


def all_but(name: str, outcome: Outcome) -> list[Outcome]:
    return [outcome if name == each else Outcome.ACCEPTED for each in NAMES]


def recipients(sink: Sink) -> list[str]:
    return [mail.recipient.partition("@")[0] for mail in sink.mails]


@CHAINING
@pytest.mark.parametrize("features", [("PIPELINING",), ()], ids=["ahead", "in turn"])
def test_many_mails_go_over_one_connection_each_once(
    features: tuple[str, ...], *, chains: bool
) -> None:
    with Sink(features=features) as sink:
        verdicts = send_all(transport_to(sink), FIVE, chains=chains)
        assert outcomes(verdicts) == [Outcome.ACCEPTED] * 5
        assert (recipients(sink), sink.connections) == (list(NAMES), 1)
        assert [mail.message for mail in sink.mails] == [mail.message for mail in FIVE]


def test_a_mails_end_and_the_next_ones_envelope_leave_together() -> None:
    commands_at_end: list[int] = []

    with Sink() as sink:
        # When the server answers an end it has the three commands of the next mail already.
        rule = Rule(Step.END, hook=lambda: commands_at_end.append(len(sink.commands)), delay=0.02)
        sink.play(rule)
        send_all(transport_to(sink), FIVE[:3])
        assert commands_at_end == [4, 7, 10]
        assert len(sink.mails) == 3


@CHAINING
@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA, Step.END])
@pytest.mark.parametrize(("reply", "outcome"), [LATER, NOBODY])
def test_a_refusal_is_its_own_mails_and_the_next_ones_go_over_the_same_connection(
    step: Step, reply: str, outcome: Outcome, *, chains: bool
) -> None:
    if step is Step.MAIL and outcome is Outcome.FAILED:
        reply = "552 5.3.4 too large"
    # The third mail to reach the step, as MAIL has no recipient yet to tell it by.
    passes = Rule(step, "354 go on" if step is Step.DATA else "250 ok", times=2)
    with Sink(passes, Rule(step, reply, times=1)) as sink:
        verdicts = send_all(transport_to(sink), FIVE, chains=chains)
        assert outcomes(verdicts) == all_but("cy", outcome)
        assert recipients(sink) == ["ada", "bob", "dee", "eve"]
        assert sink.connections == 1


@CHAINING
def test_a_354_for_nobody_is_ended_with_a_dot_and_the_connection_kept(*, chains: bool) -> None:
    with Sink(
        Rule(Step.RCPT, "550 5.1.1 nobody", recipient="^bob@"),
        Rule(Step.DATA, "354 all the same"),
    ) as sink:
        verdicts = send_all(transport_to(sink), FIVE, chains=chains)
        assert outcomes(verdicts) == all_but("bob", Outcome.FAILED)
        assert (verdicts[1].text, verdicts[1].stage) == ("RCPT: 550 5.1.1 nobody", Stage.RCPT)
        assert (recipients(sink), sink.connections) == (["ada", "cy", "dee", "eve"], 1)


def test_a_dot_for_nobody_that_is_not_answered_costs_the_connection_and_no_more() -> None:
    with Sink(
        Rule(Step.RCPT, "550 5.1.1 nobody", recipient="^bob@"),
        Rule(Step.DATA, "354 all the same"),
        Rule(Step.END, times=1),
        Rule(Step.END, b"", drops=True, times=1),
    ) as sink:
        assert outcomes(send_all(transport_to(sink), FIVE)) == all_but("bob", Outcome.FAILED)
        assert sink.connections == 2
        assert recipients(sink) == ["ada", "cy", "dee", "eve"]


@CHAINING
@pytest.mark.parametrize(
    "rule",
    [
        Rule(Step.END, b"250 ok\r\n250 ok\r\n", recipient="^bob@"),
        Rule(Step.END, b"250 ok\r\n550 5.1.1 nobody\r\n", recipient="^bob@"),
        Rule(Step.END, b"250 ok\r\n354 go on\r\n", recipient="^bob@"),
        Rule(Step.END, b"550 5.7.1 no\r\n250 ok\r\n", recipient="^bob@", accepts=True),
        Rule(Step.END, b"", recipient="^bob@"),
        Rule(Step.RCPT, b"250 ok\r\n250 ok\r\n", recipient="^bob@"),
        Rule(Step.DATA, b"354 ok\r\n250 ok\r\n", recipient="^bob@"),
    ],
    ids=lambda rule: f"{rule.step} {rule.reply}",
)
def test_a_line_too_many_or_too_few_is_never_taken_for_an_answer(
    rule: Rule, *, chains: bool
) -> None:
    with Sink(rule, Rule(Step.END, "451 4.3.0 later", recipient="^(cy|dee)@")) as sink:
        verdicts = send_all(transport_to(sink, timeouts=BRIEF), FIVE, chains=chains)
        for name, verdict in zip(NAMES, verdicts, strict=True):
            if verdict.outcome is Outcome.UNCERTAIN:
                assert (name, rule.step) == ("bob", Step.END)
            else:
                is_kept = name in recipients(sink)
                assert is_kept == (verdict.outcome is Outcome.ACCEPTED), verdict


def test_a_lost_reply_says_nothing_of_the_mail_that_was_begun() -> None:
    with Sink(Rule(Step.END, b"", drops=True, accepts=True, recipient="^bob@")) as sink:
        verdicts = send_all(transport_to(sink), FIVE)
        assert outcomes(verdicts) == all_but("bob", Outcome.UNCERTAIN)
        assert (recipients(sink), sink.connections) == (list(NAMES), 2)


def test_a_late_reply_is_never_read_as_another_mails() -> None:
    late = Rule(Step.END, "554 5.7.1 spam", delay=0.4, recipient="^bob@", accepts=True)
    with Sink(late) as sink:
        verdicts = send_all(transport_to(sink, timeouts=BRIEF), FIVE)
        assert outcomes(verdicts) == all_but("bob", Outcome.UNCERTAIN)
        assert sink.connections == 2


def test_a_mail_that_was_begun_must_be_the_next_or_the_connection_goes() -> None:
    async def change_minds(sink: Sink) -> tuple[Verdict, Verdict]:
        connection = await transport_to(sink).connect()
        first = await connection.send(FIVE[0], armed, still_armed, lambda: FIVE[1])
        second = await connection.send(FIVE[2], armed, still_armed, nothing)
        assert not connection.is_usable
        return first, second

    with Sink() as sink:
        first, second = asyncio.run(change_minds(sink))
        assert first.outcome is Outcome.ACCEPTED
        assert (second.outcome, second.stage) == (Outcome.UNREACHABLE, Stage.MAIL)
        assert recipients(sink) == ["ada"]


def test_a_mail_that_was_begun_and_is_withdrawn_is_not_sent() -> None:
    async def withdraw(sink: Sink) -> None:
        connection = await transport_to(sink).connect()
        await connection.send(FIVE[0], armed, still_armed, lambda: FIVE[1])
        assert connection.is_usable
        await connection.close()

    with Sink() as sink:
        asyncio.run(withdraw(sink))
        sink.wait_for(1)
        assert recipients(sink) == ["ada"]


def test_a_following_mail_that_cannot_be_carried_is_not_begun() -> None:
    mails = [FIVE[0], mail_to("bob@b.test", b"bare\nline\r\n"), FIVE[2]]
    with Sink() as sink:
        verdicts = send_all(transport_to(sink), mails)
        assert outcomes(verdicts) == [Outcome.ACCEPTED, Outcome.FAILED, Outcome.ACCEPTED]
        assert (recipients(sink), sink.connections) == (["ada", "cy"], 1)


def test_the_following_mail_is_asked_for_at_most_once_and_only_by_a_mail_that_goes_out() -> None:
    asked: list[str] = []

    def ask(name: str) -> Callable[[], OutgoingMail | None]:
        return lambda: asked.append(name)

    async def send(sink: Sink) -> None:
        connection = await transport_to(sink).connect()
        for name, mail in zip(NAMES, FIVE, strict=True):
            await connection.send(mail, armed, still_armed, ask(name))
        await connection.close()

    with Sink(Rule(Step.RCPT, "550 5.1.1 nobody", recipient="^bob@")) as sink:
        asyncio.run(send(sink))
        assert asked == ["ada", "cy", "dee", "eve"]


@CHAINING
def test_a_connection_is_renewed_after_so_many_mails(*, chains: bool) -> None:
    mails = mails_to(*"abcdefg")
    with Sink() as sink:
        verdicts = send_all(transport_to(sink, mails_per_connection=3), mails, chains=chains)
        assert outcomes(verdicts) == [Outcome.ACCEPTED] * 7
        assert (len(sink.mails), sink.connections) == (7, 3)
        assert sink.commands.count("QUIT") == 3


def test_a_connection_is_renewed_after_so_many_seconds() -> None:
    with Sink() as sink:
        send_all(transport_to(sink, seconds_per_connection=0), FIVE)
        assert (len(sink.mails), sink.connections) == (5, 5)


@CHAINING
@pytest.mark.parametrize(
    "rule",
    [
        Rule(Step.END, drops=True, recipient="^bob@"),
        Rule(Step.END, b"250 ok\r\n421 4.4.2 idle\r\n", drops=True, recipient="^bob@"),
        Rule(Step.END, resets=True, recipient="^bob@"),
    ],
    ids=["drops", "421", "resets"],
)
def test_a_server_that_hangs_up_between_two_mails_is_called_again(
    rule: Rule, *, chains: bool
) -> None:
    with Sink(rule) as sink:
        verdicts = send_all(transport_to(sink), FIVE, chains=chains)
        if not rule.resets:
            assert outcomes(verdicts) == [Outcome.ACCEPTED] * 5
        assert (recipients(sink), sink.connections) == (list(NAMES), 2)


def test_a_server_that_is_tired_of_a_connection_is_called_again() -> None:
    tired = Rule(Step.MAIL, "421 4.7.0 too many mails in this session", drops=True, times=1)
    with Sink(Rule(Step.MAIL, times=2), tired) as sink:
        assert outcomes(send_all(transport_to(sink), FIVE)) == [Outcome.ACCEPTED] * 5
        assert (len(sink.mails), sink.connections) == (5, 2)


def test_a_server_that_throttles_is_told_apart_from_one_that_is_gone() -> None:
    with Sink(Rule(Step.END, "421 4.7.0 slow down", drops=True, recipient="^bob@")) as sink:
        verdicts = send_all(transport_to(sink), FIVE)
        assert outcomes(verdicts) == all_but("bob", Outcome.THROTTLED)


def test_a_reset_that_is_refused_means_a_new_connection() -> None:
    with Sink(Rule(Step.RCPT, "451 later", times=1), Rule(Step.RSET, "500 what")) as sink:
        verdicts = send_all(transport_to(sink), FIVE)
        assert outcomes(verdicts) == all_but("ada", Outcome.DEFERRED)
        assert sink.connections == 2
