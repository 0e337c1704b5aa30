"""A reader's wishes at a revision, as JSON in a row that is never changed.

Composing reads them from it, and every digest that is composed names it: the mail shows the wishes as
they were, and is the same bytes on every attempt.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import time
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, text

from digest.model.cadence import known_zone
from digest.model.languages import DEFAULT_LANGUAGE, known_language
from digest.model.subscribers import Cadence, Days, Interest, QuietDays, Wishes
from digest.store.known import known
from digest.store.slices import slices

# An enumeration's own look-up takes ten times as long.
_QUIET = {quiet.value: quiet for quiet in QuietDays}


def keep_present(connection: Connection, subscriber_ids: Sequence[int]) -> None:
    """Keep the wishes of readers at their present revision. Idempotent.

    One statement sees one state of the database: wishes and revision, which change together. In the
    order of the ids, so that two who keep the same take turns.
    """
    kept = _KEEP_SQLITE if connection.dialect.name == "sqlite" else _KEEP_POSTGRESQL
    for some in slices(subscriber_ids):
        connection.execute(kept, {"numbers": some})


def wishes_to_json(kept: Wishes) -> dict[str, Any]:
    """Return wishes as JSON can say them."""
    cadence = kept.cadence
    return {
        "interests": [[interest.expression, interest.weight] for interest in kept.interests],
        "days": cadence.days.value,
        "at": cadence.at.isoformat(),
        "zone": cadence.zone,
        "weekday": cadence.weekday,
        "papers_per_digest": kept.papers_per_digest,
        "language": kept.language,
        "quiet": kept.quiet.value,
    }


def wishes_from_json(stored: dict[str, Any]) -> Wishes:
    """Return the wishes that were stored."""
    return Wishes(
        interests=tuple([_interest(words, weight) for words, weight in stored["interests"]]),
        cadence=_cadence(stored["days"], stored["at"], stored["zone"], stored["weekday"]),
        papers_per_digest=stored["papers_per_digest"],
        # A release before knew English only.
        language=known_language(stored.get("language", DEFAULT_LANGUAGE)),
        # It sent nothing on a quiet day, too.
        quiet=_QUIET.get(stored.get("quiet", ""), QuietDays.SKIP),
    )


def all_from_json(texts: Iterable[str]) -> list[Wishes]:
    """Return the wishes that each of many texts says, read at once."""
    return [wishes_from_json(stored) for stored in json.loads(f"[{','.join(texts)}]")]


# Thousands of readers have the same.
@lru_cache(maxsize=1 << 14)
def _cadence(days: str, at: str, zone: str, weekday: int) -> Cadence:
    return Cadence(
        known(Days, days) or Days.DAILY, time.fromisoformat(at), known_zone(zone), weekday
    )


@lru_cache(maxsize=1 << 16)
def _interest(expression: str, weight: float) -> Interest:
    # PostgreSQL writes a whole number as one.
    return Interest(expression, float(weight))


# As `wishes_to_json` has it.
_KEEP_SQLITE = text("""
    INSERT INTO wishes (subscriber_id, revision, body)
    SELECT id, revision, json_object(
        'interests', (
            SELECT json_group_array(json_array(expression, weight)) FROM (
                SELECT expression, weight FROM interests
                WHERE subscriber_id = subscribers.id ORDER BY position
            )
        ),
        'days', days, 'at', local_time, 'zone', zone, 'weekday', weekday,
        'papers_per_digest', papers_per_digest, 'language', language, 'quiet', quiet
    )
    FROM subscribers WHERE id IN :numbers ORDER BY id ON CONFLICT DO NOTHING
""").bindparams(bindparam("numbers", expanding=True))
_KEEP_POSTGRESQL = text("""
    INSERT INTO wishes (subscriber_id, revision, body)
    SELECT id, revision, json_build_object(
        'interests', (
            SELECT coalesce(json_agg(json_build_array(expression, weight) ORDER BY position), '[]')
            FROM interests WHERE subscriber_id = subscribers.id
        ),
        'days', days, 'at', local_time, 'zone', zone, 'weekday', weekday,
        'papers_per_digest', papers_per_digest, 'language', language, 'quiet', quiet
    )
    FROM subscribers WHERE id IN :numbers ORDER BY id ON CONFLICT DO NOTHING
""").bindparams(bindparam("numbers", expanding=True))
