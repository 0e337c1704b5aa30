"""Ports for the servers that tests start as programs of their own."""

import secrets
import socket
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
"""From which the system takes the port of every connection that goes out."""


def free_port() -> int:
    """A port of this machine that nothing has, and that no connection going out will be given.

    Between the look and the start of the program that wants it, a port that the system chose
    may go to any connection of another test; dnsmasq then finds it taken.
    """
    first = int(RANGE.read_text().split()[0]) if RANGE.exists() else 32768
    while True:
        port = first // 2 + secrets.randbelow(first // 2)
        if _is_free(port, socket.SOCK_STREAM) and _is_free(port, socket.SOCK_DGRAM):
            return port


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
