"""What readers say of the papers they were shown, and what they want to hear nothing of for now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FeedbackKind(StrEnum):
    """What a reader says of a paper: more like it, less like it, or just that they know it."""

    MORE = "more"
    LESS = "less"
    SEEN = "seen"


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's last word on a paper."""

    subscriber_id: int
    paper_id: int
    kind: FeedbackKind
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Mute:
    """An expression whose papers are hidden from a reader until a moment."""

    subscriber_id: int
    expression: str
    until: datetime
