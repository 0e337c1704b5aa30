import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.delivery.message import MAX_HEADER_TEXT, Envelope, build_message, header_text
from digest.errors import DigestError
from digest.model.mails import Shared, Words

ENVELOPE = Envelope(
    sender="digest@lists.example.org",
    sender_name="Paper Digest",
    recipient="ada@example.test",
    site_name="Paper Digest",
    key="k3y-0f.this_mail",
    planned_at=datetime(2026, 3, 9, 6, 30, tzinfo=UTC),
    list_id="digest.lists.example.org",
    unsubscribe_url="https://digest.example.org/u/token",
    one_click_url="https://digest.example.org/one-click/token",
    unsubscribe_mailto="mailto:unsubscribe@lists.example.org?subject=token",
    help_url="https://digest.example.org/help",
)
NAMES = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Help",
    "Precedence",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Feedback-ID",
    "X-Digest-Key",
    "MIME-Version",
    "Content-Type",
]
# What has broken mail programs: line ends of all kinds, encoded words, quotes, comments, dots,
# bidirectional overrides, surrogates, a line without a space.
hostile_text = st.lists(
    st.one_of(
        st.text(st.characters(), max_size=12),
        st.sampled_from(
            [
                "\r\n",
                "\n",
                "\r",
                "\x0b",
                "\x0c",
                "\x85",
                "\u2028",
                "\ud800",
                "\0",
                "\x7f",
                "\u202e",
                "Bcc: all@example.org",
                "=?utf-8?q?=0D=0ABcc:_all@example.org?=",
                "=?utf-8?b?DQpCY2M6IHg=?=",
                "=?nonsense?q?=0A?=",
                "=?utf-8?x?=0A?=",
                "=?utf-8?b?!!!?=",
                "=?",
                "?=",
                '"',
                "\\",
                "<x@y.z>",
                "(comment",
                ",;:",
                ".",
                "\n.\n",
                "\n..",
                "--=_",
                "From ",
                "=",
                " \n",
                "\t\n",
                "x" * 1200,
                "é" * 300,
                "🦀",
                "שלום",
            ]
        ),
    ),
    max_size=8,
).map("".join)


def build(
    envelope: Envelope = ENVELOPE,
    subject: str = "Papers",
    html: Words = "<p>Hi",
    text: Words = "Hi",
) -> bytes:
    return build_message(envelope, subject, html, text)


def parse(message: bytes) -> EmailMessage:
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def names_in(message: bytes) -> tuple[str, ...]:
    """The names before the addresses, read by the old parser: the new one of Python 3.11 puts a
    space between two encoded words in a name."""
    mail = message_from_bytes(message, policy=policy.compat32)
    folded = (mail["From"], mail["List-Id"])
    return tuple(
        str(make_header(decode_header(parseaddr(value.replace("\r\n", ""))[0]))) for value in folded
    )


def as_read(text: str) -> str:
    """What a mail program shows of a text: LF, a final line end, no surrogates."""
    text = re.sub("\r\n|\r", "\n", text).encode("utf-8", "replace").decode()
    return text if text.endswith("\n") else text + "\n"


def test_a_list_mail_carries_every_header_a_bulk_sender_needs() -> None:
    mail = parse(build(subject="3 papers"))
    assert {name: str(value) for name, value in mail.items()} | {"Content-Type": ""} == {
        "From": "Paper Digest <digest@lists.example.org>",
        "To": "ada@example.test",
        "Subject": "3 papers",
        "Date": "Mon, 09 Mar 2026 06:30:00 +0000",
        "Message-ID": "<k3y-0f.this_mail@lists.example.org>",
        "List-Id": '"Paper Digest" <digest.lists.example.org>',
        "List-Unsubscribe": "<https://digest.example.org/one-click/token>,"
        " <mailto:unsubscribe@lists.example.org?subject=token>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Help": "<https://digest.example.org/help>",
        "Precedence": "bulk",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Feedback-ID": "::digest:listsexampleorg",
        "X-Digest-Key": "k3y-0f.this_mail",
        "MIME-Version": "1.0",
        "Content-Type": "",
    }


