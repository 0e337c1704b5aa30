"""`/admin/pause`: let no new mail go out, at all or to some, and let it go again."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.delivery.domains import meant_group
from digest.errors import AddressError
from digest.model.deliveries import PauseScope
from digest.store import audit, pauses
from digest.text import clean_line, clip
from digest.web.admin.door import done, page, shown
from digest.web.forms import Problem
from digest.web.site import Form, Site, site_of

_LONGEST_REASON = 300
_SCOPES = {each.value: each for each in PauseScope}


def show(request: Request, operator: str) -> Response:
    """Return what is paused, and the form to pause more."""
    return _page(request, operator)


def do(request: Request, form: Form, operator: str) -> Response:
    """Pause or resume; both are idempotent."""
    site = site_of(request)
    if "resume" in form:
        _resume(site, form["resume"], operator)
        return site.go_to("/admin/pause")
    scope, name, problem = _meant(site, form)
    if problem is not None:
        return _page(request, operator, form, problem, status=422)
    reason = clip(clean_line(form.get("reason", "")), _LONGEST_REASON)
    now = site.app.clock()
    with site.app.database.writing() as connection:
        if pauses.pause(connection, scope, name, reason, now):
            subject = f"{scope.value} {name}".strip()
            said = f"{subject}: {reason}" if reason else subject
            audit.note(connection, operator, "pause", said, now)
    return site.go_to("/admin/pause")


def _resume(site: Site, written: str, operator: str) -> None:
    with site.app.database.writing() as connection:
        for each in pauses.pauses(connection):
            if each.what == written.strip() and pauses.resume(connection, each.scope, each.name):
                audit.note(connection, operator, "resume", each.what, site.app.clock())


def _meant(site: Site, form: Form) -> tuple[PauseScope, str, Problem | None]:
    written = form.get("scope", "")
    scope = _SCOPES.get(written)
    if scope is PauseScope.DOMAIN:
        try:
            return scope, meant_group(form.get("domain", "")), None
        except AddressError as error:
            return scope, "", Problem("domain", str(error))
    if scope is PauseScope.TRANSPORT:
        name = form.get("transport", "")
        is_known = name in _transports(site)
        return (
            scope,
            name,
            None if is_known else Problem("transport", "Choose a way that mail goes."),
        )
    if scope is PauseScope.SITE:
        return scope, "", None
    return PauseScope.SITE, "", Problem("scope-site", "Say what is to be paused.")


def _transports(site: Site) -> list[str]:
    return [each.name for each in site.app.transports()]


def _page(
    request: Request,
    operator: str,
    form: Form | None = None,
    problem: Problem | None = None,
    *,
    status: int = 200,
) -> Response:
    site = site_of(request)
    with site.app.database.reading() as connection:
        found = pauses.pauses(connection)
    return page(
        request,
        "pause",
        operator,
        status=status,
        paused=found,
        transports=_transports(site),
        typed=form or {},
        problem=problem,
    )


ROUTES = (
    Route("/admin/pause", shown(show)),
    Route("/admin/pause", done(do), methods=["POST"]),
)
