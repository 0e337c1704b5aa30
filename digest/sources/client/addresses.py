"""Which addresses on the web may be asked, and at which machine."""

import re
import socket
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import zip_longest
from urllib.parse import quote, unquote, urlsplit

_HOST = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}", re.ASCII)
_FOLDERS = re.compile(r"[/\\]")
_PORTS = {"http": 80, "https": 443}
_LOWEST_OTHER_PORT = 1024
_LONGEST_HOST = 253
_LONGEST_URL = 8000
_MOST_ADDRESSES = 4
_PATH = "/%:@!$&'()*+,;=~-._"
_QUERY = _PATH + "?"
# Addresses of version 4 within those of version 6, which end up there: NAT64, SIIT, the compatible.
_EMBEDDING = tuple(map(ip_network, ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")))
_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "64:ff9b:1::/48",
            "100.64.0.0/10",
            "168.63.129.16/32",  # with which Azure's own services answer its machines
            "192.88.99.0/24",
            "fec0::/10",
            "3fff::/20",
        ),
    )
)

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Place:
    """An http or https address taken apart; `target` is its path and query, ready to be sent."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Return scheme, host and port, the last only where it is not the usual one."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Return what a Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """Return the address as one writes it."""
        return self.origin + self.target


def parse_place(url: str) -> Place:
    """Return the parts of an address; raises ValueError with a sentence for what is no such one.

    Characters that an address cannot hold are quoted; what is quoted stays.
    """
    if len(url) > _LONGEST_URL:
        raise ValueError(f"an address of {len(url):,} characters is none")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts.hostname or "", parts.netloc) if parts.scheme in _PORTS else ""
    except ValueError as error:  # of UnicodeError too
        raise ValueError(f"{url[:200]!r} is no address: {error}") from error
    if parts.scheme not in _PORTS:
        raise ValueError(f"{url[:200]!r} is not an address that begins with https:// or http://")
    if "@" in parts.netloc:
        raise ValueError("an address with a user name or password in it is not asked")
    if ".." in _FOLDERS.split(unquote(parts.path)):  # out of a mirror's folder, it may be
        raise ValueError("an address with .. in its path is not asked")
    path = quote(parts.path or "/", _PATH)
    query = f"?{quote(parts.query, _QUERY)}" if parts.query else ""
    return Place(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, path + query)


def _host(name: str, netloc: str) -> str:
    if "[" in netloc:
        return str(IPv6Address(name))
    host = name if name.isascii() else name.encode("idna").decode("ascii")
    host = host.lower().removesuffix(".")
    if not _HOST.fullmatch(host) or len(host) > _LONGEST_HOST:
        raise ValueError("it names no host")
    return host


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, of both kinds in turn; raises OSError if it has none.

    Raises ValueError for a name that cannot be one. It may wait for name servers for minutes.
    """
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found = list(dict.fromkeys(str(each[4][0]) for each in rows))
    # Where one of the two networks is broken, the first few would all be dead.
    kinds = [
        [each for each in found if (":" in each) == is_six]
        for is_six in (":" in found[0], ":" not in found[0])
    ]
    return [each for pair in zip_longest(*kinds) for each in pair if each]


def checked(place: Place, found: Sequence[str], private_hosts: Collection[str]) -> list[str]:
    """Return the addresses of a place at which it may be asked, a few at most.

    Raises ValueError with a sentence if any one of them is not public, unless `private_hosts` (host
    names, addresses, networks) has the place's name or all such addresses: a name that points into
    our own network is not asked anywhere.
    """
    allowed = {each.lower() for each in private_hosts}
    if place.host not in allowed:
        networks = [ip_network(each) for each in allowed if is_network(each)]
        for text in found:
            address = ip_address(text.partition("%")[0])
            if not is_public(address) and not _is_in(address, networks):
                raise ValueError(
                    f"{place.host} is at {text}, which is not a public address; if that is meant, "
                    "add it to DIGEST_PRIVATE_HOSTS"
                )
        odd = place.port not in _PORTS.values() and place.port < _LOWEST_OTHER_PORT
        if odd and not all(_is_in(ip_address(each.partition("%")[0]), networks) for each in found):
            raise ValueError(f"port {place.port} of {place.host} is not for the web")
    return list(found[:_MOST_ADDRESSES])


def is_network(text: str) -> bool:
    """Tell whether this is an address or a network, such as 10.0.0.0/8."""
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the internet's, whatever version 4 is hidden in it."""
    if any(address.version == each.version and address in each for each in _NOT_PUBLIC):
        return False
    if isinstance(address, IPv6Address):
        inner = _within(address)
        if inner:
            return all(map(is_public, inner))
    return address.is_global and not address.is_multicast and not address.is_reserved


def _within(address: IPv6Address) -> list[IPv4Address]:
    """Return the addresses of version 4 that a packet to this one of version 6 may end up at."""
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return list(address.teredo)
    if any(address in each for each in _EMBEDDING):
        return [IPv4Address(int(address) & 0xFFFF_FFFF)]
    return []


def _is_in(address: Address, networks: Iterable[object]) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any((mapped or address) in each for each in networks)  # type: ignore[operator]
