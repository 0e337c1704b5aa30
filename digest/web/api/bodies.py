"""JSON as a program sends it, read strictly: what could mean two things is refused."""

import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from digest.web.api.problems import Refusal

# Nothing of ours is nested deeper than a list in an object in an object.
MAX_DEPTH = 16
_MAX_DIGITS = 15  # more are not whole numbers to every program
# One that has no end is taken whole too: to try again at each quotation mark in it takes seconds.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)


def read_json(content_type: str, body: bytes) -> Any:  # noqa: ANN401  whatever was sent
    """Return what a body says; raises Refusal, 400 or 415, with what is wrong with it."""
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "Send JSON, with the header Content-Type: application/json.")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise _unreadable(f"JSON is written in UTF-8; byte {error.start} is not.") from error
    if not text.strip():
        raise _unreadable("The body is empty: send a JSON object.")
    if _depth(text) > MAX_DEPTH:
        raise _unreadable(f"This is nested more than {MAX_DEPTH} deep.")
    try:
        found = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_int=_whole,
            parse_float=_number,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _unreadable(f"This is not JSON: {error.msg} ({place}).") from error
    _refuse_surrogates(found)
    return found


def _depth(text: str) -> int:
    """Return how deep brackets stand in one another; those in strings are none."""
    deepest = depth = 0
    for character in _STRING.sub("", text):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _unreadable(f"The name {_shown(name)} stands twice in one object.")
        found[name] = value
    return found


def _no_number(name: str) -> NoReturn:
    raise _unreadable(f"{name} is not JSON: write a number, or null.")


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > _MAX_DIGITS:
        raise _unreadable(f"A number has {_MAX_DIGITS} digits at most.")
    return int(digits)


def _number(written: str) -> float:
    number = float(written)
    if abs(number) == float("inf"):
        raise _unreadable("A number is too large.")
    return number


def _refuse_surrogates(found: Any) -> None:  # noqa: ANN401  whatever was sent
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        sentence = "A string holds half a character (a lone surrogate), which no text can hold."
        raise _unreadable(sentence) from error


def _shown(name: str) -> str:
    return json.dumps(name[:40])


def _unreadable(sentence: str) -> Refusal:
    return Refusal(400, sentence)
