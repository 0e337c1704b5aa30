"""What a reader changes, sees beforehand, and leaves by."""

from dataclasses import replace
from datetime import time

import pytest

from digest.app import App
from digest.model.subscribers import Days, QuietDays, Subscriber, SubscriberState
from digest.pipeline.muting import mute
from digest.pipeline.subscribe import enrol
from digest.store.subscribers import subscriber_by_id
from tests.factories import BERLIN, make_wishes
from tests.web.client import Client

FORM = {
    "keywords": "diffusion models\n-survey",
    "days": "weekdays",
    "weekday": "Monday",
    "at": "08:15",
    "zone": "America/Sao_Paulo",
    "papers": "7",
    "action": "save",
}


def again(app: App, reader: Subscriber) -> Subscriber:
    with app.database.reading() as connection:
        found = subscriber_by_id(connection, reader.id)
    assert found is not None
    return found


def test_the_form_holds_the_wishes_there_are(app: App, client: Client, ada: Subscriber) -> None:
    page = client.get(app.links.preferences(ada))
    assert page.status == 200
    assert "graph neural networks\nRAG</textarea>" in page.text
    assert "<option selected>Europe/Berlin</option>" in page.text
    assert ada.address not in page.text


def test_saving_changes_them_and_tells_the_next_time(
    app: App, client: Client, ada: Subscriber
) -> None:
    link = app.links.preferences(ada)
    answer = client.post(link, FORM)
    assert answer.status == 303
    assert answer.headers["location"] == f"{link.removeprefix('https://digest.example.org')}?saved"
    changed = again(app, ada)
    assert [each.expression for each in changed.interests] == ["diffusion models", "-survey"]
    assert changed.cadence.days is Days.WEEKDAYS
    assert (changed.cadence.at, changed.papers_per_digest) == (time(8, 15), 7)
    page = client.get(answer.headers["location"])
    assert "<b>Saved.</b>" in page.text
    assert "Wednesday 18 March 2026 at 08:15 (America/Sao_Paulo)" in page.text


def previewed(app: App, client: Client, ada: Subscriber, keywords: str, **button: str) -> str:
    """Return the page that a button of the form leads to; it saves nothing."""
    form = {**FORM, "keywords": keywords, "action": "preview"}
    if button:
        del form["action"]
    page = client.post(app.links.preferences(ada), {**form, **button})
    assert page.status == 200
    assert again(app, ada) == ada
    return page.text


def test_a_preview_shows_what_would_come_and_saves_nothing(
    app: App, client: Client, ada: Subscriber
) -> None:
    keywords = "graph neural networks\nzebra fish\n-survey\nmodels -language"
    page = previewed(app, client, ada, keywords)
    assert "<mark>Graph Neural Networks</mark>" in page
    assert "of the last 65 papers, about" in page
    assert "Matches none of the last 65 papers" in page
    assert "whatever else they match" in page
    assert 'hidden by <span dir="auto">-language</span></summary>' in page
    assert f"{keywords}</textarea>" in page


def test_a_suggestion_is_a_button_that_puts_it_in_the_place_of_its_keyword(
    app: App, client: Client, ada: Subscriber
) -> None:
    keywords = "zebra fish\ngrpah nueral networks\nRAG"
    page = previewed(app, client, ada, keywords)
    assert "Did you mean" in page
    assert 'name="use" value="grpah nueral networks&#9;graph neural networks"' in page
    used = previewed(app, client, ada, keywords, use="grpah nueral networks\tgraph neural networks")
    assert "zebra fish\ngraph neural networks\nRAG</textarea>" in used
    assert "<mark>Graph Neural Networks</mark>" in used
    for nothing in ("", "\t", "graph", "other\tgraph", "\tgraph"):
        assert f"{keywords}</textarea>" in previewed(app, client, ada, keywords, use=nothing)


def test_a_suggestion_that_somebody_forged_is_read_like_any_keyword(
    app: App, client: Client, ada: Subscriber
) -> None:
    form = {**FORM, "keywords": "graph", "use": "graph\t<script>alert(1)</script> |"}
    page = client.post(app.links.preferences(ada), form)
    assert page.status == 422
    assert "<script" not in page.text
    assert again(app, ada) == ada


def test_a_broken_expression_is_pointed_at_and_nothing_is_saved(
    app: App, client: Client, ada: Subscriber
) -> None:
    for action in ("save", "preview"):
        page = client.post(
            app.links.preferences(ada), {**FORM, "keywords": "fine\na | | b", "action": action}
        )
        assert page.status == 422
        assert "<title>Error: " in page.text
        assert "a | | b</textarea>" in page.text
        assert "    ^</b>" in page.text
    assert again(app, ada) == ada


def test_leaving_takes_one_button_and_works_twice(
    app: App, client: Client, ada: Subscriber
) -> None:
    link = app.links.unsubscribe(ada)
    page = client.get(link)
    assert page.text.count("<button") == 1
    assert again(app, ada).state is SubscriberState.ACTIVE
    for _ in range(2):
        assert "You are unsubscribed" in client.post(link).text
        assert again(app, ada).state is SubscriberState.UNSUBSCRIBED
    assert "You are unsubscribed" in client.get(link).text


