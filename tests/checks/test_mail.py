"""The whole check of mail: a real mail server, a real DNS server, one fault at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.checks.findings import Finding
from digest.checks.identity import MailIdentity
from digest.checks.mail import check_mail
from digest.delivery.dkim import DnsRecord
from digest.delivery.dns import Resolver
from digest.delivery.sink import Rule, Sink, Step
from digest.delivery.smtp_settings import SmtpSettings, Tls
from tests.checks.certificates import Certified, certified
from tests.checks.zone import serving

NOW = datetime.now(UTC)
OURS = "203.0.113.5"
KEY = DnsRecord("news._domainkey.example.org", "v=DKIM1; k=rsa; p=" + "A" * 392)
WORLD = {
    "example.org": {"TXT": ["v=spf1 ip4:203.0.113.5 -all"], "MX": ["mx.example.org"]},
    "mx.example.org": {"A": [OURS]},
    "_dmarc.example.org": {"TXT": ["v=DMARC1; p=reject"]},
    KEY.name: {"TXT": [KEY.value]},
    OURS: {"PTR": ["mx.example.org"]},
}


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certified:
    return certified(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def identity(tls: Certified) -> Iterator[MailIdentity]:
    # The name that a mail server of ours gives itself is compared with that of its address.
    greeting = Rule(Step.EHLO, "250-mx.example.org\r\n250-STARTTLS\r\n250 AUTH PLAIN")
    with Sink(greeting, tls=tls.server, logins={"ada": "secret"}) as sink:
        relay = SmtpSettings(
            "localhost",
            sink.port,
            tls=Tls.REQUIRE,
            username="ada",
            password="secret",  # noqa: S106 - of a server that lives for a second
            context=tls.trusting,
        )
        yield MailIdentity(
            mail_from="digest@example.org",
            return_to="return@example.org",
            ehlo_name="digest.example.org",
            relays=(relay,),
            dkim=(KEY,),
            sends_from=(OURS,),
        )


def check(identity: MailIdentity, server: str) -> dict[str, Finding]:
    found = check_mail(identity, Resolver(server), NOW, patience=5)
    return {each.what: each for each in found}


def test_a_site_in_good_order_has_nothing_but_good_findings(identity: MailIdentity) -> None:
    with serving(WORLD) as server:
        found = check(identity, server)
    assert [(each.what, each.level) for each in found.values()] == [
        (what, "good")
        for what in (
            *("mail", "mail encryption", "mail login"),
            *("return address", "SPF", "DKIM", "DMARC", "PTR"),
        )
    ]


@pytest.mark.parametrize(
    ("name", "what", "says"),
    [
        ("example.org", "SPF", 'publish at example.org the TXT record "v=spf1 ip4:203.0.113.5'),
        ("mx.example.org", "return address", "its MX mx.example.org has no address"),
        ("_dmarc.example.org", "DMARC", "publish at _dmarc.example.org the TXT record"),
        (KEY.name, "DKIM", f'publish at {KEY.name} the TXT record "{KEY.value}"'),
        (OURS, "PTR", "has no PTR record"),
    ],
)
def test_each_name_that_is_missing_is_told(
    identity: MailIdentity, name: str, what: str, says: str
) -> None:
    rest = {each: kinds for each, kinds in WORLD.items() if each != name}
    with serving(rest) as server:
        found = check(identity, server)
    assert found[what].level == "bad"
    assert says in found[what].says


def test_without_dns_nothing_is_called_bad(identity: MailIdentity) -> None:
    resolver = Resolver("127.0.0.1:1", patience=0.05)
    found = check_mail(identity, resolver, NOW, patience=5)
    assert {each.level for each in found if not each.what.startswith("mail")} == {"unknown"}
    assert all("DNS did not answer" in each.says for each in found if each.level == "unknown")


def test_a_relay_elsewhere_may_send_from_addresses_that_are_not_known(tmp_path: Path) -> None:
    tls = certified(tmp_path, "relay.example")
    relay = SmtpSettings("relay.example", 1, tls=Tls.REQUIRE, context=tls.trusting)
    identity = MailIdentity("digest@example.org", "r@example.net", "myhost", (relay,))
    records = {
        "example.org": {"MX": ["mx.example.org"]},
        "mx.example.org": {"A": [OURS]},
        "example.net": {"MX": ["mx.example.org"], "TXT": ["v=spf1 ip4:192.0.2.1 -all"]},
        "relay.example": {"A": ["198.51.100.9"]},
    }
    with serving(records) as server:
        found = check(identity, server)
    assert found["mail"].level == "bad"
    assert found["sender"].level == "good"
    assert found["SPF"].level == "unknown"
    assert "put ip4:198.51.100.9 before its end, if the relay sends from there" in found["SPF"].says
    assert found["PTR"].level == "unknown"
    assert found["DMARC"].level == "bad"
    assert "'myhost' is no name others can find" in found["EHLO name"].says


def test_a_sender_nobody_outside_can_know_is_told_and_dns_left_alone() -> None:
    identity = MailIdentity("digest@localhost.localdomain", "r@example.org", "x", is_piped=True)
    (found,) = check_mail(identity, Resolver("127.0.0.1:1", 0.01), NOW)
    assert (found.what, found.level) == ("sender", "bad")
    assert "set DIGEST_MAIL_FROM" in found.says
