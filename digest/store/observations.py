"""What services said of papers on a day, in numbers, such as how many upvotes they had by then."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from digest.store.tables import observations, sources
from digest.store.upsert import insert_or_replace

UPVOTES = "upvotes"


class Observation(NamedTuple):
    """A number that a source gave for a paper, and the day on which it did so last.

    `title` is the source's name for people.
    """

    source: str
    title: str
    name: str
    observed_on: date
    value: float


def keep_observations(
    connection: Connection, source: str, name: str, day: date, values: Mapping[int, float]
) -> None:
    """Store what a source says of papers, by their ids, on a day; its last word of the day stands."""
    rows = [
        {
            "paper_id": number,
            "source": source,
            "name": name,
            "observed_on": day,
            "value": float(value),
        }
        for number, value in sorted(values.items())
    ]
    if rows:
        connection.execute(insert_or_replace(connection, observations), rows)


def last_observations(connection: Connection, paper_id: int) -> list[Observation]:
    """Return the last number of each name and source for a paper, by source and name."""
    rows = connection.execute(
        select(observations, sources.c.title)
        .outerjoin(sources, sources.c.name == observations.c.source)
        .where(observations.c.paper_id == paper_id)
        .order_by(observations.c.observed_on)
    )
    found = {
        (row.source, row.name): Observation(
            row.source, row.title or row.source, row.name, row.observed_on, row.value
        )
        for row in rows
    }
    return [found[key] for key in sorted(found)]
