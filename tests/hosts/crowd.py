"""Twenty thousand readers and the papers they ask for, written in sets."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import Connection, text

from digest.pipeline.ingest import ingest
from digest.sources.base import Page
from digest.store.engine import Database
from tests.factories import make_dump, numbered

_WHAT = ("Graph", "Sparse", "Causal", "Bayesian", "Quantum", "Federated", "Neural", "Convex")
_OF = ("Networks", "Attention", "Inference", "Optimization", "Retrieval", "Diffusion", "Control")
TOPICS = [f"{what} {of}" for what in _WHAT for of in _OF]
_DOMAINS = 50
# Without clock changes, so that the moment is one in all of them on any day the test runs.
_ZONES = ("UTC", "Asia/Tokyo", "Asia/Kolkata", "America/Bogota")
_PAPERS = 3  # a digest, so that a mail is small
_PEOPLE = (
    "subscribers (id, address, address_key, state, days, weekday, local_time, zone, "
    "papers_per_digest, created_at, confirmed_at, next_due_at, seen_through, token_version)"
)


def take_in_papers(database: Database, now: datetime) -> None:
    """Store two papers of every topic."""
    titles = [f"{topic} {how}" for how in ("Revisited", "at Scale") for topic in TOPICS]
    page = Page(make_dump(dated_on=now.date()), iter(numbered(titles)))
    ingest(database, page, lambda: now)


def enrol(database: Database, readers: int, due_at: datetime) -> None:
    """Add active readers of 3 to 5 interests each, all due at the same moment."""
    chance = random.Random(readers)  # noqa: S311  the same crowd every time
    weights = [1 / rank for rank in range(1, len(TOPICS) + 1)]
    people: list[tuple[object, ...]] = []
    interests: list[tuple[object, ...]] = []
    for number in range(1, readers + 1):
        address = f"reader{number}@domain{number % _DOMAINS}.example"
        zone = _ZONES[number % len(_ZONES)]
        at = due_at.astimezone(ZoneInfo(zone)).time()
        joined = due_at - timedelta(days=9)
        cadence = ("daily", 0, at, zone, _PAPERS)
        marks = (joined, joined, due_at, 0, 1)
        people.append((number, address, address, "active", *cadence, *marks))
        chosen = dict.fromkeys(chance.choices(TOPICS, weights, k=chance.randint(3, 5)))
        interests += [(number, place, topic.lower(), 1.0) for place, topic in enumerate(chosen)]
    with database.writing() as connection:
        _copy(connection, _PEOPLE, people)
        _copy(connection, "interests (subscriber_id, position, expression, weight)", interests)
        # As the vacuum of a database that has been there for a while would have done.
        connection.execute(text("ANALYZE subscribers, interests"))


def _copy(connection: Connection, table: str, rows: list[tuple[object, ...]]) -> None:
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def moment() -> datetime:
    """Return the whole minute that is just over."""
    return datetime.now(UTC).replace(second=0, microsecond=0)
