"""One small style sheet, without a rule that nothing uses."""

import re
from pathlib import Path

from digest.resources import resource_folder
from tests.web.client import Client

BUDGET = 8192


def test_the_style_sheet_is_small(client: Client) -> None:
    assert len(client.get("/static/style.css").body) <= BUDGET


def test_every_class_that_has_a_style_is_used(client: Client) -> None:
    sheet = re.sub(r"/\*.*?\*/", "", client.get("/static/style.css").text, flags=re.DOTALL)
    selectors = re.sub(r"\{[^{}]*\}", " ", sheet)
    styled = set(re.findall(r"\.([a-z][\w-]*)", selectors))
    assert styled
    assert styled - _used(resource_folder("templates") / "web") == set()


def _used(folder: Path) -> set[str]:
    """Return every class that stands in a template, also one of several a condition chooses from."""
    html = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.html"))
    return {
        name
        for given in re.findall(r'class="([^"]*)"', html)
        for name in re.sub(r"\{[%{].*?[%}]\}", " ", given).split()
    }
