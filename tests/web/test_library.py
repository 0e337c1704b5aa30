"""Keywords from a reader's own library: nothing is added that was not ticked."""

import re
from html import unescape

import pytest

from digest.app import App
from digest.model.subscribers import Subscriber
from digest.pipeline.subscribe import enrol
from digest.store.subscribers import subscriber_by_id
from digest.web import build_web
from digest.web.buckets import Buckets
from digest.web.questions import MOST, SPAN
from tests.factories import make_wishes
from tests.web.client import Answer, Client

BIBTEX = "".join(
    f"@misc{{k{n}, title={{{title}}}, keywords={{tea brewing, to read}}}}\n"
    for n, title in enumerate(
        [
            "Diffusion models for tea",
            "Fast diffusion models",
            "Diffusion models <b>again</b>",
            "Why diffusion models",
            "On kettles",
        ]
    )
)
_BREAK = "----a-form-of-ours"


def send(client: Client, path: str, fields: dict[str, str], file: bytes = b"") -> Answer:
    """Send a form as browsers send one with a file."""
    parts = [
        f'--{_BREAK}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="file"; filename="mine.bib"\r\n'
    parts.append(f"--{_BREAK}\r\n{head}\r\n".encode() + file + b"\r\n")
    body = b"".join(parts) + f"--{_BREAK}--\r\n".encode()
    return client.ask(
        "POST", path, {"content-type": f"multipart/form-data; boundary={_BREAK}"}, body
    )


def boxes(page: Answer) -> dict[str, str]:
    """Return the boxes of a page of proposals, and what each stands for."""
    found = re.findall(r'<input type="checkbox" name="(yes-\d+)" value="([^"]*)"', page.text)
    return {unescape(expression): name for name, expression in found}


def offered(page: Answer) -> str:
    found = re.search(r'name="offered" value="([^"]*)"', page.text)
    assert found is not None
    return unescape(found[1])


def interests(app: App, reader: Subscriber) -> list[str]:
    with app.database.reading() as connection:
        found = subscriber_by_id(connection, reader.id)
    assert found is not None
    return [each.expression for each in found.interests]


def at(app: App, reader: Subscriber) -> str:
    return f"{app.links.preferences(reader)}/import"


def test_a_file_is_answered_with_proposals_none_of_them_ticked(
    app: App, client: Client, ada: Subscriber
) -> None:
    assert client.get(at(app, ada)).status == 200
    page = send(client, at(app, ada), {"text": ""}, BIBTEX.encode())
    assert page.status == 200
    assert {"diffusion models", "tea brewing"} <= boxes(page).keys()
    assert "to read" not in boxes(page)
    assert "checked" not in page.text
    assert "<b>again</b>" not in page.text
    assert "In 5 works of yours, a keyword of 5." in page.text
    assert "of the last 65 papers" in page.text
    assert "BibTeX, 5 works. Nothing of it is stored." in page.text
    assert interests(app, ada) == ["graph neural networks", "RAG"]


def test_what_is_ticked_is_added_and_nothing_else(
    app: App, client: Client, ada: Subscriber
) -> None:
    page = send(client, at(app, ada), {"text": BIBTEX})
    name = boxes(page)["diffusion models"]
    answer = send(client, at(app, ada), {"offered": offered(page), name: "diffusion models"})
    assert answer.status == 303
    assert interests(app, ada) == ["graph neural networks", "RAG", "diffusion models"]
    page = client.get(answer.headers["location"])
    assert "<b>Added.</b> 1 keyword from your library stands" in page.text
    once_more = send(client, at(app, ada), {"text": BIBTEX})
    assert "diffusion models" not in boxes(once_more)


def test_what_a_reader_has_in_another_form_is_not_added_again(
    app: App, client: Client, ada: Subscriber
) -> None:
    sent = {"offered": "x", "yes-1": "rag", "yes-2": "RAG^2", "yes-3": "fog", "yes-4": "Fog"}
    answers = [send(client, at(app, ada), sent) for _ in range(2)]
    assert interests(app, ada) == ["graph neural networks", "RAG", "rag", "fog"]
    assert [each.headers["location"].rpartition("?")[2] for each in answers] == [
        "added=2",
        "added=0",
    ]
    assert "<b>Nothing to add.</b>" in client.get(answers[1].headers["location"]).text


def test_all_that_is_proposed_is_added_at_one_press(
    app: App, client: Client, ada: Subscriber
) -> None:
    page = send(client, at(app, ada), {"text": BIBTEX})
    assert f"Add all {len(boxes(page))}</button>" in page.text
    answer = send(client, at(app, ada), {"offered": offered(page), "all": "yes"})
    assert answer.status == 303
    assert interests(app, ada) == ["graph neural networks", "RAG", *boxes(page)]


def test_a_form_of_another_site_adds_nothing(app: App, client: Client, ada: Subscriber) -> None:
    form = b"offered=fog&yes-1=fog"
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "origin": "https://evil.example",
        "sec-fetch-site": "cross-site",
    }
    assert client.ask("POST", at(app, ada), headers, form).status == 403
    assert interests(app, ada) == ["graph neural networks", "RAG"]


