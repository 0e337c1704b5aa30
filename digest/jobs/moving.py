"""Files of the watched folder on their way out of it, once it is decided what became of them."""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path

_LONGEST = 2000  # bytes of why a file was refused


class Subfolder(StrEnum):
    """The folders, beside the files, into which they are moved."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Mark:
    """What changes when a file is replaced or written to."""

    number: int
    size: int
    written_ns: int


def mark_of(path: Path) -> Mark:
    """Return the mark of a file, or of what a link leads to. Raises OSError."""
    status = path.stat()
    return Mark(status.st_ino, status.st_size, status.st_mtime_ns)


def move(path: Path, mark: Mark, into: Subfolder, why: str = "") -> None:
    """Move a file into a folder beside it, with a sentence beside it that says why, if there is one.

    A name that is taken gets a number. What was written to since, is gone, or is a link stays as it
    is: that is no fault. Raises OSError if it cannot be moved.
    """
    if path.is_symlink():
        return
    try:
        if mark_of(path) != mark:
            return
    except FileNotFoundError:
        return  # another scheduler was here before
    folder = path.parent / into
    folder.mkdir(exist_ok=True)
    target = _replace(path, folder)
    if target is None:
        return
    if mark_of(target) != mark:  # saved anew in this very moment: that one is yet to be read
        _replace(target, path.parent)
    elif why:
        # On a full disk the file is moved all the same: the log says why, too.
        with suppress(OSError):
            note = target.with_name(f"{target.name}.why")
            note.write_bytes(f"{why}\n".encode(errors="replace")[:_LONGEST])


def _replace(path: Path, folder: Path) -> Path | None:
    """Move a file into a folder under the first name that is free; None if it is gone."""
    for number in count(1):
        name = path.name if number == 1 else f"{path.stem}-{number}{path.suffix}"
        target = folder / name
        try:
            # Takes the name for us alone: two that move at once overwrite nothing.
            target.open("xb").close()
        except FileExistsError:
            continue
        try:
            path.replace(target)
        except OSError as error:
            target.unlink()
            if isinstance(error, FileNotFoundError):
                return None
            raise
        return target
    return None  # pragma: no cover  numbers do not end
