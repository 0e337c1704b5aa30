"""A folder of arrays that only grow, of which a header says how much counts.

What is appended lies beyond the header's counts until a new header takes the old one's place in one
step: killed at any moment, the folder opens as it was before or after. Others may read meanwhile;
what they have mapped is never written to. Nothing is forced to the disk, since all of it can be
made anew: after a loss of power the checksums tell.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from uuid import uuid4
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from digest.errors import StoreError
from digest.ranking.wishes import CODE, ROW, WEIGHT

FORMAT = "digest-readers-2"
HEADER = "header.json"
PARTS: Mapping[str, np.dtype[Any]] = {
    "rows": ROW,
    "codes": CODE,
    "weights": WEIGHT,
    "expressions": np.dtype("u1"),
    "expression_ends": np.dtype("<i8"),
}


class ReadersError(StoreError):
    """The stored readers cannot be used; the database can make them anew."""

    def __init__(self, folder: Path, problem: str) -> None:
        super().__init__(f"{folder}: {problem}. Delete the folder; it is made anew.")


class GoneError(Exception):
    """Another generation has taken the place of this one."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which generation counts, how much of each part, and the checksum of that much."""

    generation: str
    counts: Mapping[str, int]
    checksums: Mapping[str, int]

    @classmethod
    def first(cls) -> Self:
        """Return the header of a generation that has nothing in it, and a name like no other."""
        return cls(uuid4().hex, dict.fromkeys(PARTS, 0), dict.fromkeys(PARTS, 0))

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the header of a folder, None if there is none; raise ReadersError if broken."""
        try:
            text = (folder / HEADER).read_text()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ReadersError(folder, f"The header cannot be read: {error}") from error
        try:
            fields = json.loads(text)
            if fields["format"] != FORMAT:
                raise ReadersError(folder, f"This is {fields['format']!r}, not {FORMAT!r}")
            header = cls(fields["generation"], fields["counts"], fields["checksums"])
            if text != header.text():
                raise ReadersError(folder, "The header was changed")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ReadersError(folder, "The header is broken") from error
        return header

    def write(self, folder: Path) -> None:
        """Put this header in place of the one before, in one step."""
        new = folder / f"{HEADER}.new"
        new.write_text(self.text())
        new.replace(folder / HEADER)

    def text(self) -> str:
        """Return the header as it is stored, with a checksum of itself."""
        fields = {
            "format": FORMAT,
            "generation": self.generation,
            "counts": {name: int(self.counts[name]) for name in PARTS},
            "checksums": {name: int(self.checksums[name]) for name in PARTS},
        }
        return json.dumps(fields | {"checksum": crc32(json.dumps(fields).encode())})


def path_of(folder: Path, generation: str, part: str) -> Path:
    """Return the file of a part."""
    return folder / f"{generation}-{part}.bin"


def erase_others(folder: Path, generation: str) -> None:
    """Delete the files of all generations but one; who has mapped them keeps them."""
    for path in folder.glob("*-*.bin"):
        if not path.name.startswith(f"{generation}-"):
            path.unlink(missing_ok=True)


def append(folder: Path, header: Header, arrays: Mapping[str, NDArray[Any]]) -> Header:
    """Return the header to write once arrays were put behind what counts."""
    counts, checksums = dict(header.counts), dict(header.checksums)
    for part, array in arrays.items():
        data = np.ascontiguousarray(array, PARTS[part]).tobytes()
        # Not "ab": what a killed writer left beyond the count is written over.
        file = os.open(path_of(folder, header.generation, part), os.O_RDWR | os.O_CREAT, 0o644)
        with os.fdopen(file, "r+b") as stream:
            stream.seek(counts[part] * PARTS[part].itemsize)
            stream.write(data)
        counts[part] += len(array)
        checksums[part] = crc32(data, checksums[part])
    return replace(header, counts=counts, checksums=checksums)


def mapped(folder: Path, header: Header, known: Header) -> dict[str, NDArray[Any]]:
    """Return every part as far as it counts; what `known` does not cover is checked.

    Raises GoneError if the files are no longer there, ReadersError if they are not what was stored.
    """
    parts = {part: _mapped(folder, header, part) for part in PARTS}
    if known.generation != header.generation:
        known = Header.first()
    for part, array in parts.items():
        new = array[known.counts[part] :]
        if crc32(new.view("u1").data, known.checksums[part]) != header.checksums[part]:
            raise ReadersError(folder, f"The part {part!r} is broken")
    return parts


def _mapped(folder: Path, header: Header, part: str) -> NDArray[Any]:
    count, dtype = header.counts[part], PARTS[part]
    if not count:  # an empty file cannot be mapped
        return np.empty(0, dtype)
    try:
        array = np.memmap(path_of(folder, header.generation, part), dtype, "r", shape=(count,))
    except FileNotFoundError as error:
        raise GoneError from error
    except (OSError, ValueError) as error:
        raise ReadersError(folder, f"The part {part!r} cannot be read: {error}") from error
    return np.asarray(array)