def test_a_confirmation_is_not_marked_as_bulk() -> None:
    mail = parse(
        build(
            replace(
                ENVELOPE,
                list_id=None,
                unsubscribe_url=None,
                one_click_url=None,
                unsubscribe_mailto=None,
                help_url=None,
            )
        )
    )
    assert [name for name in mail if name.startswith(("List", "Prec"))] == []
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Feedback-ID"].startswith("::account:")


def test_without_one_click_the_page_is_named_and_no_post_promised() -> None:
    mail = parse(build(replace(ENVELOPE, one_click_url=None, unsubscribe_mailto=None)))
    assert mail["List-Unsubscribe"] == "<https://digest.example.org/u/token>"
    assert "List-Unsubscribe-Post" not in mail


def test_every_call_gives_the_same_bytes() -> None:
    assert build() == build()


def test_the_date_is_the_planned_time_in_utc_whatever_the_zone_it_came_in() -> None:
    there = ENVELOPE.planned_at.astimezone(timezone(timedelta(hours=9)))
    assert build(replace(ENVELOPE, planned_at=there)) == build()


def test_two_keys_have_two_boundaries() -> None:
    def boundary(key: str) -> str | None:
        return parse(build(replace(ENVELOPE, key=key))).get_boundary()

    assert boundary("one") != boundary("two")


def test_the_text_part_comes_first_so_that_the_html_is_preferred() -> None:
    mail = parse(build())
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


def test_a_long_url_in_a_list_header_is_neither_folded_nor_encoded() -> None:
    url = "https://digest.example.org/one-click/" + "t" * 300
    assert f"<{url}>".encode() in build(replace(ENVELOPE, one_click_url=url))


def test_an_international_domain_is_written_in_ascii() -> None:
    mail = build(replace(ENVELOPE, recipient="ada@bücher.example"))
    assert b"To: ada@xn--bcher-kva.example\r\n" in mail


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "a/b"},
        {"key": "a b"},
        {"key": ".hidden"},
        {"key": "x" * 200},
        {"key": ""},
        {"list_id": "no dots"},
        {"list_id": "a.b>\r\nBcc: x"},
        {"one_click_url": "https://x/\r\nBcc: x"},
        {"one_click_url": "javascript:alert(1)"},
        {"help_url": "https://x/>,<https://y"},
        {"help_url": "https://x/" + "y" * 1000},
        {"unsubscribe_mailto": "mailto:x@example.org\r\n y"},
        {"recipient": "ada@example.org\r\n Bcc: x@example.org", "sender": "x"},
        {"recipient": "ada\x00@example.org"},
        {"recipient": "ada@example.org\r\nBcc: x@example.org"},
        {"sender": "digest@example.org\nBcc: x@example.org"},
    ],
)
def test_a_mistake_in_the_envelope_raises_instead_of_making_a_header(wrong: dict[str, str]) -> None:
    with pytest.raises(DigestError):
        build(replace(ENVELOPE, **wrong))  # type: ignore[arg-type]  # every field tried is text


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Two\r\nlines", "Two lines"),
        ("=?utf-8?q?Hi=0D=0ABcc:_x?=", "Hi Bcc: x"),
        ("=?utf-8?q?=3D=3Futf-8=3Fq=3Fnested=3F=3D?=", "nested"),
        ("=?nonsense?q?x?=", "=?nonsense?q?x?="),
        ("=?utf-8?q?=C3?= =?utf-8?q?=A9?= and \u0101", "\u00e9 and \u0101"),
        ("=?utf-8?b?!!!?=\u0101", "\u0101"),
        ("a" * 100, "a" * 100),
        ("a\u2028b\x00c\u202ed", "a bcd"),
        ("word " * 100, ("word " * 40)[:194] + "…"),
    ],
)
def test_header_text_is_one_harmless_line(typed: str, shown: str) -> None:
    assert header_text(typed) == shown
    assert parse(build(subject=typed))["Subject"] == shown


