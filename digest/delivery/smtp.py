"""Mail handed to an SMTP or LMTP server, over as many connections as are asked for."""

import asyncio
import os
import socket

from digest.delivery.replies import verdict_of_break, verdict_of_reply
from digest.delivery.smtp_connection import SmtpConnection
from digest.delivery.smtp_greeting import HandshakeError, greet
from digest.delivery.smtp_line import BrokenLineError, Line
from digest.delivery.smtp_login import LoginError, RefusedError
from digest.delivery.smtp_settings import Auth, SmtpSettings, Timeouts, Tls
from digest.delivery.transports import UnreachableError
from digest.model.deliveries import Stage

__all__ = ["Auth", "SmtpConnection", "SmtpSettings", "SmtpTransport", "Timeouts", "Tls"]


_IN_PLAIN_TEXT = "sent in plain text"


class SmtpTransport:
    """A server that takes mail; its connections know nothing of each other."""

    is_idempotent = False

    def __init__(self, settings: SmtpSettings) -> None:
        self.name = settings.shown_name
        self.settings = settings

    async def connect(self) -> SmtpConnection:
        """Return a greeted connection, or raise UnreachableError with a verdict that says why."""
        policy = self.settings.policy
        note = ""
        try:
            try:
                return await self._connect_with(policy, note)
            except HandshakeError as error:
                if policy is not Tls.OPPORTUNISTIC:
                    raise
                note = f"{_IN_PLAIN_TEXT}: {error}"
            return await self._connect_with(Tls.NEVER, note)
        except RefusedError as error:
            verdict = verdict_of_reply(Stage.CONNECT, error.reply.code, error.reply.words)
            raise UnreachableError(verdict) from error
        except (BrokenLineError, HandshakeError, LoginError, OSError, ValueError) as error:
            problem = str(error) or type(error).__name__
            raise UnreachableError(verdict_of_break(Stage.CONNECT, problem)) from error

    async def _connect_with(self, policy: Tls, note: str) -> SmtpConnection:
        settings = self.settings
        line = Line(await _connected(settings))
        try:
            features = await greet(line, settings, policy)
        except BaseException:
            line.drop()
            raise
        if policy is Tls.OPPORTUNISTIC and not line.is_encrypted:
            note = f"{_IN_PLAIN_TEXT}: STARTTLS is not offered"
        return SmtpConnection(line, features, settings, note)


async def _connected(settings: SmtpSettings) -> socket.socket:
    """Return a connected socket, to the first address of the host that answers."""
    patience = settings.timeouts.connect
    loop = asyncio.get_running_loop()
    if settings.is_local:
        return await _connected_to(socket.AF_UNIX, settings.host, patience)
    async with asyncio.timeout(patience):
        found = await loop.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
    problem: OSError = OSError(f"{settings.host} has no address")
    for family, _, _, _, address in found:
        try:
            return await _connected_to(family, address, patience)
        except OSError as error:
            problem = error
    raise problem


async def _connected_to(
    family: int, address: tuple[object, ...] | str, patience: float
) -> socket.socket:
    unconnected = socket.socket(family, socket.SOCK_STREAM)
    try:
        unconnected.setblocking(False)  # noqa: FBT003 - the socket's own way
        if family != socket.AF_UNIX:
            # A command is a small packet that must not wait for an acknowledgement.
            unconnected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(patience):
            await asyncio.get_running_loop().sock_connect(unconnected, address)
    except TimeoutError as error:
        unconnected.close()
        raise TimeoutError(f"no connection within {patience:g} s") from error
    except OSError as error:
        unconnected.close()
        # asyncio puts the address in place of the reason.
        raise OSError(os.strerror(error.errno) if error.errno else str(error)) from error
    except BaseException:
        unconnected.close()
        raise
    return unconnected
