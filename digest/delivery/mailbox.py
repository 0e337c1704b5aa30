"""Returned mail taken in from a Maildir that a mail server delivers into."""

import logging
import os
from pathlib import Path

from digest.delivery.intakes import IntakeError, Take, Taken
from digest.delivery.mail_parts import MAX_HEAD

logger = logging.getLogger(__name__)

# How many at one tick, and after how many that cannot be taken in the rest is left for the next.
MAX_MAILS = 1000
MAX_FAILURES = 3


class MaildirIntake:
    """Takes what is in `new/` and moves it to `cur/`, marked as seen; flagged if it was parked.

    Moved only when it is committed, so a kill in between takes a mail in twice, which changes
    nothing. Done by rename(2) and not by the standard library's mailbox, which would write every
    mail anew to set a flag.
    """

    def __init__(self, root: Path, take: Take) -> None:
        self.name = f"maildir:{root}"
        self._root = root
        self._take = take
        self._failed: set[str] = set()

    def open(self) -> None:
        """Make the folders, if they are not there."""
        try:
            for folder in ("tmp", "new", "cur"):
                (self._root / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._error(error) from error

    def collect(self) -> int:
        """Take in what is new and return how many mails it was."""
        count = failures = 0
        for path in self._new():
            try:
                self._take_in(path)
            except FileNotFoundError:
                continue  # somebody else has taken it
            except Exception:
                logger.exception("%s cannot be taken in now", path)
                self._failed.add(path.name)
                failures += 1
                if failures >= MAX_FAILURES:
                    break
            else:
                self._failed.discard(path.name)
                count += 1
        return count

    def close(self) -> None:
        """Nothing is held open."""

    def _new(self) -> list[Path]:
        """Return the oldest mails, those that failed before behind the others."""
        try:
            with os.scandir(self._root / "new") as entries:
                names = [
                    entry.name
                    for entry in entries
                    if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
                ]
        except OSError as error:
            raise self._error(error) from error
        names.sort(key=lambda name: (name in self._failed, name))
        return [self._root / "new" / name for name in names[:MAX_MAILS]]

    def _take_in(self, path: Path) -> None:
        with path.open("rb") as file:
            message = file.read(MAX_HEAD)
        taken = self._take((), message)
        flags = "FS" if taken is Taken.PARKED else "S"
        path.rename(self._root / "cur" / f"{path.name.partition(':')[0]}:2,{flags}")

    def _error(self, error: OSError) -> IntakeError:
        return IntakeError(f"{self.name} cannot be read: {error.strerror or error}")
