"""What a reader typed into a form, and what is wrong with it, kept until they have put it right."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from digest.delivery.address import normal_address
from digest.errors import AddressError, DigestError, ExpressionError, SubscriptionError
from digest.model.cadence import parse_time, parse_zone
from digest.model.languages import DEFAULT_LANGUAGE, LANGUAGES
from digest.model.quiet import ENOUGH, LONGEST, NEAREST
from digest.model.subscribers import Days, QuietDays, Subscriber, Wishes
from digest.pipeline.wishes import (
    WEEKDAYS,
    read_cadence,
    read_interests,
    read_language,
    read_number,
    read_quiet,
)
from digest.text import clean_line
from digest.web.site import Form
from digest.web.zones import zones

T = TypeVar("T")

FIELDS = ("address", "keywords", "days", "weekday", "at", "zone", "papers", "quiet", "language")
DAYS = (
    (Days.DAILY, "Every day"),
    (Days.WEEKDAYS, "Monday to Friday"),
    (Days.WEEKLY, "Once a week"),
)
QUIET = (
    (QuietDays.SKIP, "Send nothing", "A day without a match has no mail."),
    (
        QuietDays.ROLL_OVER,
        "Gather a few first",
        f"Fewer than {ENOUGH} papers wait for more, for {LONGEST.days} days at most.",
    ),
    (
        QuietDays.REST,
        "Send the nearest",
        f"Where nothing matches, the {NEAREST} papers that come nearest, and the mail says so.",
    ),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to put right: at which field, and in which expression at which character."""

    field: str
    message: str
    expression: str = ""
    position: int = 0

    @property
    def pointer(self) -> str:
        """Return the line under the expression that points at the place."""
        return " " * min(self.position, len(self.expression)) + "^"


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent: what was typed, the problems, and the wishes if there are none."""

    values: Form
    problems: tuple[Problem, ...]
    wishes: Wishes | None

    def problem(self, name: str) -> Problem | None:
        """Return what is wrong with a field, if anything."""
        return next((each for each in self.problems if each.field == name), None)


def empty_form(zone: str, language: str = DEFAULT_LANGUAGE) -> Filled:
    """Return the form of a new reader."""
    return Filled(
        {
            "address": "",
            "keywords": "",
            "days": Days.DAILY.value,
            "weekday": WEEKDAYS[0],
            "at": "07:00",
            "zone": zone,
            "papers": "10",
            "quiet": QuietDays.SKIP.value,
            "language": language,
        },
        (),
        None,
    )


def form_of(subscriber: Subscriber) -> Filled:
    """Return the form with the wishes a reader has."""
    cadence = subscriber.cadence
    return Filled(
        {
            "address": subscriber.address,
            "keywords": "\n".join(each.expression for each in subscriber.interests),
            "days": cadence.days.value,
            "weekday": WEEKDAYS[cadence.weekday],
            "at": f"{cadence.at:%H:%M}",
            "zone": cadence.zone,
            "papers": str(subscriber.papers_per_digest),
            "quiet": subscriber.quiet.value,
            "language": subscriber.language,
        },
        (),
        None,
    )


def read_form(sent: Form, defaults: Filled, *, with_address: bool) -> Filled:
    """Return a form as it was sent, with everything that is wrong with it at once."""
    values = {name: sent.get(name, defaults.values[name]) for name in FIELDS}
    reading = _Reading()
    if with_address:
        reading.attempt("address", lambda: normal_address(values["address"]))
    interests = reading.attempt("keywords", lambda: read_interests(values["keywords"].splitlines()))
    days = reading.attempt(
        "days", lambda: read_cadence(values["days"], "00:00", "UTC", values["weekday"])
    )
    at = reading.attempt("at", lambda: parse_time(values["at"]))
    zone = reading.attempt("zone", lambda: parse_zone(values["zone"]))
    papers = reading.attempt("papers", lambda: read_number(values["papers"]))
    quiet = reading.attempt("quiet", lambda: read_quiet(values["quiet"]))
    language = reading.attempt("language", lambda: read_language(values["language"]))
    if (
        reading.problems
        or at is None
        or not (interests and days and zone and papers and quiet and language)
    ):
        return Filled(values, tuple(reading.problems), None)
    cadence = replace(days, at=at, zone=zone)
    return Filled(values, (), Wishes(interests, cadence, papers, language, quiet))


def with_suggestion(sent: Form) -> Form:
    """Return a form with the expression for which its button `use` has another, replaced."""
    old, _, new = sent.get("use", "").partition("\t")
    if not new or "keywords" not in sent:
        return sent
    lines = [new if clean_line(line) == old else line for line in sent["keywords"].splitlines()]
    return {**sent, "keywords": "\n".join(lines)}


class _Reading:
    """Collects what is wrong, field by field."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def attempt(self, name: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except (AddressError, ExpressionError, SubscriptionError) as error:
            self.problems.append(problem_of(name, error))
            return None


def problem_of(name: str, error: DigestError) -> Problem:
    """Return an error as a problem of a field."""
    if isinstance(error, ExpressionError):
        text = error.problem[:1].upper() + error.problem[1:]
        return Problem(name, text, error.expression, error.position)
    return Problem(name, str(error))


def choices(filled: Filled) -> dict[str, object]:
    """Return what the form's template chooses from."""
    return dict(_choices(filled))


def _choices(filled: Filled) -> Iterator[tuple[str, object]]:
    yield "form", filled
    yield "zones", zones(filled.values["zone"])
    yield "days", DAYS
    yield "weekdays", WEEKDAYS
    yield "languages", LANGUAGES
    yield "quiet_days", QUIET
