"""Nothing in our mails that a client we care for would not show, but for what only improves."""

from pathlib import Path

import pytest

from tests.lint.client_support import UNTESTED, ClientSupport, features_of
from tests.lint.site import Site

pytestmark = [pytest.mark.lint, pytest.mark.slow]

# What some clients leave out, and why it is not missed there.
ALLOWED = {
    "css-at-media": "wide margins and light colours are readable as well",
    "css-at-media-prefers-color-scheme": "the light colours stand with their background each",
    "css-border-radius": "a button may have square corners",
    "css-text-decoration-color": "an underline of the text's own colour is one too",
    "css-word-break": "only a word longer than a line makes the mail wide",
    "html-aria-label": "without it the first heading says what the mail is",
    "html-doctype": "a client that drops it draws the mail within a page of its own",
    "html-meta-color-scheme": "it only asks for the dark colours, which the mail can do without",
}
MOST = 8


@pytest.fixture(scope="session")
def support(npm_packages: Path) -> ClientSupport:
    return ClientSupport(npm_packages / "caniemail" / "data" / "caniemail.json")


def test_every_client_shows_what_mails_use(site: Site, support: ClientSupport) -> None:
    missing = support.missing(used(site))
    assert {each: missing[each] for each in sorted(missing.keys() - ALLOWED.keys())} == {}


def test_what_is_allowed_is_little_and_still_needed(site: Site, support: ClientSupport) -> None:
    assert sorted(ALLOWED.keys() - support.missing(used(site)).keys()) == []
    assert len(ALLOWED) <= MOST
    assert all(ALLOWED.values())


def used(site: Site) -> set[str]:
    return {feature for html in site.mails.values() for feature in features_of(html)}


def test_nothing_in_mails_is_unknown_to_the_data(site: Site, support: ClientSupport) -> None:
    assert sorted(used(site) - support.features - UNTESTED) == []


def test_what_clients_do_not_show_is_found(support: ClientSupport) -> None:
    mail = """<!DOCTYPE html><html><head><style>@media (hover) { a:hover { gap: calc(1px + 2em) } }
        p::before { content: url(x) } </style></head>
        <body><section style="display: flex; position: absolute; margin-left: 1vw; colr: red !important">
        <video></video></section></body></html>"""
    found = features_of(mail)
    assert found >= {
        "css-at-media", "css-at-media-hover", "css-pseudo-class-hover", "css-gap", "css-unit-vw",
        "css-pseudo-element-before", "css-display-flex", "css-position", "css-margin",
        "css-colr", "css-important", "html-semantics", "html-video", "css-unit-calc",
    }  # fmt: skip
    assert "css-colr" not in support.features
    missing = support.missing(found | {"html-p"})
    assert missing["css-position"] == ["Gmail on the web", "Gmail on Android", "Outlook on Windows"]
    assert "Outlook on Windows" in missing["css-display-flex"]
    assert {"html-p", "css-margin", "css-colr"}.isdisjoint(missing)
