"""A reader's own wishes, as a program reads and changes them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, TypeVar

from digest.errors import ExpressionError, SubscriptionError
from digest.model.cadence import parse_time, parse_zone
from digest.model.subscribers import Cadence, Interest, QuietDays, Subscriber, Wishes
from digest.pipeline.pausing import pause, resume
from digest.pipeline.subscribe import change_wishes, wishes_of
from digest.pipeline.wishes import read_cadence, read_interests, read_language, read_number
from digest.web.api.endpoint import Body, Call, Endpoint, Json
from digest.web.api.problems import Fault, Refusal, fault_of, invalid
from digest.web.api.schemas import PAUSE_BODY, WISHES_BODY, ref
from digest.web.api.shown import cadence_as_json, reader_as_json

T = TypeVar("T")


def show_me(call: Call) -> Json:
    """Return the reader whose token was shown."""
    return reader_as_json(call.reader)


def change_me(call: Call) -> Json:
    """Change what is given of a reader's wishes, all of it or nothing."""
    change = partial(wishes_from, call.body)
    change(call.reader)  # what is wrong is told without waiting for whoever writes
    return reader_as_json(change_wishes(call.site.app.registry, call.reader, change))


def pause_me(call: Call) -> Json:
    """Send no digest before a date."""
    until = date.fromisoformat(call.body["until"])
    try:
        return reader_as_json(pause(call.site.app.registry, call.reader, until))
    except SubscriptionError as error:
        fault = fault_of(error, pointer="#/until")
        raise Refusal(409, fault.detail, [fault]) from error


def resume_me(call: Call) -> Json:
    """Have digests come again."""
    try:
        return reader_as_json(resume(call.site.app.registry, call.reader))
    except SubscriptionError as error:
        raise Refusal(409, fault_of(error).detail) from error


def wishes_from(sent: Mapping[str, Any], reader: Subscriber) -> Wishes:
    """Return a reader's wishes with what was sent in place of theirs.

    Raises Refusal, 422, with every place that is to be put right.
    """
    reading = _Reading()
    wishes = wishes_of(reader)
    if "interests" in sent:
        wishes = replace(wishes, interests=_interests(reading, sent["interests"], wishes.interests))
    if "cadence" in sent:
        wishes = replace(wishes, cadence=_cadence(reading, sent["cadence"], wishes.cadence))
    if "papers" in sent:
        number = reading.at("#/papers", lambda: read_number(int(sent["papers"])), 1)
        wishes = replace(wishes, papers_per_digest=number)
    if "language" in sent:
        language = reading.at("#/language", lambda: read_language(sent["language"]), "")
        wishes = replace(wishes, language=language)
    if "quiet" in sent:
        wishes = replace(wishes, quiet=QuietDays(sent["quiet"]))
    if reading.faults:
        raise invalid(reading.faults)
    return wishes


def _interests(
    reading: "_Reading", lines: list[str], before: tuple[Interest, ...]
) -> tuple[Interest, ...]:
    """Return interests, each that cannot be read at its place; one that stays keeps its weight."""
    for number, line in enumerate(lines):
        # Beside one that finds papers: an interest may be there to exclude.
        reading.at(f"#/interests/{number}", partial(read_interests, [line, "a"]), before)
    if reading.faults:
        return before
    known = {each.expression: each for each in before}
    found = reading.at("#/interests", partial(read_interests, lines), before)
    return tuple(known.get(each.expression, each) for each in found)


def _cadence(reading: "_Reading", sent: Mapping[str, str], before: Cadence) -> Cadence:
    given = {**cadence_as_json(before), **sent}
    at = reading.at("#/cadence/at", lambda: parse_time(given["at"]), before.at)
    zone = reading.at("#/cadence/zone", lambda: parse_zone(given["zone"]), before.zone)
    days = reading.at(
        "#/cadence/days",
        lambda: read_cadence(given["days"], "00:00", "UTC", given["weekday"]),
        before,
    )
    # What is not changed stays to the second.
    return replace(days, at=at if "at" in sent else before.at, zone=zone)


class _Reading:
    """Collects what is wrong, place by place."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def at(self, pointer: str, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except (ExpressionError, SubscriptionError) as error:
            self.faults.append(fault_of(error, pointer=pointer))
            return otherwise


ENDPOINTS = (
    Endpoint(
        "GET",
        "/me",
        "getMe",
        "Your wishes, and when your next digest is due",
        show_me,
        ref("Me"),
        is_own=True,
    ),
    Endpoint(
        "PATCH",
        "/me",
        "changeMe",
        "Change your wishes",
        change_me,
        ref("Me"),
        "What is left out stays as it is; what is wrong changes nothing.",
        body=Body(
            WISHES_BODY,
            {"interests": ["graph neural networks", "-survey"], "cadence": {"at": "06:30"}},
        ),
        is_own=True,
    ),
    Endpoint(
        "PUT",
        "/me/pause",
        "pauseMe",
        "Pause your digests until a date",
        pause_me,
        ref("Me"),
        "Then comes one with the best of all that was new meanwhile.",
        body=Body(PAUSE_BODY, {"until": "2026-04-01"}),
        is_own=True,
        conflicts="You get no digests, or the date is not between tomorrow and a year from now.",
    ),
    Endpoint(
        "DELETE",
        "/me/pause",
        "resumeMe",
        "End your pause",
        resume_me,
        ref("Me"),
        is_own=True,
        conflicts="You get no digests.",
    ),
)
