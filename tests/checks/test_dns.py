"""The asking layer against a real DNS server, and against none."""

import socket
from collections.abc import Iterator

import pytest

from digest.delivery.dns import Resolver
from digest.errors import ConfigError
from tests.checks.zone import serving

LONG = "v=DKIM1; k=rsa; p=" + "A" * 400


@pytest.fixture(scope="module")
def resolver() -> Iterator[Resolver]:
    records = {
        "example.org": {
            "TXT": ["v=spf1 -all", "a, b"],
            "MX": ["mx1.example.org", "mx2.example.org"],
        },
        "nomail.example.org": {"MX": [""]},
        "mx1.example.org": {"A": ["192.0.2.1", "2001:db8::1"]},
        "192.0.2.1": {"PTR": ["MX1.example.org"]},
        "2001:db8::1": {"PTR": ["mx1.example.org"]},
        "news._domainkey.example.org": {"TXT": [LONG]},
    }
    with serving(records) as server:
        yield Resolver(server)


def test_texts_come_whole_however_they_are_cut(resolver: Resolver) -> None:
    assert set(resolver.texts("example.org").values) == {"v=spf1 -all", "a, b"}
    assert resolver.texts("News._DomainKey.Example.ORG.").values == (LONG,)


def test_exchangers_come_in_order_of_preference(resolver: Resolver) -> None:
    assert resolver.exchangers("example.org").values == ("mx1.example.org", "mx2.example.org")
    assert resolver.exchangers("nomail.example.org").values == ("",)


def test_addresses_and_names_of_both_kinds_are_found(resolver: Resolver) -> None:
    assert resolver.addresses("mx1.example.org").values == ("192.0.2.1", "2001:db8::1")
    for address in ("192.0.2.1", "2001:db8::1"):
        assert resolver.names(address).values == ("mx1.example.org",)


def test_what_is_not_there_is_nothing_and_no_problem(resolver: Resolver) -> None:
    for answer in (
        resolver.texts("none.example.org"),
        resolver.texts("mx1.example.org"),
        resolver.addresses("example.org"),
        resolver.names("192.0.2.9"),
    ):
        assert (answer.values, answer.problem) == ((), "")


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".org", "\ud800.org", ".".join(["abc"] * 80)])
def test_a_name_that_can_be_none_is_a_problem_and_no_crash(resolver: Resolver, name: str) -> None:
    assert "cannot be asked for" in resolver.texts(name).problem
    assert resolver.names(name).problem.endswith("is not an IP address")


def test_a_server_that_refuses_is_a_problem() -> None:
    with serving({}, refuses=True) as server:
        answer = Resolver(server).texts("example.org")
    assert (answer.values, answer.problem) == ((), "DNS gave no usable answer: REFUSED")


def test_a_server_that_is_silent_is_given_up_after_two_questions() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        resolver = Resolver(f"127.0.0.1:{silent.getsockname()[1]}", patience=0.05)
        for number in range(100):
            problem = resolver.texts(f"n{number}.example.org").problem
            assert problem == "DNS did not answer within 0.05 s"


@pytest.mark.parametrize("server", ["dns.example.org", "127.0.0.1:x", "127.0.0.1:70000", "[::1"])
def test_a_server_that_is_no_address_is_a_mistake_in_the_settings(server: str) -> None:
    with pytest.raises(ConfigError, match="DIGEST_RESOLVER"):
        Resolver(server)


def test_a_server_may_be_written_with_and_without_a_port() -> None:
    for server in ("127.0.0.1", "127.0.0.1:53", "::1", "[::1]:53"):
        Resolver(server)
