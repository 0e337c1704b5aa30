"""What is said about DMARC (RFC 7489): whether the From address agrees with what is proven."""

from dataclasses import dataclass

from digest.checks.dkim import tags_of
from digest.checks.findings import Finding, bad, good, unknown
from digest.checks.identity import Asker

_WHAT = "DMARC"
_POLICIES = ("none", "quarantine", "reject")
_START = "v=DMARC1; p=none; rua=mailto:postmaster@"


@dataclass(frozen=True, slots=True)
class Policy:
    """The DMARC records of the nearest domain upwards that has any, or why it is not known."""

    domain: str
    records: tuple[str, ...] = ()
    problem: str = ""


def check_dmarc(
    from_domain: str, return_domain: str, signed: tuple[str, ...], ask: Asker
) -> Finding:
    """Return what is right or wrong; `signed` are the domains that we sign for."""
    return dmarc_finding(from_domain, return_domain, signed, find_policy(from_domain, ask))


def find_policy(domain: str, ask: Asker) -> Policy:
    """Return the policy that a receiver finds for a From address.

    Upwards label by label, as DMARC's second version does: it needs no list of public suffixes.
    """
    labels = domain.split(".")
    for start in range(max(len(labels) - 1, 1)):
        candidate = ".".join(labels[start:])
        texts = ask.texts(f"_dmarc.{candidate}")
        if texts.problem:
            return Policy(candidate, problem=texts.problem)
        found = tuple(text for text in texts.values if tags_of(text).get("v") == "DMARC1")
        if found:
            return Policy(candidate, found)
    return Policy(domain)


def dmarc_finding(
    from_domain: str, return_domain: str, signed: tuple[str, ...], policy: Policy
) -> Finding:
    """Judge the policy, and whether a signature or the return address is of the From domain."""
    if policy.problem:
        return unknown(_WHAT, f"could not ask for _dmarc.{policy.domain}: {policy.problem}")
    tags = tags_of(policy.records[0]) if policy.records else {}
    if fault := _fault(from_domain, policy, tags):
        return fault
    by_key = [each for each in signed if _agrees(from_domain, each, policy, tags.get("adkim"))]
    by_path = _agrees(from_domain, return_domain, policy, tags.get("aspf"))
    found = f"_dmarc.{policy.domain} asks for {_asked_for(from_domain, policy, tags)}"
    if by_key:
        return good(_WHAT, f"{found}; our signature is of {by_key[0]} and so agrees with From")
    if by_path:
        says = "only the return address agrees with From, which a forwarder undoes"
        return good(_WHAT, f"{found}; {says}: sign with DKIM for {from_domain}")
    wanted = f"sign with DKIM for {from_domain}, or take a return address of {policy.domain}"
    says = f"neither a signature nor the return address (of {return_domain}) agrees with From"
    return bad(_WHAT, f"{found}; {says}, so every mail fails it: {wanted}")


def _fault(from_domain: str, policy: Policy, tags: dict[str, str]) -> Finding | None:
    """Return what is wrong with the policy itself."""
    if not policy.records:
        record = f'"{_START}{from_domain}"'
        says = f"{from_domain} has no DMARC policy, which Gmail, Yahoo and Outlook want of lists"
        return bad(_WHAT, f"{says}; publish at _dmarc.{from_domain} the TXT record {record}")
    if len(policy.records) > 1:
        says = f"_dmarc.{policy.domain} has {len(policy.records)} records, which count as none"
        return bad(_WHAT, f"{says}; keep one")
    if _asked_for(from_domain, policy, tags) not in _POLICIES:
        says = "is not valid: p= is none, quarantine or reject"
        return bad(_WHAT, f'the record at _dmarc.{policy.domain}, "{policy.records[0]}", {says}')
    return None


def _asked_for(from_domain: str, policy: Policy, tags: dict[str, str]) -> str:
    main = tags.get("p", "")
    return main if policy.domain == from_domain else tags.get("sp", main)


def _agrees(from_domain: str, proven: str, policy: Policy, mode: str | None) -> bool:
    if mode == "s":
        return proven == from_domain
    # The domain of the policy, those under it, and those above the From domain.
    return (
        proven == policy.domain
        or proven.endswith(f".{policy.domain}")
        or from_domain.endswith(f".{proven}")
    )
