"""axe-core in a real browser: what people with other eyes, hands and screens would stumble over."""

from collections.abc import Iterator
from contextlib import contextmanager
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


@pytest.fixture(scope="session")
def axe(npm_packages: Path) -> str:
    return (npm_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 600])
def test_mails_can_be_read_by_everybody(
    site: Site, browser: Browser, axe: str, scheme: Literal["light", "dark"], width: int
) -> None:
    with looking(browser, scheme, width) as page:
        assert problems(page, axe, site.mails, NOT_OF_MAILS) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [320, 1280])
def test_pages_can_be_used_by_everybody(
    site: Site, browser: Browser, axe: str, scheme: Literal["light", "dark"], width: int
) -> None:
    with looking(browser, scheme, width) as page:
        page.goto(f"{site.home}/health")  # whose policy all pages share, and their style sheet
        assert problems(page, axe, site.pages, {}) == []


@contextmanager
def looking(browser: Browser, scheme: Literal["light", "dark"], width: int) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=True
    )
    yield context.new_page()
    context.close()


def problems(page: Page, axe: str, texts: dict[str, str], rules: dict[str, Any]) -> list[str]:
    """Return every violation axe finds, and whatever does not fit the width."""
    found = []
    options = {"runOnly": RULES, "rules": rules, "resultTypes": ["violations"]}
    for name, html in texts.items():
        page.set_content(html)
        page.evaluate(axe)
        seen = page.evaluate("options => axe.run(document, options)", options)
        found += [
            f"{name}: {each['help']} ({each['id']}): {node['target'][0]} {node['failureSummary']}"
            for each in seen["violations"]
            for node in each["nodes"]
        ]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{name}: is wider than the screen")
    return found
