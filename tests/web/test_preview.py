"""Trying keywords: what they find, before anybody gives an address."""

import re
from urllib.parse import quote_plus, unquote_plus

import pytest

from digest.app import App
from digest.model.subscribers import MAX_INTERESTS
from digest.web import build_web
from digest.web.preview import MAX_TYPED
from tests.web.client import Client

HARM = 'a</textarea><script>alert(1)</script>\n"><img src=x>\n\u202egnp\n'


def asked(keywords: str, span: str = "") -> str:
    return f"/preview?keywords={quote_plus(keywords)}{span and f'&span={span}'}"


def test_the_first_page_asks_for_keywords_alone(client: Client) -> None:
    page = client.get("/")
    assert page.status == 200
    assert re.findall(r"<(?:input|select|textarea)[^>]* name=\"(\w+)\"", page.text) == ["keywords"]
    assert page.text.count("<button") == 1
    assert "of 34 papers" in page.text
    assert page.text.index("UniME-V2") < page.text.index("</ol>")
    assert "<script" not in page.text


def test_an_example_fills_the_field(client: Client) -> None:
    page = client.get("/")
    for link in re.findall(r'href="(/preview\?keywords=[^"]+)"', page.text):
        example = client.get(link)
        assert example.status == 200
        assert f">\n{unquote_plus(link.partition('=')[2])}</textarea>" in example.text


def test_the_first_page_of_an_empty_site_says_what_to_wait_for(empty_app: App) -> None:
    client = Client(build_web(empty_app), empty_app.settings.public_url)
    page = client.get("/")
    assert page.status == 200
    assert "No papers have come in yet" in page.text
    tried = client.get(asked("graph neural networks"))
    assert tried.status == 200
    assert "There are no papers yet to try this on" in tried.text


def test_keywords_show_the_digest_of_today_with_the_reasons(client: Client) -> None:
    page = client.get(asked("graph neural networks\nRAG\n-survey"))
    assert page.status == 200
    assert "Your digest today" in page.text
    assert "<mark>" in page.text
    assert re.search(r"\d+ papers? of the \d+ listed on", page.text)
    assert "Hides" in page.text


def test_from_there_one_has_it_by_mail_or_as_a_feed(client: Client) -> None:
    page = client.get(asked("graph neural networks\nRAG"))
    written = "graph+neural+networks%0ARAG"
    assert f'<a class="button" href="/subscribe?keywords={written}">' in page.text
    joined = quote_plus("graph neural networks | RAG")
    assert f'value="https://digest.example.org/feeds/keywords.atom?q={joined}"' in page.text
    assert f'href="/feeds/keywords.opml?keywords={written}"' in page.text
    for link in re.findall(r'href="(/(?:subscribe|feeds|preview)[^"#]*)', page.text):
        assert client.get(link.replace("&amp;", "&")).status == 200


def test_last_week_is_run_again(client: Client) -> None:
    page = client.get(asked("graph neural networks", "week"))
    assert "Last week again" in page.text
    assert "from Thursday 12 March 2026 to Wednesday 18 March 2026" in page.text
    assert 'name="span" value="week"' in page.text


def test_a_suggestion_takes_the_place_of_its_keyword(client: Client) -> None:
    page = client.get(asked("RAG\nlanguge models"))
    button = re.search(r'name="use" value="(languge models)&#9;([^"]+)"', page.text)
    assert button
    taken = client.get(f"{asked(chr(10).join(('RAG', button[1])))}&use={button[1]}%09{button[2]}")
    assert f">\nRAG\n{button[2]}</textarea>" in taken.text


def test_what_finds_nothing_is_told_first(client: Client) -> None:
    page = client.get(asked("graph neural networks\nunheard of words"))
    words = page.text[page.text.index("Keyword by keyword</h2>") :]
    assert words.index("unheard of words") < words.index("graph neural networks")
    assert "Matches none of the last" in words


@pytest.mark.parametrize("keywords", ["", " \n", "-survey", "graph (neural", "a" * 99, HARM])
def test_keywords_that_cannot_be_read_are_asked_for_again(client: Client, keywords: str) -> None:
    page = client.get(asked(keywords))
    assert page.status == 400
    assert "<title>Error: " in page.text
    assert 'role="alert"' in page.text
    assert 'id="keywords-error"' in page.text
    assert "<script" not in page.text
    assert "<img" not in page.text


def test_a_caret_stands_under_the_place(client: Client) -> None:
    page = client.get(asked("RAG\ngraph (neural"))
    assert 'graph (neural\n<b aria-hidden="true">      ^</b>' in page.text
    assert "RAG\ngraph (neural</textarea>" in page.text


def test_too_much_is_refused_before_it_is_read(client: Client) -> None:
    page = client.get(asked("a b c\n" * MAX_TYPED))
    assert page.status == 400
    assert f"longer than {MAX_TYPED:,} characters" in page.text
    assert len(page.body) < 30_000
    many = "\n".join(f"word{number}" for number in range(MAX_INTERESTS + 1))
    assert f"{MAX_INTERESTS} is the most" in client.get(asked(many)).text


def test_whoever_asks_without_keywords_is_led_to_the_field(client: Client) -> None:
    assert client.get("/preview").headers["location"] == "/"


def test_looking_stores_nothing(app: App, client: Client) -> None:
    client.get(asked("graph neural networks"))  # the archive is frozen at the first question ever
    with app.database.reading() as connection:
        before = list(connection.connection.iterdump())
    client.get(asked("diffusion models\nRAG", "week"))
    with app.database.reading() as connection:
        assert list(connection.connection.iterdump()) == before


def test_fifty_keywords_fit_on_a_page(client: Client) -> None:
    many = "\n".join(f"language models of kind {number}" for number in range(MAX_INTERESTS))
    page = client.get(asked(many))
    assert page.status == 200
    assert len(page.body) < 30_000


def test_a_list_of_feeds_has_one_for_each_keyword(client: Client) -> None:
    answer = client.get("/feeds/keywords.opml?keywords=RAG%0A-survey%0Agraph+neural+networks")
    assert answer.headers["content-type"] == "text/x-opml; charset=utf-8"
    assert re.findall(r'text="([^"]+)"', answer.text)[1:] == ["RAG", "graph neural networks"]
    assert "keywords.atom?q=graph+neural+networks" in answer.text
    assert client.get("/feeds/keywords.opml").status == 400
    wrong = client.get("/feeds/keywords.opml?keywords=graph+%28neural")
    assert (wrong.status, wrong.headers["content-type"]) == (400, "text/plain; charset=utf-8")
