"""`/papers/{key}`: one paper, where it was listed, and the ways to it."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.papers import ListedPaper
from digest.store.papers import paper_by_key
from digest.web.site import Site, site_of

_KEY = re.compile(r"[a-z0-9-]{1,80}")


def show(request: Request) -> Response:
    """Return a paper's page."""
    site = site_of(request)
    listed = paper_at(site, request.path_params["key"])
    return site.page("paper", listed=listed, url=site.app.links.paper(listed.paper))


def paper_at(site: Site, key: str) -> ListedPaper:
    """Return the paper of the key in an address; raises HTTPException, 404, if there is none."""
    listed = None
    if _KEY.fullmatch(key):  # PostgreSQL refuses to look for a NUL
        with site.app.database.reading() as connection:
            listed = paper_by_key(connection, key)
    if listed is None:
        raise HTTPException(404, "There is no paper at this address.")
    return listed


ROUTES = (Route("/papers/{key}", show),)
