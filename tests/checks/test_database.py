"""What `digest doctor` says of the database."""

from pathlib import Path

import pytest

from digest.app import build_app
from digest.checks.database import check_database
from digest.config import Settings
from digest.jobs.schema import upgrade_queue
from tests.conftest import close_database, open_database


def test_one_that_has_no_tables_for_the_queue_is_told(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database = open_database(request, tmp_path, "postgresql")
    url = database.url.render_as_string(hide_password=False)
    app = build_app(Settings(data_dir=str(tmp_path), database_url=url, secret="a" * 40))

    [found] = check_database(app)
    assert not found.is_good
    assert "run `digest db upgrade`" in found.says
    upgrade_queue(database)
    assert next(check_database(app)).is_good
    app.database.dispose()
    close_database(database)
