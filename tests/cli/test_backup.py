"""`digest db backup` and `digest db restore`, as an operator runs them."""

import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from digest.errors import BackupError, StoreError
from digest.model.deliveries import DeliveryState
from tests.cli.conftest import Operator, on_both
from tests.conftest import empty_postgres


def stripped(address: str) -> str:
    return address.replace("+psycopg", "")


@on_both
def test_a_site_is_backed_up_and_put_back_elsewhere(
    request: pytest.FixtureRequest, operator: Operator, tmp_path: Path
) -> None:
    operator.has_readers("ada@example.org")
    operator.says("compose")
    [mail] = operator.mails()
    file = tmp_path / "backup"

    said = operator.says("db", "backup", str(file))

    assert said.exit_code == 0, said
    assert "not in it: DIGEST_SECRET" in said.output
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.glob("backup*")] == ["backup"]
    is_sqlite = operator.database.is_sqlite
    place = f"sqlite:///{tmp_path / 'new.sqlite3'}" if is_sqlite else empty_postgres(request)
    there = {"DIGEST_DATABASE_URL": stripped(place)}
    said = operator.says("db", "restore", str(file), **there)
    assert said.exit_code == 0, said
    assert "1 mail uncertain" in said.output
    said = operator.says("deliveries", "--uncertain", **there)
    assert mail.address in said.output
    # Twice would be into one that is not empty.
    said = operator.says("db", "restore", str(file), **there)
    assert isinstance(said.exception, BackupError)
    assert operator.states() == {DeliveryState.READY: 1}


def test_the_key_that_signs_links_goes_along(operator: Operator, tmp_path: Path) -> None:
    old, new = tmp_path / "data", tmp_path / "new"
    old.mkdir(exist_ok=True)
    (old / "secret.key").write_text("of-all-mails-so-far\n")
    own = {"DIGEST_SECRET": "", "DIGEST_DATA_DIR": str(old)}
    said = operator.says("db", "backup", str(tmp_path / "backup"), **own)
    assert "the database and the key" in said.output
    new.mkdir()
    (new / "secret.key").write_text("made-meanwhile-here\n")
    there = {"DIGEST_DATABASE_URL": "", "DIGEST_SECRET": "", "DIGEST_DATA_DIR": str(new)}
    said = operator.says("db", "restore", str(tmp_path / "backup"), **there)
    assert said.exit_code == 0, said
    assert "of-all-mails-so-far" not in said.output
    # Both are good, and that of before signs.
    assert (new / "secret.key").read_text().split() == [
        "made-meanwhile-here",
        "of-all-mails-so-far",
    ]
    with closing(sqlite3.connect(new / "digest.sqlite3")) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert "beside" not in names


def test_a_database_that_is_there_is_set_aside_when_told_to_and_nobody_uses_it(
    operator: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "backup"
    operator.says("db", "backup", str(file))
    assert isinstance(operator.says("db", "backup", str(file)).exception, BackupError)
    assert operator.says("db", "backup", str(file), "--replace").exit_code == 0
    operator.has_readers("ada@example.org")
    said = operator.says("db", "restore", str(file))
    assert "say --replace" in str(said.exception)
    with operator.database.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM subscribers").all()
        said = operator.says("db", "restore", str(file), "--replace")
    assert "stop every process" in str(said.exception)
    assert not list(tmp_path.glob("digest.sqlite3.before-*"))
    operator.database.dispose()
    said = operator.says("db", "restore", str(file), "--replace")
    assert said.exit_code == 0, said
    [aside] = tmp_path.glob("digest.sqlite3.before-*")
    with closing(sqlite3.connect(aside)) as connection:
        assert connection.execute("SELECT count(*) FROM subscribers").fetchone() == (1,)
    with operator.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM subscribers").scalar() == 0


def test_what_is_no_backup_is_refused_and_changes_nothing(
    operator: Operator, tmp_path: Path
) -> None:
    file, place = tmp_path / "backup", tmp_path / "new.sqlite3"
    there = {"DIGEST_DATABASE_URL": f"sqlite:///{place}"}

    def refused() -> str:
        said = operator.says("db", "restore", str(file), **there)
        assert isinstance(said.exception, (BackupError, StoreError))
        assert [each.name for each in tmp_path.glob("new.sqlite3*")] == []
        return str(said.exception)

    file.write_text("-- PostgreSQL database dump\n")
    assert "is no backup of SQLite" in refused()
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE songs (name TEXT)")
    assert "none of Digest's" in refused()
    file.unlink()
    operator.says("db", "backup", str(file))
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert "backup" in refused()
    file.write_bytes(whole)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '2099_later'")
        connection.execute("DELETE FROM schema_fits")
        connection.commit()
    assert "newer version" in refused()
    said = operator.says("db", "backup", str(tmp_path / "none" / "backup"))
    assert "make it first" in str(said.exception)
    said = operator.says("db", "backup", str(file), "--replace", **there)
    assert "there is no database" in str(said.exception)


def test_the_database_is_not_replaced_by_its_own_backup(operator: Operator, tmp_path: Path) -> None:
    place = Path(operator.database.url.database or "")
    link = tmp_path / "link"
    link.symlink_to(place)
    for name in (place, link):
        said = operator.says("db", "backup", str(name), "--replace")
        assert "is the database itself" in str(said.exception)
        said = operator.says("db", "restore", str(name), "--replace")
        assert "is the database itself" in str(said.exception)


def test_a_copy_that_cannot_be_made_is_told_of_and_leaves_nothing(
    operator: Operator, tmp_path: Path
) -> None:
    """As where the disk is full."""
    file, there = tmp_path / "backup", tmp_path / "there"
    file.mkdir()
    operator.says("db", "backup", str(file / "first"))
    most = resource.getrlimit(resource.RLIMIT_FSIZE)
    own = {"DIGEST_DATABASE_URL": f"sqlite:///{there / 'digest.sqlite3'}"}
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, most[1]))
    try:
        kept = operator.says("db", "backup", str(file / "second"))
        back = operator.says("db", "restore", str(file / "first"), **own)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    for said in (kept, back):
        assert isinstance(said.exception, BackupError)
        assert "cannot be copied to" in str(said.exception)
    assert [each.name for each in file.iterdir()] == ["first"]
    assert list(there.iterdir()) == []


@on_both
def test_a_database_restored_by_other_means_is_taken_up_again(operator: Operator) -> None:
    operator.has_readers("ada@example.org", "bob@example.org")
    said = operator.says("db", "after-restore")
    assert said.exit_code == 0, said
    assert "2 digests counted as sent" in said.output
    operator.says("compose")
    assert operator.mails() == []
    assert "sent again" in operator.says("db", "after-restore", "--resend").output


def test_what_is_too_old_can_be_deleted_at_once(operator: Operator) -> None:
    said = operator.says("db", "prune")
    assert said.output == "0 mails and 0 digests deleted\n"
    assert "nothing is deleted" in operator.says("db", "prune", DIGEST_KEEP_DAYS="0").output
    said = operator.says("db", "prune", DIGEST_KEEP_DAYS="7")
    assert "30 or more, or 0 for ever" in str(said.exception)
