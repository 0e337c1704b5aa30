"""`/preferences/{token}/pause`: digests that wait until a date, and the way back."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import SubscriptionError
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.pausing import is_paused, pause, pause_dates, read_date, resume
from digest.pipeline.subscribe import reader_of
from digest.tokens import Purpose
from digest.web.forms import Problem, problem_of
from digest.web.site import Form, Site, site_of, takes_form

_SPANS = (
    ("week", "A week", timedelta(days=7)),
    ("fortnight", "Two weeks", timedelta(days=14)),
    ("month", "A month", timedelta(days=30)),
)
_DATE = "date"


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was chosen: one of the spans or a date of their own, and how that was written."""

    span: str = ""
    until: str = ""


def show(request: Request) -> Response:
    """Return the form; it tells what a button before this has done."""
    site, subscriber = _reader(request)
    return _page(site, subscriber, _Typed(), told=request.query_params.keys())


def change(request: Request, form: Form) -> Response:
    """Pause until the date that was chosen, or have the digests again."""
    site, subscriber = _reader(request)
    page = f"/preferences/{request.path_params['token']}/pause"
    if subscriber.state is not SubscriberState.ACTIVE:
        return site.go_to(page)
    if form.get("act") == "resume":
        resume(site.app.registry, subscriber)
        return site.go_to(f"{page}?resumed")
    typed = _Typed(form.get("span", ""), form.get("until", "").strip())
    chosen = _read(typed, pause_dates(subscriber, site.app.clock()).today)
    if isinstance(chosen, Problem):
        return _page(site, subscriber, typed, problem=chosen)
    try:
        pause(site.app.registry, subscriber, chosen)
    except SubscriptionError as error:
        return _page(site, subscriber, typed, problem=problem_of("until", error))
    return site.go_to(f"{page}?paused")


def _read(typed: _Typed, today: date) -> date | Problem:
    """Return the date that was chosen, or why none was: a length and a date contradict each other."""
    spans = {name: length for name, _, length in _SPANS}
    if typed.span in spans and typed.until:
        message = "You chose a length and wrote a date: empty the date, or choose \u201cUntil this date\u201d"
        return Problem("span", message)
    if typed.span in spans:
        return today + spans[typed.span]
    if not typed.until and typed.span != _DATE:
        return Problem("span", "Choose how long, or write a date")
    try:
        return read_date(typed.until)
    except SubscriptionError as error:
        return problem_of("until", error)


def _as_date(text: str) -> str:
    """Return a date as its field takes it, "" for anything else: the problem says what was written."""
    try:
        return read_date(text).isoformat()
    except SubscriptionError:
        return ""


def _reader(request: Request) -> tuple[Site, Subscriber]:
    site = site_of(request)
    token = request.path_params["token"]
    return site, reader_of(site.app.registry, Purpose.PREFERENCES, token)


def _page(
    site: Site,
    subscriber: Subscriber,
    typed: _Typed,
    *,
    problem: Problem | None = None,
    told: Collection[str] = (),
) -> Response:
    now = site.app.clock()
    dates = pause_dates(subscriber, now)
    is_active = subscriber.state is SubscriberState.ACTIVE
    return site.page(
        "pause",
        422 if problem else 200,
        subscriber=subscriber,
        is_active=is_active,
        is_paused=is_active and is_paused(subscriber, now),
        dates=dates,
        spans=[(name, label, dates.today + length) for name, label, length in _SPANS],
        typed=replace(typed, until=_as_date(typed.until)),
        problem=problem,
        told=told,
        preferences_url=site.local(site.app.links.preferences(subscriber)),
    )


ROUTES = (
    Route("/preferences/{token}/pause", show),
    Route("/preferences/{token}/pause", takes_form(change), methods=["POST"]),
)
