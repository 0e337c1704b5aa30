"""The bytes of a mail on the wire, against the way that looks at every line."""

import re

from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.line_ends import look_at, on_the_wire

PIECES = st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"a", b"\xe9", b""])
MESSAGES = st.lists(PIECES, max_size=12).map(b"".join)


@given(MESSAGES)
def test_line_ends_are_whole_if_taking_them_out_leaves_none(message: bytes) -> None:
    rest = message.replace(b"\r\n", b"|")
    assert look_at(message).are_whole == (b"\r" not in rest and b"\n" not in rest)


@given(MESSAGES)
def test_a_server_gets_back_what_was_stuffed_and_sees_no_end_in_it(message: bytes) -> None:
    message = message.replace(b"\r\n", b"|").replace(b"\r", b"").replace(b"\n", b"")
    message = message.replace(b"|", b"\r\n")
    wire = on_the_wire(message, look_at(message))
    assert b"\r\n.\r\n" not in b"\r\n" + wire
    ended = message if not message or message.endswith(b"\r\n") else message + b"\r\n"
    assert re.sub(rb"(?m)(?<![^\n])\.", b"", wire, count=0) == ended
    assert (b"\r\n" + wire + b".\r\n").endswith(b"\r\n.\r\n")


def test_a_mail_without_leading_dots_is_not_copied() -> None:
    message = b"Subject: a\r\n\r\na.b\r\n"
    assert on_the_wire(message, look_at(message)) is message
