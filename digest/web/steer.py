"""`/steer/{token}`: more like this, less like this, I know it already, and all that was said.

A page is of what stands, not of what was just pressed: opened again, it still tells the truth.
"""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import TokenError
from digest.model.feedback import Feedback, FeedbackKind
from digest.model.subscribers import Subscriber
from digest.pipeline.muting import unmute
from digest.pipeline.steer import said_by, say, steering_reader, take_back, word_on
from digest.pipeline.subscribe import reader_of
from digest.text import clean_line
from digest.tokens import Purpose
from digest.web.papers import paper_at
from digest.web.site import Form, Site, site_of, takes_form

# What a page lists of the papers a reader liked or disliked.
MAX_SAID = 20

_KINDS = {kind.value: kind for kind in FeedbackKind}


def ask(request: Request) -> Response:
    """Return the question whether to say this of the paper, or that it is said."""
    site, subscriber = steering(request)
    kind = _kind(request)
    paper = paper_at(site, request.path_params["key"]).paper
    word = word_on(site.app.registry, subscriber, paper.id)
    given = request.query_params.get("was", "")
    is_said = word is not None and word.kind is kind
    before = _read(given, subscriber, paper.id, site.app.clock()) if is_said else word
    return site.page(
        "steer",
        subscriber=subscriber,
        paper=paper,
        kind=kind,
        before=before,
        was=_written(before),
        is_said=is_said,
        is_undone="undone" in request.query_params,
        urls=urls(site, request),
    )


def answer(request: Request, form: Form) -> Response:
    """Write down what was said of the paper, or put back what stood before it."""
    site, subscriber = steering(request)
    kind = _kind(request)
    paper = paper_at(site, request.path_params["key"]).paper
    registry = site.app.registry
    was = _read(form.get("was", ""), subscriber, paper.id, site.app.clock())
    if form.get("act") == "undo":
        take_back(registry, subscriber, paper.id, kind, was)
        shown = was.kind if was is not None and was.kind.value in _KINDS else kind
        return site.go_to(f"{place(request, shown)}?undone")
    before = say(registry, subscriber, paper.id, kind)
    # Of a button pressed twice, the form still knows what stood when it was shown.
    before = was if before is not None and before.kind is kind else before
    query = f"?{urlencode({'was': _written(before)})}" if before is not None else ""
    return site.go_to(place(request, kind) + query)


def show_said(request: Request) -> Response:
    """Return all that a reader said of papers and muted, each with a button that takes it back."""
    site, subscriber = steering(request)
    return site.page(
        "steered",
        subscriber=subscriber,
        is_undone="undone" in request.query_params,
        **said_parts(site, subscriber),
    )


def forget(request: Request, form: Form) -> Response:
    """Take back what a button of a list of `said_parts` stands for; lead back to that list."""
    site, subscriber = steering(request)
    kind, _, key = form.get("forget", "").partition(" ")
    if kind in _KINDS:
        paper = paper_at(site, key).paper
        take_back(site.app.registry, subscriber, paper.id, _KINDS[kind])
    if "unmute" in form:
        unmute(site.app.registry, subscriber, clean_line(form["unmute"]))
    back = form.get("back", "")
    with suppress(TokenError):
        # Whoever sends a link to the preferences has it already: this one gives none away.
        if reader_of(site.app.registry, Purpose.PREFERENCES, back).id == subscriber.id:
            return site.go_to(f"/preferences/{back}?undone#said")
    return site.go_to(f"/steer/{request.path_params['token']}?undone")


def steering(request: Request) -> tuple[Site, Subscriber]:
    """Return the site, and the reader whose link this is; raises TokenError."""
    site = site_of(request)
    return site, steering_reader(site.app.registry, request.path_params["token"])


def said_parts(site: Site, subscriber: Subscriber, back: str = "") -> dict[str, Any]:
    """Return what the list of all that a reader said is made of; its buttons lead to `back`."""
    return {
        "said": said_by(site.app.registry, subscriber, MAX_SAID),
        "said_url": site.path(f"/steer/{site.app.links.steering_token(subscriber)}"),
        "most_said": MAX_SAID,
        "back": back,
    }


def place(request: Request, wish: str) -> str:
    """Return the path of the page for one wish of a request's reader and paper."""
    return f"/steer/{request.path_params['token']}/{request.path_params['key']}/{wish}"


def urls(site: Site, request: Request) -> dict[str, str]:
    """Return the addresses of the three pages of a paper, and of all that was said."""
    found = {wish: site.path(place(request, wish)) for wish in (*_KINDS, "mute")}
    return {**found, "said": site.path(f"/steer/{request.path_params['token']}")}


def read_moment(text: str) -> datetime | None:
    """Return the moment a form of ours carries, None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _kind(request: Request) -> FeedbackKind:
    kind = _KINDS.get(request.path_params["wish"])
    if kind is None:
        raise HTTPException(404)
    return kind


def _written(word: Feedback | None) -> str:
    return f"{word.kind} {word.given_at.isoformat()}" if word is not None else ""


def _read(text: str, subscriber: Subscriber, paper_id: int, now: datetime) -> Feedback | None:
    kind, _, moment = text.partition(" ")
    given_at = read_moment(moment)
    if kind not in _KINDS or given_at is None:
        return None
    return Feedback(subscriber.id, paper_id, _KINDS[kind], min(given_at, now))


ROUTES = (
    Route("/steer/{token}", show_said),
    Route("/steer/{token}", takes_form(forget), methods=["POST"]),
    Route("/steer/{token}/{key}/{wish}", ask),
    Route("/steer/{token}/{key}/{wish}", takes_form(answer), methods=["POST"]),
)
