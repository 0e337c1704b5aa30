"""What the busiest routes cost, asked of uvicorn: ./run.sh bench pages.

Requests a second by the processor time of the server, against a bare Starlette route that returns a
page of ours as it is, in the same run. A site over the example dumps, warm, on SQLite.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.feeds_load import seconds_a_request
from benchmarks.feeds_rendering import a_reader, a_site, asked, body_of
from digest.store.papers import newest_papers
from digest.store.subscribers import all_subscribers
from digest.web import build_web
from tests.conftest import START, HandClock

ROUNDS = 7
REQUESTS = 150
HOST = {"host": "digest.example.org"}


def main() -> None:
    """Print what a request for each route costs."""
    with tempfile.TemporaryDirectory() as folder:
        clock = HandClock(START)
        app = a_site(Path(folder), clock)
        token = a_reader(app, clock)
        web = build_web(app)
        with app.database.reading() as connection:
            paper = newest_papers(connection, 1)[0].paper
            reader = all_subscribers(connection)[0]
        trending, private = "/feeds/trending.atom", f"/f/{token}.atom"
        cases = {
            "trending feed, 304": (trending, {**HOST, "if-none-match": tag_of(web, trending)}),
            "private feed, 304": (private, {**HOST, "if-none-match": tag_of(web, private)}),
            "home": ("/", HOST),
            "paper": (f"/papers/{paper.key}", HOST),
            "preview of two keywords": ("/preview?keywords=graph+neural+networks%0ARAG", HOST),
            "papers of a day": ("/papers", HOST),
            "preferences": (app.links.preferences(reader).partition(HOST["host"])[2], HOST),
        }
        [base] = seconds_a_request(bare_route(web), [("/page", HOST)], ROUNDS, REQUESTS)
        found = seconds_a_request(web, list(cases.values()), ROUNDS, REQUESTS)
        print(f"served by uvicorn: medians of {ROUNDS} rounds\n")
        print(
            f"  {'a bare Starlette route, 200':28} {base * 1e6:8.0f} us  {1 / base:7.0f} a second"
        )
        for name, value in zip(cases, found, strict=True):
            rate = f"{1 / value:7.0f} a second {base / value:6.2f} x"
            print(f"  {name:28} {value * 1e6:8.0f} us  {rate}")
        together = statistics.mean(found)
        print(f"  {'one of each':28} {together * 1e6:8.0f} us  {1 / together:7.0f} a second")
        app.database.dispose()


def tag_of(web: Starlette, path: str) -> str:
    """Return the entity tag of an address."""
    return asyncio.run(asked(web, path, HOST))[1]


def bare_route(web: Starlette) -> Starlette:
    """Return the least that serves the bytes of the first page: one asynchronous route."""
    _, body = asyncio.run(body_of(web, "/"))

    async def serve(_request: Request) -> Response:
        return Response(body, media_type="text/html; charset=utf-8")

    return Starlette(routes=[Route("/page", serve)])


if __name__ == "__main__":
    main()
