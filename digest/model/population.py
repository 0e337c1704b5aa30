"""Readers that were made up, for tests: who they are, and how they are told from real ones."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import NamedTuple

# RFC 2606 keeps .test out of the Internet's names for good: no mail to it can reach anybody.
MADE_UP = ".load.test"


class MadeFeedback(NamedTuple):
    """What a made reader said of a paper (model.feedback.FeedbackKind), and when."""

    paper_id: int
    kind: str
    given_at: datetime


class MadeMute(NamedTuple):
    """What a made reader hears nothing of for a while."""

    expression: str
    until: datetime


class MadeReader(NamedTuple):
    """A reader as they are written down; a tuple, since there are a million of them.

    The address is in its normal form; `interests` are expressions with their weights. `suppressed`
    is why they are not written to, "" if they are.
    """

    address: str
    state: str
    days: str
    weekday: int
    at: time
    zone: str
    papers_per_digest: int
    language: str
    quiet: str
    created_at: datetime
    confirmed_at: datetime | None
    next_due_at: datetime | None
    paused_at: datetime | None
    paused_until: datetime | None
    left_at: datetime | None
    suppressed: str
    interests: Sequence[tuple[str, float]]
    feedback: Sequence[MadeFeedback]
    mutes: Sequence[MadeMute]
