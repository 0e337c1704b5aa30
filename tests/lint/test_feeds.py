"""Feeds against schemas of our own, and against parsers and readers that people use."""

import sqlite3
import subprocess
from pathlib import Path

import feedparser
import pytest
from reader import make_reader

from digest.web import build_web
from tests.lint.feeds import Document, documents, problems
from tests.lint.site import Asked, Site
from tests.lint.tools import program
from tests.web.client import Client

pytestmark = [pytest.mark.lint, pytest.mark.slow]

ENDINGS = ("rss", "atom")


@pytest.fixture(scope="module")
def found(site: Site) -> list[Document]:
    return documents(site.pages, Client(build_web(site.app), site.home))


def test_pages_lead_to_feeds_in_every_format(found: list[Document]) -> None:
    assert {each.kind for each in found} >= set(ENDINGS)


def test_feeds_are_as_their_schemas_say(found: list[Document]) -> None:
    assert [problem for each in found for problem in problems(each)] == []


def test_feeds_are_parsed_without_a_complaint(found: list[Document]) -> None:
    for each in found:
        if each.kind != "json":
            parsed = feedparser.parse(each.body)
            assert (each.address, parsed.bozo) == (each.address, 0)


@pytest.mark.parametrize(
    ("of", "to"),
    [
        (b"<updated>2026-", b"<updated>26-"),
        (b'rel="self"', b'rel="own"'),
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
    ],
)
def test_the_schemas_find_what_is_wrong(found: list[Document], of: bytes, to: bytes) -> None:
    with_it = [each for each in found if of in each.body]
    if not with_it and of.startswith(b'"'):
        pytest.skip("there is no JSON Feed yet")
    if not with_it and of == b"<dc:creator>":
        pytest.skip("no paper of the corpus has authors")
    assert with_it
    for each in with_it[:3]:
        wrong = Document(each.address, each.kind, each.body.replace(of, to, 1))
        assert problems(wrong)


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_library_reader_takes_everything_once(site: Site, ending: str) -> None:
    path = f"/feeds/trending.{ending}"
    with make_reader(":memory:") as reader:
        reader.add_feed(site.home + path)
        before = len(site.asked)
        reader.update_feeds()
        entries = {each.link: each.title for each in reader.get_entries()}
        reader.update_feeds()
    assert statuses(site.asked[before:], path) == [200, 304]
    assert entries == expected(site)


@pytest.mark.parametrize("ending", ENDINGS)
def test_newsboat_takes_everything_once(site: Site, tmp_path: Path, ending: str) -> None:
    path = f"/feeds/trending.{ending}"
    (tmp_path / "urls").write_text(f"{site.home}{path}\n")
    (tmp_path / "config").touch()
    command = [program("newsboat"), "-q", "-u", "urls", "-c", "cache.db", "-C", "config"]
    before = len(site.asked)
    for _ in range(2):
        subprocess.run(
            [*command, "-x", "reload"], cwd=tmp_path, check=True, capture_output=True, timeout=60
        )
    assert statuses(site.asked[before:], path) == [200, 304]
    with sqlite3.connect(tmp_path / "cache.db") as cache:
        entries = dict(cache.execute("SELECT url, title FROM rss_item").fetchall())
    cache.close()
    assert entries == expected(site)


def statuses(asked: list[Asked], path: str) -> list[int]:
    return [each.status for each in asked if each.path == path]


def expected(site: Site) -> dict[str, str]:
    return {site.app.links.paper(each): each.title for each in site.papers}
