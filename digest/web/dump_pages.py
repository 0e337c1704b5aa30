"""`/dumps/{id}`: one list of papers as it was taken in."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.listings import Standing
from digest.store import papers
from digest.store.listings import dump_by_id, places_of_dump
from digest.web.paging import canonical, paging_of
from digest.web.row_numbers import row_number
from digest.web.site import site_of
from digest.web.trending import PAPERS


def show(request: Request) -> Response:
    """Return a dump's page: what it is, and its papers in its order."""
    site = site_of(request)
    with site.app.database.reading() as connection:
        stored = dump_by_id(connection, row_number(request.path_params["id"]))
        if stored is None:
            raise HTTPException(404, "There is no list of papers at this address.")
        path = f"/dumps/{stored.id}"
        paging = paging_of(request, site, path, {}, stored.papers, PAPERS)
        places = places_of_dump(connection, stored.id, paging.skipped, PAPERS)
        listed = papers.listed_by_id(connection, [number for number, _ in places])
    by_id = {each.paper.id: each for each in listed}
    standings = [
        (Standing(number, position, 1), by_id[number])
        for number, position in places
        if number in by_id
    ]
    query = {"page": str(paging.number)} if paging.number > 1 else {}
    url = canonical(site, path, query)
    return site.page("dump", stored=stored, standings=standings, paging=paging, url=url)


ROUTES = (Route("/dumps/{id}", show),)
