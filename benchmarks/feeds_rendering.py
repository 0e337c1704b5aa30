"""What feeds cost, written and served: ./run.sh bench feeds_rendering.

Written: 50 and 500 papers in each format against plain feedgen 1.0 with the same papers and fields,
faults and all; JSON, which feedgen has none of, against `json.dumps` of the same items. "New" writes every item; "one new" is what publishing a day later does, when all but
one are remembered.

Served: requests a second through uvicorn on the loopback, against a bare Starlette route that returns
the same bytes, by the processor time of the server, so that neighbours on the machine count little;
then without the server, called in this process as a server calls it.
"""

import asyncio
import gzip
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from feedgen.feed import FeedGenerator
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.feeds_load import seconds_a_request
from digest import jobs
from digest.app import App, build_app
from digest.config import Settings
from digest.model.feeds import Feed, FeedFormat, FeedItem
from digest.pipeline.ingest import ingest
from digest.pipeline.subscribe import enrol
from digest.rendering.feeds import forget_written, render_feed
from digest.sources.dumps.text import read_dump
from digest.tokens import Purpose
from digest.web import build_web
from tests.conftest import REPOSITORY, START, HandClock
from tests.factories import make_wishes
from tests.rendering import samples

ROUNDS = 15
REQUESTS = 200
SERVER_ROUNDS = 5
LINKS = samples.links()

Asgi = Callable[[Any, Any, Any], Awaitable[None]]
Headers = dict[str, str]


def main() -> None:
    """Print medians, and ratios to what anybody would do without us."""
    written()
    served()


