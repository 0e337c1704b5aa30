"""Papers by day and week, a paper's page, a list's page: what they say, and how long they are."""

import json
import re
from datetime import date, timedelta
from html import unescape

import pytest

from digest.app import App
from digest.model.papers import PaperId, Scheme
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.ingest import ingest
from digest.pipeline.intake import Intake
from digest.pipeline.marking import mark_papers
from digest.pipeline.muting import mute
from digest.pipeline.sessions import Sessions
from digest.pipeline.subscribe import enrol
from digest.sources.base import Page
from digest.store.papers import newest_papers, withdraw_papers
from digest.store.sources import know_sources
from digest.web import build_web
from tests.factories import make_dump, make_record, make_wishes, numbered
from tests.web.client import Client

MOST = 30_000
MONDAY = date(2030, 1, 7)  # of the second ISO week


def take_in(app: App, name: str, dated_on: date, *titles: str) -> None:
    page = Page(make_dump(name, dated_on=dated_on), iter(numbered(titles)))
    ingest(app.database, page, app.clock, anyway=True)


def titles_of(text: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'<h2 class="title"[^>]*><a[^>]*>([^<]*)<', text)]


def own_words(number: int) -> str:
    """Return a long abstract that is like no other."""
    return " ".join(f"<b> & word{number}of{n}" for n in range(150))


def signed_in(app: App, reader: Subscriber) -> dict[str, str]:
    token = Sessions(app.database, app.clock).open(SessionKind.READER, reader.id, "a browser")
    return {"cookie": f"__Host-digest={token}"}


def test_the_newest_day_is_shown_in_the_order_of_its_list(app: App, client: Client) -> None:
    take_in(app, "new.txt", MONDAY, "Zebras", "Antelopes", "Mice")
    page = client.get("/papers")
    assert page.status == 200
    assert titles_of(page.text) == ["Zebras", "Antelopes", "Mice"]
    assert "Papers of Monday 7 January 2030" in page.text
    assert "Number 2" in page.text
    assert titles_of(client.get("/papers?on=2030-01-07").text) == titles_of(page.text)


def test_a_day_leads_to_the_days_before_and_after_that_have_papers(
    app: App, client: Client
) -> None:
    for number in (0, 3, 9):
        take_in(app, f"{number}.txt", MONDAY + timedelta(days=number), f"Of day {number}")
    middle = client.get("/papers?on=2030-01-10").text
    assert 'href="/papers?on=2030-01-07">The day before<' in middle
    assert 'href="/papers?on=2030-01-16">The day after<' in middle
    assert 'href="/papers?week=2030-W02">All of this week<' in middle
    assert "The day after" not in client.get("/papers").text


def test_a_week_has_the_best_place_first(app: App, client: Client) -> None:
    take_in(app, "a.txt", MONDAY, "Once first", "Steady", "Late")
    take_in(app, "b.txt", MONDAY + timedelta(days=6), "Steady", "Another")
    take_in(app, "c.txt", MONDAY + timedelta(days=7), "Of the next week")
    page = client.get("/papers?week=2030-W02").text
    assert titles_of(page) == ["Steady", "Once first", "Another", "Late"]
    assert "Number 1 at its best, listed on 2 days" in page
    assert 'href="/papers?week=2030-W03">The week after<' in page


def test_a_day_without_a_list_says_so_and_leads_on(app: App, client: Client) -> None:
    take_in(app, "a.txt", MONDAY, "One")
    page = client.get("/papers?on=2031-01-07")
    assert page.status == 404
    assert "No list of papers is of this day." in page.text
    assert 'href="/papers?on=2030-01-07"' in page.text
    week = client.get("/papers?week=0001-W01")
    assert (week.status, "No list of papers is of this week." in week.text) == (404, True)


@pytest.mark.parametrize(
    "query",
    [
        "on=2026-02-30",
        "on=0000-01-01",
        "on=today",
        "on=",
        "on=2026-1-1",
        "on=%00",
        "on=\u0662\u0660\u0662\u0666-01-01",
        "on=20260101",
        "week=2026-W54",
        "week=2026-W00",
        "week=9999-W52x",
        "week=9999-W53",
        "week=0000-W01",
        "week=",
        "week=2026-12",
        "week=%F0%9F%92%A9",
    ],
)
def test_what_is_no_day_gets_a_sentence(client: Client, query: str) -> None:
    answer = client.get(f"/papers?{query}")
    assert answer.status == 404
    assert "is written as in /papers?" in answer.text


@pytest.mark.parametrize("query", ["on=0001-01-01", "on=9999-12-31", "week=9999-W52", "page=9"])
def test_the_ends_of_time_are_days_like_others(client: Client, query: str) -> None:
    assert client.get(f"/papers?{query}").status in {200, 404}


def test_an_empty_site_says_what_will_be_there(empty_app: App) -> None:
    client = Client(build_web(empty_app), empty_app.settings.public_url)
    page = client.get("/papers")
    assert (page.status, "No list of papers has come in yet." in page.text) == (200, True)


