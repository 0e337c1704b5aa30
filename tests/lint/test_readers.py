"""Readers that people use poll the site over its socket: all is taken once, and then it is 304."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from reader import make_reader

from digest.model.feeds import FeedFormat
from digest.model.private_feeds import FeedShape
from tests.lint.feeds import Document, documents
from tests.lint.site import Site
from tests.lint.tools import program

pytestmark = [pytest.mark.lint, pytest.mark.slow]

_BROKEN = b"<rss><channel>no feed at all"
# Newsboat writes down the tag of a feed it does not know yet into a row it has not made yet.
_POLLS_OF_NEWSBOAT = ([200, 200, 304], [200, 304, 304])


@pytest.fixture(scope="module")
def subscribed(site: Site) -> list[Document]:
    """What people subscribe to: one of every kind of feed that has something in it."""
    filled = [each for each in documents(site) if each.items()]
    digests = [each for each in filled if f"/{FeedShape.DIGESTS}." in each.address]
    papers = [each for each in filled if "/f/" in each.address and each not in digests]
    trending = [each for each in filled if "/feeds/trending." in each.address]
    keywords = [each for each in filled if each.address.endswith("?q=fog")]
    kinds = (digests, papers, trending, keywords)
    return [next(a for a in kind if a.format is each) for kind in kinds for each in FeedFormat]


def test_the_library_reader_takes_everything_once(site: Site, subscribed: list[Document]) -> None:
    before = len(site.asked)
    with make_reader(":memory:") as reader:
        for each in subscribed:
            reader.add_feed(each.address)
        reader.update_feeds()
        taken = {each.address: read_by(reader, each) for each in subscribed}
        # Now, and not when the feed says that there may be more.
        changes = [reader.update_feed(each.address) for each in subscribed]
        again = {each.address: read_by(reader, each) for each in subscribed}
    assert taken == {each.address: ids(each) for each in subscribed}
    assert again == taken
    assert changes == [None] * len(subscribed)
    assert statuses(site, before, subscribed) == {each: [200, 304] for each in taken}


def test_newsboat_takes_everything_once(
    site: Site, subscribed: list[Document], tmp_path: Path
) -> None:
    known = [each for each in subscribed if each.format is not FeedFormat.JSON]
    before = len(site.asked)
    for number, each in enumerate(known):
        folder = tmp_path / str(number)  # in one, a paper would be in one of its feeds only
        folder.mkdir()
        for _ in range(3):
            assert polled_by_newsboat(folder, each.address) == {each.address: ids(each)}
    for told in statuses(site, before, known).values():
        assert told in _POLLS_OF_NEWSBOAT


def test_readers_show_a_site_that_forgets_and_a_feed_that_is_broken(
    subscribed: list[Document], tmp_path: Path
) -> None:
    good = next(each for each in subscribed if each.format is FeedFormat.ATOM)
    with forgetful(good.body, _BROKEN) as (address, asked), make_reader(":memory:") as reader:
        for name in ("good", "broken"):
            reader.add_feed(f"{address}/{name}")
        reader.update_feeds()
        for feed in list(reader.get_feeds()):
            if feed.last_exception is None:
                reader.update_feed(feed.url)
        assert [each.url for each in reader.get_feeds(broken=True)] == [f"{address}/broken"]
        assert asked.count("/good") == 2
        taken = polled_by_newsboat(tmp_path, f"{address}/good", f"{address}/broken")
        assert taken == {f"{address}/good": ids(good)}


def ids(document: Document) -> set[str]:
    return {each.id for each in document.items()}


def read_by(reader: object, document: Document) -> set[str]:
    return {each.id for each in reader.get_entries(feed=document.address)}  # type: ignore[attr-defined]


def polled_by_newsboat(folder: Path, *addresses: str) -> dict[str, set[str]]:
    """Return the ids newsboat has of each feed after another look at it."""
    (folder / "urls").write_text("".join(f"{each}\n" for each in addresses))
    (folder / "config").write_text("reload-threads 1\n")
    command = [program("newsboat"), "-q", "-u", "urls", "-c", "cache.db", "-C", "config"]
    subprocess.run(
        [*command, "-x", "reload"], cwd=folder, check=True, capture_output=True, timeout=60
    )
    found: dict[str, set[str]] = {}
    with closing(sqlite3.connect(folder / "cache.db")) as cache:
        for address, guid in cache.execute("SELECT feedurl, guid FROM rss_item"):
            found.setdefault(address, set()).add(guid)
    return found


def statuses(site: Site, since: int, of: list[Document]) -> dict[str, list[int]]:
    """Return how each document was answered, by its address."""
    asked = site.asked[since:]
    return {
        each.address: [one.status for one in asked if one.address == each.address] for each in of
    }


@contextmanager
def forgetful(good: bytes, broken: bytes) -> Iterator[tuple[str, list[str]]]:
    """Serve two feeds without a tag or a date; give the address, and what is asked there."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = broken if self.path == "/broken" else good
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, name="forgetful")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()
