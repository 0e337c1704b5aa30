"""The watched folder: settled files, each once, and a refused one stops no other."""

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import delete, event

from digest import jobs
from digest.app import App, build_app
from digest.config import read_settings
from digest.errors import StoreAwayError
from digest.jobs import DumpsFolder, work
from digest.model.feeds import FeedFormat
from digest.pipeline.held import discard_held
from digest.pipeline.marking import count_the_rest
from digest.pipeline.subscribe import subscribe
from digest.store import feeds
from digest.store.dumps import recent_dumps
from digest.store.held_dumps import waiting_dumps
from digest.store.tables import paper_marks
from tests.conftest import START, HandClock
from tests.factories import make_wishes


@pytest.fixture
def app(tmp_path: Path, migrated_sqlite: Path) -> App:
    (tmp_path / "dumps").mkdir()
    (tmp_path / "data").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "data" / "digest.sqlite3")
    return build_app(
        read_settings(
            {
                "DIGEST_DATA_DIR": str(tmp_path / "data"),
                "DIGEST_DUMPS_DIR": str(tmp_path / "dumps"),
            }
        )
    )


def save(source: Path, app: App, name: str = "", age: float = 60) -> Path:
    path = app.settings.dumps_path / (name or source.name)
    shutil.copy(source, path)
    moment = time.time() - age
    os.utime(path, (moment, moment))
    return path


def is_published(app: App) -> bool:
    with app.database.reading() as connection:
        return feeds.read_snapshot(connection, "trending", FeedFormat.ATOM) is not None


def test_a_settled_file_is_taken_in_once_and_published(app: App, example_dumps: list[Path]) -> None:
    save(example_dumps[0], app)
    judged: list[bool] = []
    folder = DumpsFolder(app, judge=lambda: judged.append(is_published(app)))

    assert [report.papers for report in folder.take_new()] == [34]
    assert folder.take_new() == []
    # What sources lack is judged anew before the feeds tell it.
    assert judged == [False]
    with app.database.reading() as connection:
        for format_ in FeedFormat:
            snapshot = feeds.read_snapshot(connection, "trending", format_)
            assert snapshot is not None
            assert b"Graph" in snapshot.body
    app.database.dispose()


def test_a_file_that_is_still_being_written_waits(app: App, example_dumps: list[Path]) -> None:
    path = save(example_dumps[0], app, age=0)
    folder = DumpsFolder(app, now=lambda: path.stat().st_mtime + 1)
    assert folder.take_new() == []

    folder = DumpsFolder(app, now=lambda: path.stat().st_mtime + 3)
    assert len(folder.take_new()) == 1
    app.database.dispose()


def test_after_a_restart_known_files_change_nothing(app: App, example_dumps: list[Path]) -> None:
    save(example_dumps[0], app)
    DumpsFolder(app).take_new()

    assert [report.is_known for report in DumpsFolder(app).take_new()] == [True]
    app.database.dispose()


def test_a_file_that_came_while_the_database_was_away_is_taken_in_later(
    app: App, example_dumps: list[Path]
) -> None:
    def be_impatient(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute("PRAGMA busy_timeout = 0")

    event.listen(app.database.engine, "connect", be_impatient)
    save(example_dumps[0], app)
    folder = DumpsFolder(app)
    with closing(sqlite3.connect(app.settings.data_path / "digest.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreAwayError):
            folder.take_new()

    assert [report.papers for report in folder.take_new()] == [34]
    app.database.dispose()


def test_a_refused_file_is_logged_once_and_stops_no_other(
    app: App, example_dumps: list[Path], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    junk = tmp_path / "a-letter.txt"
    junk.write_text("Dear Ada,\nhow are you?\n")
    save(junk, app, age=120)
    save(example_dumps[0], app)
    folder = DumpsFolder(app)

    assert len(folder.take_new()) == 1
    assert folder.take_new() == []
    assert caplog.text.count("a-letter.txt") == 1
    with app.database.reading() as connection:
        assert len(recent_dumps(connection, 10)) == 1
    app.database.dispose()


def test_a_link_to_nowhere_and_an_odd_name_hold_up_no_other(
    app: App, example_dumps: list[Path]
) -> None:
    (app.settings.dumps_path / "nowhere.txt").symlink_to("/nonexistent/file")
    odd = app.settings.dumps_path / os.fsdecode(b"caf\xe9.txt")
    shutil.copy(save(example_dumps[0], app, "first.txt", age=120), odd)
    os.utime(odd, (time.time() - 90, time.time() - 90))
    save(example_dumps[1], app)

    assert len(DumpsFolder(app).take_new()) == 3
    app.database.dispose()


def test_what_the_release_before_wrote_can_be_searched_from_the_start(
    app: App, example_dumps: list[Path]
) -> None:
    save(example_dumps[0], app)
    DumpsFolder(app).take_new()
    with app.database.writing() as connection:
        connection.execute(delete(paper_marks))
    DumpsFolder(app, is_stopping=lambda: True).take_new()
    assert count_the_rest(app.database) == 34
    DumpsFolder(app).take_new()
    assert count_the_rest(app.database) == 0
    app.database.dispose()


def test_feeds_that_could_not_be_published_are_published_later(
    app: App, example_dumps: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(example_dumps[0], app)
    folder = DumpsFolder(app)

    def fail(_app: App) -> int:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(work, "publish_feeds", fail)
        with pytest.raises(OSError, match="disk full"):
            folder.take_new()
    folder.take_new()

    with app.database.reading() as connection:
        assert feeds.read_snapshot(connection, "trending", FeedFormat.ATOM)
    app.database.dispose()


def test_a_mail_server_that_cannot_be_reached_is_left_alone_for_a_while(tmp_path: Path) -> None:
    clock = HandClock(START)
    environment = {"DIGEST_DATA_DIR": str(tmp_path), "DIGEST_MAIL": "smtp://127.0.0.1:1"}
    app = build_app(read_settings(environment), clock)
    jobs.migrate(app)
    for number in range(4):
        subscribe(app.registry, f"reader{number}@example.org", make_wishes("robots"))
    first = jobs.deliver(app)

    assert first.attempts
    assert not first.is_reachable
    assert not jobs.deliver(app).attempts
    clock.advance(minutes=2)
    assert jobs.deliver(app).attempts
    app.database.dispose()


def test_a_folder_that_is_not_there_is_no_error(app: App) -> None:
    app.settings.dumps_path.rmdir()

    assert DumpsFolder(app).take_new() == []
    app.database.dispose()


def test_a_dump_that_may_be_broken_is_kept_for_a_person_and_told_once(
    app: App, example_dumps: list[Path], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    save(example_dumps[0], app, age=120)
    blocks = example_dumps[0].read_text().split("\n\n")
    short = tmp_path / "short.txt"
    short.write_text("\n\n".join(blocks[: max(8, len(blocks) // 12)]))
    save(short, app)
    folder = DumpsFolder(app)

    assert len(folder.take_new()) == 1
    assert folder.take_new() == []

    assert caplog.text.count("short.txt") == 1
    assert "digest dumps" in caplog.text
    with app.database.reading() as connection:
        [held] = waiting_dumps(connection)
    discard_held(app.database, held.id, "grace", app.clock)
    caplog.clear()
    assert [report.is_known for report in DumpsFolder(app).take_new()] == [True, True]
    assert caplog.text == ""
    app.database.dispose()
