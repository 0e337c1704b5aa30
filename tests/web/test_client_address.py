"""Who asks: counted from the right of X-Forwarded-For, so that nobody can say who they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request

from digest.web.client_address import far_end, is_from_proxy, network, network_of

PEER = "192.0.2.99"
ADDRESSES = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)
# What a client may write into the header itself.
FORGED = st.text(st.characters(max_codepoint=255), max_size=40) | st.lists(ADDRESSES).map(", ".join)


def asked(proxies: int, peer: str | None, *forwarded: str, is_https: bool = True) -> Request:
    web = Starlette()
    web.state.proxies = proxies
    web.state.is_https = is_https
    return Request(
        {
            "type": "http",
            "app": web,
            "client": (peer, 1) if peer is not None else None,
            "headers": [(b"x-forwarded-for", each.encode("latin-1")) for each in forwarded],
        }
    )


@given(st.lists(FORGED, max_size=3), st.lists(ADDRESSES, min_size=1, max_size=4))
def test_what_a_client_writes_never_counts(forged: list[str], true: list[str]) -> None:
    """The first of `true` is the client; every proxy adds who it was asked by, the last is the peer."""
    client, *between = true
    header = ", ".join([*forged, client, *between])
    assert far_end(PEER, [header], len(true)).strip() == client


@given(st.lists(FORGED, max_size=3), ADDRESSES)
def test_a_proxy_may_add_a_line_of_its_own(forged: list[str], client: str) -> None:
    assert far_end(PEER, [*forged, client], 1).strip() == client


@given(st.lists(FORGED, max_size=5))
def test_without_proxies_the_header_is_not_looked_at(forged: list[str]) -> None:
    assert network_of(asked(0, PEER, *forged)) == PEER


@given(st.lists(FORGED, max_size=5), st.integers(0, 4), st.none() | FORGED)
def test_nothing_in_the_header_fails(forged: list[str], proxies: int, peer: str | None) -> None:
    assert isinstance(network_of(asked(proxies, peer, *forged)), str)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("203.0.113.5:4711", "203.0.113.5"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", PEER),
        ("_hidden", PEER),
        ("unix:", PEER),
        ("", PEER),
        ("203.0.113.5, ", PEER),
        ("203.0.113.999", PEER),
        ("127.0.0.1", ""),
    ],
)
def test_an_entry_is_an_address_or_nothing(header: str, found: str) -> None:
    assert network_of(asked(1, PEER, header)) == found


def test_who_comes_by_fewer_proxies_than_there_are_is_the_peer() -> None:
    assert network_of(asked(3, PEER, "203.0.113.5, 203.0.113.6")) == PEER


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "", "testclient", "/run/socket"])
def test_this_machine_and_nonsense_are_no_network(peer: str) -> None:
    assert network(peer) == ""


@pytest.mark.parametrize("peer", ["10.0.0.2", "172.18.0.2", "::ffff:192.168.1.1", "fd00::2"])
def test_a_near_peer_of_a_site_with_https_is_a_proxy_that_was_not_counted(peer: str) -> None:
    """All readers come by it: counted as one network, the twenty-first of an hour is refused."""
    assert network_of(asked(0, peer)) == ""
    assert network_of(asked(0, peer, is_https=False)) == network(peer)
    assert network_of(asked(1, peer, "10.1.2.3")) == "10.1.2.3"


def test_a_socket_of_files_has_no_peer_but_its_proxies_say_who_asks() -> None:
    assert network_of(asked(0, None)) == ""
    assert network_of(asked(1, None, "203.0.113.5")) == "203.0.113.5"


def test_a_proxy_is_one_that_the_settings_count() -> None:
    assert not is_from_proxy(asked(0, "127.0.0.1"))
    assert is_from_proxy(asked(1, "127.0.0.1"))
