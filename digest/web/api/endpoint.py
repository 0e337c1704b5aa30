"""One endpoint as a row of data, of which its route, its checks and its description are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digest.model.subscribers import Subscriber
from digest.web.api.problems import BY_STATUS
from digest.web.site import Site

Schema = Mapping[str, Any]
Json = Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """What stands in an address, as `schema` says; of the query unless it `is_path`."""

    name: str
    schema: Schema
    about: str
    example: str
    is_path: bool = False
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What a program sends: an object, as `schema` says."""

    schema: Schema
    example: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class File:
    """A file that a program sends as the body, of one of these types.

    The parameter `named_by` says what it is called.
    """

    types: tuple[str, ...]
    named_by: str


@dataclass(frozen=True, slots=True)
class Made:
    """What is told, as JSON, of something that was not there before."""

    told: Json


@dataclass(frozen=True)
class Call:
    """A request that has been checked; `given` are its parameters, `body` what was sent.

    A file that was sent is at the path `file` until it is answered. Who asks is None, and their
    name as `operator` "", where an endpoint is for anybody. `check_question` counts what is about to
    be answered anew, and raises TooManyError.
    """

    site: Site
    given: Mapping[str, Any]
    body: Mapping[str, Json] = field(default_factory=dict)
    asking: Subscriber | None = None
    operator: str = ""
    file: Path = Path()
    check_question: Callable[[], object] = lambda: None

    @property
    def reader(self) -> Subscriber:
        """Return whose token was shown."""
        if self.asking is None:  # pragma: no cover  the row says that it needs a token
            raise AssertionError("an endpoint without a token asked for its reader")
        return self.asking


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and a path under `/api/v1`, what it takes, and what it answers.

    `handle` returns what `answer` says, as JSON; None where there is nothing to say (204). What is
    a reader's own needs their token, what is an operator's the key of one. `makes` says what it
    means that something was made (201; `handle` returns it as Made), "" for never; `conflicts` says
    when the answer is 409, "" for never; one that looks something up may answer 404.
    """

    method: str
    path: str
    name: str
    summary: str
    handle: Callable[[Call], Json]
    answer: Schema | None
    about: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    file: File | None = None
    is_own: bool = False
    is_operators: bool = False
    looks_up: bool = False
    conflicts: str = ""
    makes: str = ""

    @property
    def status(self) -> int:
        """Return the status of the answer when all is well."""
        return 204 if self.answer is None else 200

    @property
    def is_public_read(self) -> bool:
        """Tell whether anybody may read this, from any site, and keep it for a while."""
        return self.method == "GET" and not self.is_own and not self.is_operators

    @property
    def problems(self) -> list[int]:
        """Return the statuses of what can go wrong."""
        found = {413, 429, 500, 503}
        found |= {401} if self.is_own or self.is_operators else set()
        found |= {403} if self.is_operators else set()
        found |= {404} if self.looks_up else set()
        found |= {409} if self.conflicts else set()
        # Every endpoint refuses parameters it does not know.
        found |= {422}
        found |= {400, 415} if self.body else set()
        found |= {415} if self.file else set()
        return sorted(found & BY_STATUS.keys())
