"""A reader's own data as one JSON document, written piece by piece."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any

from digest.clock import Clock
from digest.store.engine import Connection, Database
from digest.store.exporting import deliveries_data, digests_data, reader_data

_Part = Callable[[Connection, int, int], list[dict[str, Any]]]

_ABOUT = (
    "All that is kept about you. Of what lets a browser or a program in only a hash is kept, which"
    " lets nobody in and is left out."
)


def export(database: Database, clock: Clock, site_name: str, subscriber_id: int) -> Iterator[str]:
    """Give the pieces of a JSON document with all that is kept about a reader.

    A piece is of a hundred digests or mails at most, however many there are.
    """
    with database.reading() as connection:
        found = reader_data(connection, subscriber_id) or {}
    head = {"site": site_name, "exported_at": clock(), "about": _ABOUT, **found}
    yield _json(head).removesuffix("\n}")
    yield from _list(database, subscriber_id, "digests", digests_data)
    yield from _list(database, subscriber_id, "deliveries", deliveries_data)
    yield "\n}\n"


def _list(database: Database, subscriber_id: int, name: str, part: _Part) -> Iterator[str]:
    yield f',\n  "{name}": ['
    before, after = "\n", 0
    while True:
        with database.reading() as connection:
            rows = part(connection, subscriber_id, after)
        if not rows:
            break
        yield before + ",\n".join(map(_json, rows))
        before, after = ",\n", rows[-1]["id"]
    yield "]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is nothing to export")
