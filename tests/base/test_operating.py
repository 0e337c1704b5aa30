"""What an operator is handed: units, image and rules name what is there, and docs/operating.md too."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from sqlalchemy import text

from digest.cli import digest
from digest.config import Settings, read_settings
from digest.pipeline.outgoing import Leases
from tests.conftest import REPOSITORY, close_database, open_database

DEPLOY = REPOSITORY / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
OPERATING = (REPOSITORY / "docs" / "operating.md").read_text()
RULES = (DEPLOY / "prometheus" / "digest.rules.yml").read_text()
_SETTING = re.compile(r"\bDIGEST_[A-Z]+(?:_[A-Z]+)*")
_MINUTES = re.compile(r"(\d+)min")


def keys(unit: Path) -> list[tuple[str, str]]:
    """Return the settings of a unit's [Service] section, which may come more than once."""
    section = unit.read_text().partition("[Service]\n")[2].partition("\n[")[0]
    lines = [line for line in section.splitlines() if line and not line.startswith("#")]
    return [(key, value) for key, _, value in (line.partition("=") for line in lines)]


def is_command(words: list[str]) -> bool:
    here: click.Command = digest
    for word in words:
        if isinstance(here, click.Group):
            if word not in here.commands:
                return False
            here = here.commands[word]
        elif word not in {option for each in here.params for option in each.opts}:
            return False
    return True


def known_settings() -> set[str]:
    return {f"DIGEST_{name.upper()}" for name in Settings.__dataclass_fields__}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_is_there(unit: Path) -> None:
    program, *words = dict(keys(unit))["ExecStart"].split()

    assert program == "/opt/digest/bin/digest"
    assert is_command(words)
    assert not is_command([*words, "--no-such-thing"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_knows_everything_a_unit_says(unit: Path, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not here")
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/digest/bin/digest", sys.executable))
    verify = ["systemd-analyze", "verify", "--man=no", str(copy)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)

    # What it does not know it only ignores, with a word.
    said = [line for line in done.stderr.splitlines() if unit.name.partition(".")[0] in line]
    assert (done.returncode, said) == (0, [])


def test_what_sends_mail_has_time_to_hear_how_it_ended() -> None:
    for unit in UNITS:
        if unit.name in {"digest.service", "digest-worker@.service"}:
            found = _MINUTES.fullmatch(dict(keys(unit))["TimeoutStopSec"])
            assert found, unit
            assert int(found[1]) * 60 >= Leases().margin


def test_all_units_are_held_in_alike() -> None:
    may_differ = {"ExecStart", "TimeoutStopSec", "MemoryMax", "LimitNOFILE"}
    alike = {tuple(each for each in keys(unit) if each[0] not in may_differ) for unit in UNITS}

    assert len(alike) == 1
    [common] = alike
    assert {("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("User", "digest")} <= set(
        common
    )


def test_the_environment_file_shown_is_one_that_starts() -> None:
    lines = (DEPLOY / "systemd" / "digest.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert read_settings(given).public_url == "https://digest.example.org"


def test_the_image_copies_what_is_there_and_packages_what_the_wheel_needs() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE)
    paths = {path for line in copied for path in line.split()}

    assert all((REPOSITORY / path).exists() for path in paths)
    wheel = (REPOSITORY / "pyproject.toml").read_text().partition("targets.wheel]")[2]
    included = re.findall(r'"/(\w+)"', wheel.partition("]")[0])
    assert set(included) <= paths
    assert {"constraints.txt", "pyproject.toml", "README.md", "LICENSE"} <= paths


def test_the_image_runs_as_nobody_in_particular_and_stops_as_it_should() -> None:
    final = CONTAINERFILE.rpartition("\nFROM ")[2]

    assert "\nUSER digest\n" in final
    assert "\nSTOPSIGNAL SIGTERM\n" in final
    assert "/ready" in final
    assert "uv " not in final
    assert "pip" not in final
    assert 'ENTRYPOINT ["digest"]\nCMD ["serve"]' in final


@pytest.mark.parametrize(
    "path",
    [*(each for each in DEPLOY.rglob("*") if each.is_file()), REPOSITORY / "docs/operating.md"],
    ids=lambda path: path.name,
)
def test_every_setting_that_is_named_is_one(path: Path) -> None:
    assert set(_SETTING.findall(path.read_text())) <= known_settings()


def test_rules_and_document_name_metrics_that_are_there() -> None:
    source = (REPOSITORY / "digest" / "web" / "metrics.py").read_text()
    ours = set(re.findall(r'"(digest_\w+)"', source)) | {"digest_http_requests_total"}
    named = set(re.findall(r"\bdigest_[a-z_]+\b", RULES + OPERATING))

    assert named
    assert named <= ours


def test_each_rule_says_what_it_watches_and_what_to_do() -> None:
    yaml = pytest.importorskip("yaml")
    [group] = yaml.safe_load(RULES)["groups"]

    for rule in group["rules"]:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["expr"]
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith((".", "?"))


def test_the_document_shows_what_is_beside_it() -> None:
    linked = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", OPERATING)

    assert linked
    assert [each for each in linked if not (REPOSITORY / "docs" / each).exists()] == []
    assert "docs/operating.md" in (REPOSITORY / "README.md").read_text()


def test_its_parts_can_be_jumped_to() -> None:
    headings = re.findall(r"^#+ (.+)$", OPERATING, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}

    assert set(re.findall(r"\]\(#([^)]*)\)", OPERATING)) <= anchors


def test_its_advice_is_taken_by_postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    database = open_database(request, tmp_path, "postgresql")
    with database.writing() as connection:
        for block in re.findall(r"```sql\n(.*?)```", OPERATING, re.DOTALL):
            connection.execute(text(block))
    close_database(database)