def test_a_long_day_comes_in_short_pages(app: App, client: Client) -> None:
    records = [
        make_record(f"Paper {n} " + "long & longer " * 25, own_words(n), position=n)
        for n in range(1, 46)
    ]
    ingest(app.database, Page(make_dump("long", dated_on=MONDAY), iter(records)), app.clock)
    pages = [client.get(f"/papers?on=2030-01-07&page={n}") for n in (1, 2, 3)]
    titles = [title for page in pages for title in titles_of(page.text)]
    assert len(titles) == len(set(titles)) == 45
    assert all(len(page.body) < MOST for page in pages)
    assert 'rel="next" href="/papers?on=2030-01-07&amp;page=2"' in pages[0].text
    assert 'rel="prev" href="/papers?on=2030-01-07"' in pages[1].text
    assert 'rel="next"' not in pages[2].text
    for odd in ("0", "-1", "4", "99999999", "x", "\u0663"):
        assert titles_of(client.get(f"/papers?on=2030-01-07&page={odd}").text)
    listing = client.get(f"/dumps/{newest_dump(app)}")
    assert len(listing.body) < MOST


def newest_dump(app: App) -> int:
    with app.database.reading() as connection:
        return newest_papers(connection, 1)[0].dump_id


def test_a_list_has_a_page(app: App, client: Client) -> None:
    take_in(app, "b<b>.txt", MONDAY, "Zebras", "Antelopes")
    number = newest_dump(app)
    page = client.get(f"/dumps/{number}")
    assert page.status == 200
    assert titles_of(page.text) == ["Zebras", "Antelopes"]
    assert "2 papers, 2 of them new" in page.text
    assert "b&lt;b&gt;.txt" in page.text
    assert f'<link rel="canonical" href="https://digest.example.org/dumps/{number}">' in page.text


@pytest.mark.parametrize("number", ["0", "99999", "x", "-1", "9" * 30, "\u0663", "1.0", "%00"])
def test_a_list_there_is_not_is_not_found(client: Client, number: str) -> None:
    answer = client.get(f"/dumps/{number}")
    assert answer.status == 404
    assert "There is no list of papers at this address." in answer.text


def test_a_paper_says_everywhere_it_was_listed(app: App, client: Client) -> None:
    take_in(app, "a.txt", MONDAY, "Antelopes", "Zebras")
    take_in(app, "b.txt", MONDAY + timedelta(days=1), "Zebras", "New ones")
    key = paper_key(app, "Zebras")
    page = client.get(f"/papers/{key}").text
    assert 'href="/papers?on=2030-01-08"' in page
    assert 'href="/papers?on=2030-01-07"' in page
    assert re.search(r'number 2 of <a href="/dumps/\d+">the list <span dir="auto">a.txt<', page)
    assert f'<link rel="canonical" href="https://digest.example.org/papers/{key}">' in page


def test_a_paper_listed_for_years_has_a_short_page(app: App, client: Client) -> None:
    for number in range(30):
        # Another each time: a list that says what the last one said is none.
        take_in(app, f"{number}.txt", MONDAY + timedelta(days=number), "Zebras", f"Other {number}")
    page = client.get(f"/papers/{paper_key(app, 'Zebras')}")
    assert page.text.count("the list <span") == 20
    assert "And 10 times before." in page.text
    assert len(page.body) < MOST


def test_a_paper_shows_maths_ids_authors_and_similar_ones(app: App, client: Client) -> None:
    body = "Zebra stripes deter biting horseflies by confusing polarised vision of insects."
    records = [
        make_record(
            "Zebra stripes with O(n\u00b2)",
            body,
            position=1,
            authors=("Ada <b>", *(f"Author {n}" for n in range(100))),
            ids=(PaperId(Scheme.ARXIV, "2501.00001"),),
            categories=("cs.CL",),
        ),
        make_record("Stripes of zebras and horseflies", body + " Again.", position=2),
        make_record("Compilers", "Register allocation by colouring of graphs.", position=3),
    ]
    ingest(
        app.database,
        Page(make_dump("zebra", dated_on=MONDAY), iter(records)),
        app.clock,
        anyway=True,
    )
    key = paper_key(app, "Zebra stripes with O(n\u00b2)")
    page = client.get(f"/papers/{key}").text
    assert "O(n\u00b2)" in page
    assert "arXiv 2501.00001" in page
    assert "Ada &lt;b&gt;" in page
    assert "and 41 more" in page
    similar = page.partition("<h2>Similar papers</h2>")[2]
    assert "Stripes of zebras and horseflies" in similar
    assert "Compilers" not in similar


def paper_key(app: App, title: str) -> str:
    with app.database.reading() as connection:
        found = [each.paper for each in newest_papers(connection, 1000)]
    return next(paper.key for paper in found if paper.title == title)


def test_a_page_is_the_same_for_all_who_are_not_signed_in(app: App, client: Client) -> None:
    take_in(app, "a.txt", MONDAY, "Zebras")
    url = f"/papers/{paper_key(app, 'Zebras')}"
    first = client.get(url)
    assert first.headers["vary"] == "Cookie"
    assert "Your keywords" not in first.text
    assert "set-cookie" not in first.headers
    assert client.get(url, cookie="__Host-digest=nonsense").body == first.body


