"""One Maildir for all mails: any mail reader opens it, and each mail is in it exactly once."""

import os
import threading
from pathlib import Path

from digest.delivery.file import sync_folder
from digest.delivery.keys import checked_key
from digest.model.deliveries import Outcome, Verdict


class MaildirTransport:
    """Delivers into `new/` under the mail's key.

    link(2) is the commit: it fails if the name exists, so that two workers, or one that was killed
    and came back, deliver one copy. A reader moves mails to `cur/` and adds flags, so they are
    looked for there too.
    """

    name = "maildir"

    def __init__(self, root: Path) -> None:
        self._root = root

    def send(self, sender: str, recipient: str, message: bytes, key: str) -> Verdict:  # noqa: ARG002 - both stand in the message
        """Deliver the mail unless it is there already."""
        name = checked_key(key)
        try:
            for folder in ("tmp", "new", "cur"):
                (self._root / folder).mkdir(parents=True, exist_ok=True)
            if self._holds(name):
                return Verdict(Outcome.ACCEPTED, f"already in {self._root}")
            self._deliver(name, message)
        except OSError as error:
            problem = error.strerror or error
            return Verdict(Outcome.UNREACHABLE, f"cannot write to {self._root}: {problem}")
        return Verdict(Outcome.ACCEPTED, f"delivered to {self._root}")

    def close(self) -> None:
        """Nothing is held open."""

    def _holds(self, name: str) -> bool:
        # new/ first: a reader moves from there to cur/, and so cannot slip past us.
        if (self._root / "new" / name).exists():
            return True
        with os.scandir(self._root / "cur") as entries:
            return any(entry.name.partition(":")[0] == name for entry in entries)

    def _deliver(self, name: str, message: bytes) -> None:
        # What a killed worker leaves in tmp/ is cleared by a mail reader after 36 hours, as the
        # Maildir convention has it.
        unfinished = self._root / "tmp" / f"{name}.{os.getpid()}.{threading.get_ident()}"
        try:
            with unfinished.open("wb") as file:
                file.write(message)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(unfinished, self._root / "new" / name)
            except FileExistsError:
                return
            sync_folder(self._root / "new")
        finally:
            unfinished.unlink(missing_ok=True)
