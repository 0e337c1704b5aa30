"""How pages say things: moments, cadences, rates, and addresses that are not to be shown whole."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from digest.model.digests import Field, MatchKind, Reason
from digest.model.papers import Paper
from digest.model.subscribers import Cadence, Days
from digest.rendering.budget import shorten
from digest.rendering.environment import day, day_month, marked, weekday

_SUMMARY = 300
_ELLIPSIS = "\u2026"


def moment_in_words(moment: datetime, zone: str) -> str:
    """Return a moment as `Tuesday 17 March 2026 at 07:00 (Europe/Berlin)`, in that zone."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{day(local.date())} at {local:%H:%M} ({zone})"


def local_day(moment: datetime, zone: str) -> str:
    """Return the date of a moment as `17 March`, in that zone."""
    return day_month(moment.astimezone(ZoneInfo(zone)).date())


def weight_in_words(weight: float) -> str:
    """Return how much an interest counts, as `Counts twice`."""
    said = {0.25: "a quarter", 0.5: "half", 1.0: "once", 2.0: "twice"}
    return f"Counts {said.get(weight, f'{weight:g} times')}"


def cadence_in_words(cadence: Cadence) -> str:
    """Return a cadence as `every day at 07:00 (Europe/Berlin)`."""
    days = {
        Days.DAILY: "every day",
        Days.WEEKDAYS: "Monday to Friday",
        Days.WEEKLY: f"every {weekday(cadence.weekday)}",
    }
    return f"{days[cadence.days]} at {cadence.at:%H:%M} ({cadence.zone})"


def masked_address(address: str) -> str:
    """Return an address that its owner knows again and a stranger learns little from."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}\u2022\u2022\u2022@{domain}"


def summary(paper: Paper) -> str:
    """Return the first sentences of an abstract."""
    return shorten(paper.abstract, _SUMMARY)


def rest_of(paper: Paper) -> str:
    """Return what the summary leaves out, so that one reads on where the other ends."""
    shown = summary(paper)
    if shown == paper.abstract:
        return ""
    return paper.abstract[len(shown.removesuffix(_ELLIPSIS)) :].lstrip(" ,;:.")


def marked_title(reasons: Sequence[Reason], paper: Paper) -> str:
    """Return a paper's title as HTML, with what matched there in `<mark>`."""
    titled = (each for each in reasons if each.spans and each.sentence == paper.title)
    plain = Reason("", MatchKind.PHRASE, Field.TITLE, paper.title, (), 0.0)
    return marked(next((each for each in titled if each.field is Field.TITLE), plain))
