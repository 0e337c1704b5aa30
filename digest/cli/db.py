"""`digest db`: the database's schema."""

import click


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the schema of this version; harmless when it is there already.

    Papers that the search of the archive does not know yet are made known to it, some hundreds a
    second; what is interrupted goes on the next time. Migrations are made to run beside the code of the release before: upgrade first, then restart.
    """
    from digest.app import build_app
    from digest.cli.output import progress
    from digest.config import read_settings
    from digest.pipeline.marking import count_the_rest, mark_the_rest
    from digest.rendering.environment import plural
    from digest.store import schema

    app = build_app(read_settings())
    before = schema.current_revision(app.database)
    schema.upgrade(app.database)
    after = schema.current_revision(app.database)
    click.echo(
        f"the database is at {after}" + ("" if after == before else f" (was: {before or 'empty'})")
    )
    with progress("Making papers searchable", count_the_rest(app.database)) as advance:
        marked = mark_the_rest(app.database, advance)
    if marked:
        click.echo(f"{plural(marked, 'paper')} can be searched now")
