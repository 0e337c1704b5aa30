"""The body of an answer, unpacked as it comes, and never more of it than was agreed."""

import io
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO

_IN_MEMORY = 4 << 20
_CHUNK = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS


class BodyError(Exception):
    """A body that is too large, or packed otherwise than it says; the sentence says which."""


def spool(chunks: Iterable[bytes], encoding: str, most: int) -> IO[bytes]:
    """Return a body, unpacked, at its beginning: in memory while it is small, then in a file.

    `encoding` is the header's, where gzip is the only packing: nothing else was asked for. Raises
    BodyError as soon as more than `most` bytes come out.
    """
    match encoding.strip().lower():
        case "" | "identity":
            unpacked = iter(chunks)
        case "gzip" | "x-gzip":
            unpacked = _gunzip(chunks)
        case _:
            raise BodyError(f"is packed as {encoding[:40]!r}, which was not asked for")
    file: IO[bytes] = io.BytesIO()
    for chunk in _no_more_than(most, unpacked):
        if isinstance(file, io.BytesIO) and file.tell() + len(chunk) > _IN_MEMORY:
            disk = _OnDisk(tempfile.TemporaryFile(buffering=0))  # noqa: SIM115  closed by whom it is handed to
            disk.write(file.getbuffer())
            file = disk
        file.write(chunk)
    file.seek(0)
    return file


class _OnDisk(io.BufferedRandom):
    """A file without a name, which is gone when nobody reads it any more."""

    def __del__(self) -> None:
        self.close()


def _no_more_than(most: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise BodyError(f"is longer than {most:,} bytes")
        yield chunk


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what was packed, in pieces of bounded size; raises BodyError where it is cut off.

    There may be several parts one after the other. An empty body is an empty body.
    """
    unpacker = zlib.decompressobj(_GZIP)
    is_begun = False
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(_GZIP)
                is_begun = True
                yield unpacker.decompress(rest, _CHUNK)
                rest = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error as error:
        raise BodyError("is not packed as it says") from error
    # What a full piece left inside comes out without another byte.
    while is_begun and not unpacker.eof:
        piece = unpacker.decompress(b"", _CHUNK)
        if not piece:
            raise BodyError("ends in the middle of what is packed")
        yield piece
