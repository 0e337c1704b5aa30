"""Which code may run beside a schema that is newer than it: what makes upgrades without a stop possible.

While a release is rolled out, and after a step back, processes of the release before start beside its
schema. They cannot know whether it still serves them; the migrations say so, in a table.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, insert, inspect, select

from digest.store.tables import schema_fits


def fitting(chain: Sequence[tuple[str, str | None]]) -> list[str]:
    """Return the revisions whose code may run beside the last of a chain, which is among them.

    The chain is oldest first, each with the oldest revision whose code goes on working beside it
    (`oldest_code` in its file); one that says nothing serves only the code it came with.
    """
    names = [name for name, _ in chain]
    oldest = 0
    for place, (_, oldest_code) in enumerate(chain):
        oldest = max(oldest, names.index(oldest_code) if oldest_code else place)
    return names[oldest:]


def write_fitting(connection: Connection, revisions: Iterable[str]) -> None:
    """Write down whose code may run beside the schema as it is now, if it has a place for that."""
    if not inspect(connection).has_table(schema_fits.name):
        return
    connection.execute(delete(schema_fits))
    if rows := [{"revision": each} for each in revisions]:
        connection.execute(insert(schema_fits), rows)


def may_run_beside(connection: Connection, revision: str) -> bool:
    """Tell whether code that was made for a revision may run beside a schema newer than it."""
    if not inspect(connection).has_table(schema_fits.name):
        return False
    found = select(schema_fits.c.revision).where(schema_fits.c.revision == revision)
    return connection.execute(found).first() is not None
