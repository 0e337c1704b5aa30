"""Whatever stands between us and a service, every kind of source tells of it and loses nothing.

The convention: each kind in digest.sources.registry.KINDS has a `SAMPLE = Sample(kind=..., ...)`
(tests.sources.sample) in a file tests/sources/test_*.py, or is in a list `SAMPLES` there: a service
that answers well, with at least one paper. A kind without one fails here. `SAMPLE.behaviour` is a
function of tests.sources.service.Asked that returns a Reply; it is asked anew from "" many times, so
it must depend on what is asked alone, unless `replies` are given in its place.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceAwayError, SourceError
from digest.pipeline.harvest import look_at
from digest.sources.base import Batch, Source
from digest.sources.client.http import Client
from digest.sources.registry import KINDS
from digest.store.engine import Database
from tests.conftest import HandClock
from tests.sources.sample import Sample
from tests.sources.service import Asked, Behaviour, Reply, Service, client_of, serving, zipped

FOLDER = Path(__file__).parent.parent / "sources"
PORTAL = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Welcome!</body></html>"
MOST = 1_000_000
LAUGHS = "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def _samples() -> dict[str, Sample]:
    found: list[Sample] = []
    for path in sorted(FOLDER.glob("test_*.py")):
        if re.search(r"^SAMPLES?\b", path.read_text(), re.MULTILINE):
            module = importlib.import_module(f"tests.sources.{path.stem}")
            found += [
                *getattr(module, "SAMPLES", ()),
                *filter(None, [getattr(module, "SAMPLE", None)]),
            ]
    return {each.kind: each for each in found}


SAMPLES = _samples()
every_kind = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """One for many tests, each of which says how it behaves."""
    with serving(Reply()) as running:
        yield running


def body(good: Reply) -> bytes:
    return good.body.encode() if isinstance(good.body, str) else good.body


def of_type(kind: str, written: str | bytes) -> Reply:
    return Reply(written, headers={"Content-Type": kind})


# What comes in place of a good answer; each is told, and none is "no papers".
TRAPS: dict[str, Callable[[Reply], Reply]] = {
    "cut off": lambda good: replace(good, cut_after=len(body(good)) // 2),
    "cut off before its first byte": lambda good: replace(good, cut_after=0),
    "cut off while packed": lambda good: zipped(body(good), cut_after=-5),
    "cut off, as if it was whole": lambda good: replace(
        good, body=body(good)[: len(body(good)) // 2]
    ),
    "without its last bytes": lambda good: replace(good, body=body(good).rstrip()[:-3]),
    "in another encoding": lambda good: replace(good, body=body(good).decode().encode("cp500")),
    "not packed as it says": lambda good: replace(good, headers={"Content-Encoding": "gzip"}),
    "larger than anything": lambda good: zipped(b" " * (MOST + 1) + body(good)),
    "nothing": lambda good: replace(good, body=b""),
    "a line end": lambda good: replace(good, body=b"\r\n"),
    "too many requests": lambda _good: Reply("slow", 429, {"Retry-After": "420"}),
    "busy": lambda _good: Reply("busy", 503, {"Retry-After": "420"}),
    "broken": lambda _good: Reply("oh", 500),
    "forbidden": lambda _good: Reply(PORTAL, 403),
    "gone": lambda _good: Reply("gone", 404),
    "not changed, though nobody asked": lambda _good: Reply("", 304),
    "a sign-in page": lambda _good: of_type("text/html", PORTAL),
    "a sign-in page that says it is JSON": lambda _good: of_type("application/json", PORTAL),
    "a sign-in page that says it is XML": lambda _good: of_type("application/xml", PORTAL),
    "a redirect to a sign-in page": lambda _good: Reply(
        "", 302, {"Location": "https://in.example/portal"}
    ),
    "a circle": lambda _good: Reply("", 302, {"Location": "/circle"}),
    "a sentence": lambda _good: of_type("text/plain", "Rate exceeded."),
    "a picture": lambda _good: of_type("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"),
    "other XML": lambda _good: of_type("text/xml", "<?xml version='1.0'?><other><a>b</a></other>"),
    "an error in JSON": lambda _good: of_type("application/json", '{"error": "Too many requests"}'),
    "a word in JSON": lambda _good: of_type("application/json", '"none"'),
    "null": lambda _good: of_type("application/json", "null"),
    "numbers": lambda _good: of_type("application/json", "[1, 2, 3]"),
    "nested without end": lambda _good: of_type("application/json", "[" * 50_000),
    "a billion laughs": lambda _good: of_type(
        "text/xml",
        f'<!DOCTYPE rss [<!ENTITY a "ha">{LAUGHS}]><rss><channel><item><title>&i;</title></item></channel></rss>',
    ),
    "a file of this machine": lambda _good: of_type(
        "text/xml",
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        "<rss><channel><item><title>&a;</title></item></channel></rss>",
    ),
}
every_trap = pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS.keys())


def opened(sample: Sample, client: Client) -> Source:
    return KINDS[sample.kind].open(sample.argument, client, sample.keys)


def trapped(sample: Sample, trap: Callable[[Reply], Reply], place: int) -> Behaviour:
    """A service that answers well until it is asked for the time at `place`, and never after."""
    good, count = sample.answering(), 0

    def behaviour(asked: Asked) -> Reply:
        nonlocal count
        count += 1
        if asked.path == "/portal":
            return of_type("text/html", PORTAL)
        if asked.path == "/circle":
            return Reply("", 302, {"Location": "/circle"})
        answer = good(asked)
        return trap(answer) if count > place else answer

    return behaviour


def taken(
    source: Source, sample: Sample, cursor: str = ""
) -> tuple[list[Batch], SourceError | None]:
    """What a source gives, and how it ends."""
    batches: list[Batch] = []
    try:
        batches.extend(source.harvest(cursor, sample.today))
    except SourceError as error:
        return batches, error
    return batches, None


@cache
def everything(kind: str) -> tuple[list[str], int]:
    """The titles of the papers that a good service gives, and how often it is asked for them."""
    with serving(Reply()) as service:
        return whole(SAMPLES[kind], service), len(service.asked)


def whole(sample: Sample, service: Service, cursor: str = "") -> list[str]:
    service.behaviour = sample.answering()
    batches, problem = taken(opened(sample, client_of(service)), sample, cursor)
    assert problem is None
    return titles(batches)


def titles(batches: list[Batch]) -> list[str]:
    return [each.record.title for batch in batches for each in batch.listed]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_here(kind: str) -> None:
    assert kind in SAMPLES, "give it a SAMPLE, as the first lines of this file say"


@every_kind
def test_a_good_answer_is_read_whole(sample: Sample) -> None:
    found, _ = everything(sample.kind)
    assert len(found) == sample.papers > 0


@every_kind
def test_a_name_fits_and_is_always_the_same(sample: Sample) -> None:
    first, second = (opened(sample, Client("Digest")) for _ in range(2))
    assert first.name == second.name
    assert first.name.isascii()
    assert first.name.isprintable()
    assert first.name.partition(":")[0] == sample.kind
    assert 0 < len(first.name) <= 40
    assert first.title


@every_trap
@every_kind
def test_a_trap_is_told_and_nothing_is_lost(
    sample: Sample, trap: Callable[[Reply], Reply], service: Service
) -> None:
    papers, count = everything(sample.kind)
    for place in {0, count - 1}:
        service.behaviour = trapped(sample, trap, place)
        client = replace(client_of(service), most=MOST)
        batches, problem = taken(opened(sample, client), sample)
        assert problem is not None, f"it went past the trap with {len(titles(batches))} papers"
        assert place or batches == []
        rest = whole(sample, service, batches[-1].cursor) if batches else papers
        assert {*titles(batches), *rest} == set(papers)


@every_kind
@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_a_service_asks_for_is_kept(
    sample: Sample, status: int, service: Service
) -> None:
    service.behaviour = lambda _asked: Reply("slow", status, {"Retry-After": "420"})
    before = len(service.asked)
    _, problem = taken(opened(sample, client_of(service)), sample)
    assert len(service.asked) == before + 1
    assert isinstance(problem, SourceAwayError)
    assert problem.wait == timedelta(minutes=7)


@every_kind
def test_a_service_that_drips_is_left(sample: Sample) -> None:
    good = sample.answering()
    with serving(lambda asked: replace(good(asked), every=0.3)) as service:
        client = replace(client_of(service), patience=0.1)
        batches, problem = taken(opened(sample, client), sample)
    assert batches == []
    assert isinstance(problem, SourceAwayError)


@every_kind
@pytest.mark.parametrize(
    "cursor", ["nonsense", "{}", "[]", "null", "2", '{"a": [', "\ud800", "9" * 5000]
)
def test_a_cursor_of_somebody_else_is_none(sample: Sample, cursor: str, service: Service) -> None:
    assert whole(sample, service, cursor) == everything(sample.kind)[0]


@every_kind
def test_bytes_that_are_no_text_hide_no_paper(sample: Sample) -> None:
    def spoiled(good: Reply) -> Reply:
        middle = len(body(good)) // 2
        return replace(good, body=body(good)[:middle] + b"\xff\xe9\xfe" + body(good)[middle:])

    with serving(trapped(sample, spoiled, 0)) as service:
        batches, problem = taken(opened(sample, client_of(service)), sample)
    assert problem is not None or len(titles(batches)) == sample.papers


@every_kind
def test_a_trap_is_written_down_and_the_next_look_takes_everything(
    sample: Sample, sqlite_database: Database, clock: HandClock
) -> None:
    clock.now = clock.now.replace(
        year=sample.today.year, month=sample.today.month, day=sample.today.day
    )
    portal = of_type("text/html", PORTAL)
    with serving(portal) as service:
        source = opened(sample, client_of(service))
        report = look_at(sqlite_database, source, clock)
        assert report is not None
        assert "web page" in report.problem
        service.behaviour = sample.answering()
        clock.advance(hours=1)
        report = look_at(sqlite_database, source, clock)
    assert report is not None
    assert (report.problem, report.papers) == ("", sample.papers)


PIECES = [b"null", b"{}", b'""', b"-1", b"1e400", b"\\ud800", b"&#0;", b"&x;", b"<", b"9" * 40]
DAMAGE = st.tuples(
    st.floats(0, 1), st.integers(0, 30), st.binary(max_size=4) | st.sampled_from(PIECES)
)


@every_kind
@settings(max_examples=8, deadline=None)
@given(damages=st.lists(DAMAGE, min_size=1, max_size=4))
def test_any_damage_is_read_or_told(
    sample: Sample, service: Service, damages: list[tuple[float, int, bytes]]
) -> None:
    def damaged(good: Reply) -> Reply:
        text = bytearray(body(good))
        for place, length, piece in damages:
            at = int(place * len(text))
            text[at : at + length] = piece
        return replace(good, body=bytes(text))

    service.behaviour = trapped(sample, damaged, 0)
    taken(opened(sample, client_of(service)), sample)
