"""`digest doctor` as an operator runs it, with servers on this machine."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from digest.delivery.dkim import Signer
from digest.delivery.sink import Sink
from tests.checks.zone import serving
from tests.cli.conftest import Run

pytestmark = pytest.mark.slow
Findings = Callable[..., dict[str, dict[str, Any]]]


@pytest.fixture
def findings(run: Run) -> Findings:
    def look(**changes: str) -> dict[str, dict[str, Any]]:
        result = run("doctor", "--json", **changes)
        assert result.returncode in (0, 3), result.stderr
        return {each["what"]: each for each in json.loads(result.stdout)}

    return look


def test_a_folder_needs_no_dns(findings: Findings) -> None:
    found = findings(DIGEST_RESOLVER="127.0.0.1:1")
    assert "not to the world" in found["mail"]["says"]
    assert not {"SPF", "DKIM", "DMARC", "PTR"} & set(found)


def test_a_server_and_the_names_of_the_domain_are_looked_at(
    findings: Findings, tmp_path: Path
) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "dkim.pem").write_bytes(pem)
    record = Signer("example.org", "news", pem, "").dns_record()
    records = {
        "example.org": {"TXT": ["v=spf1 +all"], "MX": ["mx.example.org"]},
        "mx.example.org": {"A": ["192.0.2.1"]},
        "_dmarc.example.org": {"TXT": ["v=DMARC1; p=none"]},
        record.name: {"TXT": [record.value]},
    }
    with serving(records) as server, Sink() as sink:
        found = findings(
            DIGEST_MAIL=f"smtp://127.0.0.1:{sink.port} maildir:later",
            DIGEST_MAIL_FROM="digest@example.org",
            DIGEST_DKIM=f"news:{tmp_path / 'dkim.pem'}",
            DIGEST_RETURN_TO="return@example.org",
            DIGEST_RETURNS="maildir:returns",
            DIGEST_RESOLVER=server,
            DIGEST_BASE_URL="https://digest.example.org",
        )
    assert {what: each["level"] for what, each in found.items()} | {"PTR": "-"} == {
        "data folder": "good",
        "dumps folder": "bad",
        "database": "bad",
        "sources": "good",
        "mail": "good",
        "mail encryption": "good",
        "return address": "good",
        "SPF": "bad",
        "DKIM": "good",
        "DMARC": "good",
        "PTR": "-",  # depends on whether this machine has an address in the world
        "returns": "unknown",
        "proxies": "bad",
        "links in mails": "good",
    }


def test_a_name_server_that_is_no_address_is_told(findings: Findings) -> None:
    found = findings(DIGEST_MAIL="smtp://127.0.0.1:1", DIGEST_RESOLVER="nonsense")
    assert "DIGEST_RESOLVER" in found["DNS"]["says"]


def test_a_mail_program_that_is_missing_is_told(findings: Findings, tmp_path: Path) -> None:
    found = findings(DIGEST_MAIL=f"sendmail:{tmp_path / 'none'}")
    assert "cannot be run" in found["mail"]["says"]


def test_what_is_not_known_is_marked_and_nothing_to_fail_for(run: Run, tmp_path: Path) -> None:
    (tmp_path / "dumps").mkdir()
    with serving({}, refuses=True) as server, Sink() as sink:
        result = run(
            "doctor",
            DIGEST_MAIL=f"smtp://127.0.0.1:{sink.port}",
            DIGEST_MAIL_FROM="digest@example.org",
            DIGEST_RESOLVER=server,
            DIGEST_TRUSTED_PROXIES="1",
            DIGEST_BASE_URL="https://digest.example.org",
        )
    assert "?     SPF: could not ask" in result.stdout
    bad = [line for line in result.stdout.splitlines() if line.startswith("BAD")]
    assert [line.split(":")[0].split()[-1] for line in bad] == ["database"]
