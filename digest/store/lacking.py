"""Which sources are incomplete so far: as it stands now, and as it stood when a digest was composed."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, select, update

from digest.model.sources import Lack, Lacking
from digest.store.known import known
from digest.store.tables import dumps, listings, sources

_NOW = (
    select(sources.c.name, cast(sources.c.lacking, Text).label("lacking"))
    .where(sources.c.lacking.is_not(None))
    .order_by(sources.c.title, sources.c.name)
)


def lacking_now(connection: Connection) -> tuple[Lacking, ...]:
    """Return the sources that are incomplete so far, by their titles."""
    rows = connection.execute(_NOW)
    return tuple(each for row in rows for each in lacking_from_json(json.loads(row.lacking)))


def save_lacking(connection: Connection, found: Collection[Lacking]) -> bool:
    """Keep in what sources are incomplete, and that all others are not; tell whether that is new."""
    stored = {row.name: json.loads(row.lacking) for row in connection.execute(_NOW)}
    wanted = {each.source: [_plain(each)] for each in found}
    changed = [name for name in {*stored, *wanted} if stored.get(name) != wanted.get(name)]
    for name in sorted(changed):
        change = update(sources).where(sources.c.name == name)
        connection.execute(change.values(lacking=wanted.get(name)))
    return bool(changed)


def lacking_to_json(found: Sequence[Lacking]) -> str | None:
    """Return what is kept with digests; None if nothing is incomplete."""
    return json.dumps([_plain(each) for each in found]) if found else None


def lacking_from_json(stored: Iterable[Mapping[str, Any]] | None) -> tuple[Lacking, ...]:
    """Return what was kept; what a newer release found wrong, and this one does not know, is left out."""
    return tuple(
        Lacking(
            source=each["source"],
            title=each["title"],
            lack=lack,
            since=datetime.fromisoformat(each["since"]),
            day=date.fromisoformat(each["day"]) if each["day"] else None,
            papers=each["papers"],
            usual=each["usual"],
            is_long=each["is_long"],
        )
        for each in stored or ()
        if (lack := known(Lack, each["lack"])) is not None
    )


def papers_of_day(connection: Connection, source: str, day: date) -> set[int]:
    """Return the papers that a source lists under a day."""
    statement = (
        select(listings.c.paper_id)
        .join(dumps, dumps.c.id == listings.c.dump_id)
        .where(dumps.c.source == source, dumps.c.dated_on == day)
    )
    return set(connection.execute(statement).scalars())


def _plain(lacking: Lacking) -> dict[str, Any]:
    return {
        "source": lacking.source,
        "title": lacking.title,
        "lack": lacking.lack.value,
        "since": lacking.since.isoformat(timespec="seconds"),
        "day": lacking.day.isoformat() if lacking.day else None,
        "papers": lacking.papers,
        "usual": lacking.usual,
        "is_long": lacking.is_long,
    }
