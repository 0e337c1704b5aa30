"""The checker of the HTML standard's own makers (vnu) over every page: no error, no warning."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.lint.site import Site
from tests.lint.tools import program

pytestmark = [pytest.mark.lint, pytest.mark.slow]

_WRONG = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>A page</title>
</head>
<body>
<ul><p>words</p></ul>
</body>
</html>
"""


def test_every_page_is_what_the_standard_asks_for_and_a_defect_is_found_and_named(
    site: Site, npm_packages: Path, tmp_path: Path
) -> None:
    assert site.pages
    # At once: the checker takes longer to start than to read them all.
    found = problems({**site.pages, "wrong": _WRONG}, npm_packages, tmp_path)
    assert [each.partition(": ")[0] for each in found] == ["wrong, line 8"], found


def problems(texts: dict[str, str], npm_packages: Path, folder: Path) -> list[str]:
    """Return what the checker says of HTML, each with its place."""
    names = {}
    for number, (name, html) in enumerate(texts.items()):
        path = folder / f"{number}.html"
        path.write_text(html, encoding="utf-8")
        names[path.as_uri()] = name
    checker = npm_packages / "vnu-jar" / "build" / "dist" / "vnu.jar"
    # It runs for seconds, so what pays in hours only is left out; its schemas go deep.
    java = [program("java"), "-Xss8m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    command = [*java, "-jar", str(checker), "--format", "json", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr.startswith("{"), done.stdout
    told = json.loads(done.stderr)["messages"]
    return [
        f"{names.get(each.get('url', '').replace('file:/', 'file:///', 1), each.get('url'))}, "
        f"line {each.get('lastLine')}: {each['message']}"
        for each in told
    ]
