"""`/api` and `/api/v1`: the JSON API, its description and its page, all made of one table."""

from itertools import groupby
from operator import attrgetter

from starlette.routing import Route

from digest.web.api import page
from digest.web.api.resource import Nothing, Resource
from digest.web.api.table import ENDPOINTS, ROOT

_path = attrgetter("path")

ROUTES = (
    Route("/api", page.show),
    *(
        Route(f"{ROOT}{path}", Resource(endpoints))
        for path, endpoints in groupby(sorted(ENDPOINTS, key=_path), key=_path)
    ),
    Route("/api/{rest:path}", Nothing()),
)
