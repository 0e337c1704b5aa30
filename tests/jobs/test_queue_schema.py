"""The tables of the queue: made by `digest db upgrade`, kept apart from ours, safe for older code."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from digest.errors import StoreError
from digest.jobs.distributed import schema
from digest.jobs.schema import require_queue, upgrade_queue, why_queue_unfit
from digest.store.account_tables import metadata
from digest.store.engine import Database
from digest.store.schema import is_of_the_model

FIRST, SECOND = "03.01.00_01_pre_x.sql", "03.01.00_50_post_x.sql"
OLD = "01.00.00_01_made.sql"


def test_an_upgrade_makes_it_and_another_changes_nothing(queueing_database: Database) -> None:
    assert schema.upgrade(queueing_database) == []
    assert why_queue_unfit(queueing_database) == ""


def test_a_database_without_it_is_told_what_to_do(database: Database) -> None:
    if database.is_sqlite:
        require_queue(database)  # it needs none
        return
    with pytest.raises(StoreError, match="run `digest db upgrade`"):
        require_queue(database)
    upgrade_queue(database)
    require_queue(database)


def test_our_own_migrations_do_not_see_it(queueing_database: Database) -> None:
    with queueing_database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_of_the_model})
        assert compare_metadata(context, metadata) == []


def test_tables_that_others_made_are_not_touched(queueing_database: Database) -> None:
    with queueing_database.writing() as connection:
        connection.execute(text("DROP TABLE procrastinate_applied"))

    with pytest.raises(StoreError, match="not Digest's"):
        schema.upgrade(queueing_database)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("INSERT INTO procrastinate_applied VALUES ('99.00.00_50_post_y.sql', '99')", "newer"),
        ("DELETE FROM procrastinate_applied WHERE name LIKE '03.04%'", "older"),
    ],
)
def test_tables_of_another_release_are_told_apart(
    queueing_database: Database, change: str, problem: str
) -> None:
    with queueing_database.writing() as connection:
        connection.execute(text(change))

    assert problem in why_queue_unfit(queueing_database)


def test_a_release_may_be_started_beside_the_next_while_that_is_rolled_out(
    queueing_database: Database,
) -> None:
    with queueing_database.writing() as connection:
        new = "INSERT INTO procrastinate_applied VALUES ('99.00.00_01_pre_y.sql', '99')"
        connection.execute(text(new))

    require_queue(queueing_database)


def test_what_older_code_would_miss_goes_at_the_next_release() -> None:
    names = [OLD, FIRST, SECOND]
    applied = {OLD: "3.10"}

    assert schema.to_apply(names, applied, "3.11") == [FIRST]
    applied[FIRST] = "3.11"
    assert schema.to_apply(names, applied, "3.11") == []
    assert schema.to_apply(names, applied, "3.12") == [SECOND]


def test_releases_that_were_left_out_are_made_up_for() -> None:
    names = [OLD, FIRST, SECOND, "03.02.00_01_pre_y.sql", "03.02.00_50_post_y.sql"]
    applied = {OLD: "3.0", FIRST: "3.1"}

    assert schema.to_apply(names, applied, "3.2") == [SECOND, "03.02.00_01_pre_y.sql"]
