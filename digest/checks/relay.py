"""What is said about a mail server, after a look at it."""

from datetime import datetime, timedelta

from digest.checks.findings import Finding, bad, good, unknown
from digest.checks.identity import is_near
from digest.checks.probe import Seen
from digest.delivery.smtp_settings import SmtpSettings, Tls

# A mail is at most about 95 kB of HTML, and somewhat more with its text part and headers.
SMALLEST_SIZE = 200_000
_RENEW = timedelta(days=14)
_SAFE = "set DIGEST_STARTTLS=require, or write smtps://"


def relay_findings(what: str, relay: SmtpSettings, seen: Seen, now: datetime) -> list[Finding]:
    """Judge what a server showed; `what` it is called is the subject of all findings."""
    if seen.problem:
        says = f"{relay.shown_name} does not take mail ({seen.problem}); see DIGEST_MAIL"
        return [bad(what, says)]
    if relay.is_lmtp:
        return [good(what, f"{relay.shown_name} answers by LMTP as {seen.greets_as}")]
    findings = [_answers(what, relay, seen)] if seen.greets_as else []
    findings.append(_encryption(f"{what} encryption", relay, seen, now))
    if relay.username:
        findings.append(_login(f"{what} login", relay, seen))
    limit = seen.offers.get("SIZE", "")
    if limit.isdecimal() and 0 < int(limit) < SMALLEST_SIZE:
        says = (
            f"{relay.shown_name} takes mails up to {limit} bytes; a digest may have {SMALLEST_SIZE}"
        )
        findings.append(bad(f"{what} size", f"{says}: raise its limit"))
    return findings


def _answers(what: str, relay: SmtpSettings, seen: Seen) -> Finding:
    offers = ", ".join(sorted(seen.offers)) or "nothing"
    says = f"{relay.shown_name} answers as {seen.greets_as}, offers {offers}"
    if "PIPELINING" not in seen.offers:
        says += "; without PIPELINING each mail waits for three more replies"
    return good(what, says)


def _encryption(what: str, relay: SmtpSettings, seen: Seen, now: datetime) -> Finding:
    if seen.tls_problem:
        return _distrust(what, relay, seen)
    if not seen.is_encrypted:
        return _plain(what, relay)
    ends = seen.certificate_ends
    if ends and ends - now < _RENEW:
        says = f"the certificate of {relay.shown_name} ends in {(ends - now).days} days; renew it"
        return bad(what, says)
    until = f", until {ends:%Y-%m-%d}" if ends else ""
    return good(what, f"the certificate of {relay.shown_name} is good for that name{until}")


def _plain(what: str, relay: SmtpSettings) -> Finding:
    if relay.policy is Tls.REQUIRE:
        says = f"{relay.shown_name} offers no STARTTLS, so that nothing is sent; switch it on there"
        return bad(what, f"{says}, or set DIGEST_STARTTLS")
    if is_near(relay):
        return good(what, f"none, and none is needed: {relay.shown_name} is of this machine")
    if relay.policy is Tls.NEVER:
        return bad(what, f"mails go to {relay.shown_name} in plain text; {_SAFE}")
    says = f"{relay.shown_name} offers no STARTTLS, so that mails go in plain text"
    return bad(what, f"{says}; switch it on there, or take a server that has it")


def _distrust(what: str, relay: SmtpSettings, seen: Seen) -> Finding:
    is_must = relay.policy in (Tls.REQUIRE, Tls.IMPLICIT)
    lets = "so that nothing is sent" if is_must else "so that anybody in between can read mails"
    remedy = _remedy(seen.tls_problem.lower())
    says = f"no trust in {relay.shown_name} ({seen.tls_problem}), {lets}; {remedy}"
    if is_near(relay) and not is_must:
        return good(
            what, f"{relay.shown_name} is of this machine, where no trust is needed: {says}"
        )
    return bad(what, says)


def _remedy(problem: str) -> str:
    if "expired" in problem:
        return "renew its certificate"
    if "mismatch" in problem:
        return "write the name the certificate is for in DIGEST_MAIL, or get one for this name"
    if "self-signed" in problem or "self signed" in problem or "issuer" in problem:
        return "get a certificate of a public authority, or make this machine trust its issuer"
    return "look at the server's TLS settings and its log"


def _login(what: str, relay: SmtpSettings, seen: Seen) -> Finding:
    if seen.login is None:
        says = "not tried, as the password would go over a connection that is not to be trusted"
        return unknown(what, f"{says}; mend the encryption first")
    if seen.login:
        says = f"{relay.shown_name} does not let {relay.username} in ({seen.login})"
        return bad(what, f"{says}; see the name and password in DIGEST_MAIL")
    if relay.policy is Tls.NEVER and not is_near(relay):
        return bad(what, f"the password goes to {relay.shown_name} in plain text; {_SAFE}")
    return good(what, f"{relay.shown_name} lets {relay.username} in")
