"""Who asks: the address at the far end of the proxies that the settings count, and no further."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

_HOST_OF_IPV6, _SITE_OF_IPV6 = 64, 48
_REMEMBERED = 4096
# Where proxies and containers are (RFC 1918, 6598, 4193, 3927, 4291); examples of documents are not.
_NEAR = tuple(
    ip_network(each)
    for each in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"),
        *("fc00::/7", "fe80::/10"),
    )
)


def is_from_proxy(request: HTTPConnection) -> bool:
    """Tell whether a request comes by a proxy of ours, whose headers can be believed.

    All do where DIGEST_TRUSTED_PROXIES counts any: nobody else may then reach this server's port.
    """
    return _proxies(request) > 0


def network_of(request: HTTPConnection) -> str:
    """Return the network a request is from, which limits count by: one IPv4 address, an IPv6 /64.

    Empty for this machine itself, or what cannot be told: behind it may be everybody, by a proxy
    that the settings do not count. With https there must be one: a near peer is it.
    """
    peer = request.client.host if request.client else ""
    if proxies := _proxies(request):
        return network(far_end(peer, request.headers.getlist("x-forwarded-for"), proxies))
    if request.app.state.is_https and is_near(peer):
        return ""
    return network(peer)


def far_end(peer: str, forwarded: Iterable[str], proxies: int) -> str:
    """Return who stands before `proxies` proxies, the nearest of which is `peer`.

    Each proxy adds, at the right of X-Forwarded-For, who it was asked by; what stands further left
    came from outside and may be forged. With fewer entries than proxies nobody is believed but the
    peer.
    """
    entries = ",".join(forwarded).rsplit(",", proxies)
    if len(entries) > proxies:
        entries = entries[1:]
    found = entries[0] if len(entries) == proxies else ""
    return found if _parsed(found) else peer


@lru_cache(_REMEMBERED)
def network(address: str) -> str:
    """Return the network of an address as it is counted; empty for this machine and for nonsense."""
    parsed = _parsed(address)
    if parsed is None or parsed.is_loopback:
        return ""
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), _HOST_OF_IPV6), strict=False))
    return str(parsed)


def wider(network: str) -> str:
    """Return the IPv6 /48 that a network of `network_of` is part of, empty for others."""
    parsed = ip_network(network) if "/" in network else None
    return str(parsed.supernet(new_prefix=_SITE_OF_IPV6)) if parsed is not None else ""


def is_from_here(request: HTTPConnection) -> bool:
    """Tell whether the peer is a program of this machine, perhaps a proxy on it."""
    parsed = _parsed(request.client.host if request.client else "")
    return parsed is not None and parsed.is_loopback


def is_from_near(request: HTTPConnection) -> bool:
    """Tell whether the peer is of this machine or a private network, as a proxy of ours is."""
    return is_from_here(request) or (request.client is not None and is_near(request.client.host))


@lru_cache(_REMEMBERED)
def is_near(address: str) -> bool:
    """Tell whether an address is of a network that is not the world's."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in each for each in _NEAR)


def _proxies(request: HTTPConnection) -> int:
    count: int = request.app.state.proxies  # of the settings; feeds know no more of the site
    return count


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address as proxies write it, perhaps with a port; None for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
