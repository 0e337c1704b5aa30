"""The sendmail pipe, with real programs: small scripts, and Postfix's own."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digest.delivery.sendmail import SendmailTransport
from digest.delivery.transports import OutgoingMail
from digest.model.deliveries import Outcome, Stage

MAIL = b"Subject: Papers\r\n\r\n.hidden\r\n.\r\nHello\r\n"
BIG = MAIL + b"x" * 70 + b"\r\n" * 100_000  # more than any pipe or reading buffer holds


def mail(
    message: bytes = MAIL, recipient: str = "ada@example.org", sender: str = "digest@example.org"
) -> OutgoingMail:
    return OutgoingMail("k1", sender, recipient, message)


def script(folder: Path, *lines: str) -> SendmailTransport:
    path = folder / "sendmail"
    path.write_text("\n".join(["#!/bin/sh", f"cd {folder}", *lines]) + "\n")
    path.chmod(0o755)
    return SendmailTransport([str(path)])


def test_the_program_gets_the_envelope_as_words_and_the_mail_with_unix_line_ends(
    tmp_path: Path,
) -> None:
    transport = script(tmp_path, 'printf "%s\\n" "$@" > words', "cat > mail", "echo queued as 7")
    verdict = transport.deliver(mail())

    assert (verdict.outcome, verdict.text) == (Outcome.ACCEPTED, "queued as 7")
    words = (tmp_path / "words").read_text().split()
    assert words == ["-i", "-f", "digest@example.org", "--", "ada@example.org"]
    assert (tmp_path / "mail").read_bytes() == b"Subject: Papers\n\n.hidden\n.\nHello\n"


@pytest.mark.parametrize(
    ("code", "outcome", "enhanced"),
    [
        (1, Outcome.DEFERRED, None),
        (64, Outcome.UNREACHABLE, None),
        (65, Outcome.FAILED, "5.6.0"),
        (66, Outcome.UNREACHABLE, None),
        (67, Outcome.FAILED, "5.1.1"),
        (68, Outcome.FAILED, "5.1.2"),
        (69, Outcome.DEFERRED, None),
        (70, Outcome.DEFERRED, None),
        (71, Outcome.DEFERRED, None),
        (72, Outcome.UNREACHABLE, None),
        (73, Outcome.DEFERRED, None),
        (74, Outcome.DEFERRED, None),
        (75, Outcome.DEFERRED, None),
        (76, Outcome.DEFERRED, None),
        (77, Outcome.UNREACHABLE, None),
        (78, Outcome.UNREACHABLE, None),
        (127, Outcome.UNREACHABLE, None),
    ],
)
def test_an_exit_code_is_a_verdict_with_the_words_of_the_program(
    tmp_path: Path, code: int, outcome: Outcome, enhanced: str | None
) -> None:
    verdict = script(tmp_path, "echo because >&2", f"exit {code}").deliver(mail())

    assert (verdict.outcome, verdict.enhanced) == (outcome, enhanced)
    assert f"exit {code}" in verdict.text
    assert verdict.text.endswith("because")


@pytest.mark.parametrize("code", ["kill -9 $$", "exit 137"])
def test_a_program_killed_after_it_read_the_whole_mail_leaves_us_uncertain(
    tmp_path: Path, code: str
) -> None:
    verdict = script(tmp_path, "cat > /dev/null", code).deliver(mail(BIG))
    assert (verdict.outcome, verdict.stage) == (Outcome.UNCERTAIN, Stage.END)


def test_a_program_killed_before_it_read_the_end_cannot_have_sent_the_mail(tmp_path: Path) -> None:
    verdict = script(tmp_path, "head -c 10 > /dev/null", "kill -9 $$").deliver(mail(BIG))
    assert (verdict.outcome, verdict.stage) == (Outcome.DEFERRED, Stage.BODY)


@pytest.mark.parametrize(
    ("reads", "outcome"),
    [("cat > /dev/null", Outcome.UNCERTAIN), ("true", Outcome.DEFERRED)],
)
def test_a_program_that_takes_too_long_is_ended_with_its_children(
    tmp_path: Path, reads: str, outcome: Outcome
) -> None:
    script(tmp_path, reads, "sleep 600 & echo $! > child", "wait")
    verdict = SendmailTransport([str(tmp_path / "sendmail")], patience=0.3).deliver(mail())

    assert verdict.outcome is outcome
    assert "too long" in verdict.text
    assert is_gone(int((tmp_path / "child").read_text()))


def test_a_program_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    verdict = SendmailTransport([str(tmp_path / "none")]).deliver(mail())
    assert verdict.outcome is Outcome.UNREACHABLE
    assert "No such file" in verdict.text


def test_no_shell_and_no_option_can_be_made_of_an_address(tmp_path: Path) -> None:
    transport = script(tmp_path, 'printf "%s\\n" "$@" > words')
    recipient = "-oQ$(touch${IFS}owned);`id`@example.org"
    assert transport.deliver(mail(recipient=recipient)).outcome is Outcome.ACCEPTED
    assert (tmp_path / "words").read_text().splitlines()[-2:] == ["--", recipient]
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "address", ["|/bin/sh", ":include:/etc/passwd", "a b@example.org", "a\n@example.org", "@x", ""]
)
def test_what_is_no_address_fails_without_running_anything(tmp_path: Path, address: str) -> None:
    transport = script(tmp_path, "touch run")
    assert transport.deliver(mail(recipient=address)).outcome is Outcome.FAILED
    assert transport.deliver(mail(sender=address)).outcome is Outcome.FAILED
    assert not (tmp_path / "run").exists()


def test_our_secrets_are_not_given_to_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SECRET", "a-very-secret-key")
    monkeypatch.setenv("MAIL_CONFIG", "kept")
    script(tmp_path, "env > environment").deliver(mail())
    environment = (tmp_path / "environment").read_text()
    assert "MAIL_CONFIG=kept" in environment
    assert "a-very-secret-key" not in environment


def test_a_program_that_says_too_much_is_quoted_in_part(tmp_path: Path) -> None:
    verdict = script(tmp_path, "yes 'no \033[31m' | head -c 1000000", "exit 75").deliver(mail())
    assert len(verdict.text) < 600
    assert "\033" not in verdict.text


def test_a_sender_killed_at_work_never_leaves_half_a_mail_that_looks_whole(tmp_path: Path) -> None:
    script(tmp_path, "touch started", "while [ ! -e go ]; do sleep 0.01; done", "cat > got", "mv got mail")  # fmt: skip
    code = (
        "from digest.delivery.sendmail import SendmailTransport as T\n"
        "from digest.delivery.transports import OutgoingMail as M\n"
        f"T([{str(tmp_path / 'sendmail')!r}]).deliver("
        f"M('k', 'a@example.org', 'b@example.org', b'x' * 300000 + b'end'))"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as worker:
        wait_for(tmp_path / "started")
        worker.kill()
    (tmp_path / "go").touch()
    wait_for(tmp_path / "mail")
    assert (tmp_path / "mail").read_bytes().endswith(b"end")


@pytest.mark.slow
def test_postfix_takes_the_mail_into_its_queue(tmp_path: Path) -> None:
    program = shutil.which("sendmail", path="/usr/sbin:/usr/lib")
    if program is None or os.geteuid() != 0 or not Path("/usr/sbin/postdrop").exists():
        if os.environ.get("CI") == "true":
            pytest.fail("Postfix's sendmail cannot be run here, and CI needs it: as root")
        pytest.skip("Postfix's sendmail with a queue of its own needs Postfix, and to be root")
    config = tmp_path / "etc"
    config.mkdir()
    for folder in ("maildrop", "public"):
        (tmp_path / "queue" / folder).mkdir(parents=True)
    (config / "main.cf").write_text(f"queue_directory = {tmp_path / 'queue'}\n")
    shutil.chown(tmp_path / "queue" / "maildrop", "postfix", "postdrop")

    verdict = SendmailTransport([program, "-C", str(config)]).deliver(mail())

    assert verdict.outcome is Outcome.ACCEPTED, verdict.text
    (queued,) = (tmp_path / "queue" / "maildrop").iterdir()
    content = queued.read_bytes()
    for part in (b"digest@example.org", b"ada@example.org", b".hidden", b"Hello"):
        assert part in content


def is_gone(pid: int) -> bool:
    for _ in range(500):
        state = Path(f"/proc/{pid}/stat")
        try:
            if state.read_text().rpartition(")")[2].split()[0] == "Z":
                return True  # killed; whoever adopted it has not looked yet
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path.name}"
        time.sleep(0.01)
