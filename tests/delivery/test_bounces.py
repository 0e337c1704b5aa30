"""What came back is understood in every server's shape, and nothing hostile does any harm."""

import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.delivery.bounces import Report, ReportKind, read_report
from digest.delivery.mail_parts import MAX_HEAD
from digest.delivery.suppression import Failure, kind_of, points
from digest.model.deliveries import BounceKind
from digest.text import clean_line
from tests.delivery import returned_mail as came

SAMPLES = [
    came.postfix(),
    came.exim(),
    came.exchange(),
    came.gmail_full(),
    came.internationalised(),
    came.qmail(),
    came.delay_warning(),
    came.complaint(),
    came.vacation(),
    came.receipt(),
]


def failure_in(message: bytes) -> Failure:
    report = read_report(message)
    assert report.kind is ReportKind.FAILURE
    assert report.failure is not None
    return report.failure


@pytest.mark.parametrize(
    "message", [came.postfix(), came.exchange(), came.internationalised(), came.qmail()]
)
def test_no_such_user_is_a_hard_bounce_in_every_shape(message: bytes) -> None:
    assert kind_of(failure_in(message)) is BounceKind.HARD


def test_the_servers_words_are_kept_in_one_line() -> None:
    report = read_report(came.exchange())

    assert report.text == (
        "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"
    )
    assert report.message_id == "<2@EXCHANGE.example.net>"


def test_a_full_mailbox_is_a_soft_bounce() -> None:
    failure = failure_in(came.gmail_full())

    assert (failure.enhanced, points(failure)) == ("5.2.2", 0.5)


def test_given_up_after_days_is_a_soft_bounce() -> None:
    failure = failure_in(came.postfix("4.4.1", "X-Postfix; connect to mail.example.net: timed out"))

    assert points(failure) == 0.5
    assert kind_of(failure) is BounceKind.SOFT


def test_a_refusal_for_policy_counts_nothing() -> None:
    said = "smtp; 550 5.7.26 This mail is unauthenticated"

    assert points(failure_in(came.postfix("5.7.26", said))) == 0
    # Some servers turn what the remote one said into "no such user".
    assert points(failure_in(came.postfix("5.1.1", said))) == 0
    assert points(failure_in(came.exim(said))) == 0
    assert points(failure_in(came.qmail("Remote host said: 550 5.7.1 Message refused"))) == 0


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("smtp; 550 No such user here", Failure(None, 550)),
        ("smtp; 550 5.1.1 no such user", Failure("5.1.1", 550)),
        ("smtp; 550-5.1.1 no such user 550 5.1.1 bye", Failure("5.1.1", 550)),
        ("smtp; 452 4.2.2 over quota", Failure("4.2.2", 452)),
        ("smtp; 550 sorry, no mailbox here by that name (#5.1.1)", Failure("5.1.1", 550)),
        ("smtp; 550 refused by 10.5.1.1", Failure(None, 550)),
        ("no codes at all", Failure("5.0.0", None)),
    ],
)
def test_a_vague_status_gives_way_to_what_the_remote_server_said(
    said: str, expected: Failure
) -> None:
    failure = failure_in(came.exim(said))

    assert (failure.code, points(failure)) == (expected.code, points(expected))
    if expected.enhanced:
        assert failure.enhanced == expected.enhanced


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded"])
def test_what_is_late_or_arrived_is_a_notice(action: str) -> None:
    report = read_report(came.postfix("4.4.1" if action == "delayed" else "2.0.0", action=action))

    assert (report.kind, report.failure) == (ReportKind.NOTICE, None)


def test_an_address_that_one_of_several_people_got_did_not_fail() -> None:
    got_it = (
        b"\r\nFinal-Recipient: rfc822; eve@example.net\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
    )
    mixed = came.postfix().replace(
        b"\r\n--AA/mx.example.net\r\nContent-Description: Und",
        got_it + b"\r\n--AA/mx.example.net\r\nContent-Description: Und",
    )

    assert mixed != came.postfix()
    assert read_report(mixed).kind is ReportKind.NOTICE


def test_an_action_with_a_comment_or_none_is_understood() -> None:
    commented = came.postfix(action="failed (no such user)")
    silent = came.postfix().replace(b"Action: failed\r\n", b"")

    assert kind_of(failure_in(commented)) is BounceKind.HARD
    assert kind_of(failure_in(silent)) is BounceKind.HARD


def test_a_warning_of_no_standard_form_is_a_notice() -> None:
    assert read_report(came.delay_warning()).kind is ReportKind.NOTICE


def test_a_complaint_is_told_with_the_address_the_mail_was_sent_from() -> None:
    report = read_report(came.complaint())

    assert report.kind is ReportKind.COMPLAINT
    assert report.sent_from[0] == came.OURS
    assert report.received_for == ("return@digest.example.org",)


@pytest.mark.parametrize("feedback", ["not-spam", "auth-failure", "virus", ""])
def test_other_feedback_is_no_complaint(feedback: str) -> None:
    assert read_report(came.complaint(feedback)).kind is ReportKind.NOTICE


@pytest.mark.parametrize(
    "message",
    [
        came.vacation(),
        came.vacation("=?utf-8?q?R=C3=A9ponse_automatique?= : 10 papers"),
        came.vacation("Re: Automatische Antwort: 10 papers"),
        came.vacation("10 papers", Auto_Submitted="auto-replied (vacation)"),
        came.vacation("10 papers", X_Autoreply="yes"),
        came.vacation("10 papers", Precedence="auto_reply"),
        came.receipt(),
    ],
)
def test_an_automatic_reply_is_none_of_our_business(message: bytes) -> None:
    assert read_report(message).kind is ReportKind.AUTOREPLY


