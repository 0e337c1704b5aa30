"""Whether all there is was looked at, and all that is linked to is there."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from digest.model.deliveries import MailKind
from digest.model.languages import LANGUAGES
from digest.pipeline.samples import SAMPLES
from tests.lint.browsing import Browsing
from tests.lint.site import Site

pytestmark = [pytest.mark.lint, pytest.mark.slow]

# What answers the reload of a page that a form was sent to has nothing to show.
LEAD_ON = {"/account/sessions", "/sign-out", "/unsubscribe/{token}/undo"}


def test_every_page_there_is_was_opened(site: Site) -> None:
    assert site.browsing.routes_not_seen() == LEAD_ON


def test_every_link_of_mails_pages_and_feeds_leads_somewhere(site: Site) -> None:
    assert site.browsing.dead == []


def test_every_kind_of_mail_is_looked_at_in_every_language(site: Site) -> None:
    kinds = [*set(MailKind) - {MailKind.DIGEST}, *(f"digest-{name}" for name in SAMPLES)]
    assert {f"{code} {kind}" for code in LANGUAGES for kind in kinds} <= site.mails.keys()
    for subject in ("Confirm", "Welcome to", "You already subscribe", "You are unsubscribed"):
        assert any(subject in name for name in site.mails)


def test_a_dead_link_and_a_page_that_nothing_leads_to_are_found() -> None:
    def home(_request: Request) -> HTMLResponse:
        return HTMLResponse('<a href="/gone">words</a><a href="https://example.org/">other</a>')

    def inside(_request: Request) -> RedirectResponse:
        return RedirectResponse("/", 303)

    routes = [Route("/", home), Route("/forgotten", home), Route("/inside", inside)]
    web = Starlette(routes=routes)
    browsing = Browsing(web, "http://127.0.0.1")
    browsing.get("home", "/")
    assert browsing.dead == ["http://127.0.0.1/gone of http://127.0.0.1/ answers 404"]
    browsing.get("seen by nobody who is not signed in", "/inside")
    assert browsing.routes_not_seen() == {"/forgotten", "/inside"}
