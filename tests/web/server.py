"""Pages on a real port of loopback, for browsers and feed readers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp


@contextmanager
def serving(web: ASGIApp, listening: socket.socket) -> Iterator[None]:
    """Serve an application for as long as the block lasts."""
    server = uvicorn.Server(uvicorn.Config(web, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listening],), name="web")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
