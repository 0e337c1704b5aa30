"""Migrations: from nothing to what the models say, on both databases."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from digest.errors import StoreError
from digest.store import schema
from digest.store.account_tables import metadata
from digest.store.engine import Database


def test_the_migrations_build_exactly_what_the_models_say(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": schema.is_of_the_model}
        )
        assert compare_metadata(context, metadata) == []


def test_the_partial_indexes_of_the_ledger_are_there(database: Database) -> None:
    indexes = {index["name"] for index in inspect(database.engine).get_indexes("deliveries")}

    assert {
        "ix_deliveries_ready",
        "ix_deliveries_leased",
        "ix_deliveries_ready_by_group",
        "ix_deliveries_overdue",
        "ix_deliveries_waiting",
    } <= indexes


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    schema.upgrade(database)

    assert schema.current_revision(database) == schema.head_revision()


def test_an_empty_database_is_refused_with_what_to_do(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")

    with pytest.raises(StoreError, match="run `digest db upgrade`"):
        schema.require_current(database)
    database.dispose()


def test_a_database_of_a_newer_version_is_no_case_for_an_upgrade(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '2099_01_01_later'"))
        connection.execute(text("DELETE FROM schema_fits"))

    with pytest.raises(StoreError, match="a newer version has upgraded it"):
        schema.require_current(database)


def test_a_failed_write_leaves_nothing_behind(database: Database) -> None:
    sentence = text(
        "INSERT INTO suppressions (address_key, reason, created_at) "
        "VALUES ('a@example.org', 'left', '2026-01-01')"
    )

    def write_and_fail() -> None:
        with database.writing() as connection:
            connection.execute(sentence)
            connection.execute(sentence)

    with pytest.raises(IntegrityError):
        write_and_fail()

    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM suppressions")).scalar() == 0


def test_downgrading_takes_everything_away(database: Database) -> None:
    from alembic import command  # noqa: PLC0415  only here

    config = schema._config()  # noqa: SLF001  no command of ours goes back
    with database.ingesting() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    engine = create_engine(database.url)
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
