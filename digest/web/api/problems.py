"""What can go wrong, as RFC 9457 says it: a kind, a sentence, and the places that are wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from digest.errors import ExpressionError, SourceError


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem; `name` is its anchor on the page that explains it."""

    status: int
    name: str
    title: str
    about: str


_KINDS = (
    Kind(
        400,
        "unreadable",
        "This cannot be read",
        "The body is no JSON, or JSON that means two things: a name twice, NaN, nested too deep.",
    ),
    Kind(
        401,
        "token",
        "A token is needed",
        "No token was sent, or one that is no longer good. Make one under Programs in your account.",
    ),
    Kind(
        403,
        "operators",
        "This is for operators",
        "A reader's token was sent where an operator's key is needed.",
    ),
    Kind(
        404, "not-found", "There is nothing here", "What was asked for is not there, or not yours."
    ),
    Kind(
        405,
        "method",
        "That cannot be done here",
        "The address is right, the method is not; the header Allow lists those that are.",
    ),
    Kind(
        409,
        "conflict",
        "This cannot be done now",
        "What was sent is sound, but it does not fit what there is; the sentence says why.",
    ),
    Kind(
        413, "too-large", "This is too large", "A body has 64 kB at most, a list of papers 16 MiB."
    ),
    Kind(
        415,
        "not-json",
        "Send another type",
        "Send Content-Type: application/json, or what the endpoint says that it takes.",
    ),
    Kind(
        422,
        "invalid",
        "Something is to be put right",
        "JSON or parameters that are not as described; each of the errors names its place.",
    ),
    Kind(
        429,
        "too-many",
        "That was too often",
        "Wait as many seconds as the header Retry-After says.",
    ),
    Kind(500, "fault", "Something went wrong", "The fault is ours. Try again in a minute."),
    Kind(
        503,
        "away",
        "The database is away",
        "It is busy, full or restarting. Try again in as many seconds as Retry-After says.",
    ),
)
BY_STATUS: Mapping[int, Kind] = {kind.status: kind for kind in _KINDS}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to put right: in the body at a JSON pointer, or in a parameter.

    In a keyword expression `position` counts characters of `expression`, from 0; in a file `line`
    counts from 1.
    """

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    expression: str | None = None
    position: int | None = None
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what is known of it."""
        named = {
            "detail": self.detail,
            "pointer": self.pointer,
            "parameter": self.parameter,
            "expression": self.expression,
            "position": self.position,
            "line": self.line,
        }
        return {name: value for name, value in named.items() if value is not None}


class Refusal(Exception):  # noqa: N818  it is an answer
    """A request that is answered with a problem."""

    def __init__(
        self,
        status: int,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults
        self.headers = headers or {}

    def as_json(self, page_url: str) -> dict[str, Any]:
        """Return the problem as JSON; `page_url` is that of the page that explains kinds."""
        kind = BY_STATUS[self.status]
        problem: dict[str, Any] = {
            "type": f"{page_url}#{kind.name}",
            "title": kind.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.faults:
            problem["errors"] = [fault.as_json() for fault in self.faults]
        return problem


def invalid(faults: Sequence[Fault]) -> Refusal:
    """Return the refusal of what has these faults."""
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return Refusal(422, f"{faults[0].detail}{more}", faults)


def fault_of(
    error: Exception, *, pointer: str | None = None, parameter: str | None = None
) -> Fault:
    """Return an error of the keyword language or of a form as a fault at a place, in a sentence."""
    if isinstance(error, ExpressionError):
        sentence = _sentence(error.problem)
        return Fault(sentence, pointer, parameter, error.expression, error.position)
    said = error.problem if isinstance(error, SourceError) else str(error)
    return Fault(_sentence(said), pointer, parameter)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
