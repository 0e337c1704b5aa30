import pytest

from digest.delivery.replies import MAX_TEXT, enhanced_code, verdict_of_break, verdict_of_reply
from digest.model.deliveries import Outcome, Stage

A, D, F, T, U, Q = (
    Outcome.ACCEPTED,
    Outcome.DEFERRED,
    Outcome.FAILED,
    Outcome.THROTTLED,
    Outcome.UNREACHABLE,
    Outcome.UNCERTAIN,
)


@pytest.mark.parametrize(
    ("stage", "code", "words", "outcome"),
    [
        (Stage.CONNECT, 421, "too busy", U),
        (Stage.CONNECT, 554, "5.7.1 we do not talk to you", U),
        (Stage.CONNECT, 535, "5.7.8 wrong password", U),
        (Stage.CONNECT, 454, "4.7.0 no TLS now", U),
        (Stage.MAIL, 421, "4.3.2 closing", T),
        (Stage.MAIL, 450, "4.3.2 later", D),
        (Stage.MAIL, 451, "4.7.1 slow down", T),
        (Stage.MAIL, 454, "later", T),
        (Stage.MAIL, 530, "5.7.0 log in first", U),
        (Stage.MAIL, 550, "5.1.8 bad sender", U),
        (Stage.MAIL, 550, "5.7.1 your address is on a list", U),
        (Stage.MAIL, 501, "syntax", U),
        (Stage.MAIL, 552, "5.3.4 too large", F),
        (Stage.MAIL, 552, "too large", F),
        (Stage.MAIL, 554, "5.2.3 too large for this mailbox", F),
        (Stage.MAIL, 553, "5.6.7 not international", F),
        (Stage.RCPT, 421, "closing", T),
        (Stage.RCPT, 450, "4.7.1 greylisted", D),
        (Stage.RCPT, 451, "greylisted", D),
        (Stage.RCPT, 452, "4.5.3 too many", D),
        (Stage.RCPT, 552, "5.5.3 too many", D),
        (Stage.RCPT, 530, "5.7.0 log in first", U),
        (Stage.RCPT, 550, "5.1.1 no such user", F),
        (Stage.RCPT, 553, "5.1.3 no such address", F),
        (Stage.RCPT, 550, "5.7.1 policy", F),
        (Stage.DATA, 421, "closing", T),
        (Stage.DATA, 451, "4.3.0 later", D),
        (Stage.DATA, 451, "4.7.0 throttled", T),
        (Stage.DATA, 454, "throttled", T),
        (Stage.DATA, 554, "5.5.1 no", F),
        (Stage.BODY, 421, "closing", T),
        (Stage.BODY, 452, "4.3.1 disk full", D),
        (Stage.BODY, 552, "5.3.4 too large", F),
        (Stage.END, 250, "2.0.0 queued as 1", A),
        (Stage.END, 251, "fine too", A),
        (Stage.END, 421, "closing", T),
        (Stage.END, 451, "4.7.1 greylisted", D),
        (Stage.END, 450, "4.7.28 too much mail from you", T),
        (Stage.END, 454, "too fast", T),
        (Stage.END, 452, "4.3.1 disk full", D),
        (Stage.END, 552, "5.2.2 mailbox full", F),
        (Stage.END, 552, "5.3.4 too large", F),
        (Stage.END, 554, "5.7.1 spam", F),
    ],
)
def test_a_reply_means(stage: Stage, code: int, words: str, outcome: Outcome) -> None:
    verdict = verdict_of_reply(stage, code, words)
    assert (verdict.outcome, verdict.code, verdict.stage) == (outcome, code, stage)
    assert words in verdict.text


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [
        (Stage.CONNECT, U),
        (Stage.MAIL, U),
        (Stage.RCPT, D),
        (Stage.DATA, D),
        (Stage.BODY, D),
        (Stage.END, Q),
    ],
)
def test_a_line_that_breaks_is_uncertain_only_after_the_end_of_the_data(
    stage: Stage, outcome: Outcome
) -> None:
    verdict = verdict_of_break(stage, "closed by the server")
    assert (verdict.outcome, verdict.stage) == (outcome, stage)
    assert verdict.text == f"{stage}: closed by the server"


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        (550, "5.1.1 no such user", "5.1.1"),
        (550, "5.7.515 access denied", "5.7.515"),
        (451, "4.7.1", "4.7.1"),
        (550, "4.1.1 classes do not agree", None),
        (550, "no such user 5.1.1", None),
        (550, "5.1.1.1 an address", None),
        (550, "", None),
    ],
)
def test_enhanced_codes_are_read_where_they_stand_first(
    code: int, text: str, enhanced: str | None
) -> None:
    assert enhanced_code(code, text) == enhanced


def test_a_servers_words_are_kept_short_and_harmless() -> None:
    verdict = verdict_of_reply(Stage.END, 554, "5.7.1 no\n\x1b[31m" + "spam " * 200)
    assert len(verdict.text) <= MAX_TEXT
    assert "\x1b" not in verdict.text
