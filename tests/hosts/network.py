"""Hosts on one machine: network namespaces, each behind a cable of its own to one router.

A packet to a host whose cable is out is dropped by the router without a word, as by a switch: nobody
is told "unreachable". Names carry this process's id, so that two runs do not meet.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import pytest

_TOOLS = {"ip": "iproute2", "nsenter": "util-linux", "unshare": "util-linux"}
# Where Debian has `ip`, and not everybody's path leads to.
_FOLDERS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


class Network:
    """The router and its hosts, for as long as the `with` block lasts."""

    def __init__(self, names: Sequence[str]) -> None:
        self._numbers = {name: number for number, name in enumerate(names, start=1)}
        self._router = _namespace("router")
        self._made = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as made:
            self._add(made, self._router)
            # Of this namespace alone: the machine itself forwards what it did before.
            _run(*_inside(self._router), "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
            _ip(self._router, "route", "add", "blackhole", "default")
            for name in self._numbers:
                self._add(made, _namespace(name))
                self._connect(name)
            self._made = made.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._made.close()

    def address(self, host: str) -> str:
        return f"10.77.{self._numbers[host]}.2"

    def on(self, host: str) -> list[str]:
        """Return what a command begins with that runs on a host; it keeps its process id."""
        named = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', host]
        return [*_inside(_namespace(host)), *named]

    def cut(self, host: str) -> None:
        """Pull a host's cable out."""
        _ip(self._router, "link", "set", "dev", host, "down")

    def mend(self, host: str) -> None:
        """Put it in again."""
        _ip(self._router, "link", "set", "dev", host, "up")

    def _connect(self, host: str) -> None:
        router, there = self._router, _namespace(host)
        gateway = f"10.77.{self._numbers[host]}.1"
        cable = ("type", "veth", "peer", "name", "eth0", "netns", there)
        _ip(router, "link", "add", "name", host, *cable)
        _ip(router, "address", "add", f"{gateway}/24", "dev", host)
        _ip(router, "link", "set", "dev", host, "up")
        _ip(there, "address", "add", f"{self.address(host)}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip(there, "link", "set", "dev", device, "up")
        _ip(there, "route", "add", "default", "via", gateway)

    @staticmethod
    def _add(made: ExitStack, namespace: str) -> None:
        _run(_found("ip"), "netns", "add", namespace)
        made.callback(subprocess.run, [_found("ip"), "netns", "delete", namespace], check=False)


def need_namespaces() -> None:
    """Skip the test where there are no network namespaces to be had; fail it in CI."""
    lacking = sorted({package for tool, package in _TOOLS.items() if not _found(tool)})
    if lacking:
        problem = f"install {' and '.join(lacking)}, which make network namespaces"
    elif os.geteuid() != 0:
        problem = "network namespaces of one's own need root"
    else:
        try:
            with Network(["trial"]):
                return
        except subprocess.CalledProcessError as error:
            problem = f"no network namespaces here: {error.stderr.strip()}"
    if os.environ.get("CI"):
        pytest.fail(problem)
    pytest.skip(problem)


def _namespace(name: str) -> str:
    return f"digest{os.getpid()}-{name}"


def _inside(namespace: str) -> list[str]:
    return ["nsenter", f"--net=/run/netns/{namespace}"]


def _ip(namespace: str, *words: str) -> None:
    _run(_found("ip"), "-n", namespace, *words)


def _found(tool: str) -> str:
    return shutil.which(tool, path=_FOLDERS) or ""


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
