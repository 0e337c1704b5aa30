"""What DNS says, as plain strings; the one home of dnspython."""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import dns.exception
import dns.name
import dns.rdata
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.PTR
import dns.rdtypes.ANY.TXT
import dns.resolver
import dns.reversename

from digest.errors import ConfigError

PATIENCE = 3.0  # seconds a question may take, all servers and repetitions together
_PORT = 53
# After so many questions in a row without any reply, DNS is taken to be out of reach: a check that
# asks thirty of them should not take a minute and a half to say so.
_ENOUGH = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is under a name: nothing if `values` is empty, not known if there is a problem."""

    values: tuple[str, ...] = ()
    problem: str = ""


class Resolver:
    """Asks each question once. `server` is an address with or without a port; empty: the system's.

    No method raises: a server that does not reply, a name that cannot be one, and whatever else
    goes wrong is an Answer with a problem. Not for two threads at once.
    """

    def __init__(self, server: str = "", patience: float = PATIENCE) -> None:
        self._patience = patience
        self._known: dict[tuple[str, str], Answer] = {}
        self._unanswered = 0
        self._problem = ""
        self._resolver = dns.resolver.Resolver(configure=False)
        if server:
            host, port = _parsed(server)
            self._resolver.nameservers = [host]
            self._resolver.port = port
            return
        try:
            self._resolver = dns.resolver.Resolver()
        except (dns.exception.DNSException, OSError) as error:
            self._problem = f"this machine knows no DNS server ({error})"

    def texts(self, name: str) -> Answer:
        """Return the TXT records, each with its pieces joined as SPF and DKIM want them."""
        return self._ask(name, "TXT", _text)

    def exchangers(self, name: str) -> Answer:
        """Return the names of the MX records, the preferred one first; "" is a null MX."""
        return self._ask(name, "MX", _exchanger)

    def addresses(self, name: str) -> Answer:
        """Return the addresses of a name, IPv4 first."""
        four = self._ask(name, "A", str)
        six = self._ask(name, "AAAA", str)
        values = four.values + six.values
        return Answer(values, "" if values else four.problem or six.problem)

    def names(self, address: str) -> Answer:
        """Return the names that an address has by its PTR records."""
        try:
            name = dns.reversename.from_address(address)
        except (dns.exception.DNSException, ValueError):
            return Answer(problem=f"{address} is not an IP address")
        return self._ask(name.to_text(), "PTR", _target)

    def _ask(self, name: str, kind: str, read: Callable[[dns.rdata.Rdata], str]) -> Answer:
        key = (name.lower().rstrip("."), kind)
        if key not in self._known:
            self._known[key] = self._asked(name, kind, read)
        return self._known[key]

    def _asked(self, name: str, kind: str, read: Callable[[dns.rdata.Rdata], str]) -> Answer:
        if self._problem:
            return Answer(problem=self._problem)
        try:
            rows = self._rows(name, kind)
        except dns.resolver.LifetimeTimeout:
            self._unanswered += 1
            problem = f"DNS did not answer within {self._patience:g} s"
            if self._unanswered >= _ENOUGH:
                self._problem = problem
            return Answer(problem=problem)
        except dns.resolver.NoNameservers as error:
            return Answer(problem=f"DNS gave no usable answer: {_failures(error)}")
        except (dns.exception.DNSException, ValueError, OSError) as error:
            return Answer(problem=f"{name!r} cannot be asked for: {error}")
        self._unanswered = 0
        return Answer(tuple(read(row) for row in rows))

    def _rows(self, name: str, kind: str) -> list[dns.rdata.Rdata]:
        """Return the records in their own order, which for MX is that of preference."""
        question = dns.name.from_text(name)
        try:
            found = self._resolver.resolve(
                question, kind, lifetime=self._patience, raise_on_no_answer=False, search=False
            )
        except dns.resolver.NXDOMAIN:
            return []
        return sorted(found.rrset or ())


def _parsed(server: str) -> tuple[str, int]:
    """Return the address and port of "192.0.2.1", "192.0.2.1:53", "::1" or "[::1]:53"."""
    hint = "write the IP address of a DNS server, such as 192.0.2.1 or 192.0.2.1:53"
    try:
        return str(ipaddress.ip_address(server)), _PORT
    except ValueError:
        pass
    try:
        parts = urlsplit(f"//{server}")
        return str(ipaddress.ip_address(parts.hostname or "")), parts.port or _PORT
    except ValueError as error:
        raise ConfigError("DIGEST_RESOLVER", hint) from error


def _text(row: dns.rdata.Rdata) -> str:
    assert isinstance(row, dns.rdtypes.ANY.TXT.TXT)  # noqa: S101 - as was asked for
    return b"".join(row.strings).decode("utf-8", "replace")


def _exchanger(row: dns.rdata.Rdata) -> str:
    assert isinstance(row, dns.rdtypes.ANY.MX.MX)  # noqa: S101 - as was asked for
    return _plain(row.exchange)


def _target(row: dns.rdata.Rdata) -> str:
    assert isinstance(row, dns.rdtypes.ANY.PTR.PTR)  # noqa: S101 - as was asked for
    return _plain(row.target)


def _plain(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower().removesuffix(".")


def _failures(error: dns.resolver.NoNameservers) -> str:
    errors = error.kwargs.get("errors") or ()
    # (server, is it TCP, port, what it said, its answer): of the server's words only the code.
    return ", ".join(sorted({str(row[3]) for row in errors})) or "no server"
