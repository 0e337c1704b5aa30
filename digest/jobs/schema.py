"""Whether the database has the tables of the queue, if it is one that holds a queue."""

from digest.errors import StoreError
from digest.store.engine import Database


def upgrade_queue(database: Database) -> None:
    """Bring the tables of the queue to what this version needs; SQLite has none."""
    if not database.is_sqlite:
        from digest.jobs.distributed import schema  # noqa: PLC0415  what only PostgreSQL needs

        schema.upgrade(database)


def why_queue_unfit(database: Database) -> str:
    """Return what is wrong with the tables of the queue and what to do, "" if nothing is."""
    if database.is_sqlite:
        return ""
    from digest.jobs.distributed import schema  # noqa: PLC0415  as above

    return schema.why_unfit(database)


def require_queue(database: Database) -> None:
    """Raise StoreError unless the database has the tables of the queue, if it holds one."""
    if problem := why_queue_unfit(database):
        raise StoreError(problem)
