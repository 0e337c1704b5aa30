"""Feeds over HTTP, and the pages about them."""

import gzip
from dataclasses import replace
from functools import partial
from urllib.parse import quote_plus

import feedparser
import pytest

from digest import jobs
from digest.app import App, build_app
from digest.model.feeds import FeedFormat
from digest.pipeline.ingest import ingest
from digest.ranking.preview import RecentPapers
from digest.sources.base import Page
from digest.store.feeds import read_snapshot, save_snapshot
from digest.web import build_web
from digest.web.corpus import TRUSTED as CORPUS_TRUSTED
from digest.web.corpus import Corpus
from digest.web.keyword_marks import MOST, KeywordMarks, Mark
from digest.web.stored_feeds import TRUSTED, StoredFeeds, empty_feed
from tests.conftest import HandClock
from tests.delivery.test_websub import Hub
from tests.factories import make_dump, make_record
from tests.rendering.feed_lint import problems
from tests.rendering.feed_reading import read
from tests.web.client import Client
from tests.web.conftest import BASE_URL as HOME
from tests.web.conftest import Visit

FORMATS = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
PUBLIC = ("trending", "daily")
KEYWORDS = "/feeds/keywords.atom?q=graph+neural+networks"


@pytest.mark.parametrize("ending", FORMATS)
def test_a_stored_feed_is_served_as_it_is(app: App, client: Client, ending: str) -> None:
    answer = client.get(f"/feeds/trending.{ending}")
    with app.database.reading() as connection:
        stored = read_snapshot(connection, "trending", FeedFormat(ending))
    assert stored is not None
    assert answer.status == 200
    assert answer.body == stored.body
    assert answer.headers["content-type"] == f"{FORMATS[ending]}; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["etag"] == stored.etag
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["last-modified"] == "Wed, 18 Mar 2026 06:00:00 GMT"
    assert answer.headers["cache-control"].startswith("public, max-age=1800, ")
    assert "set-cookie" not in answer.headers


