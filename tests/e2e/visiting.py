"""Whoever comes by with a browser: what they do, and what their browser may do meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

from tests.e2e.place import Place, link

# A browser fetches the icon and the style of a page; what it is asked to show may take a while on a
# machine with other things to do.
PATIENCE = 15_000


@contextmanager
def visiting(
    browser: Browser,
    place: Place,
    *,
    width: int = 1000,
    scheme: str = "light",
    has_scripts: bool = False,
    cookies: frozenset[str] = frozenset(),
) -> Iterator[Page]:
    """A page in a browser with no history, and with scripts off unless they are wanted.

    At the end nothing may be in its console, it may have asked nobody but the site, and it may know
    no cookies but `cookies`.
    """
    troubles: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _tells_a_status(message.text):
            troubles.append(message.text)

    def on_request(request: Request) -> None:
        if not request.url.startswith(place.home):
            troubles.append(f"a request to {request.url}")

    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=has_scripts,
    )
    context.set_default_timeout(PATIENCE)
    context.on("console", on_console)
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("request", on_request)
    yield context.new_page()
    known = {each["name"] for each in context.cookies()}
    context.close()
    assert known == cookies
    assert troubles == []


def heading(page: Page, name: str) -> None:
    """See that a page has come, by its heading."""
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def fits(page: Page) -> bool:
    """Tell whether nothing of a page stands beyond the right edge of its window."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return not wide


def press_tab_until(page: Page, wanted: Locator) -> None:
    """Go on from focus to focus, as people with a keyboard do, to what is wanted, and see where it is."""
    wanted.wait_for()
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            drawn = wanted.evaluate("each => getComputedStyle(each).outlineStyle")
            assert drawn == "solid", f"the focus on {wanted} is not seen"
            return
    pytest.fail(f"the keyboard does not lead to {wanted}")


def sign_in(page: Page, place: Place, address: str) -> None:
    """Ask for the link on the page, wait for the mail, follow it and press the button."""
    page.goto(place.at("/sign-in"))
    page.get_by_label("Email address").fill(address)
    place.clock.advance(seconds=30)  # nobody reads sooner
    press(page, "Mail me a link")
    heading(page, "Look into your mailbox")
    asked = place.mail()
    assert asked["To"] == address
    page.goto(link(asked, "sign-in"))
    heading(page, "Sign in here?")
    press(page, "Sign in")
    heading(page, "Your account")


def _tells_a_status(text: str) -> bool:
    """Tell whether a browser only notes that a page came with 4xx, as a form to be put right does."""
    return text.startswith("Failed to load resource: the server responded with a status of 4")
