"""An ASGI application behind uvicorn in a thread, asked over one connection by another."""

import socket
import statistics
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import uvicorn

Asgi = Callable[[Any, Any, Any], Awaitable[None]]
_PATIENCE = 20.0


def seconds_a_request(
    web: Asgi, asked: Sequence[tuple[str, dict[str, str]]], rounds: int, requests: int
) -> list[float]:
    """Return the server's processor seconds a request, the median of rounds, for each that is asked.

    The cases take turns, so that a change of the machine meets them all. What this thread spends on
    asking is left out.
    """
    # asyncio turns off Nagle's algorithm only for what says that it is TCP.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(web, log_level="error", access_log=False, server_header=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        several: list[list[float]] = [[] for _ in asked]
        for number in range(rounds + 1):
            for values, (path, headers) in zip(several, asked, strict=True):
                value = _asked(listener.getsockname(), _request(path, headers), requests)
                if number:  # the first time things are loaded
                    values.append(value)
        server.should_exit = True
        thread.join(_PATIENCE)
    return [statistics.median(values) for values in several]


def _request(path: str, headers: dict[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def _asked(address: tuple[str, int], request: bytes, times: int) -> float:
    with socket.create_connection(address, timeout=_PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _exchange(connection, request)
        start = time.process_time() - time.thread_time()
        for _ in range(times):
            _exchange(connection, request)
        return (time.process_time() - time.thread_time() - start) / times


def _exchange(connection: socket.socket, request: bytes) -> None:
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    fields = head.lower().split(b"\r\n")
    length = next((int(each[15:]) for each in fields if each.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += _more(connection)


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(262144)
    if not received:
        raise ConnectionError("the server hung up")
    return received
