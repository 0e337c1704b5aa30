"""Nothing in our mails that a client we care for would not show, but for what only improves."""

from pathlib import Path

import pytest

from tests.lint.client_support import UNTESTED, ClientSupport, features_of
from tests.lint.site import Site

pytestmark = [pytest.mark.lint, pytest.mark.slow]

# Why what some clients leave out is not missed there, and what that is.
ALLOWED = {
    "a client that drops it draws the mail within a page of its own": ["html-doctype"],
    "without it the first heading says what the mail is": ["html-aria-label"],
    "wide margins and light colours are readable as well": [
        "css-at-media",
        "css-at-media-prefers-color-scheme",
        "html-meta-color-scheme",
    ],
    "the preheader is hidden by display: none already": ["css-max-height", "css-overflow"],
    "a button may have square corners": ["css-border-radius"],
    "an underline of the text's own colour and place is one too": [
        "css-text-decoration-color",
        "css-text-decoration-thickness",
        "css-text-underline-offset",
    ],
    "words longer than a line are next to none, and only make the mail wide": [
        "css-overflow-wrap",
        "css-word-break",
    ],
}
MOST = 8


@pytest.fixture(scope="session")
def support(npm_packages: Path) -> ClientSupport:
    return ClientSupport(npm_packages / "caniemail" / "data" / "caniemail.json")


def test_every_client_shows_what_mails_use(site: Site, support: ClientSupport) -> None:
    used = {feature for html in site.mails.values() for feature in features_of(html)}
    missing = {
        each: clients for each in used & support.features if (clients := support.without(each))
    }
    allowed = {feature for features in ALLOWED.values() for feature in features}
    assert {each: missing[each] for each in sorted(missing.keys() - allowed)} == {}
    assert sorted(allowed - missing.keys()) == []
    assert len(ALLOWED) <= MOST


def test_nothing_in_mails_is_unknown_to_the_data(site: Site, support: ClientSupport) -> None:
    used = {feature for html in site.mails.values() for feature in features_of(html)}
    assert sorted(used - support.features - UNTESTED) == []


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
    assert support.without("css-position") == [
        "Gmail on the web",
        "Gmail on Android",
        "Outlook on Windows",
    ]
    assert support.without("html-p") == []
