"""What is said about SPF."""

from digest.checks.findings import Finding, bad, good, unknown
from digest.checks.identity import Asker, Origin
from digest.checks.spf import MAX_LOOKUPS, Spf, SpfResult, evaluate, records_of
from digest.delivery.dns import Answer

_WHAT = "SPF"


def check_spf(domain: str, origin: Origin, ask: Asker) -> Finding:
    """Return what is right or wrong with the record of the domain that bounces go to."""
    texts = ask.texts(domain)
    stranger = evaluate(domain, None, ask)
    ours = {address: evaluate(domain, address, ask) for address in origin.addresses}
    return spf_finding(domain, texts, stranger, ours, origin)


def spf_finding(
    domain: str,
    texts: Answer,
    stranger: SpfResult,
    ours: dict[str, SpfResult],
    origin: Origin,
) -> Finding:
    """Judge answers: the TXT records, what a stranger's address gets, and what each of ours gets."""
    if texts.problem:
        return unknown(_WHAT, f"could not ask for the TXT records of {domain}: {texts.problem}")
    found = records_of(texts.values)
    wanted = origin.mechanisms
    if not found:
        record = f'"v=spf1 {wanted} -all"'
        return bad(
            _WHAT, f"{domain} has no SPF record; publish at {domain} the TXT record {record}"
        )
    if len(found) > 1:
        says = f"{domain} has {len(found)} SPF records, which counts as none; merge them into one"
        return bad(_WHAT, says)
    return _of_the_record(domain, stranger, wanted) or _of_us(
        domain, stranger, ours, origin, wanted
    )


def _of_the_record(domain: str, stranger: SpfResult, wanted: str) -> Finding | None:
    """Return a fault whoever sends, or None."""
    match stranger.result:
        case Spf.TEMPERROR:
            return unknown(_WHAT, f"could not be worked out to its end: {stranger.problem}")
        case Spf.PERMERROR if stranger.lookups > MAX_LOOKUPS:
            says = "write networks (ip4:, ip6:) in place of some include:, a and mx"
            return bad(_WHAT, f"{domain}: {stranger.problem}, so it is not valid; {says}")
        case Spf.PERMERROR:
            return bad(_WHAT, f"{domain}: {stranger.problem}; mend the record, it is not valid")
        case Spf.PASS:
            says = f"lets everybody send as {domain}; end it with {wanted} -all"
            return bad(_WHAT, f"the record {says}")
        case Spf.NEUTRAL:
            says = "says nothing of strangers; end it with ~all, or with -all"
            return bad(_WHAT, f"the record of {domain} {says}")
        case _:
            return None


def _of_us(
    domain: str, stranger: SpfResult, ours: dict[str, SpfResult], origin: Origin, wanted: str
) -> Finding:
    if not ours:
        says = f"has a valid record; see that it covers the address mails leave from ({wanted}?)"
        return unknown(_WHAT, f"{domain} {says}")
    outside = [address for address, spf in ours.items() if spf.result is not Spf.PASS]
    if not outside:
        ending = "-all" if stranger.result is Spf.FAIL else "~all"
        says = f"covers {', '.join(ours)}, refuses others ({ending})"
        return good(_WHAT, f"the record of {domain} {says}, {stranger.lookups} look-ups of 10")
    first = ours[outside[0]]
    if first.result in (Spf.TEMPERROR, Spf.ODD):
        return unknown(_WHAT, f"whether {outside[0]} may send is not known: {first.problem}")
    says = f"does not cover {', '.join(outside)} ({first.result})"
    if origin.is_sure:
        return bad(_WHAT, f"the record of {domain} {says}; put {wanted} before its end")
    doubt = "if the relay sends from there, or what its operator says to include"
    return unknown(_WHAT, f"the record of {domain} {says}; put {wanted} before its end, {doubt}")
