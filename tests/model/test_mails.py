"""Parts of mails in quoted-printable, and the gaps that a reader's token fills."""

import quopri
import re
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.model.mails import GAP, Body, Shared, quoted_body, quoted_printable
from digest.rendering.budget import encoded_size

ADAS = "7-1.dGhlIHRva2VuIG9mIGEgcmVhZGVy"

# What a line can end with, and what it may not: spaces, soft line ends, dots, letters of many bytes.
letters = st.sampled_from(
    [*"a=. \t\r\0", "\n", "\n.\n", " \n", "\t\n", "é", "\U0001f600", "\u2028", "\ud800", "w" * 71]
)
texts = st.lists(st.one_of(letters, st.just(GAP)), max_size=12).map("".join)
tokens = st.text("aB9-_.~", max_size=200)
pieces = st.lists(st.tuples(texts, st.booleans()), max_size=6).map(
    lambda many: tuple(Shared(f"{text}\n") if is_shared else text for text, is_shared in many)
)


def as_read(text: str) -> str:
    """Return a text as whoever gets it reads it: one kind of line end, a last one, no surrogates."""
    text = re.sub("\r\n|\r", "\n", text).encode("utf-8", "replace").decode()
    return text if text.endswith("\n") else text + "\n"


def decoded(quoted: bytes) -> str:
    return quopri.decodestring(quoted).decode().replace("\r\n", "\n")


@given(pieces, tokens)
@example(("a" * 73 + " " + GAP,), ADAS)
@example((GAP + GAP + "." + GAP,), "t" * 150)
@example((Shared("\n"), GAP), "")
def test_a_body_says_what_its_words_say(pieces: tuple[str, ...], token: str) -> None:
    body = Body(pieces, token)
    assert decoded(quoted_body(body)) == as_read("".join(pieces)).replace(GAP, token)


@given(pieces, tokens)
@example(("a" * 74 + " \n",), ADAS)
@example(("a" * 73 + " " + GAP,), ADAS)
@example(("a" * 73 + "\t\r\n" + GAP,), "t" * 76)
def test_no_line_is_longer_than_76_whatever_fills_the_gaps(
    pieces: tuple[str, ...], token: str
) -> None:
    quoted = quoted_body(Body(pieces, token))
    assert quoted.isascii()
    assert quoted.count(b"\r") == quoted.count(b"\n") == quoted.count(b"\r\n")
    lines = quoted.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not any(line.endswith((b" ", b"\t")) or line == b"." for line in lines)


@given(pieces, tokens)
@example((GAP * 3,), "t" * 200)
def test_the_size_counts_the_token_and_not_the_gap(pieces: tuple[str, ...], token: str) -> None:
    body = Body((*(Shared(f"{piece}\n") for piece in pieces), "The end.\n"), token)
    filled = Body((body.words,))
    # Soft line ends stand around a gap, and what is before it may need one more.
    gaps = sum(piece.count(GAP) for piece in pieces)
    assert len(quoted_body(body)) <= encoded_size(body)
    assert abs(encoded_size(body) - encoded_size(filled)) <= 12 * gaps + 2


@given(texts)
def test_lines_without_a_gap_are_encoded_as_they_always_were(text: str) -> None:
    text = text.replace(GAP, "")
    assert decoded(quoted_printable(text)) == as_read(text)


def test_a_token_stands_between_soft_line_ends() -> None:
    body = Body((Shared(f'<a href="https://example.org/steer/{GAP}/p1/more">\n'),), ADAS)
    before, after = b'<a href=3D"https://example.org/steer/', b'/p1/more">\r\n'
    assert quoted_body(body) == before + b"=\r\n" + ADAS.encode() + b"=\r\n" + after


def test_a_shared_piece_is_never_changed_by_a_reader() -> None:
    piece = Shared(f"<{GAP}>\n")
    before = (piece, piece.around, piece.quoted_size, piece.size)
    one, other = Body((piece,), "one"), Body((piece,), "another")
    assert (one.words, other.words) == ("<one>\n", "<another>\n")
    assert b"another" not in quoted_body(one)
    assert (piece, piece.around, piece.quoted_size, piece.size) == before


@pytest.mark.parametrize(
    "token", ["a\r\n", "\n", "a b", "a=", 'a"', "<b>", "a&b", "a/b", "é", "a\0", "%0a"]
)
def test_what_could_leave_an_address_is_no_token(token: str) -> None:
    with pytest.raises(ValueError, match="is no token"):
        Body((), token)
    with pytest.raises(ValueError, match="is no token"):
        replace(Body((), "fine"), token=token)


def test_a_gap_cannot_be_guessed() -> None:
    assert re.fullmatch("[0-9a-f]{32}", GAP)
