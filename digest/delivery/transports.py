"""The one shape of everything that can hand over a mail."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from digest.model.deliveries import Outcome, Stage, Verdict


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail as a transport gets it: `sender` and `recipient` are those of the envelope."""

    key: str
    sender: str
    recipient: str
    message: bytes


class ArmedTooLongError(Exception):
    """The permission to send is too old to be used: the mail may be in other hands by now."""


# Asks for the permission to send, at the last moment at which nothing can have been accepted; gives
# False if the mail must not go out any more. May wait for a database, and raise what it raises.
Arm = Callable[[], Awaitable[bool]]
# Raises ArmedTooLongError once the permission is too old.
StillArmed = Callable[[], None]
# Returns the mail that will be sent next over the same connection, if it is known and built.
Following = Callable[[], OutgoingMail | None]


class UnreachableError(Exception):
    """No connection: `verdict` says why; nothing was sent."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.text)
        self.verdict = verdict


class Connection(Protocol):
    """A way to the transport that is open; carries one mail after another, for one task."""

    @property
    def is_usable(self) -> bool:
        """Tell whether another mail may go over it; False for ever after any doubt."""

    async def send(
        self, mail: OutgoingMail, arm: Arm, still_armed: StillArmed, following: Following
    ) -> Verdict:
        """Hand over one mail and say how it ended.

        Calls `arm` once, when the next thing to do could get the mail accepted, and `still_armed`
        right before doing it. What `following` returns, asked at most once, may be begun together
        with this mail's end; it must then be the next mail sent here, or the connection be closed.
        Whatever a server, a network or a disk can do comes back as a verdict; only what `arm`
        raises, ArmedTooLongError and cancellation fly out, after which the connection is not
        usable and the mail certainly not accepted - unless cancelled while the verdict was awaited.
        """

    async def close(self) -> None:
        """Say goodbye if that can be done quickly. Safe to call twice."""


class Transport(Protocol):
    """One way to hand over mails; siblings: smtp, lmtp, sendmail, maildir, file.

    `name` is how operators call it. An `is_idempotent` one delivers the same key once however
    often it is sent, so that an unknown end costs nothing to repeat.
    """

    name: str
    is_idempotent: bool

    async def connect(self) -> Connection:
        """Open a connection, or raise UnreachableError. Any number may be open at once."""


class BlockingTransport(Protocol):
    """What hands over a mail in one blocking call, from any thread."""

    name: str
    is_idempotent: bool

    def deliver(self, mail: OutgoingMail) -> Verdict:
        """Hand over one mail and say how it ended; never raises for what a disk or program does."""


# Of its own: slow programs must not hold up who claims mails and looks up names.
_MOST_THREADS = 64


class Threaded:
    """A blocking transport as a transport: each mail in a thread, always connected."""

    is_usable = True

    def __init__(self, transport: BlockingTransport) -> None:
        self.name = transport.name
        self.is_idempotent = transport.is_idempotent
        self._transport = transport
        self._threads = ThreadPoolExecutor(_MOST_THREADS, transport.name)

    async def connect(self) -> Connection:
        """Return itself: there is nothing to open."""
        return self

    async def send(
        self, mail: OutgoingMail, arm: Arm, still_armed: StillArmed, following: Following
    ) -> Verdict:
        """Hand over one mail, armed."""
        del following
        if not await arm():
            return Verdict(Outcome.WITHDRAWN, "not armed", stage=Stage.DATA)

        def deliver() -> Verdict:
            still_armed()  # it may have waited for a thread
            return self._transport.deliver(mail)

        return await asyncio.get_running_loop().run_in_executor(self._threads, deliver)

    async def close(self) -> None:
        """Nothing is held open."""
