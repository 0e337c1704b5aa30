"""An operator's own templates are tried before a mail is made of them."""

from pathlib import Path

import pytest

from digest.app import build_app
from digest.checks.findings import Finding
from digest.checks.templates import check_templates
from digest.config import read_settings


def found(tmp_path: Path, folder: Path | None) -> list[Finding]:
    settings = {"DIGEST_DATA_DIR": str(tmp_path / "data")}
    if folder:
        settings["DIGEST_TEMPLATES_DIR"] = str(folder)
    return list(check_templates(build_app(read_settings(settings))))


def own(tmp_path: Path, name: str, source: bytes) -> Path:
    path = tmp_path / "own" / "email" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(source)
    return tmp_path / "own"


def test_without_templates_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert found(tmp_path, None) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    [finding] = found(tmp_path, tmp_path / "none")
    assert not finding.is_good


def test_templates_that_work_in_every_mail_are_good(tmp_path: Path) -> None:
    [finding] = found(
        tmp_path, own(tmp_path, "digest/title.html", b"<b>{{ card.plain_title }}</b>")
    )
    assert finding.is_good, finding.says


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("goodbye/body.txt", b"{% if %}", "email/goodbye/body.txt"),
        ("digest/subject.txt", b"{{ count / 0 }}", "email/digest/subject.txt"),
    ],
)
def test_one_that_fails_is_named(tmp_path: Path, name: str, source: bytes, said: str) -> None:
    [finding] = found(tmp_path, own(tmp_path, name, source))
    assert not finding.is_good
    assert said in finding.says
