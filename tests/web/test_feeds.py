"""Feeds over HTTP, and the pages about them."""

import gzip
from urllib.parse import quote_plus

import feedparser
import pytest

from digest.app import App
from digest.model.feeds import FeedFormat
from digest.store.feeds import read_snapshot
from digest.web import build_web
from tests.conftest import HandClock
from tests.web.client import Client

FORMATS = {"rss": "application/rss+xml", "atom": "application/atom+xml"}
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
    assert answer.headers["cache-control"].startswith("public, max-age=900, ")
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
        parsed = feedparser.parse(answer.body)
        assert not parsed.bozo
        assert parsed.entries == []
        assert client.get(f"/feeds/trending.{ending}").body == answer.body


@pytest.mark.parametrize("path", ["/feeds/other", "/feeds/other.rss", "/feeds/trending.pdf"])
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


def test_what_was_asked_does_not_pile_up(app: App) -> None:
    web = build_web(app)
    corpus = web.state.site.corpus
    for number in range(1100):
        corpus.matching(f"word{number}", 10)
    assert len(corpus._asked) < 1000  # noqa: SLF001  what is bounded
