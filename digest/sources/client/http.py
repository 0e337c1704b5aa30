"""The polite client: the one way in which Digest asks anybody on the web for anything to read."""

import json
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from http import HTTPStatus
from io import BytesIO
from urllib.parse import urlencode, urljoin

from digest.clock import steady, utc_now
from digest.errors import SourceAwayError
from digest.sources.client.addresses import Place, checked, parse_place, resolve
from digest.sources.client.answers import Answer
from digest.sources.client.aside import aside
from digest.sources.client.exchange import Bounds, ExchangeError, Request, Response, exchange
from digest.sources.client.paces import NoTurns, Turns, in_turn
from digest.sources.client.validators import conditions, validators_of
from digest.sources.client.waits import retry_after

__all__ = ["MAX_BYTES", "Answer", "Client"]

MAX_BYTES = 32 << 20
PATIENCE = 90.0
_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_LONGEST_TYPE = 200
_LOOK_UP = 10.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request on its way: `headers` are the caller's, for the host it named and no other."""

    name: str
    method: str
    place: Place
    headers: Mapping[str, str]
    validators: str = ""
    body: bytes | None = None


@dataclass
class Client:
    """Asks over HTTP, one request after the other, no faster than each host wants.

    `agent` names this site and whom to write to. `turns` are those of all processes of the site.
    `mirrors` has an address for hosts that are to be asked elsewhere; these and `private_hosts`
    (names, addresses, networks) may have addresses that are not public. `wait` sleeps, and returns
    True if the process is to stop meanwhile. Proxies of the environment are not used: which address
    they ask cannot be checked.
    """

    agent: str
    turns: Turns = field(default_factory=NoTurns)
    mirrors: Mapping[str, str] = field(default_factory=dict)
    private_hosts: tuple[str, ...] = ()
    wait: Callable[[float], object] = time.sleep
    patience: float = PATIENCE
    most: int = MAX_BYTES
    trusting: Callable[[], ssl.SSLContext] = ssl.create_default_context
    resolving: Callable[[str, int], Sequence[str]] = resolve

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
        that the service asks for. `headers` are not sent on to another host.
        """
        place = self._place(name, url, params or {})
        return self._follow(_Asked(name, "GET", place, headers or {}, validators))

    def post(
        self,
        name: str,
        url: str,
        params: Mapping[str, str],
        body: object,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to a POST of JSON, which is 200; raises as `get` does.

        It goes to the address that is named: a redirect is an error.
        """
        place = self._place(name, url, params)
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self._follow(_Asked(name, "POST", place, sent, body=json.dumps(body).encode()))

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """What TLS trusts: the certificates of the system, where operators add their own."""
        return self.trusting()

    def _is_stopping(self) -> bool:
        return bool(self.wait(0.0))

    def _follow(self, asked: _Asked) -> Answer:
        until = steady() + self.patience
        for _ in range(_MOST_REDIRECTS + 1):
            began = steady()
            with in_turn(self.turns, asked.name, asked.place.host, self.wait):
                until += steady() - began  # waiting for a turn is nobody's slowness
                answer = self._ask(asked, until)
            if isinstance(answer, Answer):
                return answer
            asked = answer
        raise SourceAwayError(asked.name, f"redirects more than {_MOST_REDIRECTS} times")

    def _ask(self, asked: _Asked, until: float) -> Answer | _Asked:
        """Return the answer, or what to ask instead of it."""
        place, addresses = self._where(asked)
        url = asked.place.url
        conditional = conditions(url, asked.validators)
        own = {
            "User-Agent": self.agent.encode("ascii", "replace").decode(),
            "Accept-Encoding": "gzip",
        }
        request = Request(
            asked.method, place, addresses, {**asked.headers, **conditional, **own}, asked.body
        )
        bounds = Bounds(until, self.most, self._is_stopping)
        try:
            response = exchange(request, bounds, lambda: self._trusted)
        except ExchangeError as error:
            raise SourceAwayError(asked.name, str(error)) from error
        if response.status in _REDIRECTS:
            return self._redirected(asked, place, response)
        if response.status == HTTPStatus.NOT_MODIFIED and conditional:
            return Answer(url, "", BytesIO(), asked.validators, is_unchanged=True)
        if response.status != HTTPStatus.OK:
            raise _refused(asked.name, response)
        kind = response.headers.get("Content-Type", "")[:_LONGEST_TYPE]
        return Answer(url, kind, response.body, validators_of(url, response.headers))

    def _where(self, asked: _Asked) -> tuple[Place, Sequence[str]]:
        """Return where to ask, a mirror it may be, and the addresses that were checked."""
        try:
            mirror = self._mirror(asked.place)
            place = parse_place(mirror + asked.place.target) if mirror else asked.place
            look_up = partial(self.resolving, place.host, place.port)
            found = aside(look_up, _LOOK_UP, self._is_stopping)
            # Whoever sets a mirror means its address, for what is asked of that host and no more.
            return place, found if mirror else checked(place, found, self.private_hosts)
        except OSError as error:
            problem = f"its host {asked.place.host} has no address: {error.strerror or error}"
            raise SourceAwayError(asked.name, problem) from error
        except ValueError as error:
            raise SourceAwayError(asked.name, f"is not asked: {error}") from error

    def _redirected(self, asked: _Asked, place: Place, response: Response) -> _Asked:
        """Return what to ask after a redirect; raises SourceAwayError for one not to be followed."""
        location = response.headers.get("Location", "")
        if asked.method != "GET" or not location:
            raise SourceAwayError(asked.name, f"answered {_status(response.status)}")
        try:
            # Without a scheme it is that of the host, whatever its mirror speaks.
            base = asked.place.url if location.startswith("//") else place.url
            target = urljoin(base, location)
            mirror = self._mirror(asked.place)
            if mirror and target.startswith((f"{mirror}/", f"{mirror}?")):
                target = asked.place.origin + target.removeprefix(mirror)
            following = parse_place(target)
        except ValueError as error:
            raise SourceAwayError(asked.name, f"redirects to where nobody is: {error}") from error
        if asked.place.scheme == "https" and following.scheme != "https":
            raise SourceAwayError(asked.name, "redirects from https to http, which is not followed")
        is_same = following.origin == asked.place.origin
        kept = asked.headers if is_same else _harmless(asked.headers)
        return replace(asked, place=following, headers=kept)

    def _place(self, name: str, url: str, params: Mapping[str, str]) -> Place:
        try:
            place = parse_place(url)
            joint = "&" if "?" in place.target else "?"
            query = f"{joint}{urlencode(params)}" if params else ""
        except ValueError as error:
            raise SourceAwayError(name, f"is not asked: {error}") from error
        return replace(place, target=place.target + query)

    def _mirror(self, place: Place) -> str:
        mirror = self.mirrors.get(place.authority, "")
        return parse_place(mirror).url.rstrip("/") if mirror else ""


def _harmless(headers: Mapping[str, str]) -> dict[str, str]:
    """Return those of a caller's headers that say nothing about us: keys stay with their host."""
    return {name: value for name, value in headers.items() if name.lower() == "accept"}


def _refused(name: str, response: Response) -> SourceAwayError:
    wait = retry_after(response.headers.get("Retry-After"), utc_now())
    return SourceAwayError(name, f"answered {_status(response.status)}", wait)


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
