"""Whom mails say they are from and how they leave: what the checks of mail start with."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol

from digest.delivery.dkim import DnsRecord
from digest.delivery.dns import Answer
from digest.delivery.smtp_settings import SmtpSettings


@dataclass(frozen=True, slots=True)
class MailIdentity:
    """What the world can check of our mails.

    `return_to` is where bounces go, `ehlo_name` what we call ourselves. `relays` are those that
    lead to the world; `is_piped` if a mail program of this machine does, too. `dkim` holds the
    records of the keys we sign with, `sends_from` the addresses the world sees mails come from, as
    far as they are known.
    """

    mail_from: str
    return_to: str
    ehlo_name: str
    relays: tuple[SmtpSettings, ...] = ()
    is_piped: bool = False
    dkim: tuple[DnsRecord, ...] = ()
    sends_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """The addresses mails reach the world from; not `is_sure` if a relay may use others.

    `hosts` are the relays of other machines, `called` the name that the last of our own servers
    gives itself.
    """

    addresses: tuple[str, ...] = ()
    is_sure: bool = False
    hosts: tuple[str, ...] = ()
    called: str = ""

    @property
    def mechanisms(self) -> str:
        """Return what an SPF record has to hold for us."""
        found = [f"ip{6 if ':' in each else 4}:{each}" for each in self.addresses]
        return " ".join(found or [f"a:{host}" for host in self.hosts] or ["ip4:YOUR.ADDRESS"])


class Asker(Protocol):
    """What can be asked of DNS; `digest.delivery.dns.Resolver` is one."""

    def texts(self, name: str) -> Answer:
        """Return the TXT records."""

    def exchangers(self, name: str) -> Answer:
        """Return the names of the MX records, the preferred one first; "" is a null MX."""

    def addresses(self, name: str) -> Answer:
        """Return the addresses of a name."""

    def names(self, address: str) -> Answer:
        """Return the names of an address."""


def is_near(relay: SmtpSettings) -> bool:
    """Tell whether a server is of this machine: what is said to it crosses no network."""
    try:
        return relay.is_local or ip_address(relay.host).is_loopback
    except ValueError:
        return relay.host == "localhost"
