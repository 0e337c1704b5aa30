"""Tell a WebSub hub which feeds have changed, so that it tells those who follow them.

What goes wrong here costs nobody a paper: readers look in by themselves as well, a little later.
"""

import http.client
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from threading import Timer
from urllib.parse import urlencode, urlsplit

from digest.clock import steady

PATIENCE = 10.0  # seconds for all topics together: publishing waits for this
_GOOD = range(200, 300)


def ping(hub: str, topics: Sequence[str], patience: float = PATIENCE) -> list[str]:
    """Tell a hub that topics have changed; return a sentence for each thing that went wrong.

    Never raises for anything a hub does. One that cannot be reached, or is slow, is not asked again
    for the topics that are left.
    """
    until = steady() + patience
    problems: list[str] = []
    for number, topic in enumerate(topics):
        left = until - steady()
        try:
            if left <= 0:
                raise TimeoutError(f"it took longer than {patience:g} seconds")
            status = _told(hub, topic, left)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            what = str(error) or type(error).__name__
            untold = ", ".join(topics[number:])
            return [*problems, f"the hub {_name(hub)} was not told of {untold}: {what}"]
        if status not in _GOOD:
            problems.append(f"the hub {_name(hub)} answered {status} for {topic}")
    return problems


def _told(hub: str, topic: str, patience: float) -> int:
    address = urlsplit(hub)
    target = f"{address.path or '/'}{f'?{address.query}' if address.query else ''}"
    # Older hubs read the first name of the topic, newer ones the second.
    form = urlencode({"hub.mode": "publish", "hub.url": topic, "hub.topic": topic})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
    connection = _connection(address.scheme, address.hostname or "", address.port, patience)
    # A time-out of sockets begins anew with every byte, and a hub may send one a minute.
    cut = Timer(patience, _cut, [connection])
    cut.daemon = True
    cut.start()
    try:
        connection.request("POST", target, form, headers)
        return connection.getresponse().status
    finally:
        cut.cancel()
        connection.close()


def _connection(
    scheme: str, host: str, port: int | None, patience: float
) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=patience, context=context)
    return http.client.HTTPConnection(host, port, timeout=patience)


def _cut(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError, AttributeError):  # not connected yet, or no longer
        connection.sock.shutdown(socket.SHUT_RDWR)


def _name(hub: str) -> str:
    # The rest of the address may hold a key.
    return urlsplit(hub).hostname or hub
