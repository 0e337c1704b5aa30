"""`/admin/dumps`: lists of papers, to be sent, and those that may be broken to be decided upon."""

import shutil
from datetime import date

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import HeldError, SourceError
from digest.jobs import publish_feeds
from digest.model.operators import HeldOutcome
from digest.pipeline.held import discard_held, look_at, publish_held
from digest.pipeline.ingest import IngestReport
from digest.pipeline.uploaded import take_upload
from digest.store.dumps import recent_dumps
from digest.store.held_dumps import settled_dumps, waiting_dumps
from digest.text import clean_line
from digest.web.admin.door import done, page, sent, shown
from digest.web.forms import Problem
from digest.web.row_numbers import know_row_numbers
from digest.web.site import Form, site_of
from digest.web.uploads import MOST_IN_WORDS, place_for

_SETTLED = 20
_TAKEN_IN = 20
_WARNINGS = 50
_GONE = "There is no such dump. It may be of another site, or of an older backup"


def show(request: Request, operator: str) -> Response:
    """Return the dumps that wait for a decision, the last ones that do not, and the form to send one."""
    return _list(request, operator)


def send(request: Request, form: Form, file: UploadFile | None, operator: str) -> Response:
    """Take a list in that was sent; one that is held is led to, to be decided upon."""
    app = site_of(request).app
    name = clean_line(file.filename or "") if file else ""
    if file is None or not name:
        return _list(request, operator, Problem("file", "Choose a file."), status=422)
    try:
        day = date.fromisoformat(form["dated"]) if form.get("dated", "").strip() else None
    except ValueError:
        problem = Problem("dated", "Write the day as 2026-03-17, or leave it out.")
        return _list(request, operator, problem, status=422)
    try:
        with place_for(name) as path:
            with path.open("wb") as copy:
                shutil.copyfileobj(file.file, copy)
            report = take_upload(app.database, path, operator, app.clock, dated_on=day)
    except HeldError as error:
        if error.number is not None:
            return site_of(request).go_to(f"/admin/dumps/{error.number}")
        return _list(request, operator, Problem("file", str(error)), status=409)
    except SourceError as error:
        problem = Problem("file", f"Refused, nothing of it was kept: {error}")
        return _list(request, operator, problem, status=422)
    if not report.is_known:
        publish_feeds(app)
    return _list(request, operator, report=report)


def _list(
    request: Request,
    operator: str,
    problem: Problem | None = None,
    report: IngestReport | None = None,
    *,
    status: int = 200,
) -> Response:
    with site_of(request).app.database.reading() as connection:
        return page(
            request,
            "dumps",
            operator,
            status=status,
            problem=problem,
            report=report,
            most=MOST_IN_WORDS,
            warnings=report.warnings[:_WARNINGS] if report else (),
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
    Route("/admin/dumps", sent(send), methods=["POST"]),
    Route("/admin/dumps/{number:row}", shown(look)),
    Route("/admin/dumps/{number:row}", done(decide), methods=["POST"]),
)
