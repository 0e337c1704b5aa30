"""A real browser, scripts on, that opens every link of every mail before its reader does."""

import re
from email.message import EmailMessage
from html import unescape

import pytest
from playwright.sync_api import Browser, expect

from digest import jobs
from digest.model.deliveries import MailKind
from digest.pipeline.move import ask_to_move, move
from digest.pipeline.sign_in import ask_to_sign_in
from digest.pipeline.subscribe import confirm, subscribe, unsubscribe
from digest.store.deliveries import find_deliveries
from tests.e2e.place import Place, link, one_click_of, one_of_each, urls
from tests.e2e.visiting import visiting
from tests.factories import make_wishes
from tests.web.everywhere import contents

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def token(mail: EmailMessage, place: str) -> str:
    return link(mail, place).rpartition("/")[2]


def every_kind_of_mail(place: Place) -> list[EmailMessage]:
    """Have the site send all the mails it knows, to readers at every point of their way."""
    registry = place.app.registry
    ada = place.has_reader("ada@example.org", "graph neural networks", "RAG")
    dan = place.has_reader("dan@example.org", "diffusion models")
    place.clock.advance(days=1)
    jobs.compose(place.app)
    unsubscribe(registry, dan)
    cy = place.has_reader("cy@example.org", "diffusion models")
    subscribe(registry, "bob@example.org", make_wishes("RAG"))
    subscribe(registry, "eve@example.org", make_wishes("RAG"))
    subscribe(registry, ada.address, make_wishes("RAG"))
    ask_to_sign_in(registry, ada.address)
    ask_to_move(registry, ada, "ada.new@example.net")
    ask_to_move(registry, cy, "cy.new@example.net")
    first = place.mails()
    by_recipient = {str(mail["To"]): mail for mail in first}
    move(registry, token(by_recipient["cy.new@example.net"], "address"), None)
    confirm(registry, token(by_recipient["eve@example.org"], "confirm"))
    return [*first, *place.mails()]


def links_of(mail: EmailMessage) -> list[str]:
    """What a scanner finds: the addresses of the text, of the HTML and of the header."""
    html = mail.get_body(("html",))
    assert html is not None
    in_html = map(unescape, re.findall(r'href="([^"]+)"', html.get_content()))
    header = [one_click_of(mail)] if mail["List-Unsubscribe"] else []
    return list(dict.fromkeys([*urls(mail), *in_html, *header]))


def test_opening_every_link_of_every_mail_changes_nothing(browser: Browser, place: Place) -> None:
    mails = every_kind_of_mail(place)
    with place.app.database.reading() as connection:
        assert {each.kind for each in find_deliveries(connection)} == set(MailKind)
    by_mail = [[url for url in links_of(each) if url.startswith(place.home)] for each in mails]
    assert all(by_mail)
    before = contents(place.app)

    with visiting(browser, place, has_scripts=True) as page:
        tabs = []
        for url in dict.fromkeys(url for found in by_mail for url in one_of_each(found)):
            tab = page.context.new_page()
            answer = tab.goto(url)
            assert answer is not None
            assert answer.status == 200, url
            tabs.append(tab)
        for tab in tabs:  # all of them stand open until nothing moves any more
            tab.wait_for_load_state("networkidle")
            expect(tab.get_by_role("heading", level=1)).to_be_visible()
            tab.mouse.wheel(0, 2000)
        assert len(tabs) > 15
    for url in dict.fromkeys(url for found in by_mail for url in found):
        for method in ("HEAD", "GET"):
            assert place.ask(method, url)[0] == 200, url

    assert contents(place.app) == before
