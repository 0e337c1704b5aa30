"""One mail by itself, for commands and tests: no ledger, no queue, no permission to ask for."""

import asyncio

from digest.delivery.transports import OutgoingMail, Transport, UnreachableError
from digest.model.deliveries import Verdict


def send_now(transport: Transport, mail: OutgoingMail) -> Verdict:
    """Hand over one mail over a connection of its own, and return the verdict."""
    return asyncio.run(_send(transport, mail))


async def _send(transport: Transport, mail: OutgoingMail) -> Verdict:
    try:
        connection = await transport.connect()
    except UnreachableError as error:
        return error.verdict
    try:
        return await connection.send(mail, _armed, lambda: None, lambda: None)
    finally:
        await connection.close()


async def _armed() -> bool:
    return True
