"""Servers for benchmarks/delivery.py, and the ways others send: smtplib, aiosmtplib, smtp-source."""

import asyncio
import contextlib
import multiprocessing
import os
import resource
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import aiosmtplib

from digest.delivery.smtp import SmtpSettings, SmtpTransport, Tls
from digest.delivery.transports import OutgoingMail

SINK = Path("/usr/sbin/smtp-sink")
SOURCE = Path("/usr/sbin/smtp-source")
SENDER = "digest@a.test"


def missing() -> str:
    """Return a sentence on what is not installed, "" if all is."""
    absent = [path.name for path in (SINK, SOURCE) if not path.exists()]
    return f"There is no {' and no '.join(absent)}: apt-get install postfix." if absent else ""


@contextlib.contextmanager
def smtp_sink() -> Iterator[int]:
    """Run Postfix's smtp-sink; give its port."""
    port = _free_port()
    become = ["-u", "nobody"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with subprocess.Popen(
            [str(SINK), *become, f"127.0.0.1:{port}", "1000"], cwd=folder
        ) as process:
            while True:
                with contextlib.suppress(OSError):
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                time.sleep(0.01)
            try:
                yield port
            finally:
                process.terminate()


@contextlib.contextmanager
def delayed(to: int, round_trip: float) -> Iterator[int]:
    """Run a proxy before a port that delays every byte; give the proxy's port."""
    port = _free_port()
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=_proxy, args=(port, to, round_trip, ready), daemon=True)
    process.start()
    ready.wait()
    try:
        yield port
    finally:
        process.terminate()
        process.join()


def ours(port: int, messages: list[bytes]) -> None:
    """Send over one connection, each envelope sent along with the mail before it."""
    asyncio.run(_ours(port, messages))


def smtplib_reused(port: int, messages: list[bytes]) -> None:
    """Send with the standard library over one connection."""
    with smtplib.SMTP("127.0.0.1", port, "localhost") as client:
        for number, message in enumerate(messages):
            client.sendmail(SENDER, [f"reader{number}@b.test"], message)


def aiosmtplib_reused(port: int, messages: list[bytes]) -> None:
    """Send with aiosmtplib over one connection."""

    async def run() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for number, message in enumerate(messages):
                await client.sendmail(SENDER, [f"reader{number}@b.test"], message)

    asyncio.run(run())


def smtp_source(port: int, messages: list[bytes]) -> None:
    """Send as many mails of that size with Postfix's generator: C, and nothing to say."""
    size = str(sum(map(len, messages)) // len(messages))
    how = f"-d -s 1 -m {len(messages)} -l {size} 127.0.0.1:{port}"
    subprocess.run([str(SOURCE), *how.split()], check=True)


def cpu() -> float:
    """Return the seconds of processor time of this process and of those it has waited for."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in found)


async def _ours(port: int, messages: list[bytes]) -> None:
    settings = SmtpSettings("127.0.0.1", port, tls=Tls.NEVER, mails_per_connection=10**9)
    connection = await SmtpTransport(settings).connect()
    mails = [
        OutgoingMail(f"k{n}", SENDER, f"reader{n}@b.test", message)
        for n, message in enumerate([*messages])
    ]
    following: list[OutgoingMail | None] = [*mails[1:], None]
    for mail, after in zip(mails, following, strict=True):
        verdict = await connection.send(mail, _yes, lambda: None, lambda after=after: after)  # type: ignore[misc]
        if verdict.outcome != "accepted":
            raise RuntimeError(verdict.text)
    await connection.close()


async def _yes() -> bool:
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _proxy(port: int, to: int, round_trip: float, ready: Event) -> None:
    asyncio.run(_serve(port, to, round_trip / 2, ready))


async def _serve(port: int, to: int, delay: float, ready: Event) -> None:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", to, limit=1 << 22)
        for each in (writer, back):
            each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(_forward(reader, back, delay), _forward(there, writer, delay))

    server = await asyncio.start_server(one, "127.0.0.1", port, limit=1 << 22)
    ready.set()
    await server.serve_forever()


async def _forward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float
) -> None:
    loop = asyncio.get_running_loop()
    while data := await reader.read(1 << 20):
        loop.call_later(delay, writer.write, data)
    loop.call_later(delay, writer.close)
