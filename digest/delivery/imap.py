"""Returned mail taken in from a mailbox elsewhere, by IMAP."""

import imaplib
import ipaddress
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from digest.delivery.intakes import IntakeError, Take, Taken
from digest.delivery.mail_parts import MAX_HEAD

logger = logging.getLogger(__name__)

# How many at one tick, and after how many that cannot be taken in the rest is left for the next.
MAX_MAILS = 500
MAX_FAILURES = 3
_PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where it is and how to log in. Without `is_tls` from the start, TLS is begun by STARTTLS."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    is_tls: bool = True


class ImapIntake:
    """Takes what is unseen and marks it as seen once it is committed; flagged if it was parked.

    A mail is read by a peek at its head, so a kill in between leaves it unseen, and taking it in
    twice changes nothing.
    """

    def __init__(self, mailbox: Mailbox, take: Take, tls: ssl.SSLContext | None = None) -> None:
        self.name = f"imap{'s' if mailbox.is_tls else ''}://{mailbox.host}:{mailbox.port}"
        self._mailbox = mailbox
        self._take = take
        self._tls = tls or ssl.create_default_context()
        self._failed: set[str] = set()

    def open(self) -> None:
        """Nothing is held open between two ticks."""

    def collect(self) -> int:
        """Log in, take in what is unseen and return how many mails it was."""
        try:
            with self._logged_in() as server:
                return self._collect(server)
        except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
            raise IntakeError(f"{self.name}: {error}") from error

    def close(self) -> None:
        """Nothing is held open."""

    def _collect(self, server: imaplib.IMAP4) -> int:
        count = failures = 0
        for number in self._unseen(server):
            message = _fetched(server, number)
            if message is None:
                continue  # somebody else has deleted it
            try:
                taken = self._take((), message)
            except Exception:
                logger.exception("a mail of %s cannot be taken in now", self.name)
                self._failed.add(number)
                failures += 1
                if failures >= MAX_FAILURES:
                    break
                continue
            flags = r"(\Seen \Flagged)" if taken is Taken.PARKED else r"(\Seen)"
            _checked(server.uid("STORE", number, "+FLAGS.SILENT", flags))
            self._failed.discard(number)
            count += 1
        return count

    def _unseen(self, server: imaplib.IMAP4) -> list[str]:
        """Return the oldest mails, those that failed before behind the others."""
        found = _checked(server.uid("SEARCH", "UNSEEN"))[0] or b""
        numbers = sorted(int(number) for number in found.split())
        in_turn = sorted(map(str, numbers), key=lambda number: number in self._failed)
        return in_turn[:MAX_MAILS]

    @contextmanager
    def _logged_in(self) -> Iterator[imaplib.IMAP4]:
        server = self._connected()
        try:
            self._log_in(server)
            folder = self._mailbox.folder.replace("\\", "\\\\").replace('"', '\\"')
            _checked(server.select(f'"{folder}"'))
            yield server
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                server.logout()
            with suppress(OSError):
                server.shutdown()

    def _log_in(self, server: imaplib.IMAP4) -> None:
        user, password = self._mailbox.user, self._mailbox.password
        if (user + password).isascii():
            server.login(user, password)
        elif "AUTH=PLAIN" in server.capabilities:
            # LOGIN is for ASCII alone; this is UTF-8 (RFC 4616).
            server.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            raise IntakeError(f"{self.name} takes ASCII only: it does not offer AUTH=PLAIN")

    def _connected(self) -> imaplib.IMAP4:
        host, port = self._mailbox.host, self._mailbox.port
        if self._mailbox.is_tls:
            return imaplib.IMAP4_SSL(host, port, ssl_context=self._tls, timeout=_PATIENCE)
        server = imaplib.IMAP4(host, port, timeout=_PATIENCE)
        try:
            self._begin_tls(server)
        except BaseException:
            with suppress(OSError):  # a handshake that failed has closed it
                server.shutdown()
            raise
        return server

    def _begin_tls(self, server: imaplib.IMAP4) -> None:
        if "STARTTLS" in server.capabilities:
            server.starttls(self._tls)
        elif not _is_this_machine(self._mailbox.host):
            raise IntakeError(f"{self.name} offers no TLS, so no password is sent to it")


def _fetched(server: imaplib.IMAP4, number: str) -> bytes | None:
    answer = _checked(server.uid("FETCH", number, f"(BODY.PEEK[]<0.{MAX_HEAD}>)"))
    return next((part[1] for part in answer if isinstance(part, tuple)), None)


def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
    kind, parts = answer
    if kind != "OK":
        words = b" ".join(part for part in parts if isinstance(part, bytes)).decode(
            "utf-8", "replace"
        )
        raise imaplib.IMAP4.error(f"the server said {kind} {words}")
    return parts


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
