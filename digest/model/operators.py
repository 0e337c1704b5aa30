"""Who runs the site, and what they did."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who may sign in at /admin.

    `password` is what Argon2id made of it, `sealed` the secret of their codes (credentials.Vault),
    `step` the last time step whose code they used.
    """

    id: int
    name: str
    password: str = field(repr=False)
    sealed: str = field(repr=False)
    step: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DeedDone:
    """One line of the audit log: who did what to whom, and when.

    `subject` names a reader by their number: whoever asks to be forgotten is not kept here.
    """

    id: int
    operator: str
    deed: str
    subject: str
    done_at: datetime


class HeldOutcome(StrEnum):
    """What an operator decided about a dump that was held."""

    PUBLISHED = "published"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class HeldDump:
    """A dump that may be a broken page, until somebody decides; `size` is that of its bytes."""

    id: int
    source: str
    name: str
    checksum: str
    dated_on: date
    reason: str
    size: int
    held_at: datetime
    outcome: HeldOutcome | None = None
    settled_at: datetime | None = None
