"""The page on which a reader has their digests wait, and has them again."""

from datetime import date, timedelta

import pytest

from digest.app import App
from digest.model.subscribers import Subscriber
from digest.pipeline.pausing import pause
from digest.pipeline.subscribe import unsubscribe
from tests.web.client import Client
from tests.web.test_preferences import again

# The clock of these tests stands on Wednesday 18 March 2026.
IN_A_WEEK = "Wednesday 25 March 2026 at 07:00 (Europe/Berlin)"


def test_looking_at_the_page_changes_nothing(app: App, client: Client, ada: Subscriber) -> None:
    page = client.get(app.links.pause(ada))
    assert page.status == 200
    assert "<h1>Pause your digests</h1>" in page.text
    assert 'min="2026-03-19" max="2027-03-19"' in page.text
    assert ada.address not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert again(app, ada) == ada


@pytest.mark.parametrize(
    ("form", "until"),
    [
        ({"span": "week", "until": ""}, "25 March"),
        ({"span": "fortnight"}, "1 April"),
        ({"span": "month"}, "17 April"),
        ({"span": "date", "until": "2026-03-31"}, "31 March"),
        ({"until": " 2026-03-31 "}, "31 March"),
    ],
)
def test_a_span_or_a_date_pauses_until_then(
    app: App, client: Client, ada: Subscriber, form: dict[str, str], until: str
) -> None:
    answer = client.post(app.links.pause(ada), {**form, "act": "pause"})
    assert answer.status == 303
    page = client.get(answer.headers["location"]).text
    assert "<b>Paused.</b>" in page
    assert f"until {until}." in page
    assert f"Paused until {until}:" in client.get(app.links.preferences(ada)).text


def test_a_pause_is_told_changed_and_ended(app: App, client: Client, ada: Subscriber) -> None:
    link = app.links.pause(ada)
    client.post(link, {"span": "month"})
    client.post(link, {"span": "week"})
    assert IN_A_WEEK in client.get(link).text
    answer = client.post(link, {"act": "resume"})
    page = client.get(answer.headers["location"]).text
    assert "<b>No longer paused.</b> Your next digest comes on Thursday 19 March" in page
    assert again(app, ada).paused_until is None
    assert client.post(link, {"act": "resume"}).status == 303


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({}, ("span", "Choose how long, or write a date")),
        ({"span": "for ever"}, ("span", "Choose how long")),
        ({"span": "date"}, ("until", "Choose a date")),
        ({"span": "week", "until": "2026-03-31"}, ("span", "empty the date")),
        ({"until": "2026-03-18"}, ("until", "choose one from tomorrow, 2026-03-19, to 2027-03-19")),
        ({"until": "9999-12-31"}, ("until", "choose one from tomorrow")),
        ({"until": '"><script>alert(1)</script>'}, ("until", "write it as 2026-03-31")),
    ],
)
def test_what_cannot_be_is_pointed_at_and_kept(
    app: App, client: Client, ada: Subscriber, form: dict[str, str], problem: tuple[str, str]
) -> None:
    field, says = problem
    page = client.post(app.links.pause(ada), form)
    assert page.status == 422
    assert "<title>Error: " in page.text
    assert f'<a href="#{field}">' in page.text
    assert f'id="{field}"' in page.text
    assert says in page.text
    assert "<script" not in page.text
    assert again(app, ada) == ada


def test_who_gets_no_digests_has_nothing_to_pause(
    app: App, client: Client, ada: Subscriber, bob: Subscriber
) -> None:
    unsubscribe(app.registry, ada)
    for reader in (ada, bob):
        link = app.links.pause(reader)
        for form in ({"span": "week"}, {"act": "resume"}):
            assert client.post(link, form).status == 303
        page = client.get(f"{link}?paused").text
        assert "there is nothing to pause" in page
        assert "<form" not in page
        assert again(app, reader).paused_until is None


def test_saving_other_wishes_says_that_the_pause_goes_on(
    app: App, client: Client, ada: Subscriber
) -> None:
    pause(app.registry, ada, date(2026, 3, 18) + timedelta(days=7))
    saved = client.post(app.links.preferences(ada), {"keywords": "graphs", "action": "save"})
    page = client.get(saved.headers["location"]).text
    assert f"<b>Saved.</b> Your next digest comes on {IN_A_WEEK}" in page
    assert "Change or end the pause" in page


def test_a_page_of_a_pause_is_small_and_has_no_script(
    app: App, client: Client, ada: Subscriber
) -> None:
    page = client.get(app.links.pause(ada))
    assert len(page.body) < 8_000
    assert "<script" not in page.text


def test_a_broken_link_pauses_nobody(client: Client) -> None:
    assert client.post("/preferences/1-1.nonsense/pause", {"span": "week"}).status == 404
