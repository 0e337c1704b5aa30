"""A look at a mail server: what it offers, its certificate, whether our password opens it.

By smtplib and not by our own client: it goes on where ours stops on purpose, such as at a
certificate that does not fit, to say what would come next.
"""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial

from digest.delivery.smtp_settings import Auth, SmtpSettings, Tls

PATIENCE = 10.0  # seconds for each reply
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server showed. With a `problem` it was not reached, or left in the midst.

    `tls_problem` is why there is no encryption with a certificate that can be trusted; `offers`
    are the keywords of its last EHLO. `login` is None if no password was shown to it, empty if it
    let us in, and else what it said.
    """

    problem: str = ""
    greets_as: str = ""
    offers: dict[str, str] = field(default_factory=dict)
    has_starttls: bool = False
    is_encrypted: bool = False
    tls_problem: str = ""
    certificate_ends: datetime | None = None
    login: str | None = None


def look_at(relay: SmtpSettings, patience: float = PATIENCE) -> Seen:
    """Return what the server shows. A password goes only where mails would send it."""
    trusted = relay.context or ssl.create_default_context()
    seen = _seen(relay, patience, trusted)
    if seen.tls_problem:
        # Once more without looking at the certificate, and then without encryption, for the rest.
        blind = ssl.create_default_context()
        blind.check_hostname = False
        blind.verify_mode = ssl.CERT_NONE
        for context in (blind,) if relay.policy is Tls.IMPLICIT else (blind, None):
            rest = _seen(relay, patience, context)
            if not (rest.problem or rest.tls_problem):
                return replace(rest, tls_problem=seen.tls_problem)
    return seen


def _seen(relay: SmtpSettings, patience: float, context: ssl.SSLContext | None) -> Seen:
    seen = Seen()
    try:
        with _connected(relay, patience, context) as server:
            code, words = server.ehlo()
            if code // 100 != 2:  # noqa: PLR2004  a yes, RFC 5321
                return replace(seen, problem=f"EHLO is answered with {code} {_text(words)}")
            seen = _noted(seen, server)
            seen = replace(seen, has_starttls=server.has_extn("starttls"))
            if seen.has_starttls and context and relay.policy in (Tls.OPPORTUNISTIC, Tls.REQUIRE):
                server.starttls(context=context)
                server.ehlo()
                seen = _noted(seen, server)
            if relay.username and (_is_trusted(context, seen) or relay.policy is Tls.NEVER):
                seen = replace(seen, login=_login(server, relay))
            return seen
    except (ssl.SSLError, _StartTlsError) as error:
        return replace(seen, tls_problem=_reason(error))
    except (OSError, ValueError) as error:  # SMTPException is an OSError
        return replace(seen, problem=_reason(error))


class _StartTlsError(Exception):
    """STARTTLS was refused."""


class _Session(smtplib.SMTP):
    """A plain connection; LMTP has another greeting."""

    def starttls(self, *, context: ssl.SSLContext | None = None) -> tuple[int, bytes]:  # type: ignore[override]  # only the safe form
        """Encrypt, or raise: smtplib only returns a refusal."""
        code, words = super().starttls(context=context)
        if code // 100 != 2:  # noqa: PLR2004  a yes
            raise _StartTlsError(f"STARTTLS is answered with {code} {_text(words)}")
        return code, words


class _LmtpSession(smtplib.LMTP, _Session):
    """A connection by LMTP; a host that begins with / is a socket in the file system."""


@contextlib.contextmanager
def _connected(
    relay: SmtpSettings, patience: float, context: ssl.SSLContext | None
) -> Iterator[smtplib.SMTP]:
    kind: Callable[..., smtplib.SMTP] = _LmtpSession if relay.is_lmtp else _Session
    if relay.policy is Tls.IMPLICIT and context is not None:
        kind = partial(smtplib.SMTP_SSL, context=context)
    server = kind(relay.host, relay.port, relay.local_hostname, timeout=patience)
    try:
        yield server
        with contextlib.suppress(OSError):
            server.quit()
    finally:
        server.close()


def _noted(seen: Seen, server: smtplib.SMTP) -> Seen:
    ends = None
    if isinstance(server.sock, ssl.SSLSocket):
        certificate = server.sock.getpeercert() or {}
        if "notAfter" in certificate:
            seconds = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
            ends = datetime.fromtimestamp(seconds, UTC)
    first = _text(server.ehlo_resp or b"").split()
    return replace(
        seen,
        greets_as=first[0] if first else "",
        offers={name.upper(): words for name, words in server.esmtp_features.items()},
        is_encrypted=isinstance(server.sock, ssl.SSLSocket),
        certificate_ends=ends,
    )


def _is_trusted(context: ssl.SSLContext | None, seen: Seen) -> bool:
    return seen.is_encrypted and context is not None and context.verify_mode is ssl.CERT_REQUIRED


def _login(server: smtplib.SMTP, relay: SmtpSettings) -> str:
    """Return nothing if the server lets us in, else what it said."""
    offered = server.esmtp_features.get("auth", "").upper().split()
    known = [relay.auth] if relay.auth else list(Auth)
    usable = [method.upper() for method in known if method.upper() in offered]
    if not usable:
        return f"it offers {', '.join(offered) or 'no method'}, we know {', '.join(known)}"
    try:
        server.user, server.password = relay.username or "", relay.current_password()
    except OSError as error:
        return f"{relay.password_file} cannot be read: {error.strerror}"
    answers = {"PLAIN": server.auth_plain, "LOGIN": server.auth_login}
    bearer = f"user={server.user}\1auth=Bearer {server.password}\1\1"
    try:
        # A second question means no: it holds the reason, and wants an empty answer.
        answer = answers.get(usable[0], lambda asked=None: "" if asked else bearer)
        # Not every server takes the name in the same line as LOGIN.
        server.auth(usable[0], answer, initial_response_ok=usable[0] != "LOGIN")
    except smtplib.SMTPAuthenticationError as error:
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return ""


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return f"the handshake failed ({error.reason or error})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, socket.timeout):
        return "no answer in time"
    return _text(str(error)) or type(error).__name__


def _text(said: bytes | str) -> str:
    text = said if isinstance(said, str) else said.decode("utf-8", "replace")
    return " ".join(part for part in text.split() if part.isprintable())[:_LONGEST]
