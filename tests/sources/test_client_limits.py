"""However a service drips, cuts off or swells its answer, the client ends it, and says so."""

import socket
import ssl
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.clock import steady
from digest.errors import SourceAwayError
from tests.ports import free_port
from tests.sources.service import Reply, Service, client_of, in_chunks, serving, zipped

URL = "https://papers.example/list"
CERTIFICATE = Path(__file__).parent.parent / "delivery" / "localhost.pem"


def read(service: Service, **changes: object) -> bytes:
    client = replace(client_of(service), **changes)  # type: ignore[arg-type]  # any field
    return client.get("any", URL).body.read()


@pytest.mark.parametrize(
    "reply",
    [
        zipped(b"a" * 200_000),
        zipped(b""),
        in_chunks(b"one", b"two"),
        in_chunks(zipped(b"packed").body, headers="Content-Encoding: gzip\r\n"),  # type: ignore[arg-type]  # it is bytes
        Reply(b"HTTP/1.0 200 OK\r\n\r\nold", is_raw=True),
        Reply(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nlate", is_raw=True),
        Reply(b"x" * (5 << 20)),
    ],
)
def test_whole_answers_are_read_whole(reply: Reply) -> None:
    with serving(reply) as service, client_of(service).get("any", URL).body as body:
        found = body.read()
    assert found in (b"a" * 200_000, b"", b"onetwo", b"packed", b"old", b"late", b"x" * (5 << 20))


def test_packed_answers_in_parts_are_read_whole() -> None:
    parts = [each.body for each in (zipped(b"one"), zipped(b"two"))]
    reply = Reply(b"".join(parts), headers={"Content-Encoding": "x-gzip"})  # type: ignore[arg-type]  # they are bytes
    with serving(reply) as service:
        assert read(service) == b"onetwo"


@pytest.mark.parametrize(
    "reply",
    [
        Reply("x" * 100, cut_after=50),
        Reply("x" * 100, cut_after=0),
        Reply("x", headers={"Content-Length": "5, 6"}, cut_after=1),
        zipped(b"a" * 100_000, cut_after=60),
        zipped(b"a" * 100, cut_after=3),
        Reply("not packed", headers={"Content-Encoding": "gzip"}),
        Reply("?", headers={"Content-Encoding": "br"}),
        Reply("?", headers={"Content-Encoding": "gzip, gzip"}),
        in_chunks(b"one", end=b""),
        in_chunks(b"one", end=b"5\r\ntw"),
        in_chunks(b"one", end=b"nonsense\r\n"),
        in_chunks(b"one", end=b"-5\r\n"),
        in_chunks(b"one", end=b"f" * 30 + b"\r\n"),
        Reply(b"", is_raw=True),
        Reply(b"\x15\x03\x01\x00\x02\x02\x28", is_raw=True),
        Reply(b"SSH-2.0-x\r\n", is_raw=True),
        Reply(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", is_raw=True),
        Reply(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", is_raw=True),
        Reply(b"HTTP/1.1 abc OK\r\n\r\n", is_raw=True),
    ],
)
def test_answers_that_are_cut_off_or_broken_are_none(reply: Reply) -> None:
    with serving(reply) as service, pytest.raises(SourceAwayError, match="answer"):
        read(service)


@pytest.mark.parametrize(
    "reply",
    [
        Reply("x" * 100_001),
        zipped(b"x" * 5_000_000),
        in_chunks(*[b"x" * 10_000] * 11),
        Reply(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_001, is_raw=True),
        in_chunks(b"one", end=b"-1\r\n" + b"x" * 3_000_000),
        Reply(b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000, is_raw=True),
        Reply(zipped(b"").body * 100_000, headers={"Content-Encoding": "gzip"}),
    ],
)
def test_answers_beyond_the_limit_are_left(reply: Reply) -> None:
    with serving(reply) as service, pytest.raises(SourceAwayError, match=r"longer|more"):
        read(service, most=100_000)


def test_an_answer_of_just_the_limit_is_read() -> None:
    with serving(zipped(b"x" * 100_000)) as service:
        assert len(read(service, most=100_000)) == 100_000


@pytest.mark.parametrize(
    "reply",
    [
        Reply("x" * 1000, every=0.02),
        Reply("x" * 1000, every=0.02, headers={"Connection": "keep-alive"}),
        Reply(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 1000, every=0.005, is_raw=True),
        Reply(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 1000, every=0.02, is_raw=True),
        Reply("x", every=60.0),
        in_chunks(b"one", end=b"1\r\nx\r\n" * 100),
    ],
)
def test_who_drips_is_cut(reply: Reply) -> None:
    began = steady()
    with serving(replace(reply, every=reply.every or 0.02)) as service:
        with pytest.raises(SourceAwayError, match="took too long"):
            read(service, patience=0.15)
        assert steady() - began < 5


def test_nobody_at_home_is_told() -> None:
    service = Service(f"http://127.0.0.1:{free_port()}", lambda _asked: Reply())
    with pytest.raises(SourceAwayError, match=r"did not answer as it should: .*refused"):
        read(service)


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


@pytest.mark.parametrize("reply", [Reply("x" * 1000, every=0.02), Reply("x", every=60.0)])
def test_who_drips_through_tls_is_cut(reply: Reply) -> None:
    tls = serving(reply, certificate=CERTIFICATE)
    with tls as service, pytest.raises(SourceAwayError, match="took too long"):
        read(service, trusting=trusting, patience=0.2)


def test_who_never_begins_with_tls_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = Service(f"https://127.0.0.1:{silent.getsockname()[1]}", lambda _asked: Reply())
        with pytest.raises(SourceAwayError, match="did not answer in time"):
            read(service, trusting=trusting, patience=0.1)


def test_who_waits_for_tls_is_told_to_stop() -> None:
    began = steady()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = Service(f"https://127.0.0.1:{silent.getsockname()[1]}", lambda _asked: Reply())
        with pytest.raises(SourceAwayError):
            read(service, trusting=trusting, wait=lambda _seconds: steady() > began + 0.1)
    assert steady() - began < 5


def test_whatever_is_said_is_an_answer_or_told() -> None:
    heads = st.sampled_from(
        [
            b"",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
            b"HTTP/1.1 302 X\r\nLocation: ",
        ]
    )
    with serving(Reply()) as service:

        @settings(max_examples=30, deadline=None)
        @given(heads, st.binary(max_size=40))
        def asks(head: bytes, rest: bytes) -> None:
            service.behaviour = lambda _asked: Reply(head + rest, is_raw=True)
            with suppress(SourceAwayError):
                read(service, most=1000)

        asks()


def at_home(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_certificate_is_checked_for_the_name_though_the_address_is_asked() -> None:
    with serving(Reply("safe"), certificate=CERTIFICATE) as service:
        client = replace(client_of(service), trusting=trusting, resolving=at_home, mirrors={})
        port = service.url.rpartition(":")[2]
        secure = replace(client, private_hosts=("127.0.0.0/8",))
        assert secure.get("any", f"https://localhost:{port}/").body.read() == b"safe"
        assert secure.get("any", f"https://127.0.0.1:{port}/").body.read() == b"safe"
        with pytest.raises(SourceAwayError, match=r"certificate that is not trusted.*mismatch"):
            secure.get("any", f"https://papers.example:{port}/")
    assert service.asked[0].headers["Host"] == f"localhost:{port}"


def test_a_certificate_of_nobody_known_is_refused() -> None:
    with serving(Reply("safe"), certificate=CERTIFICATE) as service:
        with pytest.raises(SourceAwayError, match="certificate that is not trusted"):
            read(service)
        assert service.asked == []


def test_plain_text_where_tls_should_be_is_told() -> None:
    with serving(Reply("plain")) as service:
        service.url = service.url.replace("http:", "https:")
        with pytest.raises(SourceAwayError, match="did not answer as it should"):
            read(service, trusting=trusting)
