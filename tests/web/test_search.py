"""`/search`: what is found is shown with its reason, what is wrong with its place."""

from datetime import date
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from digest.app import App
from digest.pipeline.ingest import ingest
from digest.pipeline.marking import mark_the_rest
from digest.pipeline.search import PaperSearch
from digest.sources.base import Page
from digest.store.tables import paper_marks
from digest.web import build_web
from digest.web.buckets import Buckets
from digest.web.questions import MOST as MOST_QUESTIONS
from digest.web.questions import SPAN
from tests.factories import make_dump, make_record, numbered
from tests.web.client import Client
from tests.web.test_papers import own_words

MOST = 30_000


def take_in(app: App, *titles: str) -> None:
    page = Page(make_dump("zebras.txt", dated_on=date(2030, 1, 7)), iter(numbered(titles)))
    ingest(app.database, page, app.clock, anyway=True)


def test_a_search_shows_papers_with_their_reasons(app: App, client: Client) -> None:
    take_in(app, "Zebra <fish> stripes", "Mice")
    page = client.get("/search?q=zebra")
    assert page.status == 200
    assert "1 paper<" in page.text
    assert "<mark>Zebra</mark> &lt;fish&gt; stripes" in page.text
    assert "Mice" not in page.text
    assert "First listed on" in page.text
    assert 'content="noindex"' in page.text
    assert "/feeds/keywords?q=zebra" in page.text


def test_the_form_alone_asks_nothing(client: Client) -> None:
    page = client.get("/search")
    assert (page.status, "<h2>No papers" in page.text) == (200, False)
    assert 'name="q"' in page.text
    assert client.get("/search?q=%20%00").status == 200


def test_an_expression_that_cannot_be_read_shows_the_place(client: Client) -> None:
    answer = client.get("/search?q=" + quote('title:"neural'))
    assert answer.status == 400
    assert "This quotation mark is never closed." in answer.text
    assert '<b aria-hidden="true">      ^</b>' in answer.text
    assert 'href="#q"' in answer.text
    assert 'aria-describedby="q-hint q-error" aria-invalid="true"' in answer.text


def test_what_only_hides_is_told_so(client: Client) -> None:
    answer = client.get("/search?q=-survey")
    assert answer.status == 400
    assert "This hides papers and finds none." in answer.text


def test_nothing_found_suggests_what_was_meant(app: App, client: Client) -> None:
    take_in(app, *(f"Zebra number {n}" for n in range(5)))
    page = client.get("/search?q=zebrra").text
    assert "Nothing matches" in page
    assert 'href="/search?q=zebra"' in page


def test_results_come_in_short_pages(app: App, client: Client) -> None:
    records = [
        make_record(f"Paper {n} " + "& longer " * 40, own_words(n) + " zebra", position=n)
        for n in range(1, 46)
    ]
    ingest(app.database, Page(make_dump("long"), iter(records)), app.clock)
    pages = [client.get(f"/search?q=zebra&page={n}") for n in (1, 2, 3)]
    assert [page.text.count("<article>") for page in pages] == [20, 20, 5]
    assert all(len(page.body) < MOST for page in pages)
    assert 'rel="next" href="/search?q=zebra&amp;page=2"' in pages[0].text
    assert "page 3 of 3" in pages[2].text


def test_a_search_that_is_cut_says_so(app: App) -> None:
    take_in(app, *(f"Zebra {n}" for n in range(30)))
    web = build_web(app)
    object.__setattr__(web.state.site, "search", PaperSearch(app.database, most=10))
    page = Client(web, app.settings.public_url).get("/search?q=zebra").text
    assert "only the newest 10 papers that may were looked at" in page


def test_who_asks_all_day_hears_when_to_come_again(app: App) -> None:
    take_in(app, "Zebra")
    web = build_web(app)
    web.state.questions = Buckets(MOST_QUESTIONS, SPAN, now=lambda: 0.0)
    greedy, other = (Client(web, app.settings.public_url, f"203.0.113.{n}") for n in (1, 2))
    questions = [f"zebra | word{n}" for n in range(int(MOST_QUESTIONS))]
    assert {greedy.get("/search?q=" + quote(each)).status for each in questions} == {200}
    refused = greedy.get("/search?q=mice")
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) <= 5
    assert greedy.get("/api/v1/search?q=mice").status == 429
    # What was answered already costs nothing, and others are not kept waiting.
    assert greedy.get("/search?q=" + quote(questions[7])).status == 200
    assert other.get("/search?q=mice").status == 200
    assert greedy.get("/search?q=mice").status == 200


def test_papers_that_cannot_be_searched_yet_are_counted(app: App, client: Client) -> None:
    with app.database.writing() as connection:
        of = select(paper_marks.c.paper_id).order_by(paper_marks.c.paper_id).limit(3)
        connection.execute(delete(paper_marks).where(paper_marks.c.paper_id.in_(of)))
    assert "3 older papers cannot be searched yet" in client.get("/search?q=graph").text
    mark_the_rest(app.database)
    later = Client(build_web(app), app.settings.public_url)
    assert "cannot be searched yet" not in later.get("/search?q=graph").text


def test_an_empty_site_finds_nothing(empty_app: App) -> None:
    client = Client(build_web(empty_app), empty_app.settings.public_url)
    page = client.get("/search?q=zebra")
    assert (page.status, "Nothing matches" in page.text) == (200, True)


@pytest.mark.parametrize(
    "text", ['" OR 1=1', "NEAR(a b)", "a*", "'; DROP TABLE papers", "\U0001f9ea"]
)
def test_what_looks_like_a_language_is_words(client: Client, text: str) -> None:
    assert client.get("/search?q=" + quote(text)).status in {200, 400}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=st.text(max_size=300))
def test_no_text_breaks_the_page(client: Client, text: str) -> None:
    answer = client.get("/search?q=" + quote(text, errors="replace"))
    assert answer.status in {200, 400}
    assert len(answer.body) < MOST
