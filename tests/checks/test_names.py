"""What the doctor says of keys, policies, and names."""

import base64

import pytest

from digest.checks.dkim import check_dkim
from digest.checks.dmarc import check_dmarc
from digest.checks.findings import Finding, Level
from digest.checks.identity import Origin
from digest.checks.names import check_domain, check_reverse, greeting_finding, is_of_the_world
from digest.delivery.dkim import DnsRecord
from digest.delivery.dns import Answer
from tests.checks.zone import Zone

PUBLIC = base64.b64encode(b"k" * 294).decode()
KEY = DnsRecord("news._domainkey.example.org", f"v=DKIM1; k=rsa; p={PUBLIC}")
SURE = Origin(("203.0.113.5",), is_sure=True, called="Mail.example.org")


def of_key(*texts: str, key: DnsRecord = KEY) -> Finding:
    (found,) = check_dkim((key,), Zone({key.name: {"TXT": list(texts)}}))
    return found


def of_policy(
    records: dict[str, list[str]], signed: tuple[str, ...] = (), returns: str = "example.net"
) -> Finding:
    names = Zone({name: {"TXT": texts} for name, texts in records.items()})
    return check_dmarc("news.example.org", returns, signed, names)


@pytest.mark.parametrize(
    "text",
    [
        KEY.value,
        f"p={PUBLIC}",
        f"v=DKIM1;k=rsa; t=s; h=sha1:sha256; s=email; p={PUBLIC[:100]} {PUBLIC[100:]};",
    ],
)
def test_a_published_key_that_is_ours_is_good(text: str) -> None:
    assert of_key(text, "v=spf1 -all").level is Level.GOOD


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ([], "no key is published"),
        (["v=DKIM1; k=rsa; p="], "revoked"),
        (["v=DKIM1; p=AAAA"], "another key is published"),
        ([f"v=DKIM1; k=ed25519; p={PUBLIC}"], "of kind ed25519, we sign with rsa"),
        ([f"v=DKIM1; h=sha1; p={PUBLIC}"], "forbids what we sign with"),
        ([f"v=DKIM1; s=other; p={PUBLIC}"], "not for mail"),
        ([f"v=DKIM1; t=y:s; p={PUBLIC}"], "only tests"),
    ],
)
def test_each_fault_of_a_key_has_its_sentence_and_the_record_to_publish(
    texts: list[str], says: str
) -> None:
    found = of_key(*texts)
    assert found.level is Level.BAD
    assert says in found.says
    assert f'publish at {KEY.name} the TXT record "{KEY.value}"' in found.says


def test_a_key_of_1024_bits_is_too_short() -> None:
    small = DnsRecord(KEY.name, f"v=DKIM1; k=rsa; p={base64.b64encode(b'k' * 162).decode()}")
    assert "make one of 2048 bits" in of_key(small.value, key=small).says


def test_two_keys_under_one_name_are_one_too_many() -> None:
    assert "2 keys are published" in of_key(KEY.value, "v=DKIM1; p=AAAA").says


def test_a_key_that_cannot_be_asked_for_and_no_key_at_all_are_no_fault() -> None:
    (silent,) = check_dkim((KEY,), Zone({KEY.name: {"PROBLEM": ["no answer"]}}))
    (unsigned,) = check_dkim((), Zone({}))
    assert [silent.level, unsigned.level] == [Level.UNKNOWN, Level.UNKNOWN]
    assert "see that the relay adds one" in unsigned.says


REJECT = {"_dmarc.example.org": ["v=DMARC1; p=reject"]}


@pytest.mark.parametrize(
    ("records", "signed", "returns", "level", "says"),
    [
        (REJECT, ("example.org",), "example.net", "good", "asks for reject; our signature is of"),
        (REJECT, ("news.example.org",), "example.net", "good", "agrees with From"),
        (REJECT, (), "bounces.example.org", "good", "which a forwarder undoes"),
        (REJECT, ("example.net",), "example.net", "bad", "so every mail fails it: sign with DKIM"),
        (REJECT, ("notexample.org",), "example.net", "bad", "every mail fails"),
        (
            {"_dmarc.example.org": ["v=DMARC1; p=reject; sp=none; adkim=s; aspf=s"]},
            ("example.org",),
            "example.org",
            "bad",
            "asks for none; neither",
        ),
        (
            {"_dmarc.news.example.org": ["v=DMARC1;p=quarantine"]},
            ("example.org",),
            "example.net",
            "good",
            "_dmarc.news.example.org asks for quarantine",
        ),
        ({}, ("example.org",), "example.org", "bad", 'the TXT record "v=DMARC1; p=none; rua='),
        ({"_dmarc.example.org": ["v=DMARC1; p=all"]}, (), "x.example", "bad", "is not valid"),
        ({"_dmarc.example.org": ["v=DMARC1; p=none"] * 2}, (), "x.example", "bad", "has 2 records"),
    ],
)
def test_a_policy_is_judged_with_what_is_proven_of_our_mails(
    records: dict[str, list[str]], signed: tuple[str, ...], returns: str, level: str, says: str
) -> None:
    found = of_policy(records, signed, returns)
    assert (found.level, says in found.says) == (level, True), found.says


