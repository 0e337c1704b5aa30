"""Programs that fill forms in get the page that everybody gets, and nothing is done."""

import pytest
from lxml import html

from digest.app import App
from digest.store.subscribers import all_subscribers
from digest.tokens import Purpose
from digest.web.form_times import form_time
from tests.conftest import HandClock
from tests.web.client import Answer, Client

FORM = {"address": "eve@example.org", "keywords": "gnn"}
FILLED = "/subscribe?keywords=gnn"


def readers(app: App) -> int:
    with app.database.reading() as connection:
        return len(all_subscribers(connection))


def hidden(page: Answer) -> dict[str, str]:
    """What a browser sends of the form beside what its reader typed."""
    form = next(each for each in html.document_fromstring(page.text).forms if each.method == "POST")
    return {name: form.fields[name] or "" for name in ("shown", "remarks")}


def test_a_person_who_takes_their_time_is_subscribed(
    app: App, client: Client, clock: HandClock
) -> None:
    sent = {**FORM, **hidden(client.get(FILLED))}
    clock.advance(seconds=2)
    assert client.post("/subscribe", sent).headers["location"] == "/subscribe/sent"
    assert readers(app) == 1


@pytest.mark.parametrize("filled", [{"remarks": "buy"}, {"remarks": " "}])
def test_who_fills_in_what_nobody_sees_is_no_person(
    app: App, client: Client, filled: dict[str, str]
) -> None:
    trapped, free = client.post("/subscribe", FORM | filled), client.post("/subscribe", FORM)
    assert (trapped.status, trapped.raw_headers) == (free.status, free.raw_headers)
    assert readers(app) == 1


@pytest.mark.parametrize("path", ["/subscribe", "/sign-in"])
def test_who_is_as_quick_as_a_program_presses_once_more(
    app: App, client: Client, clock: HandClock, path: str
) -> None:
    """Autofill and one key take a second: such a reader is not to wait for a mail that never comes."""
    sent = {**FORM, **hidden(client.get(FILLED if path == "/subscribe" else path))}
    clock.advance(seconds=1)
    again = client.post(path, sent)
    assert again.status == 422
    assert again.text.count("Please press the button once more.") == 2  # above, and at the field
    assert 'value="eve@example.org"' in again.text
    assert readers(app) == 0
    assert client.post(path, {**sent, **hidden(again)}).headers["location"] == f"{path}/sent"
    assert readers(app) == (1 if path == "/subscribe" else 0)


def test_a_program_that_is_quick_and_fills_all_in_hears_nothing_of_it(
    app: App, client: Client
) -> None:
    sent = {**FORM, **hidden(client.get(FILLED)), "remarks": "buy"}
    assert client.post("/subscribe", sent).headers["location"] == "/subscribe/sent"
    assert readers(app) == 0


def test_a_form_of_the_day_before_yesterday_is_shown_again_filled(
    app: App, client: Client, clock: HandClock
) -> None:
    sent = {**FORM, **hidden(client.get(FILLED))}
    clock.advance(hours=24)
    again = client.post("/subscribe", sent | {"remarks": ""})
    assert again.status == 303  # just in time
    clock.advance(seconds=1)
    again = client.post("/subscribe", {**sent, "address": "late@example.org"})
    assert again.status == 422
    assert "press the button once more" in again.text
    assert 'value="late@example.org"' in again.text
    assert readers(app) == 1
    # At once: whoever is shown a form again has read it before.
    sent = {**sent, "address": "late@example.org", **hidden(again)}
    assert client.post("/subscribe", sent).status == 303
    assert readers(app) == 2


@pytest.mark.parametrize("shown", ["", "1", "1.x", "9" * 400, "-1", "\u00e9", "1-2"])
def test_a_time_that_is_not_ours_has_the_form_shown_again(
    app: App, client: Client, shown: str
) -> None:
    assert client.post("/subscribe", FORM | {"shown": shown}).status == 422
    assert readers(app) == 0


def test_no_other_token_is_a_time(app: App, client: Client) -> None:
    seconds = int(app.clock().timestamp()) - 10
    for purpose in set(Purpose) - {Purpose.FORM}:
        signed = app.tokens.sign(purpose, seconds)
        assert client.post("/subscribe", FORM | {"shown": signed}).status == 422
    far = app.tokens.sign(Purpose.FORM, 10**30)
    assert client.post("/subscribe", FORM | {"shown": far}).status == 422


def test_a_time_in_the_future_is_too_quick(app: App, client: Client, clock: HandClock) -> None:
    shown = form_time(app)
    clock.advance(hours=-1)
    assert client.post("/subscribe", FORM | {"shown": shown}).status == 422
    assert readers(app) == 0


def test_the_trap_is_hidden_from_everybody_but_programs(client: Client) -> None:
    page = html.document_fromstring(client.get(FILLED).text)
    (field,) = page.xpath("//input[@name='remarks']")
    assert (field.get("tabindex"), field.get("autocomplete"), field.get("type")) == (
        "-1",
        "off",
        "text",
    )
    (around,) = field.xpath("ancestor::div[@aria-hidden='true']")
    assert around.get("class") == "away"  # out of sight by the style sheet, not by an attribute
    assert page.xpath(f"//label[@for='{field.get('id')}']")
