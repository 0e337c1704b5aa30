"""The sentences that show why a paper was chosen, each kept once for all whom it is shown to."""

import json
from collections.abc import Collection, Iterable
from datetime import date
from hashlib import blake2b

from sqlalchemy import Connection, bindparam, select

from digest.model.digests import Field, MatchKind, Quoted
from digest.store.slices import slices
from digest.store.tables import quotations
from digest.store.upsert import insert_into

_KINDS = {kind.value: kind for kind in MatchKind}
_FIELDS = {field.value: field for field in Field}


def keep_quotations(
    connection: Connection, quoted: Collection[Quoted], today: date
) -> dict[Quoted, int]:
    """Store quotations that are not there yet, note that all are used today, and return their ids.

    What nobody needs any more is known by that day. Two processes may keep the same at once.
    """
    named = sorted((_fingerprint(each), each) for each in quoted)
    statement = insert_into(connection, quotations)
    # Only where that is news: many processes use the same at the same hour.
    is_news = quotations.c.used_on < statement.excluded.used_on
    statement = statement.on_conflict_do_update(
        index_elements=[quotations.c.fingerprint],
        set_={"used_on": statement.excluded.used_on},
        where=is_news,
    )
    found: dict[str, int] = {}
    for some in slices(named):
        connection.execute(statement, [_row(name, each, today) for name, each in some])
        rows = connection.execute(_NUMBERS, {"names": [name for name, _ in some]})
        found.update((row.fingerprint, row.id) for row in rows)
    return {each: found[name] for name, each in named}


def quotations_by_id(connection: Connection, numbers: Iterable[int]) -> dict[int, Quoted]:
    """Return quotations by their ids; one that is not there is left out.

    So is one of a kind that only a newer release knows.
    """
    wanted = sorted(set(numbers))
    found: dict[int, Quoted] = {}
    for some in slices(wanted):
        rows = connection.execute(_QUOTATIONS, {"numbers": some})
        for row in rows:
            kind, field = _KINDS.get(row.kind), _FIELDS.get(row.field)
            if kind is None or field is None:
                continue
            spans = tuple([(start, end) for start, end in row.spans])
            found[row.id] = Quoted(row.paper_id, kind, field, row.sentence, spans)
    return found


def _fingerprint(quoted: Quoted) -> str:
    told = json.dumps(quoted, separators=(",", ":"))
    return blake2b(told.encode(), digest_size=16).hexdigest()


def _row(name: str, quoted: Quoted, today: date) -> dict[str, object]:
    return {
        "fingerprint": name,
        "paper_id": quoted.paper_id,
        "kind": quoted.kind.value,
        "field": quoted.field.value,
        "sentence": quoted.sentence,
        "spans": [list(span) for span in quoted.spans],
        "used_on": today,
    }


_NUMBERS = select(quotations.c.fingerprint, quotations.c.id).where(
    quotations.c.fingerprint.in_(bindparam("names", expanding=True))
)
_QUOTATIONS = select(quotations).where(quotations.c.id.in_(bindparam("numbers", expanding=True)))
