"""Beside a newer schema: who may start there, and how migrations get their locks."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import delete, inspect, select, text

from digest.errors import StoreError
from digest.resources import resource_folder
from digest.store import schema
from digest.store.engine import Database
from digest.store.fitting import fitting
from digest.store.large_indexes import create_beside_writers
from digest.store.tables import schema_fits
from tests import conftest

LATER = "2099_01_01_later"


def upgraded_by_a_newer_version(database: Database, *, fits: bool) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": LATER})
        connection.execute(delete(schema_fits))
        names = [LATER, schema.head_revision()] if fits else [LATER]
        connection.execute(schema_fits.insert(), [{"revision": each} for each in names])


def test_each_migration_says_whose_code_goes_on_working() -> None:
    chain: list[tuple[str, str | None]] = [("a", None), ("b", "b"), ("c", "b")]

    assert fitting([]) == []
    assert fitting(chain[:1]) == ["a"]
    assert fitting(chain) == ["b", "c"]
    assert fitting([*chain, ("d", "b")]) == ["b", "c", "d"]
    # What takes something away shuts out those before it, and no later one lets them in again.
    assert fitting([*chain, ("d", "c"), ("e", "b")]) == ["c", "d", "e"]
    assert fitting([*chain, ("d", None)]) == ["d"]


def test_every_migration_since_then_names_a_revision_before_it() -> None:
    config = Config()
    config.set_main_option("script_location", str(resource_folder("migrations")))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    names = [each.revision for each in scripts]

    for script in scripts[names.index("rolling_upgrades") :]:
        oldest = getattr(script.module, "oldest_code", None)
        before = names[: names.index(script.revision) + 1]
        assert oldest in before, f"{script.path}: say with oldest_code whose code goes on working"


def test_the_schema_names_the_code_that_it_was_made_by(database: Database) -> None:
    with database.reading() as connection:
        assert schema.head_revision() in set(connection.execute(select(schema_fits)).scalars())


def test_code_starts_beside_a_newer_schema_that_allows_it_and_leaves_it_alone(
    database: Database,
) -> None:
    upgraded_by_a_newer_version(database, fits=True)

    schema.require_current(database)
    schema.upgrade(database)
    assert schema.current_revision(database) == LATER


def test_code_does_not_start_beside_a_schema_that_has_left_it_behind(database: Database) -> None:
    upgraded_by_a_newer_version(database, fits=False)

    for refused in (schema.require_current, schema.upgrade):
        with pytest.raises(StoreError, match="a newer version has upgraded it"):
            refused(database)


def test_going_back_below_the_table_and_up_again_writes_it_anew(database: Database) -> None:
    config = schema._config()  # noqa: SLF001  no command of ours goes back
    with database.ingesting() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "scale")
    with pytest.raises(StoreError, match="run `digest db upgrade`"):
        schema.require_current(database)

    schema.upgrade(database)
    schema.require_current(database)


@pytest.fixture
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database on PostgreSQL whose last migrations are not applied yet."""
    database = conftest.open_database(request, tmp_path, "postgresql")
    config = schema._config()  # noqa: SLF001  as above
    with database.ingesting() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "archive_search")
    yield database
    conftest.close_database(database)


def test_a_migration_that_gets_no_lock_steps_back_and_says_so(server: Database) -> None:
    with server.reading() as reader:
        reader.execute(text("SELECT count(*) FROM digests"))  # which the migration would change
        with pytest.raises(StoreError, match="run `digest db upgrade` again"):
            schema.upgrade(server, patience=0)
    assert schema.current_revision(server) == "archive_search"


def test_a_migration_waits_for_who_holds_its_table_and_is_done_then(server: Database) -> None:
    with server.reading() as reader:
        reader.execute(text("SELECT count(*) FROM digests"))
        migrating = threading.Thread(target=schema.upgrade, args=(server,))
        migrating.start()
        # Behind the one that waits nobody has to wait for long.
        with server.writing() as connection:
            connection.execute(text("UPDATE digests SET matched = 0"))
    migrating.join()

    schema.require_current(server)


def test_an_index_whose_migration_was_killed_before_it_was_noted_is_built_again(
    server: Database,
) -> None:
    schema.upgrade(server, "digests_by_window")
    with server.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'rolling_upgrades'"))

    schema.upgrade(server)

    schema.require_current(server)


def test_two_at_once_take_turns(server: Database) -> None:
    both = [threading.Thread(target=schema.upgrade, args=(server,)) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()

    schema.require_current(server)


def test_who_waits_too_long_for_another_migration_is_told(server: Database) -> None:
    with server.migrating(), pytest.raises(StoreError, match="another process"):
        schema.upgrade(server, patience=0)


def test_a_large_index_is_built_while_the_table_is_written_to(server: Database) -> None:
    def build() -> None:
        with server.migrating() as connection:
            context = MigrationContext.configure(
                connection, opts={"transaction_per_migration": True}
            )
            with Operations.context(context), context.begin_transaction(_per_migration=True):
                create_beside_writers("ix_tried", "digests", ["matched"])

    for _ in range(2):  # what was left of an earlier try is no hindrance
        with server.writing() as writer:
            writer.execute(text("UPDATE digests SET matched = 0"))
            building = threading.Thread(target=build)
            building.start()
            with server.writing() as another:
                another.execute(text("UPDATE digests SET matched = 0"))
        building.join()

    assert "ix_tried" in {each["name"] for each in inspect(server.engine).get_indexes("digests")}