@pytest.mark.parametrize("body", [b"List-Unsubscribe=One-Click", b"", b"\x00\xff not a form"])
def test_one_click_asks_for_nothing_else(
    app: App, client: Client, ada: Subscriber, body: bytes
) -> None:
    link = app.links.one_click(ada)
    for _ in range(2):
        headers = {"sec-fetch-site": "cross-site", "origin": "https://mail.example.com"}
        answer = client.ask("POST", link, headers, body)
        assert (answer.status, answer.text) == (200, "You are unsubscribed.\n")
        assert "set-cookie" not in answer.headers
        assert again(app, ada).state is SubscriberState.UNSUBSCRIBED


def test_the_one_click_address_shows_people_the_page(
    app: App, client: Client, ada: Subscriber
) -> None:
    page = client.get(app.links.one_click(ada))
    assert page.status == 200
    assert 'action="/unsubscribe/' in page.text
    assert again(app, ada).state is SubscriberState.ACTIVE


def test_one_click_with_a_broken_token_is_not_found(client: Client) -> None:
    assert client.post("/u/1-1.nonsense").status == 404


def test_links_of_readers_who_are_gone_are_kind(app: App, client: Client, ada: Subscriber) -> None:
    gone = replace(ada, id=999)
    assert client.post(app.links.one_click(gone)).status == 200
    assert "You are unsubscribed" in client.get(app.links.unsubscribe(gone)).text
    assert client.get(app.links.preferences(gone)).status == 410


def test_an_unsubscribe_link_outlives_those_it_was_sent_with(
    app: App, client: Client, ada: Subscriber
) -> None:
    older = replace(ada, token_version=0)
    assert client.get(app.links.preferences(older)).status == 410
    client.post(app.links.one_click(older))
    assert again(app, ada).state is SubscriberState.UNSUBSCRIBED


def test_what_a_quiet_day_brings_is_chosen_with_a_sentence_each(
    app: App, client: Client, ada: Subscriber
) -> None:
    link = app.links.preferences(ada)
    page = client.get(link).text
    assert 'name="quiet" value="skip" checked>' in page
    assert "Fewer than 3 papers wait for more, for 7 days at most." in page
    client.post(link, {**FORM, "quiet": "roll-over"})
    assert again(app, ada).quiet is QuietDays.ROLL_OVER
    assert 'name="quiet" value="roll-over" checked>' in client.get(link).text
    client.post(link, FORM)  # a program that knows nothing of it changes nothing of it
    assert again(app, ada).quiet is QuietDays.ROLL_OVER
    wrong = client.post(link, {**FORM, "quiet": "<loud>"})
    assert wrong.status == 422
    assert '<a href="#quiet">' in wrong.text
    assert "choose skip, roll-over, rest" in wrong.text


def test_how_much_a_keyword_counts_is_told_and_changed_by_a_button(
    app: App, client: Client, ada: Subscriber
) -> None:
    keywords = "graph neural networks^2\nRAG\n-survey"
    page = previewed(app, client, ada, keywords)
    assert "Counts twice." in page
    assert "Counts once." in page
    assert 'value="graph neural networks^2&#9;graph neural networks"' in page
    assert 'value="RAG&#9;RAG^2"' in page
    assert page.count("Count more") == 2
    more = previewed(app, client, ada, keywords, use="RAG\tRAG^2")
    assert "graph neural networks^2\nRAG^2\n-survey</textarea>" in more


def test_only_keywords_that_find_papers_are_offered_as_feeds(app: App, client: Client) -> None:
    wishes = make_wishes("graphs", "-survey", '-"case study"', "retrieval -survey")
    reader = enrol(app.registry, "eve@example.org", wishes)
    page = client.get(app.links.preferences(reader)).text
    assert page.count("/feeds/keywords?q=") == 2
    assert "q=-survey" not in page


@pytest.mark.parametrize("zone", ["Europe/Berlin", "US/Pacific", "America/Argentina/Buenos_Aires"])
def test_the_form_is_small_and_has_the_zone_a_reader_has(
    app: App, client: Client, zone: str
) -> None:
    cadence = replace(BERLIN, zone=zone)
    many = [f"graph networks of kind {n}" for n in range(50)]
    reader = enrol(app.registry, "eve@example.org", make_wishes(*many, cadence=cadence))
    link = app.links.preferences(reader)
    page = client.get(link)
    assert f"<option selected>{zone}</option>" in page.text
    assert len(page.body) < 30_000
    answer = client.post(link, {**FORM, "keywords": "graphs", "zone": "Asia/Calcutta"})
    assert answer.status == 303
    assert again(app, reader).cadence.zone == "Asia/Calcutta"


def test_last_week_is_run_again_without_saving(app: App, client: Client, ada: Subscriber) -> None:
    link = app.links.preferences(ada)
    form = {**FORM, "keywords": "graph neural networks\nlanguage models", "action": "again"}
    page = client.post(link, form)
    assert page.status == 200
    assert "Last week as one digest" in page.text
    assert "hidden by your exclusions" not in page.text
    mute(app.registry, ada, "graph")
    page = client.post(link, form)
    assert "hidden by your exclusions" in page.text
    assert "<mark>" in page.text
    assert again(app, ada).interests == ada.interests


@pytest.mark.parametrize(("quiet", "times"), [("skip", 1), ("rest", 0), ("roll-over", 0)])
def test_a_week_without_a_match_promises_silence_only_to_whom_nothing_is_sent(
    app: App, client: Client, ada: Subscriber, quiet: str, times: int
) -> None:
    form = {**FORM, "keywords": "unheard of", "quiet": quiet, "action": "again"}
    page = client.post(app.links.preferences(ada), form)
    assert "None of the " in page.text
    assert page.text.count("On such a day no mail comes") == times
