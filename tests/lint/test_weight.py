"""What comes over the wire for a page: little, and from nowhere but here."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html as lxml_html

from tests.lint.site import Site

pytestmark = [pytest.mark.lint, pytest.mark.slow]

# What a page may weigh, without its style sheet: a phone far from any mast has it in a second.
MOST_OF_HTML = 30_720
MOST_OF_CSS = 8_192
LINKS = {"stylesheet", "icon", "alternate", "outline", "canonical", "prev", "next"}
_LOADED = "//*[@src or @srcset or @poster or @data or @background]"


def test_pages_are_small(site: Site) -> None:
    sizes = {name: len(html.encode()) for name, html in site.pages.items()}
    assert {name: size for name, size in sizes.items() if size >= MOST_OF_HTML} == {}


def test_style_sheets_are_small_and_a_page_has_one(site: Site) -> None:
    sheets = {name: _sheets(html) for name, html in site.pages.items()}
    assert {name: found for name, found in sheets.items() if len(found) != 1} == {}
    for sheet in {each for found in sheets.values() for each in found}:
        assert len(site.browsing.client.get(sheet).body) < MOST_OF_CSS, sheet


def test_pages_load_nothing_from_elsewhere_and_run_nothing(site: Site) -> None:
    assert [each for name, html in site.pages.items() for each in foreign(site.home, html)] == []


@pytest.mark.parametrize(
    "body",
    [
        '<link rel="stylesheet" href="https://cdn.example/a.css">',
        '<link rel="preload" href="/static/style.css">',
        '<img src="/icon.svg">',
        "<script>1</script>",
        '<p style="color: red">red</p>',
        "<style>p { color: red }</style>",
        '<p onclick="go()">go</p>',
        '<form action="https://cdn.example/"></form>',
        '<base href="https://cdn.example/">',
    ],
)
def test_what_is_loaded_or_run_is_found(body: str) -> None:
    assert len([*foreign("https://digest.example", f"<p>words</p>{body}")]) == 1


def foreign(home: str, html: str) -> Iterator[str]:
    """Yield what a page loads, runs or sends elsewhere, other than its style sheet, icon and feeds."""
    root = lxml_html.document_fromstring(html)
    for link in root.xpath("//link"):
        is_ours = _origin(urljoin(f"{home}/", link.get("href", ""))) == _origin(home)
        if not is_ours or link.get("rel") not in LINKS:
            yield f"links {link.get('href')} as {link.get('rel')}"
    for form in root.xpath("//@action | //@formaction"):
        if _origin(urljoin(f"{home}/", form)) != _origin(home):
            yield f"sends to {form}"
    for each in root.xpath(f"{_LOADED} | //script | //iframe | //style | //base"):
        yield f"has <{each.tag}>"
    for name in root.xpath("//@*[starts-with(name(), 'on') or name() = 'style']"):
        yield f"has {name.attrname}"


def _sheets(html: str) -> list[str]:
    return [
        str(each)
        for each in lxml_html.document_fromstring(html).xpath("//link/@href[../@rel='stylesheet']")
    ]


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
