"""Sender Policy Framework (RFC 7208): may an address send for a domain? Asks, and decides nothing."""

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from digest.checks.identity import Asker

MAX_LOOKUPS = 10
_MAX_VOIDS = 2
_MAX_HOSTS = 10
_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE)
_MECHANISM = re.compile(
    r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?::([^/\s]+|[0-9a-f:.]+))?(/\d{1,3})?(//\d{1,3})?",
    re.IGNORECASE,
)


class Spf(StrEnum):
    """What SPF says of an address; odd is what only a receiver can work out (macros)."""

    PASS = "pass"  # noqa: S105 - SPF's own word
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    NONE = "none"
    PERMERROR = "permerror"
    TEMPERROR = "temperror"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class SpfResult:
    """The result, the look-ups it took, and what was wrong, if anything was."""

    result: Spf
    lookups: int
    problem: str = ""


def records_of(texts: tuple[str, ...]) -> list[str]:
    """Return those TXT records that are SPF records."""
    return [text for text in texts if text.lower() == "v=spf1" or text[:7].lower() == "v=spf1 "]


def evaluate(domain: str, address: str | None, ask: Asker) -> SpfResult:
    """Return what a receiver finds for an address, or for a stranger's if it is None.

    A stranger's is the longest way through the record: nothing fits that names networks.
    """
    walk = _Walk(ask, ip_address(address) if address else None)
    try:
        result, problem = walk.check(domain), ""
    except _EndError as end:
        result, problem = end.result, end.problem
    return SpfResult(result, walk.lookups, problem)


class _EndError(Exception):
    def __init__(self, result: Spf, problem: str) -> None:
        super().__init__(problem)
        self.result = result
        self.problem = problem


def _parsed(record: str, domain: str) -> tuple[list[re.Match[str]], str]:
    """Return the mechanisms and the domain that redirect= names.

    All of the record is read first: what means nothing spoils what stands before it, too.
    """
    mechanisms, redirect = [], ""
    for term in record.split()[1:]:
        if modifier := _MODIFIER.fullmatch(term):
            redirect = modifier[2] if modifier[1].lower() == "redirect" else redirect
        elif (mechanism := _MECHANISM.fullmatch(term)) and _is_whole(mechanism):
            mechanisms.append(mechanism)
        else:
            raise _EndError(Spf.PERMERROR, f"{term!r} in the record of {domain} means nothing")
    return mechanisms, redirect


def _is_whole(mechanism: re.Match[str]) -> bool:
    """Tell whether a mechanism has the argument it needs, and none it cannot have."""
    kind, argument = mechanism[2].lower(), mechanism[3]
    if kind in ("a", "mx"):
        return True
    has_width = bool(mechanism[4] or mechanism[5])
    if kind in ("ip4", "ip6"):
        return bool(argument)
    return not has_width and (kind == "ptr" or bool(argument) == (kind != "all"))


class _Walk:
    """One evaluation, with what it may cost."""

    def __init__(self, ask: Asker, address: IPv4Address | IPv6Address | None) -> None:
        self.lookups = 0
        self._voids = 0
        self._ask = ask
        self._address = address

    def check(self, domain: str) -> Spf:
        answer = self._ask.texts(domain)
        if answer.problem:
            raise _EndError(Spf.TEMPERROR, f"{domain}: {answer.problem}")
        found = records_of(answer.values)
        if not found:
            return Spf.NONE
        if len(found) > 1:
            raise _EndError(Spf.PERMERROR, f"{domain} has {len(found)} SPF records")
        mechanisms, redirect = _parsed(found[0], domain)
        for mechanism in mechanisms:
            if self._fits(mechanism, domain):
                return Spf(_RESULTS[mechanism[1] or "+"])
        return self._redirected(redirect) if redirect else Spf.NEUTRAL

    def _redirected(self, target: str) -> Spf:
        self._count(target)
        result = self.check(target)
        if result is Spf.NONE:
            raise _EndError(Spf.PERMERROR, f"redirect={target} leads to no SPF record")
        return result

    def _fits(self, mechanism: re.Match[str], domain: str) -> bool:
        kind, argument = mechanism[2].lower(), mechanism[3] or ""
        if kind == "all":
            return True
        if kind in ("ip4", "ip6"):
            return self._is_in(argument + (mechanism[4] or ""), mechanism[0])
        target = argument or domain
        self._count(target)
        match kind:
            case "include":
                return self._includes(target)
            case "exists":
                return bool(self._addresses(target))
            case "ptr":
                return self._has_name(target)
            case _:
                hosts = self._exchangers(target) if kind == "mx" else (target,)
                found = [each for host in hosts for each in self._addresses(host)]
                return any(self._is_near(each, mechanism[4], mechanism[5]) for each in found)

    def _includes(self, target: str) -> bool:
        result = self.check(target)
        if result is Spf.NONE:
            raise _EndError(Spf.PERMERROR, f"include:{target} leads to no SPF record")
        return result is Spf.PASS

    def _has_name(self, target: str) -> bool:
        if self._address is None:
            return False
        names = self._ask.names(str(self._address)).values[:_MAX_HOSTS]
        return any(
            (name == target.lower() or name.endswith("." + target.lower()))
            and str(self._address) in self._ask.addresses(name).values
            for name in names
        )

    def _exchangers(self, target: str) -> tuple[str, ...]:
        answer = self._ask.exchangers(target)
        self._weigh(target, answer.problem, is_void=not answer.values)
        if len(answer.values) > _MAX_HOSTS:
            raise _EndError(Spf.PERMERROR, f"mx:{target} has more than {_MAX_HOSTS} hosts")
        return tuple(host for host in answer.values if host)

    def _addresses(self, target: str) -> tuple[str, ...]:
        answer = self._ask.addresses(target)
        self._weigh(target, answer.problem, is_void=not answer.values)
        return answer.values

    def _weigh(self, target: str, problem: str, *, is_void: bool) -> None:
        if problem:
            raise _EndError(Spf.TEMPERROR, f"{target}: {problem}")
        self._voids += is_void
        if self._voids > _MAX_VOIDS:
            raise _EndError(Spf.PERMERROR, f"{target} is the third name in it that leads nowhere")

    def _count(self, target: str) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise _EndError(Spf.PERMERROR, f"it needs more than {MAX_LOOKUPS} look-ups")
        if "%" in target:
            raise _EndError(Spf.ODD, f"{target} is different for every mail")

    def _is_near(self, found: str, four: str | None, six: str | None) -> bool:
        width = four if ":" not in found else (six or "")[1:]
        return self._is_in(found + (width or ""), found)

    def _is_in(self, network: str, term: str) -> bool:
        try:
            parsed = ip_network(network, strict=False)
        except ValueError as error:
            raise _EndError(Spf.PERMERROR, f"{term!r} names no network") from error
        address = self._address
        return address is not None and address.version == parsed.version and address in parsed
