"""`digest db`: the database's schema, and its backups in `cli.backup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from digest.cli.backup import after_restore, backup, prune, restore

if TYPE_CHECKING:
    from digest.app import App


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the schema of this version; harmless when it is there already.

    Papers that the search of the archive does not know yet are made known to it, some hundreds a
    second; what is interrupted goes on the next time. Migrations are made to run beside the code of
    the release before: upgrade first, then restart.
    """
    from digest import jobs
    from digest.cli.output import progress
    from digest.pipeline.marking import count_the_rest, mark_the_rest
    from digest.rendering.environment import plural
    from digest.store import schema

    app = _app()
    before = schema.current_revision(app.database)
    jobs.migrate(app)
    after = schema.current_revision(app.database)
    click.echo(
        f"the database is at {after}" + ("" if after == before else f" (was: {before or 'empty'})")
    )
    with progress("Making papers searchable", count_the_rest(app.database)) as advance:
        marked = mark_the_rest(app.database, advance)
    if marked:
        click.echo(f"{plural(marked, 'paper')} can be searched now")


@db.command()
def status() -> None:
    """Tell whether the database is at the schema of this version, and what to do if it is not."""
    from digest.errors import StoreError
    from digest.jobs.schema import why_queue_unfit
    from digest.store.schema import current_revision, why_unfit

    app = _app()
    if problem := why_unfit(app.database) or why_queue_unfit(app.database):
        raise StoreError(problem)
    click.echo(f"the database is at {current_revision(app.database)}: nothing to do")


for _command in (backup, restore, after_restore, prune):
    db.add_command(_command)


def _app() -> App:
    """Return the application of the settings, whatever the schema of its database."""
    from digest.app import build_app
    from digest.config import read_settings

    app = build_app(read_settings())
    click.get_current_context().call_on_close(app.database.dispose)
    return app
