"""What is said about the database."""

from collections.abc import Iterator

from digest.app import App
from digest.checks.findings import Finding, bad, good
from digest.errors import ConfigError, StoreError
from digest.jobs.schema import why_queue_unfit
from digest.store.dumps import recent_dumps
from digest.store.schema import current_revision, why_unfit


def check_database(app: App) -> Iterator[Finding]:
    """Yield whether it is there, of this version, and how fresh what it holds is."""
    try:
        problem = why_unfit(app.database) or why_queue_unfit(app.database)
    except (ConfigError, StoreError) as error:
        yield bad("database", str(error))
        return
    if problem:
        yield bad("database", problem)
        return
    name = app.database.url.render_as_string(hide_password=True)
    yield good("database", f"{name} is at {current_revision(app.database)}")
    with app.database.reading() as connection:
        newest = recent_dumps(connection, 1)
    if newest:
        age = (app.clock() - newest[0].ingested_at).days
        says = f"{newest[0].dump.name}, {newest[0].papers} papers, taken in {age} days ago"
        yield good("newest dump", says)
    else:
        yield bad(
            "newest dump",
            "none was taken in yet: `digest ingest FILE`, or name services in DIGEST_SOURCES",
        )
