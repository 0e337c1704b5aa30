"""What is refused is refused whole, with the file, the line and what to do."""

import os
import time
from datetime import date
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.sources.dumps.text import read_dump
from tests.sources.pages import HEADER_A, TODAY, layout_a, layout_b, papers, read_all, saved

PAGE = layout_a(papers(5))


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", None, "is empty"),
        (b" \n\t\n\r\n", None, "nothing but blank lines"),
        (b"\n\nDear reader,\n\nthis is a letter.\n", 3, "not a layout Digest knows"),
        (b"<!doctype html><title>Papers</title>", 1, "looks like HTML"),
        (b'{"papers": []}', 1, "looks like JSON"),
        (b"[1, 2]", 1, "looks like JSON"),
        ("\n\n".join(HEADER_A).encode(), 9, "no papers"),
        (b"new\nSubscribe\nMar 17\nOnly a Title Without Text", 4, "no papers"),
        (PAGE.encode("utf-16"), 1, "UTF-16"),
        (PAGE.encode() + b"\n\x00", 30, "NUL"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", 3, "NUL"),
        (bytes(range(128, 256)) * 30, 1, "binary data"),
        (PAGE.replace("Lantern", "Caf\u00e9", 1).encode("cp1252"), None, "Windows-1252"),
        (PAGE.encode() + b" \xe2\x80", 29, "middle of a character"),
        (PAGE.encode() + b"\n\n" + b"x" * 100_001 + b"\n", 31, "100,000 characters"),
        (PAGE.encode() + b"\n\n" + b"word " * 60_000, 31, "100,000 characters"),
    ],
)
def test_what_is_no_page_is_refused_with_its_line_and_advice(
    content: bytes, line: int | None, words: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError) as refusal:
        read_all(tmp_path, content)
    assert words in refusal.value.problem
    assert refusal.value.name == "page.txt"
    assert line is None or refusal.value.line == line
    assert str(refusal.value).startswith("page.txt")


def test_a_windows_1252_byte_is_named_with_its_line_and_meaning(tmp_path: Path) -> None:
    text = PAGE.replace("concerns harbours", "concerns harbours\u2019 lights", 1)
    with pytest.raises(SourceError, match=r"line 13: is not UTF-8 .byte 0x92.*'\u2019'.*as UTF-8"):
        read_all(tmp_path, text.encode("cp1252"))


def test_a_wrong_byte_far_down_is_found_before_the_page_is_returned(tmp_path: Path) -> None:
    body = layout_b(papers(3_000)).encode() + b"\nA Caf\xe9 Title\n"
    with pytest.raises(SourceError) as refusal:
        read_dump(saved(tmp_path, body), today=TODAY)
    assert refusal.value.line == 6_003


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n"])
def test_the_line_of_a_wrong_byte_counts_every_kind_of_line_end(end: bytes, tmp_path: Path) -> None:
    body = (layout_b(papers(400)).encode() + b"\n\xff").replace(b"\n", end)
    with pytest.raises(SourceError) as refusal:
        read_all(tmp_path, body)
    assert refusal.value.line == 803


def test_a_file_that_changes_under_the_reader_is_refused_while_read(tmp_path: Path) -> None:
    path = saved(tmp_path, PAGE)
    page = read_dump(path, today=TODAY)
    path.write_bytes(PAGE.encode() + b" \xff")
    with pytest.raises(SourceError, match="changed while it was read"):
        list(page.records)


def test_a_file_that_grows_under_the_reader_is_refused_at_its_end(tmp_path: Path) -> None:
    path = saved(tmp_path, PAGE)
    page = read_dump(path, today=TODAY)
    path.write_bytes(layout_a(papers(6)).encode())
    with pytest.raises(SourceError, match="changed while it was read"):
        list(page.records)


def test_a_page_of_more_riddles_than_papers_is_refused_while_read(tmp_path: Path) -> None:
    riddles = "\n".join(f"A Title Alone on a Line, Number {number}?" for number in range(400))
    page = read_dump(saved(tmp_path, f"{layout_b(papers(120))}\n{riddles}"), today=TODAY)
    with pytest.raises(SourceError, match="more lines are unclear than clear"):
        list(page.records)


def test_what_is_missing_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        read_dump(tmp_path / "absent.txt", today=TODAY)
    with pytest.raises(SourceError, match="is not a file"):
        read_dump(tmp_path, today=TODAY)


def test_more_than_the_bytes_allowed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="more than the 1,000 allowed; split it"):
        read_dump(saved(tmp_path, PAGE), today=TODAY, max_bytes=1_000)


@pytest.mark.parametrize("junk", [b"\x00", b"{", b"\xff\xfe", b"word "])
def test_a_hundred_megabytes_of_junk_are_refused_at_once(junk: bytes, tmp_path: Path) -> None:
    path = saved(tmp_path, junk * (200_000 // len(junk)))
    os.truncate(path, 100_000_000)
    started = time.perf_counter()
    with pytest.raises(SourceError):
        read_dump(path, today=TODAY)
    assert time.perf_counter() - started < 1


def test_a_date_later_than_tomorrow_is_refused(tmp_path: Path) -> None:
    future = layout_a(papers(2), (*HEADER_A[:-1], "Mar 17, 2031"))
    with pytest.raises(SourceError, match="line 9: the date stated here"):
        read_all(tmp_path, future)
    with pytest.raises(SourceError, match="2031-01-01, is later than tomorrow"):
        read_dump(saved(tmp_path, PAGE), today=TODAY, dated_on=date(2031, 1, 1))
