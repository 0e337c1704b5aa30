"""How fast live sources are read, and in how much memory: ./run.sh bench sources [--small].

First each kind of source by itself, its answers from memory: papers a second of processor time, beside
the bare parser over the same bytes in the same run. Then a million records of OAI-PMH from a server
on this machine through the real client, in pages of 1,000 with resumption tokens: the memory at the
end must be what it was at a tenth. --small shows that it runs; --records stops earlier.
"""

import argparse
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import median
from urllib.parse import parse_qs, urlsplit

import feedparser
from lxml import etree

from benchmarks.scale_meter import Meter, Taken, apart, peak
from benchmarks.sources_load import ANSWERS, TODAY, Canned, oai_page, texts
from digest.sources.arxiv.oai import open_source
from digest.sources.client.http import Client
from digest.sources.registry import KINDS

RECORDS, PAPERS, ROUNDS, PAGE = 1_000_000, 2_000, 5, 1_000
FLAT = 1.1


def main() -> None:
    """Print a line for each kind of source, then what a long list takes; exit 1 if it is not flat."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a few papers, to see that it runs")
    parser.add_argument("--records", type=int, default=RECORDS)
    given = parser.parse_args()
    papers, rounds = (100, 1) if given.small else (PAPERS, ROUNDS)
    records = min(given.records, 20 * PAGE) if given.small else given.records
    print(f"{papers:,} papers from each, medians of {rounds} rounds, papers a second of CPU")
    for kind in sorted(KINDS):
        print(reading(kind, papers, rounds), flush=True)
    print(f"\n{records:,} records of OAI-PMH over HTTP, pages of {PAGE:,}")
    with serving() as url:
        taken = apart(stream, url, records)
    print_stream(taken, records)
    if taken.megabytes > FLAT * taken.done["MiB at a tenth"]:
        sys.exit("The memory grows with the list.")


def reading(kind: str, papers: int, rounds: int) -> str:
    """Return a line on a kind of source: its speed, and the bare parser's over the same bytes."""
    if kind not in ANSWERS:
        return f"  {kind:18} has no big answer in benchmarks/sources_load.py"
    argument, service = ANSWERS[kind]
    client = Canned("bench", ask=service(texts(papers)))
    source = KINDS[kind].open(argument, client, {})

    def harvest() -> int:
        return sum(len(batch.listed) for batch in source.harvest("", TODAY))

    found = harvest()  # and all answers are made
    if not found:
        sys.exit(f"{kind} lists none of {papers} papers")
    bodies = list(client.said.values())
    name, parse = _baseline(kind)
    ours = median(_cpu_of(harvest) for _ in range(rounds))
    bare = median(_cpu_of(lambda: [parse(body) for body in bodies]) for _ in range(rounds))
    return (
        f"  {kind:18}{found / ours:>8,.0f}   {name:16}{found / bare:>9,.0f}"
        f"   {ours / bare:>6.1f} times its CPU"
    )


def _cpu_of(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return max(time.process_time() - before, 1e-6)


def _baseline(kind: str) -> tuple[str, Callable[[bytes], object]]:
    if kind == "feed":
        return "feedparser", lambda body: feedparser.parse(io.BytesIO(body))
    if kind.startswith("arxiv"):
        return "lxml iterparse", _bare_xml
    return "json.loads", json.loads


def _bare_xml(body: bytes) -> None:
    for _, element in etree.iterparse(io.BytesIO(body), tag=("{*}record", "{*}entry", "item")):
        element.clear()


def stream(url: str, records: int) -> Taken:
    """Return what reading a list took; raises ValueError if a record is missing."""
    client = Client("Digest/bench", mirrors={"oaipmh.arxiv.org": url})
    source = open_source("", client, {})
    meter = Meter()
    found, at_a_tenth = 0, 0.0
    with meter.running():
        for batch in source.harvest(f'{{"since": "{TODAY}", "token": "{records}-0"}}', TODAY):
            found += len(batch.listed)
            if not at_a_tenth and found >= records / 10:
                at_a_tenth = peak()
    if found != records:
        raise ValueError(f"{found} of {records} records came")
    return meter.taken(records=found, **{"MiB at a tenth": round(at_a_tenth)})


def print_stream(taken: Taken, records: int) -> None:
    """Print what reading a list took, beside the bare parser over one of its pages."""
    page = oai_page(texts(PAGE), "x").encode()
    bare = PAGE / median(_cpu_of(lambda: _bare_xml(page)) for _ in range(ROUNDS))
    print(f"  lxml iterparse (baseline) {bare:>10,.0f} records/s of CPU")
    ours = records / taken.cpu
    print(f"  client and adapter        {ours:>10,.0f} records/s of CPU   {bare / ours:.1f} times")
    print(f"                            {records / taken.seconds:>10,.0f} records/s by the clock")
    tenth = taken.done["MiB at a tenth"]
    print(f"  memory at {records // 10:>9,}       {tenth:>10,} MiB")
    print(f"  memory at {records:>9,}       {taken.megabytes:>10,.0f} MiB")


@contextmanager
def serving() -> Iterator[str]:
    """Run a server of OAI-PMH in a process of its own, whose tokens say `of how many-from where`."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield str(ours.recv())
    finally:
        process.terminate()
        process.join()


def serve(connection: Connection) -> None:
    """Serve pages of records for ever; says where through the connection."""
    # One page is written, and numbered anew each time: the server must not be what is measured.
    template = oai_page(texts(PAGE), "@TOKEN@").replace("2601.00", "@MONTH@.@PART@").encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            token = parse_qs(urlsplit(self.path).query)["resumptionToken"][-1]
            records, start = map(int, token.split("-"))
            month, part = divmod(start // PAGE, 100)
            following = "" if start + PAGE >= records else f"{records}-{start + PAGE}"
            page = template.replace(b"@MONTH@", b"%04d" % (2601 + month))
            page = page.replace(b"@PART@", b"%02d" % part).replace(b"@TOKEN@", following.encode())
            self.send_response(200)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    connection.send(f"http://127.0.0.1:{server.server_address[1]}")
    server.serve_forever()


if __name__ == "__main__":
    main()
