"""What the doctor says of the place where bounces are taken in."""

import socket
from pathlib import Path

import pytest

from digest.checks.findings import Level
from digest.checks.intake import check_intake
from digest.delivery.sink import Rule, Sink, Step


@pytest.mark.parametrize("scheme", ["lmtp", "smtp"])
def test_a_free_port_is_good(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert check_intake(f"{scheme}://127.0.0.1:{port}").level is Level.GOOD
    assert "has no port" in check_intake(f"{scheme}://127.0.0.1").says


def test_a_port_where_digest_listens_already_is_good() -> None:
    with Sink(Rule(Step.BANNER, "220 mx.example.org Digest")) as running:
        found = check_intake(f"smtp://127.0.0.1:{running.port}")
    assert found.level is Level.GOOD


def test_a_port_where_another_mail_server_listens_is_taken() -> None:
    with Sink() as sink:
        found = check_intake(f"smtp://127.0.0.1:{sink.port}")
    assert found.level is Level.BAD
    assert "'220 digest sink ESMTP'" in found.says


def test_a_port_that_another_program_has_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        found = check_intake(f"lmtp://127.0.0.1:{other.getsockname()[1]}", patience=0.05)
    assert found.level is Level.BAD
    assert "is taken" in found.says


def test_an_address_that_is_not_ours_cannot_be_listened_on() -> None:
    found = check_intake("smtp://192.0.2.1:2525")
    assert found.level is Level.BAD
    assert "cannot listen on 192.0.2.1:2525" in found.says


def test_a_folder_that_is_there_is_to_be_a_maildir(tmp_path: Path) -> None:
    url = f"maildir:{tmp_path / 'returns'}"
    missing = check_intake(url)
    (tmp_path / "returns").mkdir()
    empty = check_intake(url)
    for name in ("new", "cur", "tmp"):
        (tmp_path / "returns" / name).mkdir()
    levels = [missing.level, empty.level, check_intake(url).level]
    assert levels == ["unknown", "bad", "good"]


def test_a_mailbox_is_to_answer() -> None:
    assert check_intake("imap://ada@127.0.0.1:1/INBOX").level is Level.BAD
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"imaps://ada:secret@127.0.0.1:{server.getsockname()[1]}/INBOX"
        found = check_intake(url)
    assert found.level is Level.GOOD
    assert "secret" not in found.says
