"""`digest db`: the database's schema."""

import click


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
def upgrade() -> None:
    """Bring the database to the schema of this version; harmless when it is there already.

    Migrations are made to run beside the code of the release before: upgrade first, then restart.
    """
    from digest.app import build_app
    from digest.config import read_settings
    from digest.store import schema

    app = build_app(read_settings())
    before = schema.current_revision(app.database)
    schema.upgrade(app.database)
    after = schema.current_revision(app.database)
    click.echo(
        f"the database is at {after}" + ("" if after == before else f" (was: {before or 'empty'})")
    )
