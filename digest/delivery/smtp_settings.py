"""Where a mail server is, and how to speak to it."""

import ssl
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait; RFC 5321, 4.5.3.2. A shorter `end` would make duplicates.

    `transaction` is for all of a mail but the wait for its end, so that a server that takes or says
    a byte a second does not keep a lane for hours.
    """

    connect: float = 30
    command: float = 300
    data: float = 120
    progress: float = 180
    end: float = 600
    transaction: float = 900

    def scaled(self, factor: float) -> Self:
        """Return all but `connect` times a factor: tests have less patience, machines are busy."""
        stages = (field.name for field in fields(self) if field.name != "connect")
        return replace(self, **{stage: getattr(self, stage) * factor for stage in stages})


class Tls(StrEnum):
    """How a connection is encrypted.

    OPPORTUNISTIC takes any certificate and falls back to plain text, which the verdict tells
    (RFC 7435: better than nothing); with a password it means REQUIRE, as the password would go to
    whoever broke the handshake. NEVER sends even a password in plain text: only for localhost.
    """

    NEVER = "never"
    OPPORTUNISTIC = "opportunistic"
    REQUIRE = "require"
    IMPLICIT = "implicit"


class Auth(StrEnum):
    """How a login is said, the one that is preferred first."""

    PLAIN = "plain"
    LOGIN = "login"
    XOAUTH2 = "xoauth2"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """A server and how to speak to it; `local_hostname` is what we call ourselves.

    A `host` that begins with a slash is the path of a socket of this machine: not encrypted.
    `auth` None takes the best that is offered. `password_file` is read at every connecting, so that
    a token can be renewed under a running process. `context` replaces the system's certificates
    for REQUIRE and IMPLICIT. `name` is how operators call it, host:port if empty.
    """

    host: str = "localhost"
    port: int = 25
    local_hostname: str = "localhost"
    tls: Tls = Tls.OPPORTUNISTIC
    username: str | None = None
    password: str = field(default="", repr=False)
    timeouts: Timeouts = Timeouts()
    mails_per_connection: int = 100
    seconds_per_connection: float = 300
    context: ssl.SSLContext | None = None
    name: str = ""
    password_file: Path | None = None
    auth: Auth | None = None
    is_lmtp: bool = False

    @property
    def is_local(self) -> bool:
        """Tell whether the host is a path."""
        return self.host.startswith("/")

    @property
    def policy(self) -> Tls:
        """Return how connections are encrypted, given what is sent over them."""
        if self.is_local:
            return Tls.NEVER
        if self.tls is Tls.OPPORTUNISTIC and self.username:
            return Tls.REQUIRE
        return self.tls

    @property
    def shown_name(self) -> str:
        """Return how operators call it."""
        if self.name or self.is_local:
            return self.name or self.host
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def current_password(self) -> str:
        """Return the password as it is now; raises OSError if its file cannot be read."""
        if self.password_file is None:
            return self.password
        return self.password_file.read_text(encoding="utf-8").strip()
