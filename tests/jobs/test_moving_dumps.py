"""The watched folder with DIGEST_DUMPS_AFTER=move: what is done with leaves it, nothing is lost."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from digest.app import App, build_app
from digest.config import read_settings
from digest.errors import ConfigError
from digest.jobs import DumpsFolder
from digest.jobs.moving import Subfolder, mark_of, move
from digest.pipeline.held import discard_held, publish_held, take_file
from digest.store.dumps import recent_dumps
from digest.store.held_dumps import waiting_dumps
from tests.sources.test_huggingface_page import PROPS, page_of


@pytest.fixture
def app(tmp_path: Path, migrated_sqlite: Path) -> Iterator[App]:
    (tmp_path / "dumps").mkdir()
    (tmp_path / "data").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "data" / "digest.sqlite3")
    variables = {
        "DIGEST_DATA_DIR": str(tmp_path / "data"),
        "DIGEST_DUMPS_DIR": str(tmp_path / "dumps"),
        "DIGEST_DUMPS_AFTER": "move",
    }
    built = build_app(read_settings(variables))
    yield built
    built.database.dispose()


def save(app: App, content: bytes, name: str, age: float = 60) -> Path:
    path = app.settings.dumps_path / name
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def files(app: App) -> set[str]:
    folder = app.settings.dumps_path
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def short_of(example: Path) -> bytes:
    blocks = example.read_text().split("\n\n")
    return "\n\n".join(blocks[: max(8, len(blocks) // 12)]).encode()


def test_what_was_read_and_what_was_refused_leave_the_folder(
    app: App, example_dumps: list[Path]
) -> None:
    save(app, example_dumps[0].read_bytes(), "monday.txt")
    save(app, b"Dear Ada,\nhow are you?\n", "letter.txt")
    assert [report.papers for report in DumpsFolder(app).take_new()] == [34]
    assert files(app) == {"done/monday.txt", "refused/letter.txt", "refused/letter.txt.why"}
    why = app.settings.dumps_path / "refused" / "letter.txt.why"
    assert "not a layout Digest knows" in why.read_text()


def test_a_page_saved_as_html_is_taken_in_and_one_of_anything_else_refused(app: App) -> None:
    save(app, page_of(PROPS).encode(), "daily.html")
    save(app, b"<!doctype html><title>Sign in</title>", "sign-in.HTM")
    assert [report.papers for report in DumpsFolder(app).take_new()] == [2]
    assert files(app) == {"done/daily.html", "refused/sign-in.HTM", "refused/sign-in.HTM.why"}


def test_a_name_that_is_taken_gets_a_number(app: App, example_dumps: list[Path]) -> None:
    folder = DumpsFolder(app)
    for example in example_dumps[:2]:
        save(app, example.read_bytes(), "today.txt")
        assert folder.take_new()[0].new_papers
    assert files(app) == {"done/today.txt", "done/today-2.txt"}
    done = app.settings.dumps_path / "done"
    assert (done / "today-2.txt").read_bytes() == example_dumps[1].read_bytes()


def test_a_file_that_was_taken_in_but_not_moved_is_moved_at_the_next_start(
    app: App, example_dumps: list[Path]
) -> None:
    path = save(app, example_dumps[0].read_bytes(), "monday.txt")
    take_file(app.database, path, app.clock)  # and here it was killed
    assert [report.is_known for report in DumpsFolder(app).take_new()] == [True]
    assert files(app) == {"done/monday.txt"}


@pytest.mark.parametrize(
    ("decide", "shelf"), [(publish_held, {"done"}), (discard_held, {"refused"})]
)
def test_what_is_held_stays_until_somebody_has_decided(
    app: App, example_dumps: list[Path], decide: object, shelf: set[str]
) -> None:
    save(app, example_dumps[0].read_bytes(), "long.txt", age=120)
    save(app, short_of(example_dumps[0]), "short.txt")
    folder = DumpsFolder(app)
    folder.take_new()
    folder.take_new()
    assert files(app) == {"done/long.txt", "short.txt"}
    with app.database.reading() as connection:
        [held] = waiting_dumps(connection)
    assert callable(decide)
    decide(app.database, held.id, "grace", app.clock)
    folder.take_new()
    assert {name.split("/")[0] for name in files(app) if "short" in name} == shelf


def test_a_folder_that_cannot_be_written_is_told_once_and_nothing_is_read_twice(
    app: App, example_dumps: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    save(app, example_dumps[0].read_bytes(), "monday.txt")
    blocked = app.settings.dumps_path / "done"
    blocked.write_text("a file where the folder should be")
    folder = DumpsFolder(app)
    assert len(folder.take_new()) == 1
    assert folder.take_new() == []
    assert caplog.text.count("cannot be moved") == 1
    assert "DIGEST_DUMPS_AFTER=leave" in caplog.text
    blocked.unlink()
    assert folder.take_new() == []
    assert files(app) == {"done/monday.txt"}


def test_a_file_whose_reason_cannot_be_written_is_moved_without_a_word(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    (app.settings.dumps_path / "refused" / "letter.txt.why").mkdir(parents=True)
    save(app, b"Dear Ada,\nhow are you?\n", "letter.txt")
    DumpsFolder(app).take_new()
    assert files(app) == {"refused/letter.txt"}
    assert "cannot be moved" not in caplog.text


def test_links_folders_and_odd_names_hold_up_no_other(
    app: App, example_dumps: list[Path], tmp_path: Path
) -> None:
    dumps = app.settings.dumps_path
    shutil.copy(example_dumps[0], tmp_path / "elsewhere")
    os.utime(tmp_path / "elsewhere", (1, 1))
    (dumps / "link.txt").symlink_to(tmp_path / "elsewhere")
    (dumps / "nowhere.txt").symlink_to("/nonexistent/file")
    (dumps / "loop.txt").symlink_to(dumps / "loop.txt")
    (dumps / "folder.txt").mkdir()
    os.mkfifo(dumps / "pipe.txt")
    save(app, example_dumps[1].read_bytes(), os.fsdecode(b"caf\xe9.TXT"))
    save(app, b"Milk, bread", "notes.md")
    folder = DumpsFolder(app)
    assert len(folder.take_new()) == 2
    assert folder.take_new() == []
    assert {os.fsencode(name) for name in files(app)} == {
        b"done/caf\xe9.TXT",
        *(b"link.txt", b"nowhere.txt", b"loop.txt", b"pipe.txt", b"notes.md"),
    }


def test_two_schedulers_at_one_folder_take_a_file_once(
    app: App, example_dumps: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = save(app, example_dumps[0].read_bytes(), "monday.txt")
    mark = mark_of(path)
    assert [report.papers for report in DumpsFolder(app).take_new()] == [34]
    move(path, mark, Subfolder.DONE)  # who looked at the same moment moves it, too
    assert DumpsFolder(app).take_new() == []
    assert files(app) == {"done/monday.txt"}
    assert caplog.text == ""
    with app.database.reading() as connection:
        assert len(recent_dumps(connection, 10)) == 1


def test_a_file_that_was_saved_anew_after_it_was_read_stays(tmp_path: Path) -> None:
    path = tmp_path / "monday.txt"
    path.write_text("what was read")
    mark = mark_of(path)
    path.write_text("what is yet to be read")
    move(path, mark, Subfolder.DONE)
    assert path.read_text() == "what is yet to be read"
    assert not (tmp_path / "done").exists()


def test_a_file_of_tomorrow_is_taken_in_once_it_stays_as_it_is(
    app: App, example_dumps: list[Path]
) -> None:
    save(app, example_dumps[0].read_bytes(), "ahead.txt", age=-90_000)
    folder = DumpsFolder(app)
    assert folder.take_new() == []
    assert len(folder.take_new()) == 1


def test_left_where_they_are_is_what_nobody_need_ask_for(
    app: App, example_dumps: list[Path]
) -> None:
    settings = replace(app.settings, dumps_after="leave")
    save(app, example_dumps[0].read_bytes(), "monday.txt")
    assert len(DumpsFolder(replace(app, settings=settings)).take_new()) == 1
    assert files(app) == {"monday.txt"}
    with pytest.raises(ConfigError, match="leave or move"):
        read_settings({"DIGEST_DUMPS_AFTER": "burn"})