def test_a_report_that_calls_itself_an_automatic_reply_is_still_a_report() -> None:
    old_exim = (
        b"From: Mailer-Daemon@mx.example.net\r\nAuto-Submitted: auto-replied\r\n"
        b"X-Failed-Recipients: ada@example.net\r\nSubject: Mail delivery failed\r\n\r\n"
        b"ada@example.net\r\n  host mail.example.net: 550 5.1.1 unknown user\r\n"
    )

    assert failure_in(old_exim) == Failure("5.1.1", 550)


def test_a_report_inside_a_forwarded_mail_is_not_one_about_ours() -> None:
    forwarded = (
        b"From: ada@example.net\r\nSubject: what is this?\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=fwd\r\n\r\n--fwd\r\n"
        b"Content-Type: message/rfc822\r\n\r\n" + came.postfix() + b"\r\n--fwd--\r\n"
    )

    assert read_report(forwarded).kind is ReportKind.UNKNOWN


def test_a_sender_that_breaks_the_rules_of_thumb_leaves_the_rest_readable() -> None:
    report = read_report(b"From: \xff\r\nTo: a@example.org\r\nMessage-ID: <1@x>\r\n\r\nHello\r\n")

    assert (report.kind, report.received_for) == (ReportKind.UNKNOWN, ("a@example.org",))
    assert report.message_id == "<1@x>"


def test_the_envelope_is_found_in_what_servers_note_in_the_head() -> None:
    noted = b"Delivered-To: one@example.org\r\nX-Original-To: two@example.org\r\n" + came.postfix()

    assert read_report(noted).received_for == ("one@example.org", "two@example.org", came.OURS)


def test_enclosed_headers_name_the_return_address() -> None:
    assert came.OURS in read_report(came.exim()).sent_from
    assert came.OURS in read_report(came.postfix()).sent_from


def test_a_report_of_twenty_megabytes_is_read_by_its_head() -> None:
    huge = came.postfix().replace(b"\r\n\r\nHello", b"\r\n\r\n" + b"Hello again. " * 1_600_000)
    tracemalloc.start()
    report = read_report(huge)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kind_of(report.failure or Failure()) is BounceKind.HARD
    assert peak < 16 * MAX_HEAD


def nested(levels: int) -> bytes:
    head = "".join(
        f'Content-Type: multipart/mixed; boundary="{level}"\r\n\r\n--{level}\r\n'
        for level in range(levels)
    )
    return head.encode()


@pytest.mark.parametrize(
    "message",
    [
        nested(3000),
        nested(60),
        b"Content-Type: message/rfc822\r\n\r\n" * 3000,
        b"Content-Type: message/delivery-status\r\n\r\n" + b"Action: failed\r\n\r\n" * 20_000,
        b"Subject: x\r\n\r\n" + b"\n" * MAX_HEAD,
        b"X: " + b"a@" * MAX_HEAD,
        b"To: " + b"a@b," * MAX_HEAD,
        b"Subject: " + b"=?utf-8?q?" * 20_000,
        b"Subject: " + (b"=?utf-8?q?=3D=3Futf-8?= " * 60 + b"\n ") * 150,
        b"X-Failed-Recipients: " + (b"(a@b" * 400 + b"\n ") * 150,
        b"To: " + (b"a" * 1900 + b"\n ") * 130,
        b"Content-Type: multipart/mixed" + b"; boundary*0*=x" * 120 + b"\n\n",
        b"Subject: x\r\n\r\nThis message was created automatically by mail delivery\r\n"
        b"Your message could not be delivered to\r\nfailed addresses follow:\r\n"
        b"A message that you sent could not be delivered\r\n" + (b"x" * 198 + b"\r\n") * 2000,
        b"",
        b"\0" * 1000,
        b"\r\n" * 5,
    ],
)
def test_a_mail_made_to_hurt_is_read_quickly(message: bytes) -> None:
    started = time.process_time()
    report = read_report(message)

    assert report.kind in {ReportKind.UNKNOWN, ReportKind.FAILURE}
    assert time.process_time() - started < 2


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_damage_to_a_report_breaks_the_reader(data: st.DataObject) -> None:
    message = data.draw(st.sampled_from(SAMPLES))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(message)))
        end = data.draw(st.integers(start, min(len(message), start + 200)))
        message = message[:start] + data.draw(st.binary(max_size=40)) + message[end:]

    check(read_report(message))


PIECES = st.sampled_from(
    [
        b"Content-Type: ",
        b"multipart/report; boundary=b",
        b"message/delivery-status",
        b"message/rfc822",
        b"message/feedback-report",
        b"text/plain; charset=\0utf-7",
        b"; boundary*=utf-8''%00",
        b"; boundary*0*=x'y'%ff",
        b"Content-Transfer-Encoding: base64\r\n",
        b"\r\n",
        b"\n\n",
        b"\r",
        b"--b\r\n",
        b"--b--\r\n",
        b"Action: failed\r\n",
        b"Status: 5.1.1\r\n",
        b"Subject: =?utf-8?b?//8=?=\r\n",
        b"From: \xff\xfe\r\n",
        b"X-Failed-Recipients: \xc3\xa9@example.net\r\n",
        b"From x\r\n",
        b"To: <a@b>\r\n ",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES | st.binary(max_size=30), max_size=40))
def test_no_heap_of_pieces_breaks_the_reader(pieces: list[bytes]) -> None:
    check(read_report(b"".join(pieces)))


def check(report: Report) -> None:
    assert (report.failure is not None) == (report.kind is ReportKind.FAILURE)
    for text in (report.text, report.message_id):
        assert len(text) <= 300
        assert text == clean_line(text)
