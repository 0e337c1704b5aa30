"""Mails as .eml files in a folder: to look at, and for machines without a mail server."""

import os
import tempfile
from pathlib import Path

from digest.delivery.keys import checked_key
from digest.model.deliveries import Outcome, Verdict


class FileTransport:
    """Writes each mail to `<key>.eml`; exactly once, as the same key is the same file.

    A mail is whole or not there: it appears by a rename, after it is on the disk.
    """

    name = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, sender: str, recipient: str, message: bytes, key: str) -> Verdict:  # noqa: ARG002 - both stand in the message
        """Write the file; writing the same mail again leaves it untouched."""
        path = self._folder / f"{checked_key(key)}.eml"
        try:
            if path.exists() and path.read_bytes() == message:
                return Verdict(Outcome.ACCEPTED, f"already in {path}")
            self._folder.mkdir(parents=True, exist_ok=True)
            _write(path, message)
        except OSError as error:
            return Verdict(Outcome.UNREACHABLE, f"cannot write {path}: {error.strerror or error}")
        return Verdict(Outcome.ACCEPTED, f"written to {path}")

    def close(self) -> None:
        """Nothing is held open."""


def _write(path: Path, message: bytes) -> None:
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(message)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
