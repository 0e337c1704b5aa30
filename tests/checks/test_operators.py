"""What `digest doctor` says of operators."""

from dataclasses import replace
from pathlib import Path

from digest.app import build_app
from digest.checks.findings import Level
from digest.checks.operators import check_operators
from digest.config import Settings
from digest.credentials import NOBODYS, Vault
from digest.jobs import migrate
from digest.store.operators import add_operator
from tests.conftest import START, HandClock


def test_operators_are_named_and_a_changed_secret_is_told(tmp_path: Path) -> None:
    secret = "a secret of forty characters, more or less"  # noqa: S105  not one
    app = build_app(Settings(data_dir=str(tmp_path), secret=secret), HandClock(START))
    assert list(check_operators(app)) == [], "the database is told of elsewhere"
    migrate(app)
    [nobody] = check_operators(app)
    assert "digest operators add" in nobody.says

    with app.database.writing() as connection:
        add_operator(
            connection, "ada", NOBODYS, Vault(app.settings.secrets()).seal(bytes(20), "ada"), START
        )
        add_operator(connection, "eve", NOBODYS, Vault(["other"]).seal(bytes(20), "eve"), START)
    found = list(check_operators(app))
    assert [each.level for each in found] == [Level.BAD, Level.GOOD]
    assert "digest operators reset eve" in found[0].says

    headed = replace(app, settings=replace(app.settings, admin_header="X-Forwarded-User"))
    assert "X-Forwarded-User" in next(iter(check_operators(headed))).says
    app.database.dispose()