@settings(deadline=None)
@given(subject=hostile_text, sender_name=hostile_text, site_name=hostile_text)
@example(subject="x" * 300, sender_name="x" * 300, site_name="é" * 300)
@example(subject="", sender_name="", site_name="")
@example(subject="x" * 69, sender_name="x" * 69, site_name="x" * 69)
def test_no_subject_or_name_makes_a_header(subject: str, sender_name: str, site_name: str) -> None:
    envelope = replace(ENVELOPE, sender_name=sender_name, site_name=site_name)
    message = build(envelope, subject)
    mail = parse(message)
    assert mail.keys() == NAMES
    assert mail["Subject"] == header_text(subject)
    assert mail["From"].addresses[0].addr_spec == ENVELOPE.sender
    assert names_in(message) == (header_text(sender_name), header_text(site_name))
    assert len(header_text(subject)) <= MAX_HEADER_TEXT
    assert mail.defects == []
    assert "Bcc" not in mail


@given(wrong=hostile_text, field=st.sampled_from(["recipient", "sender", "list_id", "help_url"]))
def test_nothing_in_an_envelope_makes_a_header(wrong: str, field: str) -> None:
    try:
        message = build(replace(ENVELOPE, **{field: wrong or "x"}))  # type: ignore[arg-type]  # text
    except DigestError:
        return
    assert parse(message).keys() == NAMES
    assert message.isascii()
    assert max(map(len, message.split(b"\r\n"))) <= 998


@settings(deadline=None)
@given(text=hostile_text, html=hostile_text)
def test_what_goes_in_comes_out_and_every_line_is_fit_for_smtp(text: str, html: str) -> None:
    message = build(text=text, html=html)
    body = parse(message)
    parts = list(body.iter_parts())
    assert [part.get_payload(decode=True) for part in parts] == [
        as_read(content).replace("\n", "\r\n").encode() for content in (text, html)
    ]
    assert message.isascii()
    assert b"\0" not in message
    assert message.count(b"\r") == message.count(b"\n") == message.count(b"\r\n")
    lines = message.split(b"\r\n")
    assert max(len(line) for line in lines[lines.index(b"") :]) <= 76
    assert max(len(line) for line in lines) <= 998
    assert all(not part.defects for part in [body, *parts])


@given(pieces=st.lists(st.tuples(hostile_text, st.booleans())))
@example(pieces=[("a\r", True), ("\nb", True)])
def test_pieces_give_the_bytes_of_the_whole(pieces: list[tuple[str, bool]]) -> None:
    words = [Shared(f"{text}\n") if is_shared else text for text, is_shared in pieces]
    assert build(text=words, html=words) == build(text="".join(words), html="".join(words))
    assert build(text=words, html=[*words, "last"]) == build(
        text="".join(words), html="".join([*words, "last"])
    )


@settings(deadline=None)
@given(text=hostile_text, html=hostile_text)
def test_the_contents_are_those_of_an_email_message(text: str, html: str) -> None:
    text, html = as_read(text), as_read(html)
    theirs = EmailMessage(policy=policy.SMTP)
    theirs.set_content("x")
    ours = [part.get_content() for part in parse(build(text=text, html=html)).iter_parts()]
    expected = []
    for content, subtype in ((text, "plain"), (html, "html")):
        # base64, because EmailMessage's own quoted-printable breaks lines at U+2028 and its kin.
        theirs.set_content(content, subtype=subtype, cte="base64")
        expected.append(parse(theirs.as_bytes()).get_content())
    assert [content.replace("\r\n", "\n") for content in ours] == [
        content.replace("\r\n", "\n") for content in expected
    ]
