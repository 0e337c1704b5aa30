"""What is said about names: where bounces go, and what our addresses are called."""

import re
from collections.abc import Mapping

from digest.checks.findings import Finding, bad, good, unknown
from digest.checks.identity import Asker, Origin
from digest.delivery.dns import Answer

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")
# Reserved, or of one house: nobody outside can answer to them (RFC 2606, 6761, 6762).
_NOT_OF_THE_WORLD = ("localdomain", "localhost", "local", "internal", "lan", "test", "invalid")


def is_of_the_world(domain: str) -> bool:
    """Tell whether a domain can be one that others can find."""
    lower = domain.lower()
    return bool(_HOST.fullmatch(lower)) and lower.rpartition(".")[2] not in _NOT_OF_THE_WORLD


def check_domain(what: str, domain: str, ask: Asker) -> Finding:
    """Return whether mail to a domain would find somebody: that of bounces, that of replies."""
    exchangers = ask.exchangers(domain)
    hosts = exchangers.values or (domain,)
    return domain_finding(
        what, domain, exchangers, {host: ask.addresses(host) for host in hosts if host}
    )


def domain_finding(
    what: str, domain: str, exchangers: Answer, addresses: Mapping[str, Answer]
) -> Finding:
    """Judge the MX records of a domain and their addresses; without MX, the domain's own."""
    if exchangers.problem:
        return unknown(what, f"could not ask who takes mail for {domain}: {exchangers.problem}")
    if exchangers.values == ("",):
        says = "its MX record is the empty one; publish one that names a server of yours"
        return bad(what, f"{domain} says that it takes no mail: {says}")
    if any(answer.values for answer in addresses.values()):
        host = exchangers.values[0] if exchangers.values else f"{domain} itself, as it has no MX"
        return good(what, f"mail for {domain} goes to {host}")
    if problems := [answer.problem for answer in addresses.values() if answer.problem]:
        return unknown(what, f"could not ask for the addresses of {domain}: {problems[0]}")
    says = f"it has neither MX nor address; publish an MX record at {domain}"
    if exchangers.values:
        says = f"its MX {exchangers.values[0]} has no address; give it an A or AAAA record"
    return bad(what, f"no mail for {domain} can arrive: {says}")


def check_reverse(origin: Origin, ask: Asker) -> list[Finding]:
    """Return whether each of our addresses has a name that leads back to it."""
    if not origin.addresses:
        says = "the address mails reach the world from is not known here; see that it has a name"
        return [unknown("PTR", f"{says} that leads back to it")]
    findings = []
    for address in origin.addresses:
        names = ask.names(address)
        forward = {name: ask.addresses(name) for name in names.values[:10]}
        findings.append(reverse_finding(address, names, forward, origin))
    return findings


def reverse_finding(
    address: str, names: Answer, forward: Mapping[str, Answer], origin: Origin
) -> Finding:
    """Judge the names of an address, and the addresses of those names."""
    what = "PTR"
    fault = bad if origin.is_sure else unknown
    owner = "ask whoever gives you the address" if origin.is_sure else "its operator has"
    if names.problem:
        return unknown(what, f"could not ask for the name of {address}: {names.problem}")
    if not names.values:
        says = f"{owner} to set it to the name the mail server greets with"
        return fault(what, f"{address} has no PTR record, and Gmail refuses it; {says}")
    back = [name for name, answer in forward.items() if address in answer.values]
    if not back:
        problems = [answer.problem for answer in forward.values() if answer.problem]
        if problems:
            return unknown(what, f"could not ask for {names.values[0]}: {problems[0]}")
        says = f"give {names.values[0]} an address record of {address}, or change the PTR record"
        return fault(
            what, f"{address} is called {names.values[0]}, which does not lead back; {says}"
        )
    called = origin.called.lower().removesuffix(".")
    if origin.is_sure and called and called not in back:
        says = f"call the mail server {back[0]} (Postfix: myhostname)"
        return bad(what, f"{address} is called {back[0]}, its server greets as {called}; {says}")
    return good(what, f"{address} is called {back[0]}, and that name leads back")


def greeting_finding(name: str, addresses: Answer) -> Finding:
    """Judge the name that we greet servers with."""
    what = "EHLO name"
    if not is_of_the_world(name):
        says = "give this machine a full name of yours, such as mail.example.org"
        return bad(what, f"{name!r} is no name others can find, and some servers refuse it; {says}")
    if addresses.problem:
        return unknown(what, f"could not ask for the address of {name}: {addresses.problem}")
    if not addresses.values:
        says = "give it an address record, or this machine another name"
        return bad(what, f"{name} has no address, and some servers refuse it; {says}")
    return good(what, f"{name} is a name others can find")
