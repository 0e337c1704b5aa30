"""`/papers/{key}`: one paper, where it was listed, and the ways to it."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.store.papers import paper_by_key
from digest.web.site import site_of

_KEY = re.compile(r"[a-z0-9-]{1,80}")


def show(request: Request) -> Response:
    """Return a paper's page."""
    site = site_of(request)
    key = request.path_params["key"]
    if not _KEY.fullmatch(key):  # PostgreSQL refuses to look for a NUL
        raise HTTPException(404, "There is no paper at this address.")
    with site.app.database.reading() as connection:
        listed = paper_by_key(connection, key)
    if listed is None:
        raise HTTPException(404, "There is no paper at this address.")
    return site.page("paper", listed=listed, url=site.app.links.paper(listed.paper))


ROUTES = (Route("/papers/{key}", show),)
