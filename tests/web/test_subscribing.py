"""From the address behind the keywords to the first digest's time."""

import re
import time

import pytest

from digest.app import App
from digest.model.deliveries import MailKind
from digest.model.subscribers import Days, Subscriber, SubscriberState
from digest.store.deliveries import deliveries_of
from digest.store.subscribers import all_subscribers, subscriber_by_id
from digest.web.steps import STEP
from tests.conftest import HandClock
from tests.web.client import Client

FORM = {"address": "Eve@Example.org", "keywords": "graph neural networks\nRAG\n"}


def readers(app: App) -> list[Subscriber]:
    with app.database.reading() as connection:
        return all_subscribers(connection)


def state(app: App, reader: Subscriber) -> SubscriberState:
    with app.database.reading() as connection:
        found = subscriber_by_id(connection, reader.id)
    assert found is not None
    return found.state


def test_the_address_is_asked_for_behind_the_keywords(client: Client) -> None:
    page = client.get("/subscribe?keywords=graph+neural+networks%0ARAG")
    assert page.status == 200
    assert '<input type="hidden" name="keywords" value="graph neural networks\nRAG">' in page.text
    assert '<li dir="auto">RAG</li>' in page.text
    assert 'href="/preview?keywords=graph+neural+networks%0ARAG"' in page.text
    assert '<details class="more">' in page.text
    assert "<option selected>UTC</option>" in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize(
    "keywords", ["graph+%28neural", "-survey", "a" * 99, "%00%0A%22%3E%3Cscript%3E", "x+" * 9999]
)
def test_keywords_of_an_address_that_are_wrong_can_be_put_right(
    client: Client, keywords: str
) -> None:
    page = client.get(f"/subscribe?keywords={keywords}")
    assert (page.status, page.headers["vary"]) == (400, "Accept-Language")
    assert "<title>Error: " in page.text
    assert '<textarea id="keywords"' in page.text
    assert "<script" not in page.text
    assert len(page.body) < 40_000


def test_subscribing_leads_to_a_page_and_plans_one_mail(app: App, client: Client) -> None:
    answer = client.post("/subscribe", FORM)
    assert (answer.status, answer.headers["location"]) == (303, "/subscribe/sent")
    (reader,) = readers(app)
    assert reader.address == "Eve@Example.org"
    assert reader.state is SubscriberState.UNCONFIRMED
    assert [each.expression for each in reader.interests] == ["graph neural networks", "RAG"]
    with app.database.reading() as connection:
        (mail,) = deliveries_of(connection, reader.id)
    assert mail.kind is MailKind.CONFIRM
    assert "spam folder" in client.get("/subscribe/sent").text


def test_what_is_under_more_options_counts(app: App, client: Client) -> None:
    client.post(
        "/subscribe",
        {**FORM, "days": "weekly", "weekday": "Thursday", "at": "18:30", "zone": "Asia/Tokyo", "papers": "5"},
    )  # fmt: skip
    (reader,) = readers(app)
    assert reader.cadence.days is Days.WEEKLY
    assert (reader.cadence.weekday, f"{reader.cadence.at:%H:%M}") == (3, "18:30")
    assert (reader.cadence.zone, reader.papers_per_digest) == ("Asia/Tokyo", 5)


def test_nobody_learns_who_is_subscribed(client: Client, ada: Subscriber, bob: Subscriber) -> None:
    answers = [
        client.post("/subscribe", {**FORM, "address": address})
        for address in ("new@example.org", ada.address, bob.address, bob.address)
    ]
    first = answers[0]
    for other in answers[1:]:
        assert (other.status, other.body, other.raw_headers) == (303, first.body, first.raw_headers)


def test_no_clock_tells_who_is_subscribed(client: Client, ada: Subscriber) -> None:
    for address in ("new@example.org", ada.address, ada.address):
        begun = time.monotonic()
        client.post("/subscribe", {**FORM, "address": address})
        assert time.monotonic() - begun >= STEP


def test_an_active_reader_keeps_their_wishes(app: App, client: Client, ada: Subscriber) -> None:
    client.post("/subscribe", {**FORM, "address": ada.address, "keywords": "spam"})
    assert readers(app)[0].interests == ada.interests


