"""A saved page as bytes: whole, text, of a sane size? Decided before a word of it is parsed."""

import codecs
import hashlib
import io
import os
import re
import stat
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

from digest.errors import SourceError

MAX_LINE = 100_000
_CHUNK = 1 << 16  # shorter than MAX_LINE, so that an overlong line spans two chunks or more
_LINE_END = re.compile(rb"\r\n?|\n")
_WINDOWS_1252 = re.compile(rb"[\x80-\x9f\xa0-\xff]")
_MOSTLY = 0.1  # the share of high bytes in a broken stretch above which it is no text at all


def file_date(path: Path, max_bytes: int) -> date:
    """Return the day (UTC) a file was last written, having refused what is no readable file.

    Raises SourceError for a missing, empty or oversized file and for what is no file.
    """
    try:
        facts = path.stat()
    except OSError as error:
        problem = f"cannot be read ({error.strerror}); check the path and its permissions"
        raise SourceError(str(path), problem) from error
    if not stat.S_ISREG(facts.st_mode):
        raise SourceError(str(path), "is not a file; name a saved page of trending papers")
    if facts.st_size == 0:
        raise SourceError(path.name, "is empty; save the page again")
    if facts.st_size > max_bytes:
        problem = f"has {facts.st_size:,} bytes, more than the {max_bytes:,} allowed; split it"
        raise SourceError(path.name, problem)
    return datetime.fromtimestamp(facts.st_mtime, UTC).date()


def open_dump(path: Path) -> BinaryIO:
    """Return the file, open for reading bytes, or raise SourceError saying why not."""
    try:
        return path.open("rb")
    except OSError as error:
        problem = f"cannot be read ({error.strerror}); check the path and its permissions"
        raise SourceError(str(path), problem) from error


def state_of(file: BinaryIO) -> tuple[int, int, int]:
    """Return what changes when a file is replaced or written to."""
    facts = os.fstat(file.fileno())
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def examine(file: BinaryIO, name: str, max_bytes: int) -> str:
    """Return the SHA-256 of a file's bytes, in one pass, if they are text in UTF-8.

    Raises SourceError at the first NUL, the first byte that is not UTF-8, the first line over
    MAX_LINE characters, and when the file has grown past `max_bytes`.
    """
    digest = hashlib.sha256()
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")(), translate=True)
    offset = lines = length = 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        _refuse_nul(file, name, chunk, offset)
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            at = offset + len(chunk) - len(error.object) + error.start
            raise SourceError(name, _not_utf8(error), _line_at(file, at)) from error
        offset += len(chunk)
        if offset > max_bytes:
            raise SourceError(name, f"has more than the {max_bytes:,} bytes allowed; split it")
        first, last = text.find("\n"), text.rfind("\n")
        if length + (len(text) if first < 0 else first) > MAX_LINE:
            raise SourceError(name, overlong(), lines + 1)
        length = length + len(text) if first < 0 else len(text) - last - 1
        lines += text.count("\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        problem = "the file ends in the middle of a character; save the page again"
        raise SourceError(name, problem, lines + 1) from error
    return digest.hexdigest()


def overlong() -> str:
    """Return what is said of a line that no saved page would have."""
    return (
        f"a line of more than {MAX_LINE:,} characters; this is not a page of papers, "
        "save the page as text"
    )


def _refuse_nul(file: BinaryIO, name: str, chunk: bytes, offset: int) -> None:
    at = chunk.find(b"\0")
    if at < 0:
        return
    wide = offset == 0 and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    problem = (
        "is written in UTF-16; save it again as UTF-8"
        if wide
        else "holds binary data (a NUL byte); save the page as plain text"
    )
    raise SourceError(name, problem, _line_at(file, offset + at))


def _not_utf8(error: UnicodeDecodeError) -> str:
    around = error.object[error.start : error.start + 400]
    if len(_WINDOWS_1252.findall(around)) > max(3, len(around) * _MOSTLY):
        return "holds binary data; save the page as plain text"
    byte = error.object[error.start : error.start + 1]
    meant = byte.decode("cp1252", "replace")
    hint = "" if meant == "\ufffd" else f", in Windows-1252 it would be '{meant}'"
    return f"is not UTF-8 (byte 0x{byte.hex()}{hint}); save the file again as UTF-8"


def _line_at(file: BinaryIO, offset: int) -> int:
    """Return the number of the line a byte stands in, reading the file again up to it."""
    file.seek(0)
    lines, left, was_return = 1, offset, False
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        left -= len(chunk)
        lines += len(_LINE_END.findall(chunk)) - (was_return and chunk.startswith(b"\n"))
        was_return = chunk.endswith(b"\r")
    return lines