def test_gzip_is_the_same_content_under_another_tag(client: Client) -> None:
    plain = client.get("/feeds/trending.rss")
    packed = client.get("/feeds/trending.rss", accept_encoding="br, gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["etag"] == f'{plain.headers["etag"][:-1]}-gzip"'
    assert not packed.headers["etag"].startswith("W/")


def test_whoever_has_it_gets_no_body(client: Client) -> None:
    first = client.get("/feeds/trending.atom")
    tag, date = first.headers["etag"], first.headers["last-modified"]
    for headers in (
        {"if_none_match": tag},
        {"if_none_match": f'{tag[:-1]}-gzip"', "if_modified_since": "nonsense"},
        {"if_none_match": f"W/{tag}", "accept_encoding": "gzip"},
        {"if_modified_since": date},
    ):
        again = client.get("/feeds/trending.atom", **headers)
        assert (again.status, again.body) == (304, b"")
        for name in ("etag", "last-modified", "cache-control", "vary"):
            assert name in again.headers
        assert "content-type" not in again.headers
        assert client.head("/feeds/trending.atom", **headers).status == 304


def test_head_tells_what_get_would(client: Client) -> None:
    got, told = client.get("/feeds/trending.rss"), client.head("/feeds/trending.rss")
    assert told.status == 200
    assert told.headers == got.headers


def test_a_feed_that_was_never_published_is_empty_and_valid(empty_app: App) -> None:
    client = Client(build_web(empty_app), empty_app.settings.public_url)
    for ending in FORMATS:
        answer = client.get(f"/feeds/trending.{ending}")
        assert answer.status == 200
        assert answer.headers["cache-control"] == "public, max-age=60"
        assert read(answer.body, FeedFormat(ending)) == []
        assert client.get(f"/feeds/trending.{ending}").body == answer.body


@pytest.mark.parametrize(
    "path",
    [
        "/feeds/other", "/feeds/other.rss", "/feeds/trending.pdf", "/feeds/trending.rss.rss",
        "/feeds/other/2026-03", "/feeds/other/2026-03.rss", "/feeds/trending/2026-02.rss",
        "/feeds/trending/2026-03.pdf", "/feeds/trending/2026-02", "/feeds/trending/2026-99",
        "/feeds/trending/9999-12.rss", "/feeds/trending/0000-00", "/feeds/daily/2026-03-01",
        "/feeds/daily/2026-02-30", "/feeds/daily/x%00y", "/feeds/daily/x%00y.rss",
        "/feeds/daily/2026-03%0a", "/feeds/daily/\u0662\u0660\u0662\u0666-03", "/feeds/daily/",
    ],
)  # fmt: skip
def test_a_feed_that_is_none_is_not_found(client: Client, path: str) -> None:
    assert client.get(path).status == 404


def test_the_pages_about_feeds_lead_to_them(client: Client) -> None:
    assert 'href="/feeds/trending"' in client.get("/feeds").text
    page = client.get("/feeds/trending")
    for ending, media_type in FORMATS.items():
        address = f"https://digest.example.org/feeds/trending.{ending}"
        assert f'readonly value="{address}"' in page.text
        assert f'type="{media_type}"' in page.text
        assert f'href="{address}"' in page.text
    assert "UniME-V2" in page.text


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.parametrize("ending", FORMATS)
def test_every_document_of_a_feed_is_where_the_others_say(
    client: Client, name: str, ending: str
) -> None:
    format_ = FeedFormat(ending)
    address = f"{HOME}/feeds/{name}.{ending}"
    first = client.get(address)
    month = f"{HOME}/feeds/{name}/2026-03.{ending}"
    assert problems(first.body, format_, address) == []
    assert month.encode() in first.body
    answer = client.get(month)
    assert problems(answer.body, format_, month) == []
    assert answer.headers["content-type"] == f"{FORMATS[ending]}; charset=utf-8"
    found = read(answer.body, format_)
    assert found[: len(read(first.body, format_))] == read(first.body, format_)
    for each in found[:3]:
        assert client.get(each.link).status == 200
        assert each.title.partition(" of ")[2] in client.get(each.link).text
    assert client.get(f"{HOME}/feeds/{name}").status == 200


def test_the_page_of_a_month_leads_to_its_days_and_those_to_the_papers(client: Client) -> None:
    month = client.get("/feeds/daily/2026-03")
    assert "<h1>Papers by day, 2026-03</h1>" in month.text
    assert 'href="/feeds/daily/2026-03-18"' in month.text
    day = client.get("/feeds/daily/2026-03-18")
    assert "18 March 2026" in day.text
    listed = read(client.get("/feeds/daily.json").body, FeedFormat.JSON)[0]
    assert day.text.count("<li") >= listed.html.count("<li>") > 50
    assert 'href="/feeds/daily/2026-03-18"' in client.get("/feeds/daily").text
    assert 'href="/feeds/trending/2026-03"' in client.get("/feeds/trending").text


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("count", [1, 7, 60, 200])
def test_a_reader_may_have_more_items_or_fewer(client: Client, ending: str, count: int) -> None:
    format_ = FeedFormat(ending)
    path = f"/feeds/trending.{ending}?count={count}"
    answer = client.get(path)
    found = read(answer.body, format_)
    assert problems(answer.body, format_, f"{HOME}{path}") == []
    assert len(found) == min(count, 65)
    whole = read(client.get(f"/feeds/trending/2026-03.{ending}").body, format_)
    assert found == whole[:count]
    assert f"/feeds/trending/2026-03.{ending}".encode() in answer.body


def test_days_and_keywords_may_be_counted_too(client: Client) -> None:
    daily = client.get("/feeds/daily.atom?count=200")
    assert len(read(daily.body, FeedFormat.ATOM)) == 1
    two = client.get(f"{KEYWORDS}&count=2")
    assert len(read(two.body, FeedFormat.ATOM)) == 2
    assert problems(two.body, FeedFormat.ATOM, f"{HOME}{KEYWORDS}&count=2") == []


@pytest.mark.parametrize("count", ["", "0", "-1", "201", "many", "1e2", "9" * 500, "\u0663", "5.0"])
def test_a_count_that_is_none_is_answered_with_a_sentence(client: Client, count: str) -> None:
    for path in ("/feeds/trending.rss?", f"{KEYWORDS}&"):
        answer = client.get(f"{path}count={quote_plus(count)}")
        assert answer.status == 400
        assert "count is a number from 1 to 200" in answer.text


@pytest.mark.parametrize(
    "typed",
    ["graph+neural+networks", "%20graph%20%20neural%20networks%09", "graph%0aneural+networks"],
)
def test_keywords_have_one_address_however_they_are_typed(client: Client, typed: str) -> None:
    answer = client.get(f"/feeds/keywords.atom?utm=1&q={typed}")
    assert answer.body == client.get(KEYWORDS).body


def test_what_is_published_is_seen_within_a_second(app: App) -> None:
    now = [0.0]
    stored = StoredFeeds(app.database, app.links, "", partial(empty_feed, app), lambda: now[0])
    first = stored.read("trending", FeedFormat.RSS)
    assert stored.fresh("trending", FeedFormat.RSS) is first
    with app.database.writing() as connection:
        found = read_snapshot(connection, "trending", FeedFormat.RSS)
        assert found is not None
        save_snapshot(connection, replace(found, body=b"new", body_gzip=b"packed", etag='"new"'))
    assert stored.fresh("trending", FeedFormat.RSS) is first
    now[0] += TRUSTED
    assert stored.fresh("trending", FeedFormat.RSS) is None
    second = stored.read("trending", FeedFormat.RSS)
    assert (second.etag, second.make()) == ('"new"', (b"new", b"packed"))
    now[0] += TRUSTED
    assert stored.read("trending", FeedFormat.RSS) is second


def test_feeds_are_served_while_the_database_is_away(app: App) -> None:
    now = [0.0]
    stored = StoredFeeds(app.database, app.links, "", partial(empty_feed, app), lambda: now[0])
    first = stored.read("trending", FeedFormat.RSS)
    now[0] += TRUSTED
    database = app.settings.data_path / "digest.sqlite3"
    app.database.dispose()
    away = database.rename(database.with_suffix(".away"))
    database.mkdir()
    assert stored.read("trending", FeedFormat.RSS) is first
    database.rmdir()
    away.rename(database)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_hub_is_told_of_in_the_headers_too(visit: Visit, ending: str) -> None:
    client = visit(hub="https://hub.example.org/")
    for name in PUBLIC:
        own = f"{HOME}/feeds/{name}.{ending}"
        link = f'<https://hub.example.org/>; rel="hub", <{own}>; rel="self"'
        answer = client.get(own)
        assert answer.headers["link"] == link
        assert client.get(own, if_none_match=answer.headers["etag"]).headers["link"] == link
    for path in (f"/feeds/trending/2026-03.{ending}", KEYWORDS, "/feeds/trending.rss?count=5"):
        assert "link" not in client.get(path).headers


def test_publishing_tells_the_hub_and_does_without_it(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    with Hub().at_work() as hub:
        told = build_app(replace(app.settings, hub=hub.url), app.clock)
        assert jobs.publish_feeds(told) == 6  # each of them names a hub now
        assert jobs.publish_feeds(told) == 0
    topics = {form["hub.topic"][0] for _, form in hub.asked}
    assert topics == {f"{HOME}/feeds/{name}.{each}" for name in PUBLIC for each in FORMATS}
    assert len(hub.asked) == 6
    gone = build_app(replace(app.settings, hub=f"{hub.url}&again=1"), app.clock)
    assert jobs.publish_feeds(gone) == 6
    assert "the hub 127.0.0.1 was not told of" in caplog.text
    assert b"again=1" in Client(build_web(gone), HOME).get("/feeds/daily.json").body


def test_the_list_of_feeds_has_every_public_one(client: Client) -> None:
    text = client.get("/feeds.opml").text
    for name in PUBLIC:
        for ending in FORMATS:
            assert f'xmlUrl="{HOME}/feeds/{name}.{ending}"' in text


def test_the_feed_of_a_page_is_announced_before_the_others(client: Client) -> None:
    for path in ("/feeds/daily", "/feeds/daily/2026-03", "/feeds/daily/2026-03-18"):
        text = client.get(path).text
        assert text.count('<link rel="alternate"') == 2 * len(FeedFormat)
        assert text.index("/feeds/daily.rss") < text.index("/feeds/trending.rss")


def test_every_page_announces_the_feeds(client: Client) -> None:
    for path in ("/", "/feeds", "/subscribe/sent", "/nothing"):
        assert client.get(path).text.count('<link rel="alternate"') == len(FeedFormat)


def test_anybody_may_follow_keywords(client: Client) -> None:
    answer = client.get(KEYWORDS)
    assert answer.status == 200
    parsed = feedparser.parse(answer.body)
    assert not parsed.bozo
    assert len(parsed.entries) >= 3
    assert all("raph" in f"{entry.title}{entry.summary}" for entry in parsed.entries)
    own = [link.href for link in parsed.feed.links if link.rel == "self"]
    assert own == [f"https://digest.example.org{KEYWORDS}"]
    ids = {entry.id for entry in feedparser.parse(client.get("/feeds/trending.atom").body).entries}
    assert {entry.id for entry in parsed.entries} <= ids


def test_a_keyword_feed_is_the_same_bytes_as_long_as_its_papers_are(
    app: App, client: Client, clock: HandClock
) -> None:
    first = client.get(KEYWORDS)
    clock.advance(days=3)
    other = Client(build_web(app), app.settings.public_url)
    assert other.get(KEYWORDS).body == first.body
    assert other.get(KEYWORDS, if_none_match=first.headers["etag"]).status == 304


def test_nothing_is_rendered_for_whoever_has_a_keyword_feed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = (KEYWORDS, f"{KEYWORDS}&count=3", KEYWORDS.replace("atom", "rss"))
    tags = {path: client.get(path).headers["etag"] for path in paths}
    assert len(set(tags.values())) == 3

    def fail(*_args: object, **_named: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("digest.web.keyword_feeds.render_feed", fail)
    for path, tag in tags.items():
        assert client.get(path, if_none_match=tag).status == 304
        assert client.get(path, if_none_match=f'{tag[:-1]}-gzip"').status == 304
        assert client.get(path, if_none_match='"another"').status == 500  # which renders it


def test_a_keyword_feed_changes_within_a_second_of_its_papers(app: App, clock: HandClock) -> None:
    web = build_web(app)
    now = [0.0]
    corpus = Corpus(app.database, app.archives, lambda: now[0])
    web.state.site = replace(web.state.site, corpus=corpus)
    client = Client(web, HOME)
    tag = client.get(KEYWORDS).headers["etag"]
    clock.advance(days=1)
    record = make_record("Graph neural networks", "Graph neural networks of zebra fish. " * 9)
    ingest(app.database, Page(make_dump("new.txt"), iter([record])), clock, anyway=True)
    now[0] += CORPUS_TRUSTED
    changed = client.get(KEYWORDS, if_none_match=tag)
    assert changed.status == 200
    assert "zebra fish" in changed.text
    assert client.get(KEYWORDS, if_none_match=changed.headers["etag"]).status == 304


def test_the_marks_of_keyword_feeds_do_not_pile_up(app: App) -> None:
    marks = KeywordMarks()
    mark = Mark('"abc"', app.clock())
    papers = RecentPapers(())
    for number in range(2 * MOST + 10):
        marks.keep(papers, (f"word{number}", 0, FeedFormat.RSS, ()), mark)
    kept = [
        marks.get(papers, (f"word{number}", 0, FeedFormat.RSS, ()))
        for number in range(2 * MOST + 10)
    ]
    assert kept.count(mark) == 10
    assert marks.get(RecentPapers(()), (f"word{2 * MOST + 9}", 0, FeedFormat.RSS, ())) is None


def test_feeds_of_different_keywords_have_different_ids(client: Client) -> None:
    ids = {
        feedparser.parse(client.get(f"/feeds/keywords.atom?q={words}").body).feed.id
        for words in ("diffusion", "retrieval")
    }
    assert len(ids) == 2


def test_keywords_that_find_nothing_make_an_empty_feed(client: Client) -> None:
    answer = client.get("/feeds/keywords.rss?q=zebra+fish")
    assert answer.status == 200
    assert feedparser.parse(answer.body).entries == []


@pytest.mark.parametrize("words", ["graph (neural", "", "-survey", "a" * 81])
def test_keywords_that_cannot_be_read_are_answered_with_the_place(
    client: Client, words: str
) -> None:
    answer = client.get(f"/feeds/keywords.rss?q={quote_plus(words)}")
    assert answer.status == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    if words.startswith("graph"):
        assert "\n  graph (neural\n        ^\n" in answer.text


def test_the_page_of_keywords_shows_what_the_feed_has(client: Client) -> None:
    page = client.get("/feeds/keywords?q=graph+neural+networks")
    assert page.status == 200
    assert f'value="https://digest.example.org{KEYWORDS}"' in page.text
    assert page.text.count('<link rel="alternate"') == 2 * len(FeedFormat)
    assert page.text.index("keywords.rss") < page.text.index("trending.rss")
    assert client.get("/feeds/keywords").status == 200
    broken = client.get("/feeds/keywords?q=graph+(neural")
    assert broken.status == 400
    assert "      ^</b>" in broken.text


def test_the_page_of_keywords_says_how_often_and_what_else_to_try(client: Client) -> None:
    page = client.get("/feeds/keywords?q=graph+neural+networks")
    assert "of the last 65 papers, about" in page.text
    page = client.get("/feeds/keywords?q=grpah+neural+networks+-survey")
    assert "Did you mean" in page.text
    assert 'href="/feeds/keywords?q=graph+neural+networks+-survey"' in page.text
    for hides in ("-survey", "-grpah"):
        assert client.get(f"/feeds/keywords?q={hides}").status == 400


def test_hostile_keywords_in_an_address_are_text(client: Client) -> None:
    hostile = quote_plus('"a&b<c" | ]]>')
    for path in ("/feeds/keywords", "/feeds/keywords.rss", "/feeds/keywords.atom"):
        answer = client.get(f"{path}?q={hostile}")
        assert answer.status in {200, 400}
        assert "b<c" not in answer.text or "text/plain" in answer.headers["content-type"]
        if answer.status == 200 and path != "/feeds/keywords":
            assert not feedparser.parse(answer.body).bozo


def test_what_was_asked_does_not_pile_up(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.web.corpus.MAX_ASKED", 100)
    corpus = build_web(app).state.site.corpus
    for number in range(110):
        corpus.matching(f"word{number}", 10)
    assert len(corpus._asked) < 100  # noqa: SLF001  what is bounded