def written() -> None:
    """Compare what writing a feed costs."""
    print(f"written: milliseconds of processor time, medians of {ROUNDS} rounds\n")
    print(f"  {'':16} {'plain':>8} {'new':>8} {'':>7} {'one new':>8} {'':>7}")
    for count in (50, 500):
        feed = a_feed(count)
        for format_ in FeedFormat:
            plain, new, later = [], [], []
            for number in range(max(3, ROUNDS * 50 // count)):
                plain.append(spent(lambda: plainly(feed, format_)))  # noqa: B023  called at once
                forget_written()
                new.append(spent(lambda: ours(feed, format_)))  # noqa: B023
                following = a_day_later(feed, count + 1 + number)
                later.append(spent(lambda: ours(following, format_)))  # noqa: B023
            base, *others = (statistics.median(each) for each in (plain, new, later))
            shown = "  ".join(f"{each:7.2f} {base / each:6.1f}x" for each in others)
            print(f"  {count:4} {format_:10} {base:9.2f} {shown}")
    for count in (50, 500):
        feed = a_feed(count)
        plain, new = [], []
        for _ in range(5):
            rss = spent(lambda: plainly(feed, FeedFormat.RSS))  # noqa: B023  called at once
            atom = spent(lambda: plainly(feed, FeedFormat.ATOM))  # noqa: B023
            plain.append(rss + 2 * atom)
            forget_written()
            new.append(sum(spent(lambda: ours(feed, each)) for each in FeedFormat))  # noqa: B023
        base, value = statistics.median(plain), statistics.median(new)
        # As publishing writes them; feedgen writes no JSON, so its Atom is counted twice.
        print(f"  {count:4} all three  {base:9.2f} {value:7.2f} {base / value:6.1f}x")
    print()


def ours(feed: Feed, format_: FeedFormat) -> bytes:
    """Write a feed as it is published."""
    return render_feed(feed, format_, links=LINKS, authority=samples.AUTHORITY, since_year=2026)


def plainly(feed: Feed, format_: FeedFormat) -> bytes:
    """Write a feed as the documentation of feedgen shows it, or as json.dumps does."""
    if format_ is FeedFormat.JSON:
        return plain_json(feed)
    generator = FeedGenerator()
    generator.load_extension("dc", atom=False, rss=True)
    generator.id("tag:digest.example.org,2026:feed/trending")
    generator.title(feed.title)
    generator.author({"name": samples.AUTHORITY})
    generator.link(href=LINKS.feed(feed.name, format_), rel="self")
    generator.link(href=LINKS.feed_page(feed.name), rel="alternate")
    generator.description(feed.description)
    generator.language("en")
    generator.updated(feed.updated_at)
    for item in feed.items:
        if not isinstance(item, FeedItem):
            continue
        paper = item.paper
        entry = generator.add_entry(order="append")
        entry.id(f"tag:digest.example.org,2026:paper/{paper.key}")
        entry.title(paper.title)
        entry.link(href=LINKS.paper(paper))
        entry.summary(paper.abstract)
        entry.content(f"<p>{paper.abstract}</p>", type="html")
        entry.published(item.published_at)
        entry.updated(item.updated_at)
        entry.category([{"term": each} for each in paper.categories])
        if format_ is FeedFormat.RSS:
            entry.dc.dc_creator(list(paper.authors))
        else:
            entry.author([{"name": each} for each in paper.authors])
    is_rss = format_ is FeedFormat.RSS
    return bytes(generator.rss_str() if is_rss else generator.atom_str())


def plain_json(feed: Feed) -> bytes:
    """Write a JSON Feed by one call, nothing cleaned or escaped."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "items": [
                {
                    "id": f"tag:digest.example.org,2026:paper/{item.paper.key}",
                    "url": LINKS.paper(item.paper),
                    "title": item.paper.title,
                    "content_html": f"<p>{item.paper.abstract}</p>",
                    "summary": item.paper.abstract,
                    "date_published": item.published_at.isoformat(),
                    "date_modified": item.updated_at.isoformat(),
                    "authors": [{"name": each} for each in item.paper.authors],
                    "tags": list(item.paper.categories),
                }
                for item in feed.items
                if isinstance(item, FeedItem)
            ],
        }
    ).encode()


def a_feed(count: int) -> Feed:
    """Return a feed of that many papers, no two alike."""
    papers = (
        samples.paper(
            number, title=f"{number}: {samples.PAPERS[number % 8][0]}", categories=("cs.LG",)
        )
        for number in range(1, count + 1)
    )
    return samples.feed(papers)


def a_day_later(feed: Feed, number: int) -> Feed:
    """Return a feed with a new paper at its head, and without its oldest."""
    new = samples.feed([samples.paper(number, title=f"{number} is new")]).items
    later = feed.updated_at + timedelta(days=1)
    return replace(feed, items=(*new, *feed.items[:-1]), updated_at=later)


def served() -> None:
    """Compare what answering a request for a feed costs."""
    with tempfile.TemporaryDirectory() as folder:
        clock = HandClock(START)
        app = a_site(Path(folder), clock)
        token = a_reader(app, clock)
        ours_, bare = build_web(app), bare_route(app)
        host = {"host": "digest.example.org"}
        packed = {**host, "accept-encoding": "gzip"}
        cases: dict[str, tuple[str, Headers]] = {}
        for name, path in (
            ("trending", "/feeds/trending.atom"),
            ("archive", "/feeds/trending/2026-03.atom"),
            ("keywords", "/feeds/keywords.atom?q=graph+neural+networks"),
            ("private", f"/f/{token}.atom"),
        ):
            _, tag = asyncio.run(asked(ours_, path, packed))
            cases[f"{name}, 304"] = (path, {**packed, "if-none-match": tag})
            cases[f"{name}, 200, gzip"] = (path, packed)
        cases["trending, 200, plain"] = ("/feeds/trending.atom", host)
        over_sockets(bare, ours_, cases, packed)
        print(f"served: microseconds of processor time a request, medians of {ROUNDS} rounds\n")
        several: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            several.setdefault("", []).append(cost(bare, "/feed", packed))
            for name, (path, headers) in cases.items():
                several.setdefault(name, []).append(cost(ours_, path, headers))
        base = statistics.median(several[""])
        print(f"  {'a bare Starlette route, 200':28} {base:8.0f} us  {1e6 / base:7.0f} a second")
        for name in cases:
            value = statistics.median(several[name])
            print(f"  {name:28} {value:8.0f} us  {1e6 / value:7.0f} a second {base / value:6.2f} x")
        app.database.dispose()


def over_sockets(
    bare: Asgi, ours_: Asgi, cases: dict[str, tuple[str, Headers]], packed: Headers
) -> None:
    """Compare requests a second through a server."""
    print(f"served by uvicorn: medians of {SERVER_ROUNDS} rounds\n")
    [base] = seconds_a_request(bare, [("/feed", packed)], SERVER_ROUNDS, REQUESTS)
    found = seconds_a_request(ours_, list(cases.values()), SERVER_ROUNDS, REQUESTS)
    print(f"  {'a bare Starlette route, 200':28} {base * 1e6:8.0f} us  {1 / base:7.0f} a second")
    for name, value in zip(cases, found, strict=True):
        print(f"  {name:28} {value * 1e6:8.0f} us  {1 / value:7.0f} a second {base / value:6.2f} x")
    print()


def bare_route(app: App) -> Starlette:
    """Return the least that serves these bytes: one asynchronous route, no conditions."""
    _, body = asyncio.run(body_of(build_web(app), "/feeds/trending.atom"))
    body = gzip.compress(body)

    async def serve(_request: Request) -> Response:
        return Response(body, media_type="application/atom+xml")

    return Starlette(routes=[Route("/feed", serve)])


def a_site(folder: Path, clock: HandClock) -> App:
    """Return a site that has published the example dumps."""
    settings = Settings(
        data_dir=str(folder),
        base_url="https://digest.example.org",
        mail=f"maildir:{folder / 'mail'}",
        secret="a secret of forty characters, more or less",  # noqa: S106  not one
    )
    app = build_app(settings, clock)
    jobs.migrate(app)
    for path in sorted((REPOSITORY / "examples" / "dumps").glob("*.txt")):
        ingest(app.database, read_dump(path, today=START.date(), dated_on=START.date()), app.clock)
    jobs.publish_feeds(app)
    return app


def a_reader(app: App, clock: HandClock) -> str:
    """Return the token of a reader's feed that has a digest in it."""
    reader = enrol(app.registry, "ada@example.org", make_wishes("graph neural networks", "RAG"))
    build_web(app).state.site.own_feeds.open(reader)
    clock.advance(days=1, hours=2)
    jobs.compose(app)
    return app.tokens.sign(Purpose.FEED, reader.id, 1)


def cost(web: Asgi, path: str, headers: Headers) -> float:
    """Return microseconds of processor time of one of many requests, one after the other."""

    async def many() -> float:
        await asked(web, path, headers)
        start = time.process_time()
        for _ in range(REQUESTS):
            await asked(web, path, headers)
        return (time.process_time() - start) / REQUESTS * 1e6

    return asyncio.run(many())


async def asked(web: Asgi, path: str, headers: Headers) -> tuple[int, str]:
    """Return the status and the tag of an answer."""
    sent = await exchanged(web, path, headers)
    given = dict(sent[0]["headers"])
    return sent[0]["status"], given.get(b"etag", b"").decode()


async def body_of(web: Asgi, path: str) -> tuple[int, bytes]:
    """Return the status and the body of an answer."""
    sent = await exchanged(web, path, {"host": "digest.example.org"})
    return sent[0]["status"], sent[1]["body"]


async def exchanged(web: Asgi, path: str, headers: Headers) -> list[dict[str, Any]]:
    """Return what an application sends for a request."""
    sent: list[dict[str, Any]] = []
    location, _, query = path.partition("?")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": location,
        "raw_path": location.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await web(scope, receive, send)
    return sent


def spent(work: Callable[[], object]) -> float:
    """Return milliseconds of processor time."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1e3


if __name__ == "__main__":
    main()
