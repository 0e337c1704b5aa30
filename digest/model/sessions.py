"""Who is signed in: readers and operators in their browsers, and programs of readers."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class SessionKind(StrEnum):
    """What a session lets in: a reader's browser, their program (by the API), an operator's browser."""

    READER = "reader"
    API = "api"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Session:
    """One browser or program that is let in until `expires_at`.

    `owner` is the id of the subscriber or, of an OPERATOR session, of the operator; `program` says
    what it is in words ("Firefox on Linux", or the name a reader gave).
    """

    id: int
    kind: SessionKind
    owner: int
    program: str
    created_at: datetime
    used_on: date
    expires_at: datetime
