"""The one shape of everything that takes in returned mail."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from digest.errors import DigestError


class Taken(StrEnum):
    """What a returned mail has changed: one of the first three, or nothing.

    Parked means that it is about no mail of ours as far as anybody can prove.
    """

    BOUNCED = "bounced"
    COMPLAINED = "complained"
    LEFT = "left"
    KNOWN = "known"
    IGNORED = "ignored"
    PARKED = "parked"


# Takes in one mail: the addresses of its envelope, none where they are not known, and its bytes.
# What it returns is committed; whatever it raises means: ask again later. Idempotent.
Take = Callable[[Sequence[str], bytes], Taken]


class IntakeError(DigestError):
    """Returned mail cannot be fetched; it is tried again at the next tick."""


class Intake(Protocol):
    """One way in; siblings: listener, mailbox, imap."""

    @property
    def name(self) -> str:
        """Return how operators call it: its address without a password."""

    def open(self) -> None:
        """Begin: bind a port, make a folder. Raises IntakeError."""

    def collect(self) -> int:
        """Take in what has come and return how many mails, or how many came by themselves.

        Called every minute or so. Raises IntakeError. A mail that cannot be taken in now stays
        where it is for the next time.
        """

    def close(self) -> None:
        """End. Safe to call twice."""
