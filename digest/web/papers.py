"""`/papers/{key}`: one paper, where it was listed, and the ways to it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.store.papers import paper_by_key
from digest.web.site import site_of


def show(request: Request) -> Response:
    """Return a paper's page."""
    site = site_of(request)
    with site.app.database.reading() as connection:
        listed = paper_by_key(connection, request.path_params["key"])
    if listed is None:
        raise HTTPException(404, "There is no paper at this address.")
    return site.page("paper", listed=listed, url=site.app.links.paper(listed.paper))


ROUTES = (Route("/papers/{key}", show),)
