"""`/admin/sources`: how the services that papers come from are, and a look at one now."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.sources import Lack
from digest.pipeline.overview import span
from digest.pipeline.watched import Watched, in_the_open, look_over
from digest.rendering.charts import Chart, Series, banded
from digest.rendering.environment import day_month
from digest.rendering.incomplete import what_lacks
from digest.store import audit
from digest.store.sources import look_soon
from digest.web.admin.door import done, page, shown
from digest.web.site import Form, site_of

_DAYS = 30


@dataclass(frozen=True, slots=True)
class _Row:
    """A source as the page shows it; `is_asked` unless its papers come by themselves.

    `mark` tells at a glance whether all is well: fine, amiss, or "" where nobody knows yet.
    """

    watched: Watched
    says: str
    problem: str
    mark: str
    is_asked: bool
    chart: Chart


def show(request: Request, operator: str) -> Response:
    """Return how each source is, with the papers of its days against what it usually has."""
    app = site_of(request).app
    watched = look_over(app.database, request.app.state.sources, app.clock, _DAYS)
    return page(
        request,
        "sources",
        operator,
        rows=[_row(number, each) for number, each in enumerate(watched, start=1)],
        now=app.clock(),
        span=span,
        asked_for=request.query_params.get("asked", ""),
    )


def look(request: Request, form: Form, operator: str) -> Response:
    """Have a source asked at the next look, within seconds; asked twice is the same."""
    site = site_of(request)
    name = form.get("source", "")
    if name not in {each.name for each in request.app.state.sources}:
        raise HTTPException(404, "There is no such source: DIGEST_SOURCES says which there are")
    now = site.app.clock()
    with site.app.database.writing() as connection:
        if look_soon(connection, name, now):
            audit.note(connection, operator, "look now", name, now)
    return site.go_to("/admin/sources?asked=yes")


def _row(number: int, watched: Watched) -> _Row:
    days = [day_month(day) for day, _, _ in watched.days]
    papers = Series("Papers", tuple(count for _, count, _ in watched.days))
    band = [(each.fewest, each.usual) if each else (0, 0) for _, _, each in watched.days]
    return _Row(
        watched,
        _in_words(watched),
        in_the_open(watched.state.problem),
        _mark(watched),
        watched.every is not None,
        banded(f"days-{number}", f"Papers by day: {watched.state.title}", days, papers, band),
    )


def _mark(watched: Watched) -> str:
    if watched.lacking is not None or watched.state.failures:
        return "amiss"
    return "" if watched.is_unasked else "fine"


def _in_words(watched: Watched) -> str:
    state, lacking = watched.state, watched.lacking
    if lacking is not None:
        answers = "" if lacking.lack is Lack.SILENT or state.failures else " It answers."
        readers = "Readers are told that their digests are incomplete so far."
        return f"{what_lacks(lacking)}.{answers} {readers}"
    if state.failures and watched.every is not None and state.answered_at is None:
        return "It has not answered yet."
    if state.failures:
        return "The last look failed, but nothing is known to be missing."
    if watched.is_unasked:
        return "It was not asked yet."
    return "All is well: what was to come is there."


ROUTES = (
    Route("/admin/sources", shown(show)),
    Route("/admin/sources", done(look), methods=["POST"]),
)
