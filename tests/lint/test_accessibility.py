"""axe-core in a real browser: what people with other eyes, hands and screens would stumble over."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from tests.lint.shapes import shape_of
from tests.lint.site import Site

pytestmark = [pytest.mark.lint, pytest.mark.slow, pytest.mark.e2e]

Scheme = Literal["light", "dark"]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What the rest looks at is the same in the dark.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
# A mail is part of a page that is its client's.
NOT_OF_MAILS = {"region": {"enabled": False}, "landmark-one-main": {"enabled": False}}
MAILS, PAGES = (320, 600), (320, 1280)
_LOOK = """async options => {
    const found = options ? (await axe.run(document, options)).violations : [];
    const told = found.flatMap(rule => rule.nodes.map(
        at => `${rule.help} (${rule.id}): ${at.target[0]} ${at.failureSummary}`
    ));
    const isWider = document.documentElement.scrollWidth > window.innerWidth;
    return isWider ? [...told, "is wider than the screen"] : told;
}"""
_SOUND = """<!DOCTYPE html><html lang="en"><title>A page</title>
<style>
@media (prefers-color-scheme: dark) { .night { color: #222; background: #000 } }
@media (min-width: 50rem) { .wide { color: #bbb; background: #fff } }
@media (min-width: 50rem) and (prefers-color-scheme: dark) { .both { color: #222; background: #000 } }
@media (max-width: 50rem) and (prefers-color-scheme: dark) { .phone { color: #222; background: #000 } }
</style>
<main>%s</main></html>"""
_LIGHT = ("320 light", "1280 light")
_EVERYWHERE = (*_LIGHT, "320 dark", "1280 dark")
# What is wrong with a body, what is told of it, and in which modes.
_DEFECTS = {
    "image": ('<img src="data:,">', "image-alt", _LIGHT),
    "pale": ('<p style="color: #bbb; background: #fff">pale</p>', "color-contrast", _EVERYWHERE),
    "night": ('<p class="night">pale</p>', "color-contrast", ("320 dark", "1280 dark")),
    "wide": ('<p class="wide">pale</p>', "color-contrast", ("1280 light", "1280 dark")),
    "both": ('<p class="both">pale</p>', "color-contrast", ("1280 dark",)),
    "phone": ('<p class="phone">pale</p>', "color-contrast", ("320 dark",)),
    "label": ('<input name="words">', "label", _LIGHT),
    "link": ('<a href="/one"></a>', "link-name", _LIGHT),
    "headings": ("<h1>One</h1><h4>four</h4>", "heading-order", _LIGHT),
    "400 px": ('<p style="width: 400px">wide</p>', "is wider", ("320 light", "320 dark")),
    "1400 px": ('<p style="width: 1400px">wide</p>', "is wider", _EVERYWHERE),
}


@pytest.fixture(scope="session")
def axe(npm_packages: Path) -> str:
    return (npm_packages / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_mails_can_be_read_by_everybody(site: Site, page: Page, axe: str) -> None:
    assert problems(page, axe, site.mails, NOT_OF_MAILS, MAILS) == []


def test_pages_can_be_used_by_everybody(site: Site, page: Page, axe: str) -> None:
    page.goto(f"{site.home}/health")  # whose policy all pages share, and their style sheet
    assert problems(page, axe, site.pages, {}, PAGES) == []


def test_what_people_would_stumble_over_is_found(page: Page, axe: str) -> None:
    texts = {name: _SOUND % body for name, (body, _, _) in _DEFECTS.items()}
    rules = {"region": {"enabled": False}, "page-has-heading-one": {"enabled": False}}
    told = problems(page, axe, {"sound": _SOUND % "words", **texts}, rules, PAGES)
    found = {(each.partition(": ")[0], what) for each in told for what in _named(each)}
    assert found == {
        (f"{name}, {mode}", what) for name, (_, what, modes) in _DEFECTS.items() for mode in modes
    }


def test_words_alone_make_no_other_shape() -> None:
    one = shape_of('<p class="a">One <a href="/1">word</a></p>')
    assert shape_of('<p class="a">Two <a href="/2">more</a></p>') == one
    for other in (
        '<p class="b">One <a href="/1">word</a></p>',
        '<p class="a">One <a href="/1"></a></p>',
        '<p class="a">One <a>word</a></p>',
        '<p class="a">One <a href="/1">word</a> more</p>',
        '<p class="a">One</p><a href="/1">word</a>',
    ):
        assert shape_of(other) != one


def problems(
    page: Page, axe: str, texts: dict[str, str], rules: dict[str, Any], widths: tuple[int, int]
) -> list[str]:
    """Return every violation axe finds at each width in light and in dark, and what does not fit.

    Of pages that differ in words only axe looks at the first; whether they fit is seen of all.
    """
    found: list[str] = []
    # Without `preload` it does not ask for the style sheets once more: no rule of these needs them.
    options = {"runOnly": RULES, "rules": rules, "resultTypes": ["violations"], "preload": False}
    looks: dict[Scheme, dict[str, Any]] = {
        "light": options,
        "dark": {**options, "runOnly": {"type": "rule", "values": OF_COLOURS}},
    }
    modes: list[tuple[int, Scheme]] = [(widths[0], "light"), (widths[0], "dark")]
    modes += [(widths[1], "dark"), (widths[1], "light")]
    shapes = set()
    shown: tuple[int, str] | None = None
    for html, name in {html: name for name, html in texts.items()}.items():
        shape = shape_of(html)
        is_new = shape not in shapes
        shapes.add(shape)
        page.set_content(html)
        if not page.evaluate("'axe' in window"):  # it outlives the document it came with
            page.evaluate(axe)
        modes.reverse()  # every change of the screen costs as much as a look: begin where it is
        for width, scheme in modes if is_new else (modes[0], modes[-1]):
            if (width, scheme) != shown:
                page.set_viewport_size({"width": width, "height": 400})
                page.emulate_media(color_scheme=scheme)
                shown = (width, scheme)
            told = page.evaluate(_LOOK, looks[scheme] if is_new else None)
            found += [f"{name}, {width} {scheme}: {each}" for each in told]
    return found


def _named(problem: str) -> set[str]:
    """Return which of the planted defects a problem is."""
    kinds = {what for _, what, _ in _DEFECTS.values()}
    return {what for what in kinds if f"({what})" in problem or f": {what}" in problem}
