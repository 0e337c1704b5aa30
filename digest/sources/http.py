"""The polite client: the one way in which Digest asks anybody on the web for anything to read."""

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

import urllib3

from digest.errors import SourceAwayError

MAX_BYTES = 32 << 20
_IN_MEMORY = 4 << 20
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said: `body` is to be read from its beginning, and is whole.

    `validators` are handed to the next `get` of the same address, whatever they hold; with
    `is_unchanged` the service says that nothing is new since those that were given.
    """

    url: str
    content_type: str
    body: IO[bytes]
    validators: str = ""
    is_unchanged: bool = False

    def json(self, name: str) -> Any:  # noqa: ANN401  what it is, is for the caller to look at
        """Return the body read as JSON; raises SourceAwayError if it is none."""
        try:
            return json.loads(self.body.read())
        except (ValueError, RecursionError) as error:
            raise SourceAwayError(name, "did not answer with JSON") from error


@dataclass
class Client:
    """Asks over HTTP, one request after the other, no faster than each host wants.

    `agent` names this site and whom to write to. `take_turn` is told a host and the seconds between
    two requests to it, and returns for how many to wait, for all processes together. `mirrors` has
    an address for hosts that are to be asked elsewhere.
    """

    agent: str
    take_turn: Callable[[str, float], float] = lambda _host, _pace: 0.0
    mirrors: Mapping[str, str] = field(default_factory=dict)
    private_hosts: tuple[str, ...] = ()
    wait: Callable[[float], object] = time.sleep

    def get(
        self,
        name: str,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        validators: str = "",
    ) -> Answer:
        """Return the answer to a GET, which is 200 or, with `validators`, 304.

        `name` is the source's, for errors. Raises SourceAwayError for anything else, for what takes
        too long, is too large or is cut off, and for an address that may not be asked; with the wait
        that the service asks for.
        """
        sent = {**(headers or {}), **json.loads(validators or "{}")}
        return self._ask(name, "GET", url, params or {}, None, sent)

    def post(
        self,
        name: str,
        url: str,
        params: Mapping[str, str],
        body: object,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to a POST of JSON, which is 200; raises as `get` does."""
        return self._ask(name, "POST", url, params, body, headers or {})

    def _ask(  # noqa: PLR0913, PLR0917
        self,
        name: str,
        method: str,
        url: str,
        params: Mapping[str, str],
        body: object,
        headers: Mapping[str, str],
    ) -> Answer:
        parts = urlsplit(url)
        url = self.mirrors.get(parts.netloc, f"{parts.scheme}://{parts.netloc}") + parts.path
        query = "&".join(each for each in (parts.query, urlencode(params)) if each)
        url = f"{url}?{query}" if query else url
        response = urllib3.request(
            method,
            url,
            headers={"User-Agent": self.agent, **headers},
            json=body,
            preload_content=False,
            timeout=10,
        )
        if response.status != 200:  # noqa: PLR2004
            raise SourceAwayError(name, f"answered {response.status}")
        file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        for chunk in response.stream(_CHUNK):
            file.write(chunk)
        file.seek(0)
        return Answer(url, response.headers.get("Content-Type", ""), file)
