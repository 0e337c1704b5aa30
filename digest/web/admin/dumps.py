"""`/admin/dumps`: lists of papers that may be broken, to be published or discarded."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import SourceError
from digest.jobs import publish_feeds
from digest.model.operators import HeldOutcome
from digest.pipeline.held import discard_held, look_at, publish_held
from digest.store.dumps import recent_dumps
from digest.store.held_dumps import settled_dumps, waiting_dumps
from digest.web.admin.door import done, page, shown
from digest.web.row_numbers import know_row_numbers
from digest.web.site import Form, site_of

_SETTLED = 20
_TAKEN_IN = 20
_GONE = "There is no such dump. It may be of another site, or of an older backup"


def show(request: Request, operator: str) -> Response:
    """Return the dumps that wait for a decision, and the last ones that do not."""
    with site_of(request).app.database.reading() as connection:
        return page(
            request,
            "dumps",
            operator,
            waiting=waiting_dumps(connection),
            settled=settled_dumps(connection, _SETTLED),
            taken_in=recent_dumps(connection, _TAKEN_IN),
        )


def look(request: Request, operator: str) -> Response:
    """Return what is read of one held dump."""
    return _look(request, operator)


def decide(request: Request, form: Form, operator: str) -> Response:
    """Publish or discard a held dump; the first decision stands."""
    app = site_of(request).app
    number = request.path_params["number"]
    is_to_go = form.get("action") == "discard"
    if not is_to_go and form.get("action") != "publish":
        raise HTTPException(400, "Press Publish or Discard")
    try:
        decided = (discard_held if is_to_go else publish_held)(
            app.database, number, operator, app.clock
        )
    except SourceError as error:
        return _look(request, operator, error.problem, status=422)
    if decided is None:
        raise HTTPException(404, _GONE)
    if decided.outcome is HeldOutcome.PUBLISHED:
        publish_feeds(app)
    return site_of(request).go_to(f"/admin/dumps/{number}")


def _look(request: Request, operator: str, problem: str = "", *, status: int = 200) -> Response:
    found = look_at(site_of(request).app.database, request.path_params["number"])
    if found is None:
        raise HTTPException(404, _GONE)
    return page(request, "dump", operator, status=status, look=found, problem=problem)


know_row_numbers()
ROUTES = (
    Route("/admin/dumps", shown(show)),
    Route("/admin/dumps/{number:row}", shown(look)),
    Route("/admin/dumps/{number:row}", done(decide), methods=["POST"]),
)
