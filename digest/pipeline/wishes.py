"""What a reader typed, checked and turned into wishes."""

from collections.abc import Iterable

from digest.errors import ExpressionError, SubscriptionError
from digest.model.cadence import parse_time, parse_zone
from digest.model.languages import LANGUAGES
from digest.model.subscribers import (
    MAX_EXPRESSION,
    MAX_INTERESTS,
    MAX_PAPERS,
    Cadence,
    Days,
    Interest,
    QuietDays,
)
from digest.ranking.query import parse
from digest.text import clean_line

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def read_interests(lines: Iterable[str]) -> tuple[Interest, ...]:
    """Return the interests written one a line; blank lines and repetitions are left out.

    Raises ExpressionError at the first that cannot be read, SubscriptionError for none at all,
    for only exclusions, or for more than 50.
    """
    expressions = list(dict.fromkeys(filter(None, map(clean_line, lines))))
    if not expressions:
        raise SubscriptionError("Write at least one keyword, such as: graph neural networks")
    if len(expressions) > MAX_INTERESTS:
        message = f"These are {len(expressions)} keywords, {MAX_INTERESTS} is the most"
        raise SubscriptionError(message)
    interests = []
    for expression in expressions:
        if len(expression) > MAX_EXPRESSION:
            problem = f"longer than {MAX_EXPRESSION} characters: split it into two keywords"
            raise ExpressionError(expression, problem, MAX_EXPRESSION)
        parse(expression)
        interests.append(Interest(expression))
    if not any(map(finds_papers, expressions)):
        raise SubscriptionError(
            "These only exclude papers: add a keyword for what you want to read"
        )
    return tuple(interests)


def finds_papers(expression: str) -> bool:
    """Tell whether an expression finds papers: one that only excludes, or cannot be read, does not."""
    try:
        return bool(parse(expression).alternatives)
    except ExpressionError:
        return False


def read_cadence(days: str, at: str, zone: str, weekday: str | int = 0) -> Cadence:
    """Return a cadence from what a form or a command line gave; raises SubscriptionError."""
    try:
        chosen = Days(days)
    except ValueError as error:
        message = f"{days!r} is no cadence: choose {', '.join(Days)}"
        raise SubscriptionError(message) from error
    return Cadence(chosen, parse_time(at), parse_zone(zone), _weekday(weekday))


def read_number(text: str | int) -> int:
    """Return how many papers a digest may have, 1 to 30; raises SubscriptionError."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= MAX_PAPERS:
        message = f"A digest has 1 to {MAX_PAPERS} papers: {text!r} is not such a number"
        raise SubscriptionError(message)
    return number


def read_language(code: str) -> str:
    """Return a language that mails are written in, by its code; raises SubscriptionError."""
    chosen = code.strip().lower()
    if chosen not in LANGUAGES:
        written = ", ".join(f"{each} ({name})" for each, name in LANGUAGES.items())
        message = f"Mails are not written in {code!r}: choose one of {written}"
        raise SubscriptionError(message)
    return chosen


def read_quiet(text: str) -> QuietDays:
    """Return what a day without a match is to bring; raises SubscriptionError."""
    try:
        return QuietDays(text.strip().lower())
    except ValueError as error:
        message = f"{text!r} is nothing a quiet day can bring: choose {', '.join(QuietDays)}"
        raise SubscriptionError(message) from error


def _weekday(given: str | int) -> int:
    text = str(given).strip().capitalize()
    if text in WEEKDAYS:
        return WEEKDAYS.index(text)
    if text in map(str, range(len(WEEKDAYS))):
        return int(text)
    message = f"{given!r} is not a day of the week"
    raise SubscriptionError(message)
