"""Run the migrations on the connection Digest gives, or from the command line on its settings."""

from collections.abc import Collection, Mapping

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection

from digest.config import read_settings
from digest.store.account_tables import metadata
from digest.store.engine import Database
from digest.store.fitting import fitting, write_fitting
from digest.store.schema import is_of_the_model


def run(connection: Connection) -> None:
    """Migrate over `connection`: in the caller's transaction, or each migration in one of its own."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
        transaction_per_migration=True,
        include_object=is_of_the_model,
        on_version_apply=note_who_fits,
    )
    with context.begin_transaction():
        context.run_migrations()


def note_who_fits(
    ctx: MigrationContext,
    step: MigrationInfo,  # noqa: ARG001  alembic gives all four by name
    heads: Collection[str],
    run_args: Mapping[str, object],  # noqa: ARG001  as above
) -> None:
    """Write down, with each migration, whose code may run beside the schema that it leaves."""
    chain = [
        (each.revision, getattr(each.module, "oldest_code", None))
        for each in context.script.iterate_revisions(tuple(heads), "base")
    ]
    assert ctx.connection is not None  # noqa: S101  nobody writes these migrations to a file
    write_fitting(ctx.connection, fitting(chain[::-1]))


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(read_settings().database).migrating() as own:
        run(own)
