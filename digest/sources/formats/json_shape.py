"""JSON from outside, taken apart in one way: what is wrong in it is told with its place."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeVar

from digest.errors import SourceError
from digest.sources.base import SourceWarning

T = TypeVar("T")

_MOST_ITEMS = 50_000  # in one answer; no service gives a tenth of that
_MOST_COUNTED = 1e9
_EARLIEST = 1900  # no paper in such a list is older; a smaller year is a mistake
_KINDS: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "nothing",
}


class ShapeError(ValueError):
    """A value that must be there is missing or is something else; says where and what."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value in an answer, and where it stands there.

    What is optional is asked with `field`, `items`, `text` and their like: absent, null and of
    another type are the same to them, namely nothing. What must be there is asked with `need_...`,
    which raise ShapeError. A value wrapped in `{"value": ...}` is that value.
    """

    value: object
    path: str = "the answer"

    def field(self, *names: str) -> "Node":
        """Return the first of these fields that holds anything; a node of nothing if none does."""
        for name in names:
            if isinstance(self.value, dict) and self.value.get(name) is not None:
                value = self.value[name]
                while isinstance(value, dict) and "value" in value:
                    value = value["value"]
                if value is not None:
                    return Node(value, self._of(name))
        return Node(None, self._of(names[0]))

    def items(self) -> list["Node"]:
        """Return what a list holds, in its order, 50,000 at most; nothing for what is no list."""
        if not isinstance(self.value, list):
            return []
        few = self.value[:_MOST_ITEMS]
        return [Node(each, f"{self.path}[{place}]") for place, each in enumerate(few)]

    def text(self) -> str:
        """Return a text; "" for what is none."""
        return self.value if isinstance(self.value, str) else ""

    def number(self) -> float | None:
        """Return a finite number, which may be written as text; None for what is none."""
        value = self.value
        if isinstance(value, str) and len(value) < 20:  # noqa: PLR2004  longer than a moment in ms
            try:
                value = float(value)
            except ValueError:
                return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None

    def count(self) -> int | None:
        """Return a number of things, from 0 to a thousand million; None for what is none."""
        number = self.number()
        return int(number) if number is not None and 0 <= number <= _MOST_COUNTED else None

    def day(self) -> date | None:
        """Return the day, in UTC, of a date or time as ISO 8601 writes it; None for what is none.

        A time without a zone is in UTC. Days before 1900 are none.
        """
        text = self.text().strip()
        try:
            moment = datetime.fromisoformat(text)
            day = (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
        except (ValueError, OverflowError):
            return None
        return day if day.year >= _EARLIEST else None

    def day_of_ms(self) -> date | None:
        """Return the day, in UTC, of a moment in milliseconds since 1970; None for what is none."""
        number = self.number()
        try:
            day = None if number is None else datetime.fromtimestamp(number / 1000, UTC).date()
        except (ValueError, OverflowError, OSError):
            return None
        return day if day is not None and day.year >= _EARLIEST else None

    def need_object(self) -> "Node":
        """Return the node itself if it is an object."""
        return self._need(dict, "an object")

    def need_items(self) -> list["Node"]:
        """Return what a list holds; a list of more than 50,000 is none of papers either."""
        node = self._need(list, "a list")
        if isinstance(node.value, list) and len(node.value) > _MOST_ITEMS:
            raise ShapeError(f"{self.path} is a list of {len(node.value):,}")
        return node.items()

    def need_text(self) -> str:
        """Return a text that has something in it."""
        text = self._need(str, "text").text()
        if not text.strip():
            raise ShapeError(f"{self.path} is empty")
        return text

    def _of(self, name: str) -> str:
        return f"{self.path}.{name}"

    def _need(self, kind: type, words: str) -> "Node":
        if self.value is None:
            raise ShapeError(f"{self.path} is missing")
        if not isinstance(self.value, kind):
            is_what = _KINDS.get(type(self.value), "something else")
            raise ShapeError(f"{self.path} is {is_what}, not {words}")
        return self


def unknown_shape(name: str, problem: object) -> SourceError:
    """Return the refusal of an answer that cannot be what the service documents."""
    return SourceError(name, f"answers in a shape that Digest does not know: {problem}")


def read_each(
    name: str, nodes: Iterable[Node], read: Callable[[Node], T]
) -> tuple[list[T], list[SourceWarning]]:
    """Return what can be read of a list, and a warning with its place for each item that cannot.

    `read` raises ShapeError for one. Raises SourceError if that is more than half of the list,
    with the first of them: then it is not the list it is taken for.
    """
    found: list[T] = []
    warnings: list[SourceWarning] = []
    for node in nodes:
        try:
            found.append(read(node))
        except ShapeError as error:
            warnings.append(SourceWarning(0, f"left out, for {error}"))
    if len(warnings) > len(found):
        problem = warnings[0].problem.removeprefix("left out, for ")
        count = f"{len(warnings)} of {len(found) + len(warnings)} cannot be read"
        raise unknown_shape(name, f"{problem}; {count}")
    return found, warnings
