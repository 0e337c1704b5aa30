"""A program that asks the API, with a reader's token or without."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from digest.app import App, build_app
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.sessions import Sessions
from digest.pipeline.subscribe import enrol
from digest.web import build_web
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.web.client import Answer, Client
from tests.web.conftest import BASE_URL, NOW, settings_in

ROOT = "/api/v1"


class Program:
    def __init__(self, client: Client, token: str = "") -> None:
        self.client = client
        self.headers = {"authorization": f"Bearer {token}"} if token else {}

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """Bytes are sent as they are, anything else as JSON."""
        given = {**self.headers, **headers}
        if body is not None:
            given = {"content_type": "application/json", **given}
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.ask(method, f"{ROOT}{path}", given, b"" if body is None else sent)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def told(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status == 200, answer.text
        return json.loads(answer.body)


def with_file(name: str, content: bytes, **fields: str) -> tuple[str, bytes]:
    """A form with a file as browsers send it: its Content-Type, and its body."""
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields.items()
    ]
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    kind = "Content-Type: text/plain\r\n\r\n"
    parts += [head.encode(), kind.encode(), content, b"\r\n--edge--\r\n"]
    return "multipart/form-data; boundary=edge", b"".join(parts)


def token_of(app: App, subscriber: Subscriber) -> str:
    return Sessions(app.database, app.clock).open(SessionKind.API, subscriber.id, "a script")


def problem(answer: Answer) -> Any:
    """What went wrong, after what every problem has was looked at."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    told = json.loads(answer.body)
    assert told["status"] == answer.status
    assert {"type", "title", "detail"} <= told.keys()
    return told


@pytest.fixture(scope="module")
def steady_program(
    filled_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    """A program of a reader, at a site that none of a module's tests changes."""
    folder = tmp_path_factory.mktemp("steady") / "data"
    shutil.copytree(filled_folder, folder)
    app = build_app(settings_in(folder), HandClock(NOW))
    reader = enrol(app.registry, "ada@example.org", make_wishes("graph neural networks"))
    yield Program(Client(build_web(app), BASE_URL), token_of(app, reader))
    app.database.dispose()
