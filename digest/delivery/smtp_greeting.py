"""From a connected socket to a server that waits for mail: banner, EHLO, STARTTLS, AUTH."""

import ssl
from functools import cache

from digest.delivery.replies import NO, YES
from digest.delivery.smtp_envelope import Features, read_features
from digest.delivery.smtp_line import BrokenLineError, Line
from digest.delivery.smtp_login import RefusedError, chosen, log_in
from digest.delivery.smtp_settings import SmtpSettings, Tls


class HandshakeError(Exception):
    """The connection could not be encrypted."""


async def greet(line: Line, settings: SmtpSettings, policy: Tls) -> Features:
    """Return what the server offers once it waits for mail.

    Raises RefusedError, LoginError, HandshakeError, BrokenLineError, OSError or ValueError.
    """
    patience = settings.timeouts.command
    if policy is Tls.IMPLICIT:
        await _encrypt(line, settings, policy)
    banner = await line.reply(patience)
    if banner.kind != YES:
        raise RefusedError("the connection was", banner)
    features = await _introduce(line, settings)
    if policy is Tls.REQUIRE or (policy is Tls.OPPORTUNISTIC and features.can_encrypt):
        await _start_tls(line, settings, policy, features)
        # What was offered in plain text may have been anybody's words: RFC 3207, 4.2.
        features = await _introduce(line, settings)
    if settings.username:
        mechanism = chosen(features.logins, settings.auth)
        password = settings.current_password()
        await log_in(line, mechanism, settings.username, password, patience)
    return features


async def _introduce(line: Line, settings: SmtpSettings) -> Features:
    patience = settings.timeouts.command
    name = settings.local_hostname
    verb = "LHLO" if settings.is_lmtp else "EHLO"
    reply = await line.ask(f"{verb} {name}\r\n".encode("ascii"), patience)
    if reply.kind == YES:
        return read_features(reply.words)
    if reply.kind == NO and not settings.is_lmtp:
        reply = await line.ask(f"HELO {name}\r\n".encode("ascii"), patience)
        if reply.kind == YES:
            return Features()
    raise RefusedError("the greeting was", reply)


async def _start_tls(line: Line, settings: SmtpSettings, policy: Tls, features: Features) -> None:
    if not features.can_encrypt:
        raise HandshakeError("STARTTLS is not offered")
    try:
        reply = await line.ask(b"STARTTLS\r\n", settings.timeouts.command)
    except BrokenLineError as error:
        raise HandshakeError(f"STARTTLS: {error}") from error
    if reply.kind != YES:
        raise HandshakeError(f"STARTTLS refused: {reply.code} {reply.words}")
    if not line.is_silent():
        # What was slipped in before the handshake would pass for said after it.
        raise HandshakeError("spoke on in plain text after the reply to STARTTLS")
    await _encrypt(line, settings, policy)


async def _encrypt(line: Line, settings: SmtpSettings, policy: Tls) -> None:
    demanding = settings.context or _demanding()
    context = _undemanding() if policy is Tls.OPPORTUNISTIC else demanding
    try:
        await line.encrypt(context, settings.host, settings.timeouts.command)
    except TimeoutError as error:
        raise HandshakeError("the TLS handshake failed: not done in time") from error
    except (OSError, ValueError) as error:
        raise HandshakeError(f"the TLS handshake failed: {error}") from error


@cache  # Reading the system's certificates takes longer than sending a hundred mails.
def _demanding() -> ssl.SSLContext:
    return ssl.create_default_context()


@cache
def _undemanding() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
