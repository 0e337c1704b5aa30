"""html-validate over mails and pages: what clients and browsers would have to guess."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.lint.site import Site
from tests.lint.tools import HERE, program

pytestmark = [pytest.mark.lint, pytest.mark.slow]


_SOUND = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>A page</title>
</head>
<body>
{}
</body>
</html>
"""
# A body with each, by the rule that must find it.
_DEFECTS = {
    "pages": {
        "close-order": "<section><p><b>words</p></section>",
        "element-permitted-content": "<ul><p>words</p></ul>",
        "no-dup-attr": '<p class="a" class="b">words</p>',
        "no-dup-id": '<p id="a">one</p><p id="a">two</p>',
        "no-implicit-close": "<ul><li>one<li>two</ul>",
        "no-raw-characters": "<p>one & two < three</p>",
        "wcag/h37": '<p><img src="/one.png"></p>',
    },
    "mails": {
        "heading-level": "<h1>One</h1><h4>four</h4>",
        "hidden-focusable": '<p aria-hidden="true"><a href="#one">words</a></p>',
        "input-missing-label": "<p><input></p>",
        "no-dup-id": '<p id="a">one</p><p id="a">two</p>',
        "wcag/h37": '<p><img src="/one.png"></p>',
    },
}


@pytest.mark.parametrize("what", ["mails", "pages"])
def test_html_is_as_it_should_be(what: str, site: Site, npm_packages: Path, tmp_path: Path) -> None:
    found: dict[str, str] = getattr(site, what)
    assert problems(found, HERE / f"{what}.json", npm_packages, tmp_path) == []


@pytest.mark.parametrize("what", ["mails", "pages"])
def test_every_defect_is_found(what: str, npm_packages: Path, tmp_path: Path) -> None:
    rules = _DEFECTS[what]
    texts = {"sound": _SOUND.format("<p>words</p>")}
    texts |= {rule: _SOUND.format(body) for rule, body in rules.items()}
    told = problems(texts, HERE / f"{what}.json", npm_packages, tmp_path)
    assert [rule for rule in rules if not any(rule_named(each, rule) for each in told)] == []
    assert not [each for each in told if each.startswith("sound")]


def rule_named(problem: str, rule: str) -> bool:
    return problem.startswith(f"{rule}, ") and problem.endswith(f"({rule})")


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
