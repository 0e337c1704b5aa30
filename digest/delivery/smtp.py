"""Mail handed to an SMTP server, with a verdict that is never a guess.

One mail is one transaction with one recipient. Whatever breaks before the line that ends the data
is certainly not accepted; whatever breaks after it is uncertain, and only that.
"""

import ssl
import time
from dataclasses import dataclass, field
from enum import StrEnum
from smtplib import SMTPException, SMTPNotSupportedError, SMTPResponseException
from typing import NamedTuple

from digest.delivery.address import wire_address
from digest.delivery.replies import (
    GO_ON,
    GOING_AWAY,
    NO,
    NOT_NOW,
    YES,
    Stage,
    verdict_of_break,
    verdict_of_reply,
)
from digest.delivery.smtp_line import BrokenLineError, Line, NothingSentError, Timeouts
from digest.errors import AddressError
from digest.model.deliveries import Outcome, Verdict

GOODBYE = 2.0  # seconds to wait for the answer to QUIT


class Tls(StrEnum):
    """How a connection is encrypted.

    OPPORTUNISTIC takes any certificate and falls back to plain text once if the handshake fails
    (RFC 7435: better than nothing); with a password it means REQUIRE, as the password would go to
    whoever broke the handshake. NEVER sends even a password in plain text: only for localhost.
    """

    NEVER = "never"
    OPPORTUNISTIC = "opportunistic"
    REQUIRE = "require"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where the server is and how to speak to it; `local_hostname` is what we call ourselves.

    `context` replaces the system's certificates for REQUIRE and IMPLICIT.
    """

    host: str
    port: int = 25
    local_hostname: str = "localhost"
    tls: Tls = Tls.OPPORTUNISTIC
    username: str | None = None
    password: str = field(default="", repr=False)
    timeouts: Timeouts = Timeouts()  # noqa: RUF009 - frozen
    mails_per_connection: int = 100
    seconds_per_connection: float = 300
    context: ssl.SSLContext | None = None


class SmtpTransport:
    """Sends over one kept connection, renewed after so many mails or seconds, or on any doubt."""

    name = "smtp"

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._kept: Line | None = None
        self._note = ""

    def send(self, sender: str, recipient: str, message: bytes, key: str) -> Verdict:  # noqa: ARG002 - SMTP has no place for it
        """Hand over one mail, over the kept connection or a new one."""
        try:
            sender, recipient = wire_address(sender), wire_address(recipient)
        except AddressError as error:
            return Verdict(Outcome.FAILED, str(error))
        if not _is_sendable(sender, recipient, message):
            return Verdict(Outcome.FAILED, "the mail has line ends or characters SMTP cannot carry")
        verdict, was_idle = self._attempt(sender, recipient, message)
        if was_idle:
            # Servers hang up on idle connections without telling; that says nothing about now.
            verdict, _ = self._attempt(sender, recipient, message)
        return verdict

    def close(self) -> None:
        """Say goodbye, if that can be done quickly."""
        line, self._kept = self._kept, None
        if line is not None:
            try:
                line.ask("QUIT", GOODBYE)
            except OSError:
                pass  # It was not going to be used again anyway.
            finally:
                line.close()

    def _attempt(self, sender: str, recipient: str, message: bytes) -> tuple[Verdict, bool]:
        """Return the verdict, and whether it was only that a kept connection had gone."""
        try:
            line = self._ready_line()
        except SMTPResponseException as error:
            words = _words(error.smtp_error)
            return verdict_of_reply(Stage.CONNECT, error.smtp_code, words), False
        except (OSError, ValueError) as error:  # SMTPException is an OSError
            return verdict_of_break(Stage.CONNECT, str(error) or type(error).__name__), False
        was_kept = line is self._kept
        # Until the transaction has ended in good order the connection is nobody's, so that even an
        # interrupt cannot leave one behind that is half way through a mail.
        self._kept = None
        try:
            verdict, stage, is_in_step = _transact(line, sender, recipient, message)
            if is_in_step:
                self._kept = line
        finally:
            if self._kept is None:
                line.close()
        if self._note:
            text = f"{verdict.text} ({self._note})"
            verdict = Verdict(verdict.outcome, text, verdict.code, verdict.enhanced)
        return verdict, was_kept and stage is Stage.MAIL and not is_in_step

    def _ready_line(self) -> Line:
        line = self._kept
        if line is not None and self._is_used_up(line):
            self.close()
        elif line is not None:
            try:
                if line.is_silent() and (not line.needs_reset or line.ask("RSET")[0] // 100 == YES):
                    line.needs_reset = False
                    return line
            except BrokenLineError:
                pass  # Nothing was under way on it.
            line.close()
            self._kept = None
        return self._connect()

    def _is_used_up(self, line: Line) -> bool:
        age = time.monotonic() - line.opened_at
        return (
            line.mails >= self._settings.mails_per_connection
            or age >= self._settings.seconds_per_connection
        )

    def _connect(self) -> Line:
        self._note = ""
        policy = self._settings.tls
        if policy is Tls.OPPORTUNISTIC and self._settings.username:
            policy = Tls.REQUIRE
        try:
            return self._connect_with(policy)
        except _HandshakeError as error:
            if policy is not Tls.OPPORTUNISTIC:
                raise
            self._note = f"sent in plain text: {error}"
            return self._connect_with(Tls.NEVER)

    def _connect_with(self, policy: Tls) -> Line:
        settings = self._settings
        line = Line(
            settings.host,
            settings.port,
            settings.local_hostname,
            settings.timeouts,
            self._context(policy) if policy is Tls.IMPLICIT else None,
        )
        try:
            line.ehlo_or_helo_if_needed()
            if policy is Tls.REQUIRE or (policy is Tls.OPPORTUNISTIC and line.has_extn("starttls")):
                _start_tls(line, self._context(policy))
            if settings.username:
                line.login(settings.username, settings.password)
        except BaseException:
            line.close()
            raise
        return line

    def _context(self, policy: Tls) -> ssl.SSLContext:
        if policy is Tls.OPPORTUNISTIC:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        return self._settings.context or ssl.create_default_context()


class _HandshakeError(SMTPException):
    """STARTTLS did not lead to an encrypted connection."""


class _End(NamedTuple):
    """How a transaction ended, where, and whether the connection is of further use."""

    verdict: Verdict
    stage: Stage
    is_in_step: bool


def _transact(line: Line, sender: str, recipient: str, message: bytes) -> _End:
    stage = Stage.MAIL
    timeouts = line.timeouts
    try:
        for stage, command, patience, good in (
            (Stage.MAIL, f"MAIL FROM:<{sender}>", timeouts.command, YES),
            (Stage.RCPT, f"RCPT TO:<{recipient}>", timeouts.command, YES),
            (Stage.DATA, "DATA", timeouts.data, GO_ON),
        ):
            code, words = line.ask(command, patience)
            if code // 100 != good:
                line.needs_reset = True
                return _answered(stage, code, words, {NOT_NOW, NO})
        stage = Stage.BODY
        line.send_body(message)
        stage = Stage.END
        code, words = line.ask(".", timeouts.end)
        line.mails += 1
        return _answered(stage, code, words, {YES, NOT_NOW, NO})
    except NothingSentError as error:
        # What is said before the data has ended cannot be a yes to it.
        stage = Stage.BODY if stage is Stage.END else stage
        return _End(verdict_of_break(stage, str(error)), stage, is_in_step=False)
    except OSError as error:
        problem = str(error) or type(error).__name__
        return _End(verdict_of_break(stage, problem), stage, is_in_step=False)


def _answered(stage: Stage, code: int, words: str, sensible: set[int]) -> _End:
    if code // 100 not in sensible:
        problem = f"out of step: {code} {words}"
        return _End(verdict_of_break(stage, problem), stage, is_in_step=False)
    verdict = verdict_of_reply(stage, code, words)
    return _End(verdict, stage, is_in_step=code != GOING_AWAY)


def _start_tls(line: Line, context: ssl.SSLContext) -> None:
    try:
        line.starttls(context=context)
        line.ehlo_or_helo_if_needed()
    except SMTPNotSupportedError as error:
        raise _HandshakeError("STARTTLS is not offered") from error
    except SMTPResponseException as error:
        raise _HandshakeError(
            f"STARTTLS refused: {error.smtp_code} {_words(error.smtp_error)}"
        ) from error
    except (OSError, ValueError) as error:
        raise _HandshakeError(f"the TLS handshake failed: {error}") from error


def _is_sendable(sender: str, recipient: str, message: bytes) -> bool:
    # A bare CR or LF ends a line for some servers and not for others, and a dot between two of them
    # would smuggle in a second mail.
    line_ends = message.count(b"\r\n")
    return (
        (sender + recipient).isascii()
        and (sender + recipient).isprintable()
        and not set(sender + recipient) & set("<> ")
        and message.isascii()
        and message.count(b"\n") == line_ends == message.count(b"\r")
    )


def _words(said: bytes | str) -> str:
    return said if isinstance(said, str) else said.decode("utf-8", "replace")
