"""What is said about DKIM: whether the key we sign with is the published one (RFC 6376, 3.6.1)."""

import base64
import binascii

from digest.checks.findings import Finding, bad, good, unknown
from digest.checks.identity import Asker
from digest.delivery.dkim import DnsRecord
from digest.delivery.dns import Answer

_WHAT = "DKIM"
# How long an RSA key of 2048 bits is in DER form, with the wrapping that says it is RSA.
_RSA_2048 = 294


def check_dkim(records: tuple[DnsRecord, ...], ask: Asker) -> list[Finding]:
    """Return a finding for every key we sign with, or one that there is none."""
    if not records:
        says = "mails are not signed here; Gmail, Yahoo and Outlook want a signature of the domain"
        return [unknown(_WHAT, f"{says}: see that the relay adds one, or give Digest a DKIM key")]
    return [dkim_finding(record, ask.texts(record.name)) for record in records]


def dkim_finding(ours: DnsRecord, texts: Answer) -> Finding:
    """Judge the TXT records at a key's name."""
    name = ours.name
    publish = f'publish at {name} the TXT record "{ours.value}"'
    if texts.problem:
        return unknown(_WHAT, f"could not ask for the key at {name}: {texts.problem}")
    found = [tags for text in texts.values if (tags := tags_of(text)).get("v", "DKIM1") == "DKIM1"]
    if not found:
        return bad(_WHAT, f"no key is published at {name}, so no signature counts; {publish}")
    if len(found) > 1:
        says = "receivers may take either; keep the one that is ours"
        return bad(_WHAT, f"{len(found)} keys are published at {name}: {says}")
    problem = _problem(tags_of(ours.value), found[0])
    if problem:
        return bad(_WHAT, f"{problem} at {name}; {publish}")
    return good(_WHAT, f"the key we sign with is published at {name}")


def tags_of(text: str) -> dict[str, str]:
    """Return the tags of a DKIM or DMARC record; spaces mean nothing in them."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, _, value in pairs if name}


def _problem(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """Return the first fault, or nothing; what is published may be anything."""
    key, kind = theirs.get("p", ""), theirs.get("k", "rsa")
    faults = (
        (not key, "the key is revoked (its p= is empty)"),
        (kind != ours["k"], f"the key is of kind {kind}, we sign with {ours['k']}"),
        (key != ours["p"], "another key is published than the one we sign with"),
        (_is_small(ours), "the key is too short: make one of 2048 bits"),
        (
            "sha256" not in theirs.get("h", "sha256").split(":"),
            "h= forbids what we sign with (sha256)",
        ),
        (
            not {"*", "email"} & set(theirs.get("s", "*").split(":")),
            "s= says that the key is not for mail",
        ),
        (
            "y" in theirs.get("t", "").split(":"),
            "t=y says that the domain only tests, so that the signature counts for nothing",
        ),
    )
    return next((says for is_wrong, says in faults if is_wrong), "")


def _is_small(tags: dict[str, str]) -> bool:
    try:
        size = len(base64.b64decode(tags["p"], validate=True))
    except binascii.Error:
        return True
    return tags["k"] == "rsa" and size < _RSA_2048
