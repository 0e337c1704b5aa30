"""Mail handed to this machine's own mail program, by the command every Unix has."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from typing import IO

from digest.delivery.address import wire_address
from digest.delivery.transports import OutgoingMail
from digest.errors import AddressError
from digest.model.deliveries import Outcome, Stage, Verdict

COMMAND = ("/usr/sbin/sendmail",)
PATIENCE = 600.0  # seconds
_GRACE = 5.0  # seconds for the system to end what was killed
_MAX_WORDS = 500
_SHELL_KILLED = 128  # a shell's exit code for a program that was killed is this and the signal
_NOT_RUN = (126, 127)  # a shell found no program, or one it may not run

# sysexits.h. Only what is surely about this mail fails it. A wrong option, a missing file or right,
# a broken configuration would stop every mail, so that it is the transport that is at fault. All
# others are tried again: Exim says 69 of a recipient, Postfix of its own queue.
_ABOUT_THE_MAIL = {
    65: ("5.6.0", "the mail was not taken as it is"),
    67: ("5.1.1", "no such user"),
    68: ("5.1.2", "no such host"),
}
_ABOUT_THE_PROGRAM = {
    64: "it does not know our options",
    66: "it cannot read its input",
    72: "a file of the system is missing",
    77: "it may not do this",
    78: "its configuration is wrong",
}


class SendmailTransport:
    """Runs `sendmail -i -f sender -- recipient` once a mail; no shell takes part.

    The mail is given as an open file, not written into a pipe: if this process is killed, what the
    program has read is never the beginning of a mail that seems to end there. And the file's
    position tells afterwards whether a program that was killed had seen the end.
    """

    name = "sendmail"
    is_idempotent = False

    def __init__(self, command: Sequence[str] = COMMAND, patience: float = PATIENCE) -> None:
        self._command = tuple(command)
        self._patience = patience

    def deliver(self, mail: OutgoingMail) -> Verdict:
        """Run the program and say what its exit code means."""
        try:
            words = self._words_for(mail)
        except AddressError as error:
            return Verdict(Outcome.FAILED, str(error), stage=Stage.MAIL)
        # Unix programs end lines by LF alone; it is the mail program that makes CRLF of it.
        message = mail.message.replace(b"\r\n", b"\n")
        with contextlib.ExitStack() as files:
            try:
                given = files.enter_context(tempfile.TemporaryFile())
                said = files.enter_context(tempfile.TemporaryFile())
                given.write(message)
                given.seek(0)
                process = self._start(words, given, said)
            except OSError as error:
                problem = f"cannot run {self._command[0]}: {error.strerror or error}"
                return Verdict(Outcome.UNREACHABLE, problem, stage=Stage.CONNECT)
            code = _ended(process, self._patience)
            return _verdict(code, _read(said), is_read=_is_read(given, len(message)))

    def _start(
        self, words: list[str], given: IO[bytes], said: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        # Neither our settings nor our secrets are the program's business.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("DIGEST_")}
        return subprocess.Popen(  # noqa: S603 - the operator's own command
            words, stdin=given, stdout=said, stderr=said, env=environment, start_new_session=True
        )

    def _words_for(self, mail: OutgoingMail) -> list[str]:
        sender, recipient = wire_address(mail.sender), wire_address(mail.recipient)
        for address in (sender, recipient):
            # Without a domain, sendmail takes `|program` and `:include:file` for recipients.
            if not address.isprintable() or " " in address or not address.rpartition("@")[0]:
                raise AddressError(f"{address!r} is not an address that a program can be given.")
        return [*self._command, "-i", "-f", sender, "--", recipient]


def _ended(process: subprocess.Popen[bytes], patience: float) -> int | None:
    """Return the exit code, or None after ending a program that took too long."""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            # With its children, which could go on and send.
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(_GRACE)


def _verdict(code: int | None, words: str, *, is_read: bool) -> Verdict:
    if code == 0:
        return Verdict(Outcome.ACCEPTED, words or "taken by sendmail", stage=Stage.END)
    if code is None or code < 0 or code > _SHELL_KILLED:
        how = "took too long" if code is None else f"was killed ({code})"
        stage = Stage.END if is_read else Stage.BODY
        outcome = Outcome.UNCERTAIN if is_read else Outcome.DEFERRED
        return Verdict(outcome, f"sendmail {how}: {words}", stage=stage)
    if code in _ABOUT_THE_MAIL:
        enhanced, meaning = _ABOUT_THE_MAIL[code]
        text = f"{meaning} (exit {code}): {words}"
        return Verdict(Outcome.FAILED, text, enhanced=enhanced, stage=Stage.RCPT)
    if code in _NOT_RUN or code in _ABOUT_THE_PROGRAM:
        meaning = _ABOUT_THE_PROGRAM.get(code, "the program cannot be run")
        text = f"{meaning} (exit {code}): {words}"
        return Verdict(Outcome.UNREACHABLE, text, stage=Stage.CONNECT)
    return Verdict(Outcome.DEFERRED, f"exit {code}: {words}", stage=Stage.BODY)


def _is_read(given: IO[bytes], size: int) -> bool:
    # The program reads through the same open file, so that its position is ours.
    return os.lseek(given.fileno(), 0, os.SEEK_CUR) >= size


def _read(said: IO[bytes]) -> str:
    said.seek(0)
    text = said.read(4 * _MAX_WORDS).decode("utf-8", "replace")
    return " ".join(part for part in text.split() if part.isprintable())[:_MAX_WORDS]
