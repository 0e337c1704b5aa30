"""The whole way of a reader, with a real browser, a real web server and a real mail server."""

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from digest import jobs
from digest.app import App, build_app
from digest.config import Settings
from digest.delivery.sink import Sink
from digest.model.subscribers import SubscriberState
from digest.pipeline.ingest import ingest
from digest.pipeline.subscribe import enrol
from digest.sources.dump_text import read_dump
from digest.store.subscribers import subscriber_by_address
from digest.web import build_web
from tests.browser import chromium
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.web.server import serving

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MORNING = datetime(2026, 3, 18, 6, 0, tzinfo=UTC)
_URL = re.compile(r"http://127\.0\.0\.1:\d+/[^\s\"'<>]*")


@dataclass
class Place:
    """A site that is up, and the mail server its mail goes to."""

    app: App
    clock: HandClock
    sink: Sink

    @property
    def home(self) -> str:
        return self.app.links.home()

    def mail(self) -> EmailMessage:
        """Send what is due and return the one mail that came of it."""
        self.sink.clear()
        # The browser has an event loop in this thread.
        worker = threading.Thread(target=jobs.deliver, args=(self.app,))
        worker.start()
        worker.join()
        (received,) = self.sink.mails
        return message_from_bytes(received.message, policy=policy.default)

    def state_of(self, address: str) -> SubscriberState:
        with self.app.database.reading() as connection:
            found = subscriber_by_address(connection, address)
        assert found is not None
        return found.state


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def place(tmp_path: Path, example_dumps: list[Path]) -> Iterator[Place]:
    clock = HandClock(MORNING)
    with Sink() as sink, socket.create_server(("127.0.0.1", 0)) as listening:
        app = build_app(
            Settings(
                data_dir=str(tmp_path),
                base_url=f"http://127.0.0.1:{listening.getsockname()[1]}",
                mail=f"smtp://127.0.0.1:{sink.port}",
                starttls="never",
                mail_from="digest@example.org",
            ),
            clock,
        )
        jobs.migrate(app)
        for path in example_dumps:
            page = read_dump(path, today=MORNING.date(), dated_on=MORNING.date())
            ingest(app.database, page, clock)
        jobs.publish_feeds(app)
        with serving(build_web(app), listening):
            yield Place(app, clock, sink)
        app.database.dispose()


@contextmanager
def visiting(
    browser: Browser, place: Place, width: int = 1000, scheme: str = "light"
) -> Iterator[Page]:
    """A page in a browser with no history; nothing it does may end in its console or elsewhere."""
    troubles: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            troubles.append(message.text)

    def on_request(request: Request) -> None:
        if not request.url.startswith(place.home):
            troubles.append(f"a request to {request.url}")

    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.on("console", on_console)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", on_request)
    yield page
    assert context.cookies() == []
    context.close()
    assert troubles == []


def urls(mail: EmailMessage) -> list[str]:
    body = mail.get_body(("plain",))
    assert body is not None
    return _URL.findall(body.get_content())


def link(mail: EmailMessage, place: str) -> str:
    return next(url for url in urls(mail) if f"/{place}/" in url)


def fits(page: Page) -> bool:
    wide: bool = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return not wide


@pytest.mark.parametrize(("width", "scheme"), [(1000, "light"), (320, "dark")])
def test_a_reader_comes_reads_changes_and_leaves(
    browser: Browser, place: Place, width: int, scheme: str
) -> None:
    with visiting(browser, place, width, scheme) as page:
        page.goto(place.home)
        expect(page.get_by_role("heading", name="Your papers, every morning")).to_be_visible()
        assert fits(page)
        page.get_by_label("Email address").fill("ada@example.org")
        page.get_by_label("Keywords, one a line").fill("graph neural networks\nRAG\n-survey")
        page.get_by_text("When and how many").click()
        page.get_by_label("In which time zone").select_option("Europe/Berlin")
        page.get_by_role("button", name="Subscribe").click()
        expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()

        asked = place.mail()
        assert asked["To"] == "ada@example.org"
        page.goto(link(asked, "confirm"))
        assert place.state_of("ada@example.org") is SubscriberState.UNCONFIRMED
        page.get_by_role("button", name="Confirm the subscription").click()
        expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()
        expect(page.get_by_text("Thursday 19 March 2026 at 07:00 (Europe/Berlin)")).to_be_visible()
        assert place.state_of("ada@example.org") is SubscriberState.ACTIVE

        page.get_by_role("link", name="See what these words would find").click()
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("mark").first).to_be_in_viewport()
        assert fits(page)
        page.get_by_label("Keywords, one a line").fill("graph neural networks")
        page.get_by_label("How many papers at most").fill("3")
        page.get_by_label("At what time").fill("06:30")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved. Your next digest comes on")).to_contain_text("06:30")

        place.clock.advance(days=1)
        assert jobs.compose(place.app).composed == 1
        digest = place.mail()
        assert urls(digest)
        for url in dict.fromkeys(urls(digest)):
            if "/u/" not in url:
                answer = page.goto(url)
                assert answer is not None
                assert answer.status == 200, url
                assert fits(page), url

        page.goto(link(digest, "unsubscribe"))
        assert place.state_of("ada@example.org") is SubscriberState.ACTIVE
        page.get_by_role("button", name="Unsubscribe").click()
        expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
        assert place.state_of("ada@example.org") is SubscriberState.UNSUBSCRIBED


def test_a_mail_program_unsubscribes_with_one_click(place: Place) -> None:
    enrol(place.app.registry, "kenji@example.org", make_wishes("graph neural networks"))
    place.clock.advance(days=1)
    jobs.compose(place.app)
    digest = place.mail()
    assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = urlsplit(re.findall(r"<(http[^>]+)>", str(digest["List-Unsubscribe"]))[0])
    connection = http.client.HTTPConnection(address.netloc, timeout=10)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", address.path, "List-Unsubscribe=One-Click", form)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"You are unsubscribed.\n")
    connection.close()
    assert place.state_of("kenji@example.org") is SubscriberState.UNSUBSCRIBED


def test_a_form_that_is_wrong_comes_back_with_the_focus_on_what_to_do(
    browser: Browser, place: Place
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    page.goto(place.home)
    page.get_by_label("Email address").fill("ada@")
    page.get_by_label("Keywords, one a line").fill("graph (neural")
    page.get_by_role("button", name="Subscribe").click()
    expect(page).to_have_title(re.compile(r"^Error: "))
    expect(page.get_by_role("alert")).to_be_focused()
    assert fits(page)
    page.get_by_role("link", name="Parentheses hold an acronym").click()
    expect(page.get_by_label("Keywords, one a line")).to_be_focused()
    expect(page.get_by_label("Keywords, one a line")).to_have_value("graph (neural")
    context.close()


def test_a_page_is_used_with_the_keyboard_alone(browser: Browser, place: Place) -> None:
    with visiting(browser, place) as page:
        page.goto(place.home)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_label("Email address")).to_be_focused()
        page.keyboard.type("eve@example.org")
        page.keyboard.press("Tab")
        page.keyboard.type("gnn")
        for _ in range(3):
            page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Subscribe")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
