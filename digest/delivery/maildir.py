"""One Maildir for all mails: any mail reader opens it, and each mail is in it exactly once."""

import contextlib
import os
import threading
from pathlib import Path

from digest.delivery.file import make_folder, sync_folder
from digest.delivery.keys import checked_key
from digest.delivery.transports import OutgoingMail
from digest.model.deliveries import Outcome, Stage, Verdict


class MaildirTransport:
    """Delivers into `new/` under the mail's key.

    link(2) is the commit: it fails if the name exists, so that two workers, or one that was killed
    and came back, deliver one copy. A reader moves mails to `cur/` and adds flags, so they are
    looked for there too.
    """

    name = "maildir"
    is_idempotent = True

    def __init__(self, root: Path) -> None:
        self._root = root

    def deliver(self, mail: OutgoingMail) -> Verdict:
        """Deliver the mail unless it is there already."""
        name = checked_key(mail.key)
        try:
            for folder in ("tmp", "new", "cur"):
                make_folder(self._root / folder)
            if self._holds(name):
                # Whoever delivered it may have been killed before its name was safe.
                sync_folder(self._root / "new")
                return Verdict(Outcome.ACCEPTED, f"already in {self._root}", stage=Stage.END)
            self._deliver(name, mail.message)
        except OSError as error:
            problem = f"cannot write to {self._root}: {error.strerror or error}"
            return Verdict(Outcome.UNREACHABLE, problem, stage=Stage.CONNECT)
        return Verdict(Outcome.ACCEPTED, f"delivered to {self._root}", stage=Stage.END)

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
            with contextlib.suppress(FileExistsError):
                os.link(unfinished, self._root / "new" / name)
            sync_folder(self._root / "new")
        finally:
            unfinished.unlink(missing_ok=True)
