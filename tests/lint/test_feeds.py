"""Feeds in every format, against rules and schemas of our own and a parser that people use."""

import json

import feedparser
import pytest

from digest.model.feeds import FeedFormat
from tests.lint.feeds import Document, differences, documents, problems, schema_problems
from tests.lint.site import Site

pytestmark = [pytest.mark.lint, pytest.mark.slow]

# Everything our rules, and the schemas, are asked about at least once.
KINDS = (
    "/feeds/trending.",
    "/feeds/trending/2026-02.",
    "/feeds/trending/2026-03.",
    "/feeds/daily.",
    "/feeds/daily/2026-02.",
    "/feeds/daily/2026-03.",
    "/feeds/keywords.",
    "/f/",
    "/digests.",
)


@pytest.fixture(scope="module")
def found(site: Site) -> list[Document]:
    return documents(site)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_feed_is_looked_at_in_every_format(found: list[Document], kind: str) -> None:
    mine = [each for each in found if kind in each.address]
    assert {each.format for each in mine} == set(FeedFormat)
    assert any(each.items() for each in mine)


def test_feeds_keep_our_rules(found: list[Document]) -> None:
    assert [problem for each in found for problem in problems(each)] == []


def test_feeds_are_as_their_schemas_say(found: list[Document]) -> None:
    assert [problem for each in found for problem in schema_problems(each)] == []


def test_feedparser_has_no_complaint(found: list[Document]) -> None:
    xml = [each for each in found if each.format is not FeedFormat.JSON]
    complaints = {each.address: feedparser.parse(each.body).bozo for each in xml}
    assert {address for address, bozo in complaints.items() if bozo} == set()


def test_feeds_say_the_same_in_every_format(found: list[Document]) -> None:
    assert differences(found) == []


@pytest.mark.parametrize(
    ("of", "to"),
    [
        (b"<updated>2026-", b"<updated>26-"),
        (b'type="application/atom+xml"', b'type="text/xml"'),
        (b'href="http', b'href="javascript:http'),
        (b"<title>", b"<title/><title>"),
        (b"<id>tag:", b"<id>"),
        (b'type="html"', b'type="CDATA"'),
        (b"</entry>", b"<comment/></entry>"),
        (b"<pubDate>", b"<pubDate>Someday, "),
        (b' isPermaLink="false"', b""),
        (b"<dc:creator>", b"<author>a@example.org</author><dc:creator>"),
        (b"+0000</lastBuildDate>", b"GMT</lastBuildDate>"),
        (b"<language>en</language>", b""),
        (b"&lt;p&gt;", b"bare text &lt;p&gt;"),
        (b'"date_published":"', b'"date_published":"on '),
        (b'"url":"http', b'"url":"javascript:http'),
        (b'"id":"', b'"identity":"'),
        (b'"items":[', b'"papers":['),
    ],
)
def test_schemas_find_a_defect(found: list[Document], of: bytes, to: bytes) -> None:
    with_it = [each for each in found if of in each.body]
    assert with_it
    assert all(schema_problems(each.with_(of, to)) for each in with_it[:3])


@pytest.mark.parametrize(
    ("format_", "of", "to", "rule"),
    [
        ("atom", b"<updated>2026-", b"<updated>26-", "[InvalidRFC3339Date]"),
        ("rss", b"+0000</pubDate>", b"GMT</pubDate>", "[InvalidRFC2822Date]"),
        ("rss", b"/feeds/trending.rss", b"/feeds/other.rss", "[MissingAtomSelfLink"),
        ("atom", b'rel="prev-archive" href="', b'rel="prev-archive" href="ftp:', "[ContainsRelRef"),
        ("atom", b"&lt;/p&gt;", b"", "[NotHtml]"),
        ("rss", b"&lt;p&gt;", b"&lt;p onclick=1&gt;", "[SecurityRiskAttr]"),
        ("json", b"<p>", b"<p><script>1</script>", "[SecurityRisk]"),
    ],
)
def test_our_rules_find_a_defect(
    found: list[Document], format_: str, of: bytes, to: bytes, rule: str
) -> None:
    [told, *_] = problems(trending(found, format_).with_(of, to))
    assert rule in told


@pytest.mark.parametrize("format_", list(FeedFormat))
def test_our_rules_find_two_items_of_one_id(found: list[Document], format_: FeedFormat) -> None:
    document = trending(found, format_)
    first, second, *_ = (each.id.encode() for each in document.items())
    [told, *_] = problems(document.with_(second, first))
    assert "[Duplicate" in told


def test_feedparser_finds_an_element_that_is_not_closed(found: list[Document]) -> None:
    for format_, end in (("rss", b"</item>"), ("atom", b"</entry>")):
        assert feedparser.parse(trending(found, format_).with_(end, b"").body).bozo


def test_feeds_that_differ_are_found(found: list[Document]) -> None:
    mine = [trending(found, each) for each in FeedFormat]
    assert differences(mine) == []
    assert "is not there as json" in differences(mine[:2])[0]
    title = json.loads(mine[2].body)["items"][0]["title"].encode()
    changed = [*mine[:2], mine[2].with_(title[:9], b"something")]
    assert "differs in its formats" in differences(changed)[0]


def trending(found: list[Document], format_: str) -> Document:
    return next(each for each in found if each.address.endswith(f"/feeds/trending.{format_}"))
