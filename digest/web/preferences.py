"""`/preferences/{token}`: a reader's keywords and times, with a look at what they would bring."""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.digests import Reason
from digest.model.papers import Paper
from digest.model.subscribers import Interest, Subscriber
from digest.pipeline.subscribe import reader_of, save_preferences
from digest.ranking.rank import preview
from digest.store import dumps, papers
from digest.tokens import Purpose
from digest.web.forms import Filled, choices, form_of, read_form
from digest.web.site import Form, Site, site_of, takes_form

_DUMPS = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A paper an expression finds, and why."""

    paper: Paper
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Found:
    """What an expression finds in the last lists."""

    expression: str
    matched: int
    per_dump: float
    warning: str | None
    examples: tuple[Example, ...]


def show(request: Request) -> Response:
    """Return the form with the wishes the reader has."""
    site, subscriber = _reader(request)
    return _page(site, subscriber, form_of(subscriber), is_saved="saved" in request.query_params)


def change(request: Request, form: Form) -> Response:
    """Save what was sent, or show what its keywords would find."""
    site, subscriber = _reader(request)
    filled = read_form(form, form_of(subscriber), with_address=False)
    if filled.wishes is None:
        return _page(site, subscriber, filled, status=422)
    if form.get("action") == "preview":
        found = previews(site, filled.wishes.interests)
        return _page(site, subscriber, filled, found=found)
    save_preferences(site.app.registry, subscriber, filled.wishes)
    token = request.path_params["token"]
    return site.go_to(f"/preferences/{token}?saved")


def previews(site: Site, interests: Iterable[Interest]) -> list[Found]:
    """Return what each interest finds in the last five lists."""
    with site.app.database.reading() as connection:
        recent = dumps.recent_dumps(connection, _DUMPS)
        after = min((each.id for each in recent), default=1) - 1
        listed = papers.papers_first_listed(connection, after)
    by_id = {each.paper.id: each.paper for each in listed}
    now = site.app.clock()
    found = []
    for interest in interests:
        seen = preview(interest.expression, listed, now)
        examples = tuple(
            Example(by_id[entry.paper_id], entry.reasons[0] if entry.reasons else None)
            for entry in seen.examples
        )
        found.append(
            Found(interest.expression, seen.matched, seen.per_dump, seen.warning, examples)
        )
    return found


def _reader(request: Request) -> tuple[Site, Subscriber]:
    site = site_of(request)
    token = request.path_params["token"]
    return site, reader_of(site.app.registry, Purpose.PREFERENCES, token)


def _page(  # noqa: PLR0913  what the page can show
    site: Site,
    subscriber: Subscriber,
    filled: Filled,
    *,
    status: int = 200,
    is_saved: bool = False,
    found: list[Found] | None = None,
) -> Response:
    return site.page(
        "preferences",
        status,
        subscriber=subscriber,
        is_saved=is_saved,
        found=found,
        unsubscribe_url=site.local(site.app.links.unsubscribe(subscriber)),
        **choices(filled),
    )


ROUTES = (
    Route("/preferences/{token}", show),
    Route("/preferences/{token}", takes_form(change), methods=["POST"]),
)
