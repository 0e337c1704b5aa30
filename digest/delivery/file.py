"""Mails as .eml files in a folder: to look at, and for machines without a mail server."""

import os
import tempfile
from pathlib import Path

from digest.delivery.keys import checked_key
from digest.delivery.transports import OutgoingMail
from digest.model.deliveries import Outcome, Stage, Verdict


class FileTransport:
    """Writes each mail to `<key>.eml`; exactly once, as the same key is the same file.

    A mail is whole or not there: it appears by a rename, after it is on the disk.
    """

    name = "file"
    is_idempotent = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, mail: OutgoingMail) -> Verdict:
        """Write the file; writing the same mail again leaves it untouched."""
        path = self._folder / f"{checked_key(mail.key)}.eml"
        try:
            if path.exists() and path.read_bytes() == mail.message:
                # Whoever wrote it may have been killed before its name was safe.
                sync_folder(self._folder)
                return Verdict(Outcome.ACCEPTED, f"already in {path}", stage=Stage.END)
            make_folder(self._folder)
            write_whole(path, mail.message)
        except OSError as error:
            problem = f"cannot write {path}: {error.strerror or error}"
            return Verdict(Outcome.UNREACHABLE, problem, stage=Stage.CONNECT)
        return Verdict(Outcome.ACCEPTED, f"written to {path}", stage=Stage.END)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and onto the disk; raises OSError."""
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder that survives a power cut, unless it is there already."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
