"""Only public addresses are asked, however a private one is written or hidden in another."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceAwayError
from digest.sources.client.addresses import checked, is_public, parse_place
from digest.sources.client.http import Client
from tests.sources.service import Reply, client_of, serving

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "168.63.129.16",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104  asked, not bound
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:0:10.0.0.1",
    "::10.0.0.1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2001:0:a00:1::1",
]
PUBLIC = [
    "8.8.8.8",
    "2606:2800:21f:cb07::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_known_in_every_form(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_known_in_every_form(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://[::1]/",
    ],
)
def test_an_address_of_this_machine_is_not_asked_however_it_is_written(url: str) -> None:
    with pytest.raises(SourceAwayError, match="not a public address"):
        Client("Digest").get("any", url)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    place = parse_place("https://mixed.example/")
    with pytest.raises(ValueError, match=r"mixed.example is at 10.0.0.1.*DIGEST_PRIVATE_HOSTS"):
        checked(place, ["8.8.8.8", "10.0.0.1"], ())


@pytest.mark.parametrize("allowed", ["mixed.example", "MIXED.example", "10.0.0.1", "10.0.0.0/8"])
def test_what_an_operator_allows_is_asked(allowed: str) -> None:
    place = parse_place("https://mixed.example/")
    found = ["8.8.8.8", "10.0.0.1", "::ffff:10.0.0.1"]
    assert checked(place, found, (allowed, "fc00::/7", "other.example")) == found


def test_ports_of_other_services_are_not_asked() -> None:
    with pytest.raises(ValueError, match=r"port 25 of one\.example is not for the web"):
        checked(parse_place("http://one.example:25/"), ["8.8.8.8"], ())
    assert checked(parse_place("http://one.example:8080/"), ["8.8.8.8"], ())
    assert checked(parse_place("http://one.example:25/"), ["10.0.0.1"], ("10.0.0.0/8",))


def test_a_name_is_looked_up_once_and_the_address_that_was_checked_is_asked() -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    with serving(Reply("here")) as service:
        port = service.url.rpartition(":")[2]
        client = replace(client_of(service), mirrors={}, resolving=lambda *_: answers.pop(0))
        assert client.get("any", f"http://rebound.example:{port}/").body.read() == b"here"
    assert service.asked[0].headers["Host"] == f"rebound.example:{port}"
    assert answers == [["10.0.0.1"]]


def test_the_next_address_is_asked_where_one_is_dead() -> None:
    with serving(Reply("here")) as service:
        port = service.url.rpartition(":")[2]
        client = replace(
            client_of(service),
            mirrors={},
            private_hosts=("127.0.0.0/8",),
            resolving=lambda *_: ["127.0.0.9", "127.0.0.1"],
        )
        assert client.get("any", f"http://two.example:{port}/").body.read() == b"here"


def test_a_host_without_an_address_is_told() -> None:
    with pytest.raises(SourceAwayError, match=r"its host nowhere\.invalid has no address"):
        Client("Digest").get("any", "https://nowhere.invalid/")


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("HTTPS://Papers.Example", "https://papers.example/"),
        ("https://papers.example:443/a b?c=d e#f", "https://papers.example/a%20b?c=d%20e"),
        ("http://papers.example.:8080/%7Ea?b=%26", "http://papers.example:8080/%7Ea?b=%26"),
        ("https://pâpers.example/é", "https://xn--ppers-3qa.example/%C3%A9"),
        ("http://[2606:2800:21F::1]/", "http://[2606:2800:21f::1]/"),
        ("https://papers.example/a\r\nHost: evil", "https://papers.example/aHost:%20evil"),
        ("https://papers.example/?a=\u2028\x00", "https://papers.example/?a=%E2%80%A8%00"),
    ],
)
def test_addresses_are_made_ready_to_be_sent(url: str, whole: str) -> None:
    assert parse_place(url).url == whole
    assert parse_place(whole).url == whole


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://a.example/", "http://["]))
def test_any_text_is_an_address_or_a_sentence(text: str, begin: str) -> None:
    try:
        place = parse_place(begin + text)
    except ValueError:
        return
    assert place.url.isascii()
    assert place.url.isprintable()
    assert " " not in place.url
