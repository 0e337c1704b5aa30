"""How a reader chooses the language of their mails."""

import pytest

from digest.app import App
from digest.model.subscribers import Subscriber
from digest.store.subscribers import all_subscribers, subscriber_by_id
from tests.web.client import Client

FORM = {"address": "eve@example.org", "keywords": "graph neural networks"}
GERMAN = "de-AT,de;q=0.9,en;q=0.8"


def language(app: App, reader: Subscriber) -> str:
    with app.database.reading() as connection:
        found = subscriber_by_id(connection, reader.id)
    assert found is not None
    return found.language


def only_reader(app: App) -> Subscriber:
    with app.database.reading() as connection:
        [reader] = all_subscribers(connection)
    return reader


def test_the_form_begins_with_what_the_browser_asks_for(client: Client) -> None:
    page = client.get("/subscribe?keywords=RAG", accept_language=GERMAN)
    assert '<option value="de" lang="de" selected>Deutsch</option>' in page.text
    assert 'mails in <span lang="de">Deutsch</span>' in page.text
    assert page.headers["vary"] == "Accept-Language"
    plain = client.get("/subscribe?keywords=RAG")
    assert '<option value="en" lang="en" selected>English</option>' in plain.text
    assert "mails in" not in plain.text


@pytest.mark.parametrize(
    ("chosen", "accepted", "expected"),
    [
        ({"language": "de"}, "", "de"),
        ({"language": "en"}, GERMAN, "en"),
        ({}, GERMAN, "de"),
        ({}, "", "en"),
    ],
)
def test_what_was_chosen_counts_and_otherwise_the_browser(
    app: App, client: Client, chosen: dict[str, str], accepted: str, expected: str
) -> None:
    answer = client.post("/subscribe", {**FORM, **chosen}, accept_language=accepted)
    assert answer.status == 303
    assert only_reader(app).language == expected


@pytest.mark.parametrize("code", ["fr", "", "<script>", "d" * 5000])
def test_a_language_that_is_none_is_told_at_its_field(client: Client, code: str) -> None:
    answer = client.post("/subscribe", {**FORM, "language": code})
    assert answer.status == 422
    assert '<a href="#language">Mails are not written in' in answer.text
    assert "<script>" not in answer.text


def test_a_reader_changes_the_language_of_their_mails(
    app: App, client: Client, ada: Subscriber
) -> None:
    link = app.links.preferences(ada)
    wishes = {"keywords": "RAG", "action": "save"}
    assert client.post(link, {**wishes, "language": "de"}).status == 303
    assert language(app, ada) == "de"
    assert '<option value="de" lang="de" selected>' in client.get(link).text
    # A form of the release before has no such field: it changes nothing about it.
    assert client.post(link, wishes).status == 303
    assert language(app, ada) == "de"
