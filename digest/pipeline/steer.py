"""What readers say of papers, and how they take it back; `muting` is what they mute.

Whoever is active may steer. Each act is one transaction, holds the reader's row before it looks,
and writes only what is not so already: the same act twice is one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from digest.errors import TokenError
from digest.model.feedback import Feedback, FeedbackKind, Mute
from digest.model.papers import Paper
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.subscribe import Registry, reader_of
from digest.store import papers, steering, subscribers
from digest.store.engine import Connection
from digest.tokens import Purpose

_RATINGS = (FeedbackKind.MORE, FeedbackKind.LESS)


class NotAReaderError(TokenError):
    """The link is good, but whose it is gets no digests: it changes nothing."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a reader said of a paper."""

    kind: FeedbackKind
    paper: Paper


@dataclass(frozen=True, slots=True)
class Said:
    """All that steers a reader's digests: words newest first, mutes that end last first."""

    words: tuple[Word, ...]
    mutes: tuple[Mute, ...]


def steering_reader(registry: Registry, token: str) -> Subscriber:
    """Return the reader whose steering link this is; changes nothing.

    Raises TokenError for a link that is no good, and for a reader who gets no digests.
    """
    subscriber = reader_of(registry, Purpose.STEER, token)
    _refuse_inactive(subscriber)
    return subscriber


def word_on(registry: Registry, subscriber: Subscriber, paper_id: int) -> Feedback | None:
    """Return a reader's last word on a paper, None if they said nothing."""
    with registry.database.reading() as connection:
        return steering.word_on(connection, subscriber.id, paper_id)


def say(
    registry: Registry, subscriber: Subscriber, paper_id: int, kind: FeedbackKind
) -> Feedback | None:
    """Write down a reader's word on a paper; return the one that stood before.

    Saying it again changes nothing. Raises TokenError for a reader who has left.
    """
    with steering_of(registry, subscriber) as connection:
        before = steering.word_on(connection, subscriber.id, paper_id)
        if before is None or before.kind is not kind:
            given = Feedback(subscriber.id, paper_id, kind, registry.clock())
            steering.set_feedback(connection, given)
        return before


def take_back(
    registry: Registry,
    subscriber: Subscriber,
    paper_id: int,
    kind: FeedbackKind,
    before: Feedback | None = None,
) -> None:
    """Put back what stood before a reader's word `kind` on a paper, nothing where it is None.

    A later word of another kind stays. Raises TokenError for a reader who has left.
    """
    with steering_of(registry, subscriber) as connection:
        now = steering.word_on(connection, subscriber.id, paper_id)
        if now is None or now.kind is not kind:
            return
        if before is None:
            steering.withdraw_feedback(connection, subscriber.id, paper_id)
        elif before.kind is not kind:
            steering.set_feedback(connection, before)


def said_by(registry: Registry, subscriber: Subscriber, limit: int) -> Said:
    """Return the newest `limit` papers a reader liked or disliked, and all that they mute."""
    number = subscriber.id
    with registry.database.reading() as connection:
        given = steering.feedback_of(connection, [number], _RATINGS).get(number, [])[:limit]
        found = papers.papers_by_id(connection, [each.paper_id for each in given])
        mutes = steering.mutes_in_force(connection, number, registry.clock())
    return Said(tuple(Word(each.kind, found[each.paper_id]) for each in given), tuple(mutes))


@contextmanager
def steering_of(registry: Registry, subscriber: Subscriber) -> Iterator[Connection]:
    """Open a transaction that has the reader for itself; raises TokenError if they have left."""
    with registry.database.writing() as connection:
        known = subscribers.subscriber_by_id(connection, subscriber.id, for_update=True)
        if known is None:
            raise TokenError("There is no such subscription any more.")
        _refuse_inactive(known)
        yield connection


def _refuse_inactive(subscriber: Subscriber) -> None:
    if subscriber.state is SubscriberState.UNSUBSCRIBED:
        message = (
            "You are unsubscribed, so nothing was changed. Subscribe again with the same address, "
            "and this link works as before."
        )
        raise NotAReaderError(message)
    if subscriber.state is SubscriberState.UNCONFIRMED:
        message = (
            "This subscription is not confirmed yet, so nothing was changed. Use the link in the "
            "mail that asks for it first."
        )
        raise NotAReaderError(message)
