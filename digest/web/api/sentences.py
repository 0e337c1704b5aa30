"""What is wrong with a value, in words: jsonschema's own may repeat all that was sent."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jsonschema import ValidationError

_MAX_SHOWN = 60
_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "array": "a list",
    "boolean": "true or false",
    "null": "null",
}
_ABOUT: Mapping[str, Callable[[Any], str]] = {
    "type": lambda wanted: f"This should be {_one_of(_TYPES[each] for each in _listed(wanted))}.",
    "enum": lambda wanted: f"This should be {_one_of(json.dumps(each) for each in wanted)}.",
    "minimum": lambda least: f"This should be {least} at least.",
    "maximum": lambda most: f"This should be {most} at most.",
    "minLength": lambda least: f"This should have {_count(least, 'character')} at least.",
    "maxLength": lambda most: f"This should have {_count(most, 'character')} at most.",
    "minItems": lambda least: f"Name {least} at least.",
    "maxItems": lambda most: f"Name {most} at most.",
}
_FORMATS = {"date": "This should be a date, such as 2026-03-17."}


def sentences_of(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Yield (JSON pointer, sentence) of what a schema has against a value."""
    place = list(error.absolute_path)
    if error.validator == "additionalProperties":
        known = ", ".join(error.schema["properties"])
        for name in sorted(set(error.instance) - set(error.schema["properties"])):
            sentence = f"There is no field {named(name)} here; there are {known}."
            yield pointer([*place, name]), sentence
    elif error.validator == "required":
        # One error for each name that is missing, and only its message has it.
        missing = next(each for each in error.validator_value if repr(each) in error.message)
        yield pointer([*place, missing]), f"The field {missing} is missing."
    else:
        yield pointer(place), _sentence(error)


def pointer(path: Iterable[str | int]) -> str:
    """Return the place of a value in a body, as a fragment (RFC 6901, 6)."""
    steps = (clipped(str(step)).replace("~", "~0").replace("/", "~1") for step in path)
    return "#" + "".join(f"/{step}" for step in steps)


def clipped(name: str) -> str:
    """Return a name that somebody sent, as much of it as is worth repeating."""
    return name if len(name) <= _MAX_SHOWN else f"{name[:_MAX_SHOWN]}..."


def named(name: str) -> str:
    """Return a name that somebody sent as a sentence has it, even where it is empty."""
    return clipped(name) or '""'


def _sentence(error: ValidationError) -> str:
    rule, wanted = error.validator, error.validator_value
    if rule == "format" and wanted in _FORMATS:
        return _FORMATS[wanted]
    if rule in _ABOUT:
        return _ABOUT[rule](wanted)
    examples = error.schema.get("examples", [])
    return f"Write it as {json.dumps(examples[0])}." if examples else "This is not as described."


def _listed(wanted: str | list[str]) -> list[str]:
    return [wanted] if isinstance(wanted, str) else wanted


def _one_of(choices: Iterable[str]) -> str:
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
