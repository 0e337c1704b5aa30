"""Who asks a server that runs for real: nobody says it of themselves, not even from this machine."""

import http.client
import sys
from pathlib import Path

import pytest

from digest.delivery.sink import Sink
from digest.web.full_answers import MOST
from tests.cli.test_processes import fetch, running, variables
from tests.ports import free_port
from tests.waiting import eventually

pytestmark = pytest.mark.slow


def statuses(port: int, **headers: str) -> set[int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    found = set()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    for _ in range(int(MOST) + 1):
        connection.request("GET", "/feeds/trending.rss", headers=given)
        answer = connection.getresponse()
        answer.read()
        found.add(answer.status)
    connection.close()
    return found


@pytest.mark.parametrize(("proxies", "expected"), [("0", {200}), ("1", {200, 429})])
def test_the_server_believes_as_many_proxies_as_the_settings_count(
    tmp_path: Path, proxies: str, expected: set[int]
) -> None:
    port = free_port()
    with Sink() as sink:
        environment = variables(tmp_path, port, sink, DIGEST_TRUSTED_PROXIES=proxies)
        command = [sys.executable, "-m", "digest", "serve", "--web-only"]
        with running(command, environment, tmp_path):
            eventually(lambda: fetch(f"http://127.0.0.1:{port}/health")[0] == 200, "an answer")
            assert statuses(port, X_Forwarded_For="203.0.113.5") == expected
            assert statuses(port, X_Forwarded_For="203.0.113.6, 127.0.0.1") == {200}
