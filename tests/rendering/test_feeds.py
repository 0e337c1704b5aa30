import gzip
import locale
import time
from dataclasses import replace
from datetime import timedelta, timezone

import feedparser
import pytest
from lxml import etree

from digest.model.feeds import Feed, FeedFormat
from digest.rendering.feeds import MEDIA_TYPES, render_feed, snapshot
from digest.text import clean_line
from tests.rendering import samples
from tests.rendering.feed_lint import problems

FORMATS = pytest.mark.parametrize("feed_format", list(FeedFormat))
FEEDS = pytest.mark.parametrize(
    "feed",
    [samples.feed(), samples.hostile_feed(), samples.feed([])],
    ids=["realistic", "hostile", "empty"],
)


def rendered(feed: Feed, feed_format: FeedFormat) -> bytes:
    return render_feed(
        feed, feed_format, links=samples.links(), authority=samples.AUTHORITY, since_year=2026
    )


@FORMATS
@FEEDS
def test_a_feed_keeps_every_rule_at_the_address_it_is_served_at(
    feed: Feed, feed_format: FeedFormat
) -> None:
    address = samples.links().feed(feed.name, feed_format)
    assert problems(rendered(feed, feed_format), feed_format, address) == []


@FORMATS
@FEEDS
def test_feedparser_reads_every_title_back_as_text(feed: Feed, feed_format: FeedFormat) -> None:
    read = feedparser.parse(rendered(feed, feed_format))
    assert not read.bozo
    titles = [clean_line(item.paper.title) for item in feed.items]
    assert [entry.title for entry in read.entries] == titles


@FORMATS
def test_entries_keep_the_order_of_the_feed(feed_format: FeedFormat) -> None:
    read = feedparser.parse(rendered(samples.feed(), feed_format))
    keys = [item.paper.key for item in samples.feed().items]
    assert [entry.link.rpartition("/")[2] for entry in read.entries] == keys


@FORMATS
def test_the_same_feed_gives_the_same_bytes_at_any_time(
    feed_format: FeedFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rendered(samples.feed(), feed_format)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert rendered(samples.feed(), feed_format) == before
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


@FORMATS
def test_the_locale_of_the_process_is_left_alone(
    feed_format: FeedFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a feed set the locale")

    monkeypatch.setattr(locale, "setlocale", refuse)
    rendered(samples.feed(), feed_format)


@FORMATS
def test_dates_in_other_zones_are_written_in_utc(feed_format: FeedFormat) -> None:
    feed = samples.feed()
    zone = timezone(timedelta(hours=9))
    elsewhere = replace(
        feed,
        updated_at=feed.updated_at.astimezone(zone),
        items=tuple(
            replace(item, published_at=item.published_at.astimezone(zone)) for item in feed.items
        ),
    )
    assert rendered(elsewhere, feed_format) == rendered(feed, feed_format)


@FORMATS
def test_a_paper_has_the_same_id_in_every_feed_and_format(feed_format: FeedFormat) -> None:
    read = feedparser.parse(rendered(samples.feed([samples.paper(3)], name="other"), feed_format))
    assert read.entries[0].id == "tag:digest.example.org,2026:paper/p00003"


def test_an_rss_id_is_not_taken_for_an_address() -> None:
    read = feedparser.parse(rendered(samples.feed(), FeedFormat.RSS))
    assert not any(entry.guidislink for entry in read.entries)


@FORMATS
def test_every_author_and_every_link_is_there(feed_format: FeedFormat) -> None:
    body = rendered(samples.feed([samples.paper(3)]), feed_format)
    entry = feedparser.parse(body).entries[0]
    names = {"Ada Lovelace", "Am\u00e9lie M\u00fcller & Sons"}
    assert names <= {author.get("name") for author in entry.authors}
    content = entry.content[0].value
    assert 'href="https://arxiv.org/abs/2603.01234"' in content
    assert ">Demo on huggingface.co</a>" in content


def test_mathematics_in_an_rss_title_is_written_in_hex_references() -> None:
    body = rendered(samples.hostile_feed(), FeedFormat.RSS)
    assert b"<title>If $x&#x3C;y$ and $a&gt;b$ then" in body
    assert b"(n^2) &#x26; 5 %" in body


def test_an_rss_description_shows_mathematics_as_it_stands() -> None:
    item = etree.fromstring(rendered(samples.hostile_feed(), FeedFormat.RSS))[0].findall("item")[4]
    assert "$x&lt;y$ and" in item.findtext("description")


def test_atom_says_what_an_entry_links_to() -> None:
    body = rendered(samples.feed([samples.paper(1)]), FeedFormat.ATOM)
    assert (
        b'<link rel="alternate" type="text/html" href="https://digest.example.org/papers/p00001"/>'
        in body
    )


@FORMATS
def test_a_snapshot_holds_both_encodings_and_a_strong_tag(feed_format: FeedFormat) -> None:
    body = rendered(samples.feed(), feed_format)
    taken = snapshot(samples.feed(), feed_format, body)
    assert gzip.decompress(taken.body_gzip) == taken.body == body
    assert taken == snapshot(samples.feed(), feed_format, body)
    assert taken.etag.startswith('"')
    assert taken.etag != snapshot(samples.feed(), feed_format, body + b"\n").etag
    assert taken.updated_at == samples.feed().updated_at
    assert feed_format in MEDIA_TYPES[feed_format]
