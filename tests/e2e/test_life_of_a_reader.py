"""The life of a reader, mail by mail: a real browser without scripts, a real web and mail server."""

import json
import re

import pytest
from playwright.sync_api import Browser, expect

from digest.model.subscribers import SubscriberState
from tests.e2e.place import Place, link, one_click_of, one_of_each, urls
from tests.e2e.visiting import fits, heading, press, sign_in, visiting
from tests.web.everywhere import contents

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ADA = "ada@example.org"
NEW = "ada.new@example.net"
SIGNED_IN = frozenset({"digest"})
ROADS = (
    "Graph Neural Networks for Traffic on Roads",
    "Traffic on roads is forecast from the sensors along the roads of a city.",
)
CITIES = (
    "Forecasting the Jams of a City",
    "Sensors along the roads tell the traffic of a city, and where it is to jam.",
)
CELLS = (
    "Graph Neural Networks for the Membranes of Living Cells",
    "The membranes of living cells fold as their proteins bind, and bind as the proteins fold.",
)
LAW = ("Tax Law", "Courts decide what is due.")


def test_keywords_become_a_digest_in_the_mailbox(browser: Browser, place: Place) -> None:
    with visiting(browser, place, width=320, scheme="dark") as page:
        page.goto(place.home)
        heading(page, "Your papers, every morning")
        assert fits(page)
        page.get_by_label("Keywords, one a line").fill("graph neural networks\nRAG\n-survey")
        press(page, "Show my papers")
        expect(page.get_by_role("heading", name="Your digest today")).to_be_visible()
        expect(page.locator("mark").first).to_be_visible()
        assert fits(page)
        page.get_by_role("link", name="Run the last week again").click()
        expect(page.get_by_role("heading", name="Last week again")).to_be_visible()

        page.get_by_role("link", name="By mail every morning").click()
        page.get_by_label("Email address").fill(ADA)
        page.get_by_text("When and how many").click()
        page.get_by_label("In which time zone").select_option("Europe/Berlin")
        assert fits(page)
        place.clock.advance(seconds=30)  # nobody reads sooner
        press(page, "Subscribe")
        heading(page, "Look into your mailbox")

        asked = place.mail()
        assert asked["To"] == ADA
        page.goto(link(asked, "confirm"))
        assert place.reader(ADA).state is SubscriberState.UNCONFIRMED
        press(page, "Confirm the subscription")
        heading(page, "You are subscribed")
        expect(page.get_by_text("Thursday 19 March 2026 at 07:00 (Europe/Berlin)")).to_be_visible()
        assert place.reader(ADA).state is SubscriberState.ACTIVE
        assert "Welcome" in str(place.mail()["Subject"])

        digest = place.next_morning()
        assert digest["To"] == ADA
        assert len(urls(digest)) > 9
        for url in one_of_each(urls(digest)):
            answer = page.goto(url)
            assert answer is not None
            assert answer.status == 200, url
            assert fits(page), url
        assert place.reader(ADA).state is SubscriberState.ACTIVE


def test_a_digest_is_answered_by_its_links(browser: Browser, place: Place) -> None:
    place.has_reader(ADA, "graph neural networks", "RAG")
    digest = place.next_morning()
    with visiting(browser, place, width=320) as page:
        steering = [url for url in urls(digest) if url.endswith("/more")]
        page.goto(steering[0])
        heading(page, "More like this?")
        title = page.locator("main .lead a").inner_text()
        press(page, "Show me more like this")
        heading(page, "Noted: more like this")
        page.get_by_role("link", name="All that you liked, disliked and muted").click()
        expect(page.get_by_role("link", name=title)).to_be_visible()
        page.go_back()
        press(page, "Undo")
        expect(page.get_by_role("status")).to_contain_text("You have said nothing of this paper")

        page.goto(link(digest, "issues"))
        heading(page, "Digest of Thursday 19 March 2026")
        expect(page.get_by_role("link", name=title, exact=True)).to_be_visible()
        expect(page.locator("mark").first).to_be_visible()
        expect(page.get_by_role("link", name="More like this")).to_have_count(0)
        assert fits(page)

        page.goto(next(url for url in urls(digest) if url.endswith("/pause")))
        page.get_by_label("until Thursday 26 March 2026").check()
        press(page, "Pause")
        heading(page, "Your digests are paused")
        assert fits(page)
        press(page, "End the pause now")
        expect(page.get_by_role("status")).to_contain_text("No longer paused.")