def test_a_policy_that_cannot_be_asked_for_is_no_fault() -> None:
    names = Zone({"_dmarc.news.example.org": {"PROBLEM": ["no answer"]}})
    found = check_dmarc("news.example.org", "example.org", (), names)
    assert found.level is Level.UNKNOWN


@pytest.mark.parametrize(
    ("kinds", "host", "level", "says"),
    [
        ({"MX": ["mx.example.org"]}, {"A": ["192.0.2.1"]}, "good", "goes to mx.example.org"),
        ({"A": ["192.0.2.1"]}, {}, "good", "example.org itself, as it has no MX"),
        ({"MX": ["mx.example.org"]}, {}, "bad", "its MX mx.example.org has no address"),
        ({"MX": [""]}, {}, "bad", "says that it takes no mail"),
        ({}, {}, "bad", "publish an MX record at example.org"),
        ({"PROBLEM": ["no answer"]}, {}, "unknown", "no answer"),
        ({"MX": ["mx.example.org"]}, {"PROBLEM": ["no answer"]}, "unknown", "no answer"),
    ],
)
def test_a_domain_is_asked_who_takes_its_mail(
    kinds: dict[str, list[str]], host: dict[str, list[str]], level: str, says: str
) -> None:
    names = Zone({"example.org": kinds, "mx.example.org": host})
    found = check_domain("return address", "example.org", names)
    assert (found.level, says in found.says) == (level, True), found.says


@pytest.mark.parametrize(
    ("names", "back", "level", "says"),
    [
        (["mail.example.org"], ["203.0.113.5"], "good", "that name leads back"),
        ([], [], "bad", "has no PTR record"),
        (["mail.example.org"], [], "bad", "does not lead back; give mail.example.org"),
        (["mail.example.org"], ["203.0.113.6"], "bad", "does not lead back"),
    ],
)
def test_our_address_has_a_name_that_leads_back(
    names: list[str], back: list[str], level: str, says: str
) -> None:
    zone = Zone({"203.0.113.5": {"PTR": names}, "mail.example.org": {"A": back}})
    (ours,) = check_reverse(SURE, zone)
    (a_relays,) = check_reverse(Origin(SURE.addresses), zone)
    assert (ours.level, says in ours.says) == (level, True), ours.says
    assert a_relays.level == ("good" if level == "good" else "unknown")


def test_a_server_greets_with_the_name_of_its_address() -> None:
    zone = Zone(
        {"203.0.113.5": {"PTR": ["host7.example"]}, "host7.example": {"A": ["203.0.113.5"]}}
    )
    (found,) = check_reverse(SURE, zone)
    assert "its server greets as mail.example.org; call the mail server host7.example" in found.says


@pytest.mark.parametrize("silent", ["203.0.113.5", "mail.example.org"])
def test_a_name_that_cannot_be_asked_for_is_no_fault(silent: str) -> None:
    known = {"203.0.113.5": {"PTR": ["mail.example.org"]}, "mail.example.org": {}}
    (found,) = check_reverse(SURE, Zone({**known, silent: {"PROBLEM": ["no answer"]}}))
    assert found.level is Level.UNKNOWN


@pytest.mark.parametrize(
    ("name", "addresses", "level"),
    [
        ("mail.example.org", Answer(("192.0.2.1",)), "good"),
        ("mail.example.org", Answer(), "bad"),
        ("mail.example.org", Answer(problem="no answer"), "unknown"),
        ("myhost", Answer(("192.0.2.1",)), "bad"),
        ("localhost.localdomain", Answer(("127.0.0.1",)), "bad"),
        ("under_score.example.org", Answer(("192.0.2.1",)), "bad"),
    ],
)
def test_we_greet_with_a_name_others_can_find(name: str, addresses: Answer, level: str) -> None:
    assert greeting_finding(name, addresses).level == level


def test_a_domain_of_the_house_is_not_one_of_the_world() -> None:
    assert is_of_the_world("Digest.Example.ORG")
    for domain in ("localhost", "localhost.localdomain", "box.local", "a..b", "", "x.test"):
        assert not is_of_the_world(domain)
