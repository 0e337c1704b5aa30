"""What readers want to hear nothing of for a while, and how they take it back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.errors import ExpressionError, SubscriptionError
from digest.model.cadence import local_date, start_of
from digest.model.digests import MatchKind
from digest.model.feedback import Mute
from digest.model.subscribers import MAX_EXPRESSION, Subscriber
from digest.pipeline.steer import steering_of
from digest.pipeline.subscribe import Registry
from digest.ranking.query import parse
from digest.store import digests, steering
from digest.store.engine import Connection
from digest.text import clean_line

MUTED_FOR = timedelta(days=30)
MAX_MUTES = 50

_DAY = timedelta(days=1)
# Muting an expression hides what really meets it, not what only has some of its words.
_MET = frozenset({MatchKind.PHRASE, MatchKind.NEAR, MatchKind.ACRONYM})


@dataclass(frozen=True, slots=True)
class Muted:
    """A mute as it is now, and until when the same expression was muted before, if it was."""

    mute: Mute
    before: datetime | None


def expressions_met(registry: Registry, subscriber: Subscriber, paper_id: int) -> tuple[str, ...]:
    """Return the reader's expressions that brought them a paper, largest share first.

    As their newest digest with the paper tells it; interests they gave up since are left out.
    """
    with registry.database.reading() as connection:
        reasons = digests.newest_reasons(connection, subscriber.id, paper_id)
    own = {interest.expression for interest in subscriber.interests}
    met = (each.expression for each in reasons if each.kind in _MET)
    return tuple(dict.fromkeys(each for each in met if each in own))


def read_mute(text: str) -> str:
    """Return the expression that was typed to be muted.

    Raises SubscriptionError for none, ExpressionError for one that cannot be read, is longer than
    80 characters, or only excludes.
    """
    expression = clean_line(text)
    if not expression:
        raise SubscriptionError("Write what to mute, such as: case study")
    if len(expression) > MAX_EXPRESSION:
        problem = f"longer than {MAX_EXPRESSION} characters: fewer words mute as well"
        raise ExpressionError(expression, problem, MAX_EXPRESSION)
    if not parse(expression).alternatives:
        problem = "this only excludes: write what you want to hear nothing of, without the minus"
        raise ExpressionError(expression, problem, 0)
    return expression


def mute(registry: Registry, subscriber: Subscriber, text: str) -> Muted:
    """Hide what meets an expression from a reader, for thirty of their days; twice is once.

    Raises SubscriptionError or ExpressionError for what cannot be muted, or is one too many, and
    TokenError for a reader who has left.
    """
    expression = read_mute(text)
    now = registry.clock()
    wanted = Mute(subscriber.id, expression, muted_until(now, subscriber.cadence.zone))
    with steering_of(registry, subscriber) as connection:
        until = _standing(connection, subscriber.id, now)
        if until.get(expression) == wanted.until:
            return Muted(wanted, None)
        if expression not in until and len(until) >= MAX_MUTES:
            raise SubscriptionError(
                f"You mute {MAX_MUTES} phrases, the most there can be: unmute one first"
            )
        steering.forget_ended_mutes(connection, subscriber.id, now)
        steering.set_mute(connection, wanted)
        return Muted(wanted, until.get(expression))


def unmute(
    registry: Registry, subscriber: Subscriber, expression: str, before: datetime | None = None
) -> None:
    """Show what meets an expression to a reader again, or mute it until `before` as it was.

    What is not muted stays so. Raises TokenError for a reader who has left.
    """
    now = registry.clock()
    with steering_of(registry, subscriber) as connection:
        until = _standing(connection, subscriber.id, now).get(expression)
        if until is None or until == before:
            return
        # Nothing is muted for longer than a mute lasts, whatever a form says.
        if before is not None and now < before <= now + MUTED_FOR + _DAY:
            steering.set_mute(connection, Mute(subscriber.id, expression, before))
        else:
            steering.lift_mute(connection, subscriber.id, expression)


def mutes_in_force(registry: Registry, subscriber: Subscriber) -> list[Mute]:
    """Return what a reader has muted, what ends last first."""
    with registry.database.reading() as connection:
        return steering.mutes_in_force(connection, subscriber.id, registry.clock())


def muted_until(now: datetime, zone: str) -> datetime:
    """Return when a mute of this moment ends: as a reader's local day begins, thirty days on.

    On a day and not at a minute, so that a button pressed twice says the same.
    """
    return start_of(local_date(now, zone) + MUTED_FOR, zone)


def _standing(connection: Connection, subscriber_id: int, now: datetime) -> dict[str, datetime]:
    found = steering.mutes_in_force(connection, subscriber_id, now)
    return {each.expression: each.until for each in found}
