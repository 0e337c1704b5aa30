import gzip
import locale
import re
import time
from dataclasses import replace
from datetime import timedelta, timezone

import feedparser
import pytest
from lxml import etree

from digest.model.feeds import DayItem, Feed, FeedFormat, FeedItem, Pages
from digest.model.papers import Paper
from digest.rendering.feed_items import MOST_TITLES, item_text
from digest.rendering.feed_xml_items import xml_item
from digest.rendering.feeds import MEDIA_TYPES, feed_head, forget_written, render_feed, snapshot
from digest.text import clean_line
from tests.rendering import samples
from tests.rendering.feed_lint import problems
from tests.rendering.feed_reading import read
from tests.rendering.feedgen_items import xml_items

FORMATS = pytest.mark.parametrize("feed_format", list(FeedFormat))
FEEDS = pytest.mark.parametrize(
    "feed",
    [samples.feed(), samples.hostile_feed(), samples.feed([])],
    ids=["realistic", "hostile", "empty"],
)


HOSTILE = (
    "controls \x00\x01\x0b\x0c\x1f\x7f\x85\ufffe\uffff and \ud800 surrogates",
    "\u202egnp.exe\u202c and \u2066isolates\u2069, \u200emarks\u200f",
    "an end ]]> of CDATA <![CDATA[ and a start",
    "</title></item></channel></rss><item><title>another</title></item>",
    "</title></entry></feed><entry><id>another</id></entry>",
    '"items":[],"\\"items\\":[\\u0022',
    "x" * 400,
    "many words " * 40,
    r"$x<y$ and $a>b$ \& \frac{1}{2}^{\alpha}",
    "\u05e2\u05d1\u05e8\u05d9\u05ea (English) \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308 emoji",
    "line\nbreak\r\nand\u2028separators\u2029and\ttabs",
    "encoded &#10; &#x0a; %0A =?utf-8?q?=0A?= newlines",
    "&amp; &lt;b&gt; &amp;lt; &nosuch; &#0;",
    "<script>alert(1)</script><b>bold</b><!-- a comment -->",
    "",
    " \x00 \u202e ",
)
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")


def papers_of(feed: Feed) -> list[Paper]:
    return [item.paper for item in feed.items if isinstance(item, FeedItem)]


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
def test_a_reader_gets_every_title_back_as_text(feed: Feed, feed_format: FeedFormat) -> None:
    titles = [clean_line(paper.title) for paper in papers_of(feed)]
    assert [each.title for each in read(rendered(feed, feed_format), feed_format)] == titles


@FORMATS
def test_entries_keep_the_order_of_the_feed(feed_format: FeedFormat) -> None:
    found = read(rendered(samples.feed(), feed_format), feed_format)
    keys = [paper.key for paper in papers_of(samples.feed())]
    assert [each.link.rpartition("/")[2] for each in found] == keys


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
    body = rendered(samples.feed([samples.paper(3)], name="other"), feed_format)
    assert read(body, feed_format)[0].id == "tag:digest.example.org,2026:paper/p00003"


def test_an_rss_id_is_not_taken_for_an_address() -> None:
    parsed = feedparser.parse(rendered(samples.feed(), FeedFormat.RSS))
    assert not any(entry.guidislink for entry in parsed.entries)


@FORMATS
def test_every_author_and_every_link_is_there(feed_format: FeedFormat) -> None:
    body = rendered(samples.feed([samples.paper(3)]), feed_format)
    item = read(body, feed_format)[0]
    assert item.authors == ("Ada Lovelace", "Am\u00e9lie M\u00fcller & Sons")
    assert 'href="https://arxiv.org/abs/2603.01234"' in item.html
    assert ">Demo on huggingface.co</a>" in item.html


@FORMATS
def test_categories_are_there_each_once_and_cleaned(feed_format: FeedFormat) -> None:
    paper = samples.paper(1, categories=("cs.CL", "cs.CL", "a<b&\u202ec", "\x0b"))
    item = read(rendered(samples.feed([paper]), feed_format), feed_format)[0]
    assert item.categories == ("cs.CL", "a<b&c")


@FORMATS
@pytest.mark.parametrize("title", HOSTILE)
def test_whatever_a_title_holds_the_feed_keeps_every_rule(
    title: str, feed_format: FeedFormat
) -> None:
    paper = samples.paper(
        1, title=title, abstract=f"{title}\n\n{title}", authors=(title,), categories=(title,)
    )
    feed = samples.feed([paper])
    body = rendered(feed, feed_format)
    assert problems(body, feed_format, samples.links().feed(feed.name, feed_format)) == []
    item = read(body, feed_format)[0]
    assert item.title == (clean_line(title) or "Untitled")
    assert not BIDI.search(body.decode())


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


@FORMATS
def test_what_is_remembered_is_what_would_be_written(feed_format: FeedFormat) -> None:
    forget_written()
    first = rendered(samples.hostile_feed(), feed_format)
    assert rendered(samples.hostile_feed(), feed_format) == first
    # Half of it is remembered, and in another order.
    others = samples.feed([*reversed(samples.hostile_papers()), samples.paper(77)])
    mixed = rendered(others, feed_format)
    forget_written()
    assert rendered(others, feed_format) == mixed
    edited = samples.feed([replace(samples.hostile_papers()[0], title="Edited")])
    assert [each.title for each in read(rendered(edited, feed_format), feed_format)] == ["Edited"]


