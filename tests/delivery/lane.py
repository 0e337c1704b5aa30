"""What a worker's lane does with a transport, for the tests of one: mail after mail, chained."""

import asyncio
import functools
from collections.abc import Sequence

from digest.delivery.sink import Sink
from digest.delivery.smtp import SmtpSettings, SmtpTransport, Timeouts, Tls
from digest.delivery.transports import Connection, OutgoingMail, Transport, UnreachableError
from digest.model.deliveries import Outcome, Stage, Verdict

MAIL = b"Subject: Papers\r\n\r\n.hidden\r\n..\r\n.\r\nend\r\n"
PATIENT = Timeouts().scaled(0.02)
BRIEF = Timeouts(connect=30, command=0.15, data=0.15, progress=0.2, end=0.15, transaction=1)


def mail_to(recipient: str = "ada@b.test", message: bytes = MAIL) -> OutgoingMail:
    return OutgoingMail(f"k-{recipient}", "digest@a.test", recipient, message)


def mails_to(*names: str) -> list[OutgoingMail]:
    return [mail_to(f"{name}@b.test") for name in names]


def transport_to(sink: Sink, **settings: object) -> SmtpTransport:
    given = {"timeouts": PATIENT, "tls": Tls.NEVER, "is_lmtp": sink.is_lmtp} | settings
    return SmtpTransport(SmtpSettings(sink.host, sink.port, **given))  # type: ignore[arg-type]


async def armed() -> bool:
    return True


def still_armed() -> None:
    return None


def nothing() -> None:
    return None


async def send_in_turn(
    transport: Transport, mails: Sequence[OutgoingMail], *, chains: bool = True
) -> list[Verdict]:
    """Send all over one connection at a time; a stale one is replaced and its mail tried again."""
    verdicts: list[Verdict] = []
    connection: Connection | None = None
    while len(verdicts) < len(mails):
        if connection is None or not connection.is_usable:
            if connection is not None:
                await connection.close()
            try:
                connection = await transport.connect()
            except UnreachableError as error:
                verdicts.append(error.verdict)
                continue
        number = len(verdicts)
        later = mails[number + 1 : number + 2] if chains else []
        carried = getattr(connection, "mails", 0)
        verdict = await connection.send(
            mails[number], armed, still_armed, functools.partial(_first, later)
        )
        is_stale = verdict.outcome is Outcome.UNREACHABLE and verdict.stage is Stage.MAIL
        if not (is_stale and carried and not connection.is_usable):
            verdicts.append(verdict)
    if connection is not None:
        await connection.close()
    return verdicts


def send_all(
    transport: Transport, mails: Sequence[OutgoingMail], *, chains: bool = True
) -> list[Verdict]:
    return asyncio.run(send_in_turn(transport, mails, chains=chains))


def _first(later: Sequence[OutgoingMail]) -> OutgoingMail | None:
    return later[0] if later else None
