"""Names to ask for: from a dictionary, or from a real DNS server that holds the same."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address

import pytest

from digest.delivery.dns import Answer, Resolver
from tests.ports import free_port

Records = Mapping[str, Mapping[str, list[str]]]


class Zone:
    """A table of names: {name: {"TXT": [...], "MX": [...], "A": [...], "PTR": [...]}}.

    What is under "PROBLEM" stands for a server that does not answer for that name.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    def texts(self, name: str) -> Answer:
        return self._answer(name, "TXT")

    def exchangers(self, name: str) -> Answer:
        return self._answer(name, "MX")

    def addresses(self, name: str) -> Answer:
        return self._answer(name, "A")

    def names(self, address: str) -> Answer:
        return self._answer(address, "PTR")

    def _answer(self, name: str, kind: str) -> Answer:
        found = self._records.get(name, {})
        if "PROBLEM" in found:
            return Answer(problem=found["PROBLEM"][0])
        return Answer(tuple(found.get(kind, ())))


@contextmanager
def serving(records: Records, *, refuses: bool = False) -> Iterator[str]:
    """Run dnsmasq with the records; for other names it says no such name, or that it refuses.

    Yields its host:port.
    """
    program = shutil.which("dnsmasq", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("dnsmasq is not installed (dnsmasq-base), and CI needs it")
        pytest.skip("dnsmasq is not installed; it comes with dnsmasq-base")
    port = free_port()
    fixed = ["--no-daemon", "--conf-file=-", "--no-resolv", "--no-hosts"]
    listens = [f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--pid-file="]
    others = [] if refuses else ["--local=/#/"]
    words = [program, *fixed, *listens, *others, "--txt-record=ready.test,yes"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        process.stdin.write("\n".join(_options(records)))
        process.stdin.close()
        try:
            _wait_until_answers(f"127.0.0.1:{port}", process)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def _options(records: Records) -> Iterator[str]:
    for name, kinds in records.items():
        for text in kinds.get("TXT", ()):
            # In pieces of 250, as a long key is published; a comma would begin a new one.
            pieces = [text[at : at + 250] for at in range(0, len(text), 250)]
            yield f"txt-record={name}," + ",".join(f'"{piece}"' for piece in pieces)
        for place, host in enumerate(kinds.get("MX", ())):
            yield f"mx-host={name},{host or '.'},{10 * place}"
        for address in kinds.get("A", ()):
            # Not host-record, which would make PTR records of its own.
            yield f"address=/{name}/{address}"
        for target in kinds.get("PTR", ()):
            yield f"ptr-record={ip_address(name).reverse_pointer},{target}"


def _wait_until_answers(server: str, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if process.poll() is not None:
            assert process.stderr is not None
            pytest.fail(f"dnsmasq ended: {process.stderr.read()}")
        if Resolver(server, 0.5).texts("ready.test").values:
            return
        time.sleep(0.01)
    pytest.fail("dnsmasq did not answer within ten seconds")
