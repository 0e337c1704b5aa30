"""`/admin/sign-in`: name, password and code in one form, and one answer to all that do not fit."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.sessions import SessionKind
from digest.web.admin.door import SIGN_IN, done, operator_of
from digest.web.forms import Problem
from digest.web.limits import check_operator
from digest.web.programs import program_of
from digest.web.sessions import give_cookie, session_of, take_cookie
from digest.web.site import Form, site_of, takes_form

_LONGEST = 254
_WRONG = Problem(
    "name",
    "Name, password and code do not fit together. A code is good once, and for a minute: "
    "take the next one.",
)


def show(request: Request) -> Response:
    """Return the form, to whoever is not signed in."""
    if operator_of(request):
        return site_of(request).go_to("/admin")
    return _page(request)


def sign_in(request: Request, form: Form) -> Response:
    """Let an operator in whose name, password and code fit."""
    site = site_of(request)
    name = form.get("name", "")[:_LONGEST].strip().lower()
    check_operator(request, name)
    program = program_of(request.headers.get("user-agent", ""))
    token = site.app.operators.sign_in(
        name, form.get("password", "")[:_LONGEST], form.get("code", "")[:20], program
    )
    if token is None:
        return _page(request, name, _WRONG, status=422)
    answer = site.go_to("/admin")
    give_cookie(site, answer, SessionKind.OPERATOR, token)
    return answer


def sign_out(request: Request, _form: Form, operator: str) -> Response:
    """End the session of this browser."""
    site = site_of(request)
    session = session_of(request, SessionKind.OPERATOR)
    if session is not None:
        site.app.operators.sign_out(session, operator)
    answer = site.go_to(SIGN_IN)
    take_cookie(site, answer, SessionKind.OPERATOR)
    return answer


def _page(
    request: Request, name: str = "", problem: Problem | None = None, *, status: int = 200
) -> Response:
    return site_of(request).page(
        "admin/sign-in",
        status,
        operator="",
        here="sign-in",
        is_by_proxy=False,
        typed=name,
        problem=problem,
    )


ROUTES = (
    Route(SIGN_IN, show),
    Route(SIGN_IN, takes_form(sign_in), methods=["POST"]),
    Route("/admin/sign-out", done(sign_out), methods=["POST"]),
)
