"""Run the migrations on the connection Digest gives, or from the command line on its settings."""

from alembic import context
from sqlalchemy import Connection, text

from digest.config import read_settings
from digest.store.account_tables import metadata
from digest.store.engine import Database
from digest.store.schema import is_of_the_model


def run(connection: Connection) -> None:
    """Migrate over `connection`, in the caller's transaction."""
    if connection.dialect.name == "postgresql":
        # A migration that waits for a lock makes everybody behind it wait too: better to fail.
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
        include_object=is_of_the_model,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(read_settings().database).ingesting() as own:
        run(own)
