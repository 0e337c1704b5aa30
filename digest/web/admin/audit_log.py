"""`/admin/audit`: who did what, newest first."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.store.audit import deeds_done
from digest.web.admin.door import page, shown
from digest.web.row_numbers import row_number
from digest.web.site import site_of

_PAGE = 50


def show(request: Request, operator: str) -> Response:
    """Return a page of the audit log."""
    before = row_number(request.query_params.get("before", "")) or None
    with site_of(request).app.database.reading() as connection:
        found = deeds_done(connection, _PAGE, before)
    older = found[-1].id if len(found) == _PAGE else None
    return page(request, "audit", operator, deeds=found, older=older)


ROUTES = (Route("/admin/audit", shown(show)),)
