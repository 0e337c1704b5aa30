"""Forms without a pointing device: where the focus goes, and what is said of what is wrong."""

import re

import pytest
from playwright.sync_api import Browser, expect

from digest.model.subscribers import SubscriberState
from tests.e2e.place import Place, link
from tests.e2e.visiting import fits, heading, press, press_tab_until, sign_in, visiting

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

EVE = "eve@example.org"


def test_a_form_that_is_wrong_comes_back_with_the_focus_on_what_to_do(
    browser: Browser, place: Place
) -> None:
    with visiting(browser, place, width=320) as page:
        page.goto(place.home)
        page.get_by_label("Keywords, one a line").fill("graph (neural")
        press(page, "Show my papers")
        expect(page).to_have_title(re.compile(r"^Error: "))
        expect(page.get_by_role("alert")).to_be_focused()
        assert fits(page)
        page.get_by_role("link", name="Parentheses hold an acronym").click()
        expect(page.get_by_label("Keywords, one a line")).to_be_focused()
        expect(page.get_by_label("Keywords, one a line")).to_have_value("graph (neural")
        page.get_by_label("Keywords, one a line").fill("gnn")
        press(page, "Show my papers")
        page.get_by_role("link", name="By mail every morning").click()
        page.get_by_label("Email address").fill("ada@")
        place.clock.advance(seconds=30)
        press(page, "Subscribe")
        expect(page.get_by_role("alert")).to_be_focused()
        page.get_by_role("alert").get_by_role("link").click()
        expect(page.get_by_label("Email address")).to_be_focused()
        expect(page.get_by_label("Email address")).to_have_value("ada@")
        assert fits(page)


def test_a_reader_subscribes_with_the_keyboard_alone(browser: Browser, place: Place) -> None:
    with visiting(browser, place) as page:
        page.goto(place.home)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Keywords, one a line")).to_be_focused()
        page.keyboard.type("gnn")
        press_tab_until(page, page.get_by_role("button", name="Show my papers"))
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Your digest today")).to_be_visible()
        press_tab_until(page, page.get_by_role("link", name="By mail every morning"))
        page.keyboard.press("Enter")
        press_tab_until(page, page.get_by_label("Email address"))
        page.keyboard.type(EVE)
        press_tab_until(page, page.get_by_role("button", name="Subscribe"))
        place.clock.advance(seconds=30)
        page.keyboard.press("Enter")
        heading(page, "Look into your mailbox")
        page.goto(link(place.mail(), "confirm"))
        press_tab_until(page, page.get_by_role("button", name="Confirm the subscription"))
        page.keyboard.press("Enter")
        heading(page, "You are subscribed")
    assert place.reader(EVE).state is SubscriberState.ACTIVE


def test_an_account_is_used_with_the_keyboard_alone(browser: Browser, place: Place) -> None:
    place.has_reader(EVE, "graph neural networks")
    with visiting(browser, place, width=320) as page:
        sign_in(page, place, EVE)
        press_tab_until(page, page.get_by_role("link", name="Pause", exact=True))
        page.keyboard.press("Enter")
        heading(page, "Pause your digests")
        press_tab_until(page, page.get_by_label("until Wednesday 25 March 2026"))
        page.keyboard.press("ArrowDown")
        expect(page.get_by_label("until Wednesday 1 April 2026")).to_be_checked()
        page.keyboard.press("Enter")
        heading(page, "Your digests are paused")
        page.goto(place.at("/account"))
        press_tab_until(page, page.get_by_role("link", name="Erase all of it"))
        page.keyboard.press("Enter")
        press_tab_until(page, page.get_by_label("Yes, erase all of it"))
        page.keyboard.press("Space")
        press_tab_until(page, page.get_by_role("button", name="Erase"))
        page.keyboard.press("Enter")
        heading(page, "All of it is erased")