def test_a_reader_sees_which_interests_a_paper_meets(app: App, client: Client) -> None:
    take_in(app, "a.txt", MONDAY, "Zebra stripes <b>")
    reader = enrol(app.registry, "eve@example.org", make_wishes("mice", "zebra stripe", "-zebra"))
    answer = client.get(f"/papers/{paper_key(app, 'Zebra stripes <b>')}", **signed_in(app, reader))
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["vary"] == "Cookie"
    mine = answer.text.partition("<h2>Your keywords</h2>")[2].partition("</section>")[0]
    assert "It matches 1 keyword of yours" in mine
    assert "<mark>Zebra stripes</mark> &lt;b&gt;" in mine
    assert "mice" not in mine
    assert "because you hide <code" in mine


def test_a_reader_sees_that_a_paper_meets_none(app: App, client: Client) -> None:
    take_in(app, "a.txt", MONDAY, "Zebras")
    reader = enrol(app.registry, "eve@example.org", make_wishes("mice"))
    page = client.get(f"/papers/{paper_key(app, 'Zebras')}", **signed_in(app, reader)).text
    assert "It matches none of your keywords." in page


def test_a_paper_that_meets_fifty_interests_has_a_short_page(app: App, client: Client) -> None:
    words = [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "omicron",
    ]
    sentence = "long words around " * 8 + " ".join(words) + " and more words" * 8
    record = make_record("Zebras", sentence + ". " + "Another sentence & more. " * 100)
    page = Page(make_dump("a.txt", dated_on=MONDAY), iter([record]))
    ingest(app.database, page, app.clock, anyway=True)
    pairs = [f"{a} {b}" for a in words for b in words if a != b][:50]
    reader = enrol(app.registry, "eve@example.org", make_wishes(*pairs))
    answer = client.get(f"/papers/{paper_key(app, 'Zebras')}", **signed_in(app, reader))
    assert "the best 15" in answer.text
    assert len(answer.body) < MOST


def test_a_reader_sees_that_they_mute_a_paper_and_until_when(app: App, client: Client) -> None:
    take_in(app, "a.txt", MONDAY, "Zebra stripes", "Mice")
    reader = enrol(app.registry, "eve@example.org", make_wishes("zebra", "mice"))
    mute(app.registry, reader, "stripes")
    page = client.get(f"/papers/{paper_key(app, 'Zebra stripes')}", **signed_in(app, reader)).text
    assert "It matches 1 keyword of yours" in page
    assert '<code dir="auto">stripes</code> until 17 April: your digests leave it out' in page
    other = client.get(f"/papers/{paper_key(app, 'Mice')}", **signed_in(app, reader)).text
    assert "You mute" not in other


def test_a_paper_shows_what_is_known_besides_its_words(app: App, client: Client) -> None:
    clock = app.clock()
    gone = PaperId(Scheme.ARXIV, "3001.00001")
    first = make_record("The <b>Old</b> Name", own_words(1), ids=(gone,))
    newer = make_record(
        "The New Name",
        own_words(2),
        ids=(gone, PaperId(Scheme.OPENREVIEW, "aB3")),
        published_on=MONDAY,
        upvotes=42,
        is_update=True,
    )
    ingest(app.database, Page(make_dump("known.txt"), iter([first])), app.clock, anyway=True)
    with app.database.ingesting() as connection:
        Intake(connection, clock, "hf").recognise([newer])
        know_sources(connection, [("hf", "Hugging Face")])
        paper = newest_papers(connection, 1)[0].paper

    text = unescape(client.get(f"/papers/{paper.key}").text)
    api = json.loads(client.get(f"/api/v1/papers/{paper.key}").text)

    assert 'Also known as <span dir="auto">The <b>Old</b> Name' in text
    assert "<b>Old</b>" not in client.get(f"/papers/{paper.key}").text
    assert "42 upvotes on Hugging Face by" in text
    assert 'Published on <time datetime="2030-01-07">' in text
    assert "OpenReview aB3" in text
    assert api["other_titles"] == ["The <b>Old</b> Name"]
    assert [each["value"] for each in api["observations"]] == [42]
    assert (api["published_on"], api["is_withdrawn"]) == ("2030-01-07", False)


def test_a_withdrawn_paper_says_so_and_is_found_no_more(app: App, client: Client) -> None:
    gone = PaperId(Scheme.ARXIV, "3001.00002")
    record = make_record("Quokkas at Sea", own_words(3), ids=(gone,))
    ingest(app.database, Page(make_dump("gone.txt"), iter([record])), app.clock, anyway=True)
    key = json.loads(client.get("/api/v1/papers?limit=1").text)["items"][0]["key"]
    with app.database.ingesting() as connection:
        mark_papers(connection, withdraw_papers(connection, [gone], app.clock()))

    assert "Withdrawn: its source took this paper back" in client.get(f"/papers/{key}").text
    assert json.loads(client.get(f"/api/v1/papers/{key}").text)["is_withdrawn"]
    assert json.loads(client.get("/api/v1/papers?limit=1").text)["items"][0]["key"] != key
    assert key not in client.get("/search?q=quokkas").text
