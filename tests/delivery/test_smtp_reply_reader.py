"""Replies in whatever pieces they come; nothing else passes for one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.reply_reader import MAX_REPLY, GarbledError, Reply, ReplyReader

TWO = b"250-one\r\n250-two\r\n250 three\r\n354 go on\r\n"


def read_all(*pieces: bytes) -> list[Reply]:
    reader, replies = ReplyReader(), []
    for piece in pieces:
        reader.feed(piece)
        while reply := reader.take():
            replies.append(reply)
    assert not reader.has_unread
    return replies


@given(st.lists(st.integers(0, len(TWO))))
def test_replies_are_the_same_however_they_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(TWO)]
    pieces = [TWO[start:end] for start, end in pairwise(edges)]
    assert read_all(*pieces) == [Reply(250, "one\ntwo\nthree"), Reply(354, "go on")]


@pytest.mark.parametrize("said", [b"250 ok\r\n", b"250 ok\n", b"250  ok \r\n"])
def test_line_ends_and_blanks_do_not_matter(said: bytes) -> None:
    assert read_all(said) == [Reply(250, "ok")]


def test_a_bare_code_is_a_reply() -> None:
    assert read_all(b"250\r\n") == [Reply(250, "")]


def test_bytes_that_are_no_utf8_are_shown_as_such() -> None:
    assert read_all(b"550 \xff\r\n") == [Reply(550, "\ufffd")]


@pytest.mark.parametrize(
    "said",
    [
        b"\r\n",
        b"25 ok\r\n",
        b"2500 ok\r\n",
        b"150 ok\r\n",
        b"650 ok\r\n",
        b"250_ok\r\n",
        "٢٥٠ ok\r\n".encode(),
        b"HTTP/1.1 200 OK\r\n",
        b"250-one\r\n251 two\r\n",
        b"250 o\0k\r\n",
        b"250 " + b"x" * MAX_REPLY + b"\r\n",
        b"250-x\r\n" * 5000,
        b"x" * (MAX_REPLY + 1),
    ],
)
def test_what_is_no_reply_is_said_to_be_none(said: bytes) -> None:
    reader = ReplyReader()
    reader.feed(said)
    with pytest.raises(GarbledError):
        list(iter(reader.take, None))


@given(st.binary(max_size=300))
def test_no_bytes_do_any_harm(said: bytes) -> None:
    reader = ReplyReader()
    reader.feed(said)
    try:
        while reply := reader.take():
            assert 200 <= reply.code <= 599
    except GarbledError:
        pass


def test_half_a_reply_is_waited_for_and_seen() -> None:
    reader = ReplyReader()
    reader.feed(b"250-one\r\n25")
    assert reader.take() is None
    assert reader.has_unread
    assert reader.unread == "one\n25"
