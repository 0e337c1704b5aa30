"""The client against Postfix's own test server."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.delivery.smtp import SmtpSettings, SmtpTransport, Tls
from digest.model.deliveries import Outcome, Verdict
from tests.delivery.lane import mail_to, send_all
from tests.ports import free_port

pytestmark = pytest.mark.slow


@pytest.fixture
def program() -> str:
    found = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("smtp-sink is not installed (it comes with postfix), and CI needs it")
        pytest.skip("smtp-sink is not installed; it comes with postfix")
    return found


@contextmanager
def running(program: str, folder: Path, *options: str) -> Iterator[int]:
    port = free_port()
    # As root it refuses to run, unless it is told whom to become.
    become = ("-u", "nobody") if os.geteuid() == 0 else ()
    command = [program, *become, *options, f"127.0.0.1:{port}", "100"]
    with subprocess.Popen(command, cwd=folder) as process:
        try:
            wait_until_open(port)
            yield port
        finally:
            process.terminate()


def wait_until_open(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.01)
        else:
            return
    pytest.fail("smtp-sink did not open its port within ten seconds")


def send_many(port: int, count: int = 1) -> list[Verdict]:
    transport = SmtpTransport(SmtpSettings("127.0.0.1", port, tls=Tls.NEVER))
    return send_all(transport, [mail_to() for _ in range(count)])


def test_postfix_accepts_many_mails_over_renewed_connections(program: str, tmp_path: Path) -> None:
    with running(program, tmp_path) as port:
        verdicts = send_many(port, 250)
    assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        (("-r", "rcpt"), Outcome.DEFERRED),
        (("-f", "data"), Outcome.FAILED),
        (("-r", "."), Outcome.DEFERRED),
        (("-Q", "mail"), Outcome.THROTTLED),
        (("-q", "connect"), Outcome.UNREACHABLE),
        (("-q", "mail"), Outcome.UNREACHABLE),
        (("-q", "rcpt"), Outcome.DEFERRED),
        (("-q", "data"), Outcome.DEFERRED),
        (("-q", "."), Outcome.UNCERTAIN),
        (("-f", "."), Outcome.FAILED),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_postfix_plays_a_fault(
    program: str, tmp_path: Path, options: tuple[str, ...], outcome: Outcome
) -> None:
    with running(program, tmp_path, *options) as port:
        (verdict,) = send_many(port)
    assert verdict.outcome is outcome, verdict
