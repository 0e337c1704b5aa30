"""axe-core in a real browser: what people with other eyes, hands and screens would stumble over."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.lint.site import Site

pytestmark = [pytest.mark.lint, pytest.mark.slow, pytest.mark.e2e]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# A mail is part of a page that is its client's.
NOT_OF_MAILS = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_VIOLATIONS = """async options => (await axe.run(document, options)).violations.flatMap(
    rule => rule.nodes.map(at => `${rule.help} (${rule.id}): ${at.target[0]} ${at.failureSummary}`)
)"""
_SOUND = """<!DOCTYPE html><html lang="en"><title>A page</title>
<style>@media (prefers-color-scheme: dark) { .pale { color: #222; background: #000 } }</style>
<main>%s</main></html>"""
WIDTHS = pytest.mark.parametrize("width", [320, 600])


@pytest.fixture(scope="session")
def axe(npm_packages: Path) -> str:
    return (npm_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def page(browser: Browser, width: int) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": 800})
    yield context.new_page()
    context.close()


@WIDTHS
def test_mails_can_be_read_by_everybody(site: Site, page: Page, axe: str) -> None:
    assert problems(page, axe, site.mails, NOT_OF_MAILS) == []


@WIDTHS
def test_pages_can_be_used_by_everybody(site: Site, page: Page, axe: str) -> None:
    page.goto(f"{site.home}/health")  # whose policy all pages share, and their style sheet
    assert problems(page, axe, site.pages, {}) == []


@pytest.mark.parametrize("width", [320])
@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<img src="data:,">', "light: .*image-alt"),
        ('<p style="color: #bbb">pale</p>', "light: .*color-contrast"),
        ('<p class="pale">pale at night</p>', "dark: .*color-contrast"),
        ('<input name="words">', "light: .*label"),
        ('<a href="/one"></a>', "light: .*link-name"),
        ("<h1>One</h1><h4>four</h4>", "light: .*heading-order"),
        ('<p style="width: 400px">wide</p>', "light: is wider than the screen"),
    ],
)
def test_what_people_would_stumble_over_is_found(
    page: Page, axe: str, body: str, found: str
) -> None:
    texts = {"sound": _SOUND % "words", "bad": _SOUND % body}
    rules = {"region": {"enabled": False}, "page-has-heading-one": {"enabled": False}}
    told = problems(page, axe, texts, rules)
    assert any(re.match(f"bad, {found}", each) for each in told), told
    assert not [each for each in told if each.startswith("sound")]


def problems(page: Page, axe: str, texts: dict[str, str], rules: dict[str, Any]) -> list[str]:
    """Return every violation axe finds in light and in dark, and whatever does not fit the width."""
    found = []
    options = {"runOnly": RULES, "rules": rules, "resultTypes": ["violations"]}
    for name, html in texts.items():
        page.set_content(html)
        if not page.evaluate("'axe' in window"):  # it outlives the document it came with
            page.evaluate(axe)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found += [f"{name}, {scheme}: {each}" for each in page.evaluate(_VIOLATIONS, options)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                found.append(f"{name}, {scheme}: is wider than the screen")
    return found