def test_wishes_are_changed_by_the_link_of_any_mail(browser: Browser, place: Place) -> None:
    place.has_reader(ADA, "graph neural networks", "RAG")
    digest = place.next_morning()
    with visiting(browser, place, width=320) as page:
        page.goto(next(url for url in urls(digest) if re.search(r"/preferences/[^/]+$", url)))
        keywords = page.get_by_label("Keywords, one a line")
        expect(keywords).to_have_value("graph neural networks\nRAG")
        press(page, "Preview")
        expect(page.locator("mark").first).to_be_in_viewport()
        assert fits(page)

        keywords.fill("RAG\ngraph (neural")
        press(page, "Save")
        expect(page).to_have_title(re.compile(r"^Error: "))
        wrong = page.locator("#keywords-error")
        expect(wrong).to_contain_text("Parentheses hold an acronym")
        line, pointer, *_ = wrong.locator("code").inner_text().split("\n")
        assert line[pointer.index("^")] == "("
        assert len(place.reader(ADA).interests) == 2
        assert place.reader(ADA).interests[1].expression == "RAG"

        keywords.fill("diffusion models")
        page.get_by_label("How many papers at most").fill("3")
        page.get_by_label("At what time").fill("06:30")
        press(page, "Save")
        expect(page.get_by_role("status")).to_contain_text("Your next digest comes on")
        expect(page.get_by_role("status")).to_contain_text("06:30")
        assert fits(page)
    reader = place.reader(ADA)
    assert [each.expression for each in reader.interests] == ["diffusion models"]
    assert reader.papers_per_digest == 3


def test_the_next_digest_is_ranked_by_what_was_liked(browser: Browser, empty_place: Place) -> None:
    place = empty_place
    place.has_reader(ADA, "graph neural networks")
    place.takes_in(ROADS)
    digest = place.next_morning()
    with visiting(browser, place) as page:
        page.goto(next(url for url in urls(digest) if url.endswith("/more")))
        press(page, "Show me more like this")
        heading(page, "Noted: more like this")
        place.takes_in(LAW, CITIES, CELLS)
        page.goto(link(place.next_morning(), "issues"))
        shown = page.get_by_role("heading", level=2).all_inner_texts()
        assert CITIES[0] in shown, "none of the keywords finds it"
        assert LAW[0] not in shown
        reasons = page.get_by_role("article").filter(has_text=CITIES[0]).locator(".why")
        expect(reasons).to_contain_text(ROADS[0])


def test_an_account_tells_what_happened_and_why(browser: Browser, place: Place) -> None:
    place.has_reader(ADA, "graph neural networks", "RAG")
    place.next_morning()
    with visiting(browser, place, width=320, cookies=SIGNED_IN) as page:
        page.goto(place.at("/account"))
        heading(page, "Sign in")
        sign_in(page, place, ADA)
        expect(page.get_by_text(f"You are signed in as {ADA}")).to_be_visible()
        assert fits(page)

        page.get_by_role("link", name="Your digests", exact=True).click()
        heading(page, "Your digests")
        assert fits(page)
        page.get_by_role("link", name="Thursday 19 March 2026", exact=True).click()
        heading(page, "Digest of Thursday 19 March 2026")
        shown = page.locator("ol.papers > li").count()
        expect(page.get_by_role("link", name="More like this").first).to_be_visible()
        page.get_by_role("link", name="what happened on this day, and why").click()
        heading(page, "What happened on Thursday 19 March 2026")
        told = page.get_by_role("main").inner_text()
        assert re.search(
            rf"^{shown} papers, accepted by .*mail server at 07:00", told, re.MULTILINE
        )
        assert "2 lists were read for you" in told
        assert f"The digest has {shown} papers" in told
        assert fits(page)
        page.get_by_role("link", name="All days").click()
        first_day = page.get_by_role("listitem").filter(has_text="18 March")
        expect(first_day).to_contain_text("No digest was due yet.")
        assert fits(page)


def test_what_is_kept_is_taken_along_and_a_program_gets_a_key(
    browser: Browser, place: Place
) -> None:
    place.has_reader(ADA, "graph neural networks", "RAG")
    place.next_morning()
    with visiting(browser, place, width=320) as page:
        sign_in(page, place, ADA)
        with page.expect_download() as coming:
            page.get_by_role("link", name="Download all of it").click()
        assert coming.value.suggested_filename == "digest-2026-03-19.json"
        kept = json.loads(coming.value.path().read_text())
        assert kept["reader"]["address"] == ADA
        assert [each["expression"] for each in kept["interests"]] == [
            "graph neural networks",
            "RAG",
        ]
        assert len(kept["digests"]) == 1

        page.get_by_role("link", name="Programs").click()
        page.get_by_label("Name of the program").fill("a script")
        press(page, "Make a token")
        shown = {"authorization": f"Bearer {page.get_by_label('The new token').input_value()}"}
        assert fits(page)
        status, _, told = place.ask("GET", place.at("/api/v1/me"), **shown)
        assert status == 200
        assert json.loads(told)["interests"] == ["graph neural networks", "RAG"]
        press(page, "Take back the token of a script")
        expect(page.get_by_text("None has a token.")).to_be_visible()
        assert place.ask("GET", place.at("/api/v1/me"), **shown)[0] == 401

        page.get_by_role("link", name="Back to your account").click()
        press(page, "Sign out here")
        heading(page, "Your papers, every morning")
        page.go_back()
        heading(page, "Sign in")


