"""The command line as a person or a script meets it."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from digest.cli import digest
from tests.cli.conftest import Run

pytestmark = pytest.mark.slow


def test_help_lists_the_commands_in_the_order_of_the_flow(run: Run) -> None:
    result = run("--help")

    assert result.returncode == 0
    assert result.stdout.index("ingest") < result.stdout.index("compose")
    assert result.stdout.index("compose") < result.stdout.index("deliver")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from digest.cli import digest; "
        "print([m for m in ('sqlalchemy', 'numpy', 'premailer', 'starlette', 'rich', 'apscheduler')"
        " if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "[]"


def test_kinds_of_sources_are_loaded_when_one_is_opened() -> None:
    code = (
        "import sys, digest.app, digest.sources.registry as registry; "
        "print([m for m in sys.modules if m in ('feedparser', 'digest.sources.feeds.feed')]); "
        "registry.open_sources(['feed:https://a.example/'], None); print('feedparser' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert result.stdout.split() == ["[]", "True"]


@pytest.mark.parametrize("name", sorted(digest.commands))
def test_every_command_says_what_it_does(name: str, run: Run) -> None:
    result = run(name, "--help")

    assert result.returncode == 0
    assert len(result.stdout.splitlines()) > 3


def test_the_way_from_a_dump_to_a_mail_and_a_feed(
    run: Run, example_dumps: list[Path], tmp_path: Path
) -> None:
    taken = run("ingest", *map(str, example_dumps), "--json")
    assert taken.returncode == 0, taken.stderr
    assert sum(each["new_papers"] for each in json.loads(taken.stdout)) == 65

    again = run("ingest", *map(str, example_dumps))
    assert again.stdout.count("known, nothing changed") == 2

    seen = run("preview", "graph neural networks", "zzzz", "--json")
    graphs, nothing = json.loads(seen.stdout)
    assert graphs["matched"] > 1
    assert graphs["examples"]
    assert (nothing["matched"], nothing["verdict"]) == (0, "never")
    shown = run("preview", "grpah neural networks", "models -language").stdout
    assert "Did you mean:\n    graph neural networks  (finds " in shown
    assert "hidden by -language, such as" in shown

    reader = run(
        "subscribe", "ada@example.org", "-k", "graph neural networks", "--confirmed", "--json"
    )
    assert json.loads(reader.stdout)["state"] == "active"
    asked = run("subscribe", "bob@example.org", "-k", "speech", "--language", "de", "--json")
    assert json.loads(asked.stdout)["state"] == "unconfirmed"
    assert "ada@example.org" in run("readers").stdout
    readers = json.loads(run("readers", "--json").stdout)
    assert [each["language"] for each in readers] == ["en", "de"]

    assert json.loads(run("compose", "--json").stdout) == {
        "composed": 0,
        "quiet": 0,
        "waiting": 0,
        "broken": 0,
    }
    sent = run("deliver", "--json")
    assert json.loads(sent.stdout) == {"accepted": 2, "recovered": 0}  # a welcome, a confirmation
    assert len(list((tmp_path / "data" / "mail" / "new").iterdir())) == 2
    assert run("deliver").stdout.strip() == "nothing is due"

    written = run("feeds", "--out", str(tmp_path / "feeds"))
    assert written.returncode == 0
    folder = tmp_path / "feeds"
    month = next((folder / "trending").iterdir()).stem
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.*")} == {
        f"{document}.{ending}"
        for feed in ("trending", "daily")
        for document in (feed, f"{feed}/{month}")
        for ending in ("rss", "atom", "json")
    }
    assert (folder / "daily.rss").stat().st_mode & 0o044  # others may serve them


def test_a_refused_dump_is_named_with_its_line_and_leaves_with_1(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ada,\n\nhow are you?\n")
    result = run("ingest", str(path))

    assert result.returncode == 1
    assert "letter.txt" in result.stderr
    assert "nothing of it was kept" in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("subscribe", "not-an-address", "-k", "gnn"), "address"),
        (("subscribe", "a@example.org", "-k", '"open'), "^"),
        (("subscribe", "a@example.org", "-k", "gnn", "--zone", "Berlin"), "Europe/Berlin"),
        (("subscribe", "a@example.org", "-k", "gnn", "--at", "7"), "07:30"),
        (("subscribe", "a@example.org", "-k", "gnn", "--language", "fr"), "de (Deutsch)"),
        (("preview", "a ("), "^"),
        (("nonsense",), "No such command"),
    ],
)
def test_wrong_words_leave_with_2_and_say_what_to_write(
    run: Run, words: tuple[str, ...], says: str
) -> None:
    result = run(*words)

    assert result.returncode == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"DIGEST_BASE_URL": "digest.example.org"}, "DIGEST_BASE_URL"),
        ({"DIGEST_PORTT": "1"}, "no such setting"),
        ({"DIGEST_DATABASE_URL": "mysql://x"}, "DIGEST_DATABASE_URL"),
        ({"DIGEST_DATABASE_URL": "postgresql://x@y/z"}, "DIGEST_SECRET"),
        ({"DIGEST_MAIL": "telegraph:"}, "DIGEST_MAIL"),
    ],
)
def test_wrong_settings_leave_with_3_and_name_the_variable(
    run: Run, changes: dict[str, str], says: str
) -> None:
    result = run("readers", **changes)

    assert result.returncode == 3
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_settings_are_shown_without_their_secrets(run: Run) -> None:
    changes = {"DIGEST_SECRET": "a-very-secret-key", "DIGEST_MAIL": "smtp://me:pa55@localhost"}
    result = run("config", **changes)
    as_json = run("config", "--json", **changes)

    assert "DIGEST_DUMPS_DIR" in result.stdout
    for output in (result.stdout, as_json.stdout):
        assert "a-very-secret-key" not in output
        assert "pa55" not in output
    assert json.loads(as_json.stdout)["DIGEST_PORT"] == "8321"


def test_the_doctor_says_what_is_missing(run: Run) -> None:
    before = run("doctor", "--json")
    findings = {each["what"]: each for each in json.loads(before.stdout)}
    assert before.returncode == 3
    assert "digest db upgrade" in findings["database"]["says"]

    assert run("db", "upgrade").returncode == 0
    assert "good  database" in run("doctor").stdout


def test_an_upgrade_makes_the_papers_of_the_release_before_searchable(
    run: Run, example_dumps: list[Path], tmp_path: Path
) -> None:
    assert run("ingest", str(example_dumps[0])).returncode == 0
    (found,) = tmp_path.rglob("digest.sqlite3")
    with closing(sqlite3.connect(found)) as connection, connection:
        connection.execute("DELETE FROM paper_marks")

    assert "34 papers can be searched now" in run("db", "upgrade").stdout
    assert "searched" not in run("db", "upgrade").stdout


def test_the_doctor_finds_a_mail_server_that_is_not_there(run: Run) -> None:
    result = run("doctor", "--json", DIGEST_MAIL="smtp://127.0.0.1:1")
    findings = {each["what"]: each for each in json.loads(result.stdout)}

    assert not findings["mail"]["is_good"]


def test_the_demo_shows_the_whole_way_on_the_examples(run: Run, tmp_path: Path) -> None:
    result = run("demo")

    assert result.returncode == 0, result.stderr
    assert result.stdout.count("accepted 250") == 3
    assert len(list((tmp_path / "digest-demo" / "mail" / "new").iterdir())) == 3
    assert (tmp_path / "digest-demo" / "mails" / "ada.html").is_file()
    assert (tmp_path / "digest-demo" / "feeds" / "trending.atom").is_file()
    assert run("demo").returncode == 0  # again, in the same place


def test_the_demo_never_empties_somebodys_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    result = run("demo", "--out", "mine")

    assert result.returncode == 1
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"


def test_the_demo_takes_real_dumps(run: Run, real_dumps: list[Path]) -> None:
    result = run("demo", str(real_dumps[0].parent))

    assert result.returncode == 0, result.stderr
    assert "313 different papers" in result.stdout
    assert result.stdout.count("accepted 250") == 3
