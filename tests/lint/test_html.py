"""html-validate over mails and pages: what clients and browsers would have to guess."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.lint.site import Site
from tests.lint.tools import HERE, program

pytestmark = [pytest.mark.lint, pytest.mark.slow]


@pytest.mark.parametrize("what", ["mails", "pages"])
def test_html_is_as_it_should_be(what: str, site: Site, npm_packages: Path, tmp_path: Path) -> None:
    found: dict[str, str] = getattr(site, what)
    assert problems(found, HERE / f"{what}.json", npm_packages, tmp_path) == []


def problems(
    texts: dict[str, str], configuration: Path, npm_packages: Path, folder: Path
) -> list[str]:
    """Return what html-validate says of HTML, each with its place."""
    names = {}
    for number, (name, html) in enumerate(texts.items()):
        path = folder / f"{number}.html"
        path.write_text(html, encoding="utf-8")
        names[str(path)] = name
    validator = npm_packages / "html-validate" / "bin" / "html-validate.mjs"
    command = [program("node"), str(validator), "--config", str(configuration)]
    report = folder / "report.json"  # node ends before a pipe has taken all
    command += ["--formatter", f"json={report}", *names]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return [
        f"{names[each['filePath']]}, line {told['line']}: {told['message']} ({told['ruleId']})"
        for each in json.loads(report.read_text(encoding="utf-8"))
        for told in each["messages"]
    ]
