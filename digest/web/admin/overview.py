"""`/admin`: what needs a person now, and how the last thirty days were."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.deliveries import DeliveryState
from digest.model.subscribers import SubscriberState
from digest.model.tallies import OTHERS
from digest.pipeline.counted import Counted, what_was_counted
from digest.pipeline.overview import Facts, look_around, needs, span
from digest.pipeline.stock import FEWEST_READERS
from digest.rendering.charts import Chart, Series, across, line, stacked
from digest.rendering.environment import day_month
from digest.web.admin.door import page, shown
from digest.web.site import site_of

_MINUTE, _HOUR = 60, 3600
# What an operator tells apart at a glance; the states themselves are in the table of mails.
_GROUPS = (
    ("accepted", (DeliveryState.ACCEPTED,)),
    (
        "on their way",
        (
            DeliveryState.PLANNED,
            DeliveryState.READY,
            DeliveryState.LEASED,
            DeliveryState.INFLIGHT,
        ),
    ),
    ("for a person", (DeliveryState.UNCERTAIN, DeliveryState.HELD)),
    ("not delivered", (DeliveryState.FAILED, DeliveryState.SUPPRESSED, DeliveryState.EXPIRED)),
)


def show(request: Request, operator: str) -> Response:
    """Return the page that is opened first."""
    app = site_of(request).app
    facts = look_around(app.database, app.clock)
    counted = what_was_counted(app.database, app.clock)
    return page(
        request,
        "overview",
        operator,
        needs=needs(facts),
        glance=_glance(facts),
        charts=[*_of_days(counted), *_of_rows(counted)],
        counted_at=counted.counted_at,
    )


def _glance(facts: Facts) -> list[tuple[str, str]]:
    age = facts.dump_age
    usual = f", usually {facts.usual:.0f}" if facts.usual else ""
    newest = facts.newest
    return [
        ("Last dump", f"{span(age)} ago" if age is not None else "never"),
        ("Papers in it", f"{newest.papers:,}{usual}" if newest else "none"),
        ("Mails due", f"{facts.waiting.get(DeliveryState.READY, 0):,}"),
        ("Longest due", span(facts.ready_age) if facts.oldest_ready else "none is"),
        ("Being sent", f"{_being_sent(facts):,}"),
        ("Workers at it", f"{facts.workers:,}"),
    ]


def _being_sent(facts: Facts) -> int:
    states = (DeliveryState.LEASED, DeliveryState.INFLIGHT)
    return sum(facts.waiting.get(state, 0) for state in states)


def _of_days(counted: Counted) -> list[Chart]:
    places = [day_month(day) for day in counted.days]
    mails = [
        Series(name, tuple(_sum(counted.mails.get(day, {}), states) for day in counted.days))
        for name, states in _GROUPS
    ]
    known = [day for day in counted.days if day in counted.readers]
    active = SubscriberState.ACTIVE.value
    growth = Series("Active readers", tuple(counted.readers[day].get(active, 0) for day in known))
    return [
        stacked("mails", "Mails by day and state", places, mails),
        stacked("lists", "Papers in lists by day", places, _papers(counted)),
        line("growth", "Active readers by day", [day_month(day) for day in known], growth),
    ]


def _papers(counted: Counted) -> list[Series]:
    new = dict.fromkeys(counted.days, 0)
    listed = dict.fromkeys(counted.days, 0)
    for dump in counted.dumps:
        taken_on = dump.ingested_at.date()
        if taken_on in new:
            new[taken_on] += dump.new_papers
            listed[taken_on] += dump.papers - dump.new_papers
    return [Series("new", tuple(new.values())), Series("known before", tuple(listed.values()))]


def _of_rows(counted: Counted) -> list[Chart]:
    readers = counted.readers[max(counted.readers)] if counted.readers else {}
    by_reach = sorted(
        ((name, count) for name, count in counted.interests.items() if name != OTHERS),
        key=lambda each: (-each[1], each[0]),
    )
    others = counted.interests.get(OTHERS, 0)
    # What is told of all others together stands in the title: as a bar it would dwarf every name.
    rest = f"; {others:,} have others" if others else ""
    interests = [(name, count, f"{count:,}") for name, count in by_reach]
    delays = sorted(counted.delays.items(), key=lambda each: (-each[1], each[0]))
    states = [(state.value, readers.get(state.value, 0)) for state in SubscriberState]
    by_state = [(name, count, f"{count:,}") for name, count in states]
    slow = [(name, seconds, _seconds(seconds)) for name, seconds in delays]
    return [
        across("readers", "Readers by state", ("State", "Readers"), by_state if readers else []),
        across(
            "interests",
            f"Interests by reach (named from {FEWEST_READERS} readers{rest})",
            ("Keywords", "Readers"),
            interests,
        ),
        across("delays", "Slowest domains, from planned to accepted", ("Domain", "Mean"), slow),
    ]


def _sum(counts: Mapping[str, int], states: Iterable[DeliveryState]) -> int:
    return sum(counts.get(state.value, 0) for state in states)


def _seconds(seconds: int) -> str:
    if seconds < 2 * _MINUTE:
        return f"{seconds} s"
    return f"{seconds // _MINUTE} min" if seconds < 2 * _HOUR else f"{seconds // _HOUR} h"


ROUTES = (Route("/admin", shown(show)),)
