"""Whatever people wrote arrives as text in every format: fuzzed, from the model to the reader."""

import json
import re
from html import unescape

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lxml import etree

from digest.model.feeds import FeedFormat
from digest.rendering.feeds import render_feed
from digest.text import clean_line
from tests.rendering import samples
from tests.rendering.feed_lint import ATOM, CONTENT, problems
from tests.rendering.feed_reading import read

FORMATS = pytest.mark.parametrize("feed_format", list(FeedFormat))
SIGNS = (
    "<", ">", "&", "]]>", "<![CDATA[", "&lt;", "&#60;", "&amp;amp;", "<b>", "</title>", "<!--", "-->",
    "$x<y$", r"$\alpha$", r"\frac{1}{2}", "\u03b1\u2264\u03b2\u00b2", "x\u0302", "\\", '"', "'",
    "\u2028", "\x00", "\ud800", "\u202e", "\ufffe", "\n\n", "http://a.b/?c=1&d",
)  # fmt: skip
# What means something to one of the formats, to HTML or to TeX, between anything at all.
TEXT = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(SIGNS),
    ),
    max_size=8,
).map("".join)
NAMES = st.lists(TEXT, max_size=3).map(tuple)
_TAG = re.compile(r"<[^>]*>")
_LIKE_HTML = re.compile(r"</\w+>|&#?\w+;")


def written(feed_format: FeedFormat, **changes: object) -> bytes:
    return render_feed(
        samples.feed([samples.paper(1, links=(), ids=(), **changes)]),
        feed_format,
        links=samples.links(),
        authority=samples.AUTHORITY,
        since_year=2026,
    )


def words(*texts: str) -> list[str]:
    return " ".join(clean_line(text) for text in texts).split()


def said(html: str) -> str:
    """Return the text of the abstract in an item's HTML, without the links behind it."""
    return " ".join(unescape(_TAG.sub(" ", html.partition("<ul>")[0])).split())


@FORMATS
@settings(max_examples=40, deadline=None)
@given(title=TEXT, abstract=TEXT, authors=NAMES, categories=NAMES)
def test_no_text_is_lost_between_the_model_and_a_reader(
    feed_format: FeedFormat,
    title: str,
    abstract: str,
    authors: tuple[str, ...],
    categories: tuple[str, ...],
) -> None:
    body = written(
        feed_format, title=title, abstract=abstract, authors=authors, categories=categories
    )
    address = samples.links().feed("trending", feed_format)
    assert problems(body, feed_format, address) == []
    found = item_of(body, feed_format)
    assert found.title == (clean_line(title) or "Untitled")
    paragraphs = [clean_line(each) for each in re.split(r"\n\s*\n", abstract)]
    assert said(found.html).split() == words(*paragraphs)
    assert found.summary.split() == (words(*paragraphs) or [*found.title.split()])
    assert found.authors == [name for name in map(clean_line, authors) if name]
    assert found.categories == list(dict.fromkeys(filter(None, map(clean_line, categories))))


@FORMATS
@settings(max_examples=30, deadline=None)
@given(title=TEXT)
def test_readers_that_people_use_show_every_title_as_it_is(
    feed_format: FeedFormat, title: str
) -> None:
    # RSS does not say whether a title is HTML, and feedparser guesses so from one of these.
    assume(feed_format is not FeedFormat.RSS or not _LIKE_HTML.search(title))
    [item] = read(written(feed_format, title=title), feed_format)
    assert item.title == (clean_line(title) or "Untitled")


class Item:
    """An item as its format says, read by a parser that interprets nothing."""

    def __init__(self, title: str, html: str, summary: str) -> None:
        self.title = title
        self.html = html
        self.summary = summary
        self.authors: list[str] = []
        self.categories: list[str] = []


def item_of(body: bytes, feed_format: FeedFormat) -> Item:
    if feed_format is FeedFormat.JSON:
        [given_] = json.loads(body)["items"]
        item = Item(given_["title"], given_["content_html"], given_["summary"])
        item.authors = [each["name"] for each in given_.get("authors", ())]
        item.categories = given_.get("tags", [])
        return item
    root = etree.fromstring(body)
    if feed_format is FeedFormat.RSS:
        [of] = root.findall("channel/item")
        item = Item(
            of.findtext("title"), of.findtext(CONTENT), unescape(of.findtext("description"))
        )
        item.authors = [
            each.text for each in of.findall("{http://purl.org/dc/elements/1.1/}creator")
        ]
        item.categories = [each.text for each in of.findall("category")]
        return item
    [of] = root.findall(f"{ATOM}entry")
    item = Item(*(of.findtext(f"{ATOM}{each}") for each in ("title", "content", "summary")))
    item.authors = [each.findtext(f"{ATOM}name") for each in of.findall(f"{ATOM}author")]
    item.categories = [each.get("term") for each in of.findall(f"{ATOM}category")]
    return item