def test_every_page_that_an_account_leads_to_opens(browser: Browser, place: Place) -> None:
    place.has_reader(ADA, "graph neural networks", "RAG")
    place.next_morning()
    with visiting(browser, place, cookies=SIGNED_IN) as page:
        sign_in(page, place, ADA)
        links = page.locator("main a[href^='/']:not([download])").all()
        seen = set[str]()
        for url in {place.at(str(each.get_attribute("href"))) for each in links}:
            answer = page.goto(url)
            assert answer is not None
            assert answer.status == 200, url
            seen.add(page.get_by_role("heading", level=1).inner_text())
    assert {"Pause your digests", "Your digests", "Programs of yours", "Unsubscribe?"} <= seen
    assert len(seen) > 8


def test_digests_go_to_another_address(browser: Browser, place: Place) -> None:
    place.has_reader(ADA, "graph neural networks", "RAG")
    before = place.next_morning()
    with visiting(browser, place, width=320, cookies=SIGNED_IN) as page:
        sign_in(page, place, ADA)
        page.get_by_role("link", name="Another address").click()
        page.get_by_label("New email address").fill(NEW)
        place.clock.advance(seconds=30)
        press(page, "Mail a link there")
        expect(page.get_by_role("status")).to_contain_text("Look into the other mailbox.")
        assert fits(page)
        asked = place.mail()
        assert asked["To"] == NEW
        page.goto(link(asked, "address"))
        assert place.reader(ADA).address == ADA
        press(page, "Confirm this address")
        heading(page, "Your digests go to the new address")
        assert fits(page)
        farewell = place.mail()
        assert farewell["To"] == ADA
        page.get_by_role("link", name="To your account").click()
        expect(page.get_by_text(f"You are signed in as {NEW}")).to_be_visible()

        old = page.goto(link(before, "preferences"))
        assert old is not None
        assert old.status == 410
        assert fits(page)
        place.takes_in(ROADS)
        assert place.next_morning()["To"] == NEW
        page.goto(link(farewell, "unsubscribe"))
        heading(page, "Unsubscribe?")
        assert place.reader(NEW).state is SubscriberState.ACTIVE


def test_a_reader_leaves_comes_back_and_is_forgotten(browser: Browser, place: Place) -> None:
    place.has_reader(ADA, "graph neural networks", "RAG")
    digest = place.next_morning()
    one_click = one_click_of(digest)
    form = {"content_type": "application/x-www-form-urlencoded"}
    status, _, said = place.ask("POST", one_click, "List-Unsubscribe=One-Click", **form)
    assert (status, said) == (200, "You are unsubscribed.\n")
    assert place.reader(ADA).state is SubscriberState.UNSUBSCRIBED
    goodbye = place.mail()
    with visiting(browser, place, width=320) as page:
        page.goto(link(digest, "unsubscribe"))
        heading(page, "You are unsubscribed")
        assert fits(page)
        press(page, "Undo: subscribe me again")
        heading(page, "You are subscribed again")
        assert place.reader(ADA).state is SubscriberState.ACTIVE
        page.goto(link(digest, "unsubscribe"))
        press(page, "Unsubscribe")
        heading(page, "You are unsubscribed")
        press(page, "Undo: subscribe me again")
        heading(page, "You are subscribed again")

        page.goto(next(url for url in urls(digest) if url.endswith("/more")))
        press(page, "Show me more like this")
        heading(page, "Noted: more like this")
        sign_in(page, place, ADA)
        page.get_by_role("link", name="Erase all of it").click()
        press(page, "Erase")
        expect(page).to_have_title(re.compile(r"^Error: "))
        page.get_by_label("Yes, erase all of it").check()
        assert fits(page)
        press(page, "Erase")
        heading(page, "All of it is erased")

        for url in one_of_each([*urls(digest), *urls(goodbye), one_click]):
            answer = page.goto(url)
            assert answer is not None
            assert answer.status in {200, 410}, url
            is_readers = re.search(r"/(steer|preferences|issues)/", url)
            assert (answer.status == 410) is bool(is_readers), url
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert fits(page), url
        page.goto(place.at("/account"))
        heading(page, "Sign in")
    kept = contents(place.app)
    assert ADA not in repr(kept)
    for table in ("subscribers", "interests", "digests", "deliveries", "attempts", "feedback"):
        assert kept[table] == [], table
    assert kept["sessions"] == kept["sign_ins"] == []
    assert place.ask("POST", one_click, "List-Unsubscribe=One-Click", **form)[0] == 200
