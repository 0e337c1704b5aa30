"""Who is signed in: readers and operators in their browsers, and programs of theirs."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class SessionKind(StrEnum):
    """What a session lets in: a reader's browser, their program (by the API), and an operator's two."""

    READER = "reader"
    API = "api"
    OPERATOR = "operator"
    KEY = "key"

    @property
    def is_operators(self) -> bool:
        """Tell whether whoever shows it is an operator, or a program of theirs."""
        return self in {SessionKind.OPERATOR, SessionKind.KEY}


@dataclass(frozen=True, slots=True)
class Session:
    """One browser or program that is let in until `expires_at`.

    `owner` is the id of the subscriber or, of an operator's session, of the operator; `program` says
    what it is in words ("Firefox on Linux", or the name a reader gave).
    """

    id: int
    kind: SessionKind
    owner: int
    program: str
    created_at: datetime
    used_on: date
    expires_at: datetime