def test_a_text_that_is_wrong_comes_back_to_be_put_right(client: Client) -> None:
    assert ">Dear &lt;diary</textarea>" in send(client, "/import", {"text": "Dear <diary"}).text


def test_with_nothing_ticked_the_page_comes_back_and_nothing_is_added(
    app: App, client: Client, ada: Subscriber
) -> None:
    answer = send(client, at(app, ada), {"offered": "diffusion models\ntea brewing"})
    assert answer.status == 422
    assert "Tick at least one" in answer.text
    assert boxes(answer).keys() == {"diffusion models", "tea brewing"}
    assert interests(app, ada) == ["graph neural networks", "RAG"]


def test_more_than_fifty_are_not_added_and_what_was_ticked_stays_so(
    app: App, client: Client
) -> None:
    had = [f"subject {n}" for n in range(49)]
    reader = enrol(app.registry, "full@example.org", make_wishes(*had))
    sent = {"offered": "one thing\nother thing", "yes-1": "one thing", "yes-2": "other thing"}
    answer = send(client, at(app, reader), sent)
    assert answer.status == 422
    assert "You have 49 keywords, and 50 is the most: tick 1 at most" in answer.text
    assert answer.text.count(" checked>") == 2
    assert interests(app, reader) == had


def test_who_is_new_goes_on_to_the_preview_of_what_they_ticked(client: Client) -> None:
    page = send(client, "/import", {"text": BIBTEX})
    name = boxes(page)["diffusion models"]
    answer = send(client, "/import", {"offered": offered(page), name: "diffusion models"})
    assert answer.status == 303
    assert answer.headers["location"] == "/preview?keywords=diffusion+models"


@pytest.mark.parametrize(
    ("fields", "file", "said"),
    [
        ({"text": ""}, b"", "Choose a file, or paste a text"),
        ({"text": "Dear diary"}, b"", "What you pasted is nothing that Digest reads"),
        ({"text": ""}, b"%PDF-1.7", "mine.bib is packed, or no text"),
    ],
)
def test_what_is_no_library_is_told(
    client: Client, fields: dict[str, str], file: bytes, said: str
) -> None:
    answer = send(client, "/import", fields, file)
    assert answer.status == 422
    assert said in answer.text


def test_a_large_file_is_taken_up_to_its_bound_and_no_further(client: Client) -> None:
    assert send(client, "/import", {}, b"x" * (4 << 20)).status == 422
    refused = send(client, "/import", {}, b"x" * ((4 << 20) + (64 << 10)))
    assert refused.status == 413
    assert "4 MiB at most" in refused.text


def test_a_network_that_sends_file_after_file_has_to_wait(app: App) -> None:
    web = build_web(app)
    web.state.questions = Buckets(MOST, SPAN, now=lambda: 0.0)
    client = Client(web, app.settings.public_url, "203.0.113.1")
    answers = [send(client, "/import", {"text": "no library"}).status for _ in range(7)]
    assert answers == [422] * 6 + [429]


def test_nobody_adds_for_a_reader_without_their_link(client: Client) -> None:
    assert client.get("/preferences/nonsense/import").status == 404
    assert send(client, "/preferences/nonsense/import", {"text": BIBTEX}).status == 404