@FORMATS
def test_a_day_is_one_item_whose_titles_lead_to_the_papers(feed_format: FeedFormat) -> None:
    body = rendered(day_feed(samples.hostile_papers()), feed_format)
    address = samples.links().feed("daily", feed_format)
    assert problems(body, feed_format, address) == []
    [item] = read(body, feed_format)
    assert item.id == "tag:digest.example.org,2026:day/2026-03-17"
    assert item.link == "https://digest.example.org/feeds/daily/2026-03-17"
    assert item.title == "New papers of 17 March 2026"
    assert item.html.count("<li>") == len(samples.hostile_papers())
    assert 'href="https://digest.example.org/papers/p00001"' in item.html


@FORMATS
def test_a_day_of_very_many_papers_leads_to_the_page_that_has_them_all(
    feed_format: FeedFormat,
) -> None:
    many = tuple(samples.paper(number) for number in range(1, MOST_TITLES + 3))
    [item] = read(rendered(day_feed(many), feed_format), feed_format)
    assert item.html.count("<li>") == MOST_TITLES
    assert ">and 2 more</a>" in item.html


@FORMATS
def test_the_document_of_a_month_is_an_archive_once_the_month_is_over(
    feed_format: FeedFormat,
) -> None:
    pages = Pages(month="2026-02", is_complete=True, older="2026-01", archive="2026-01")
    feed = replace(samples.feed(), pages=pages)
    body = rendered(feed, feed_format)
    ending = feed_format.value
    address = f"https://digest.example.org/feeds/trending/2026-02.{ending}"
    assert problems(body, feed_format, address) == []
    assert f"https://digest.example.org/feeds/trending/2026-01.{ending}".encode() in body
    mark = b'"is_complete":true' if feed_format is FeedFormat.JSON else b"<fh:archive/>"
    assert mark in body
    assert mark not in rendered(samples.feed(), feed_format)
    assert snapshot(feed, feed_format, body).name == "trending/2026-02"


@FORMATS
def test_readers_are_led_to_the_month_that_goes_on_and_to_the_newest_archive(
    feed_format: FeedFormat,
) -> None:
    pages = Pages(older="2026-03", archive="2026-02")
    feed = replace(samples.feed(), pages=pages)
    body = rendered(feed, feed_format)
    assert problems(body, feed_format, samples.links().feed("trending", feed_format)) == []
    assert b"/feeds/trending/2026-03." in body
    if feed_format is not FeedFormat.JSON:
        assert b'rel="prev-archive" href="https://digest.example.org/feeds/trending/2026-02' in body


@FORMATS
def test_a_hub_is_named_only_where_there_is_one(feed_format: FeedFormat) -> None:
    hub = "https://hub.example.org/?a=1&b=2"
    body = render_feed(
        samples.feed(),
        feed_format,
        links=samples.links(),
        authority=samples.AUTHORITY,
        since_year=2026,
        hub=hub,
    )
    assert problems(body, feed_format, samples.links().feed("trending", feed_format)) == []
    assert b"hub.example.org" in body
    assert all(word not in rendered(samples.feed(), feed_format) for word in (b'"hub', b"WebSub"))


@FORMATS
def test_the_head_of_a_feed_changes_with_what_is_in_it(feed_format: FeedFormat) -> None:
    feed = samples.feed()
    head = feed_head(
        replace(feed, items=()),
        feed_format,
        links=samples.links(),
        authority=samples.AUTHORITY,
        since_year=2026,
    )
    assert rendered(feed, feed_format).startswith(head)
    edited = replace(feed, updated_at=feed.updated_at + timedelta(seconds=1))
    assert not rendered(edited, feed_format).startswith(head)


@FORMATS
def test_an_item_of_another_kind_has_its_own_ids_and_content(feed_format: FeedFormat) -> None:
    item = samples.feed([samples.paper(1)]).items[0]
    assert isinstance(item, FeedItem)
    around = replace(item, lead="<p>Why.</p>", tail="<p>More.</p>")
    feed = replace(samples.feed(), items=(around, replace(around, kind="digest")))
    first, second = read(rendered(feed, feed_format), feed_format)
    assert first.html.startswith("<p>Why.</p><p>")
    assert first.html.endswith("</ul><p>More.</p>")
    assert second.html == "<p>Why.</p><p>More.</p>"
    assert second.id == first.id.replace("paper/", "digest/")


@pytest.mark.parametrize("feed_format", [FeedFormat.RSS, FeedFormat.ATOM])
def test_items_are_what_feedgen_writes_once_its_faults_are_mended(feed_format: FeedFormat) -> None:
    papers = [
        *papers_of(samples.feed()),
        *samples.hostile_papers(),
        *(
            samples.paper(
                n, title=text, abstract=f"{text}\n\n{text}", authors=(text,), categories=(text,)
            )
            for n, text in enumerate(HOSTILE, start=100)
        ),
        samples.paper(200, authors=(), categories=("cs.LG", "cs.LG"), links=()),
    ]
    feed = samples.feed(papers)
    items = (
        *feed.items,
        DayItem(samples.MORNING.date(), tuple(papers), feed.updated_at, feed.updated_at),
    )
    texts = [item_text(each, "daily", samples.links(), "tag:x,2026:") for each in items]
    assert [xml_item(feed_format, each) for each in texts] == xml_items(texts, feed_format)


def day_feed(papers: tuple[Paper, ...]) -> Feed:
    item = DayItem(samples.MORNING.date(), papers, samples.MORNING, samples.MORNING)
    return replace(samples.feed([], name="daily"), items=(item,))