def test_everything_wrong_is_said_at_once_and_what_was_typed_is_kept(
    app: App, client: Client
) -> None:
    sent = {
        "address": "<eve>",
        "keywords": "fine\ngraph (neural",
        "at": "7 o'clock",
        "zone": "Mars/Olympus",
        "papers": "many",
        "days": "hourly",
    }
    page = client.post("/subscribe", sent)
    assert page.status == 422
    assert "<title>Error: " in page.text
    assert 'role="alert"' in page.text
    for field in ("address", "keywords", "days", "at", "zone", "papers"):
        assert f'<a href="#{field}">' in page.text
        assert f'id="{field}-error"' in page.text
        assert re.search(rf'aria-describedby="[^"]*\b{field}-error"', page.text)
    assert 'value="&lt;eve&gt;"' in page.text
    assert "fine\ngraph (neural</textarea>" in page.text
    assert '<details class="more" open>' in page.text
    assert readers(app) == []


def test_a_caret_stands_under_the_place_that_is_wrong(client: Client) -> None:
    page = client.post("/subscribe", {**FORM, "keywords": "graph (neural"})
    assert 'graph (neural\n<b aria-hidden="true">      ^</b>' in page.text
    assert "The place is character 7" in page.text


@pytest.mark.parametrize("keywords", ["", "  \n\n", "-survey"])
def test_keywords_that_find_nothing_are_asked_for_again(client: Client, keywords: str) -> None:
    page = client.post("/subscribe", {**FORM, "keywords": keywords})
    assert page.status == 422
    assert 'id="keywords-error"' in page.text


def test_hostile_keywords_are_text(app: App, client: Client) -> None:
    hostile = 'a</textarea><script>alert(1)</script>\n"><img src=x>\n\u202egnp\n'
    page = client.post("/subscribe", {**FORM, "keywords": hostile})
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert readers(app) == []


@pytest.mark.parametrize("query", ["", "?keywords=", "?keywords=%20%0A"])
def test_whoever_comes_without_keywords_is_asked_for_those_first(
    client: Client, query: str
) -> None:
    assert client.get(f"/subscribe{query}").headers["location"] == "/"


def test_the_link_asks_and_the_button_confirms(
    app: App, client: Client, bob: Subscriber, clock: HandClock
) -> None:
    link = app.links.confirm(bob, clock())
    page = client.get(link)
    assert page.status == 200
    assert page.text.count("<button") == 1
    assert "b\u2022\u2022\u2022@example.org" in page.text
    assert "bob@example.org" not in page.text
    assert "diffusion models" in page.text
    assert state(app, bob) is SubscriberState.UNCONFIRMED
    done = client.post(link)
    assert state(app, bob) is SubscriberState.ACTIVE
    assert "You are subscribed" in done.text
    assert "Thursday 19 March 2026 at 07:00 (Europe/Berlin)" in done.text
    assert app.links.preferences(bob).removeprefix("https://digest.example.org") in done.text


def test_a_used_link_says_that_all_is_well(
    app: App, client: Client, bob: Subscriber, clock: HandClock
) -> None:
    link = app.links.confirm(bob, clock())
    client.post(link)
    page = client.get(link)
    assert page.status == 200
    assert "Already confirmed" in page.text
    assert client.post(link).status == 200


def test_an_old_link_says_what_to_do(
    app: App, client: Client, bob: Subscriber, clock: HandClock
) -> None:
    link = app.links.confirm(bob, clock())
    clock.advance(days=8)
    for answer in (client.get(link), client.post(link)):
        assert answer.status == 410
        assert "Subscribe again to get a new one" in answer.text
    assert state(app, bob) is SubscriberState.UNCONFIRMED


@pytest.mark.parametrize("token", ["nonsense", "1-1-1.AAAA", "1", "%00", "\u00e9"])
def test_a_link_that_is_not_ours_is_not_found(client: Client, token: str) -> None:
    for place in ("confirm", "preferences", "unsubscribe"):
        answer = client.get(f"/{place}/{token}")
        assert answer.status == 404
        assert "This link does not work" in answer.text


def test_a_link_for_one_purpose_does_nothing_else(
    app: App, client: Client, ada: Subscriber
) -> None:
    token = app.links.preferences(ada).rpartition("/")[2]
    assert client.post(f"/unsubscribe/{token}").status == 404
    assert client.post(f"/u/{token}").status == 404
    assert state(app, ada) is SubscriberState.ACTIVE
