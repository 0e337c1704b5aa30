"""What is said about mail on its way into the world: servers first, then what DNS says of us."""

import socket
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address

from digest.checks.dkim import check_dkim
from digest.checks.dmarc import check_dmarc
from digest.checks.findings import Finding, bad
from digest.checks.identity import Asker, MailIdentity, Origin, is_near
from digest.checks.names import check_domain, check_reverse, greeting_finding, is_of_the_world
from digest.checks.probe import PATIENCE, Seen, look_at
from digest.checks.relay import relay_findings
from digest.checks.spf_finding import check_spf
from digest.delivery.address import wire_address

# For the question which of our addresses faces the world; nothing is sent there (RFC 5737).
_SOMEWHERE = ("192.0.2.1", 9)


def check_mail(
    identity: MailIdentity, ask: Asker, now: datetime, patience: float = PATIENCE
) -> list[Finding]:
    """Return what is right or wrong with how mails leave, and with how the world sees them."""
    seen = [look_at(relay, patience) for relay in identity.relays]
    findings: list[Finding] = []
    for relay, shown in zip(identity.relays, seen, strict=True):
        what = "mail" if len(seen) == 1 else f"mail {relay.shown_name}"
        findings += relay_findings(what, relay, shown, now)
    if identity.is_piped or any(not relay.is_lmtp for relay in identity.relays):
        findings += check_names(identity, origin_of(identity, seen, ask), ask)
    return findings


def check_names(identity: MailIdentity, origin: Origin, ask: Asker) -> Iterator[Finding]:
    """Yield what DNS says of the sender, its addresses and its keys."""
    sender = _domain(identity.mail_from)
    returns = _domain(identity.return_to)
    for domain, setting in ((sender, "DIGEST_MAIL_FROM"), (returns, "DIGEST_RETURN_TO")):
        if not is_of_the_world(domain):
            says = f"nobody outside can know {domain!r}; set {setting} to an address of your domain"
            yield bad("sender", says)
            return
    if sender != returns:
        yield check_domain("sender", sender, ask)
    yield check_domain("return address", returns, ask)
    yield check_spf(returns, origin, ask)
    yield from check_dkim(identity.dkim, ask)
    signed = tuple(record.name.partition("._domainkey.")[2] for record in identity.dkim)
    yield check_dmarc(sender, returns, signed, ask)
    yield from check_reverse(origin, ask)
    if any(not (is_near(relay) or relay.is_lmtp) for relay in identity.relays):
        yield greeting_finding(identity.ehlo_name, ask.addresses(identity.ehlo_name))


def origin_of(identity: MailIdentity, seen: list[Seen], ask: Asker) -> Origin:
    """Return where mails reach the world from, as well as can be known from here."""
    outward = [
        (relay, shown)
        for relay, shown in zip(identity.relays, seen, strict=True)
        if not relay.is_lmtp
    ]
    hosts = tuple(relay.host for relay, _ in outward if not is_near(relay))
    called = next((shown.greets_as for relay, shown in outward if is_near(relay)), "")
    if identity.sends_from:
        return Origin(identity.sends_from, is_sure=True, hosts=hosts, called=called)
    if hosts:
        # A relay may take mail in at one address and send it on from another.
        found = [address for host in hosts for address in _addresses(host, ask)]
        return Origin(tuple(dict.fromkeys(found)), hosts=hosts)
    own = own_address()
    return Origin((own,) if own else (), is_sure=bool(own), called=called)


def own_address() -> str | None:
    """Return this machine's address in the world; None if it is behind a router that hides it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        try:
            way.connect(_SOMEWHERE)  # looks up a route, sends nothing
            address = str(way.getsockname()[0])
        except OSError:
            return None
    return address if ip_address(address).is_global else None


def _addresses(host: str, ask: Asker) -> tuple[str, ...]:
    try:
        return (str(ip_address(host)),)
    except ValueError:
        return ask.addresses(host).values


def _domain(address: str) -> str:
    return wire_address(address).rpartition("@")[2].lower()
