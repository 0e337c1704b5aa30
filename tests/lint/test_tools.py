"""A linter that is not there is told of, and what is there is what was pinned."""

import json
import re

import pytest

from tests.lint.tools import HERE, program

pytestmark = pytest.mark.lint


def test_a_missing_tool_is_skipped_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="newsboot is not installed"):
        program("newsboot")


def test_a_missing_tool_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="every tool: newsboot is not installed"):
        program("newsboot")


def test_packages_are_pinned_by_their_bytes_and_come_from_any_registry() -> None:
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert "://" not in lock
    own, *others = json.loads(lock)["packages"].values()
    assert all(each["integrity"].startswith("sha512-") for each in others)
    asked = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert own["devDependencies"] == asked
    assert all(re.fullmatch(r"[0-9.]+", version) for version in asked.values())
