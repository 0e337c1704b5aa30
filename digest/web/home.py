"""`/`: one field for what a reader is interested in, and what is trending today."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.rendering.incomplete import incomplete_now
from digest.store import dumps, papers
from digest.store.lacking import lacking_now
from digest.web.preview import path_with
from digest.web.site import site_of

# A taste: all of a day are a page of their own.
_PAPERS = 12
# What the field may hold, to be tried with a click.
_EXAMPLES = (
    "large language models",
    "diffusion models\nvideo generation",
    "graph neural networks\nRAG\n-survey",
)


def show(request: Request) -> Response:
    """Return the field, and the first papers of the newest list in its own order."""
    site = site_of(request)
    with site.app.database.reading() as connection:
        newest = dumps.newest_dump(connection)
        listed = papers.papers_of_dump(connection, newest.id) if newest else []
        lacking = lacking_now(connection)
    return site.page(
        "home",
        dump=newest.dump if newest else None,
        count=len(listed),
        listed=listed[:_PAPERS],
        incomplete=incomplete_now(lacking),
        examples=[(each.splitlines(), path_with(site, "/preview", each)) for each in _EXAMPLES],
    )


ROUTES = (Route("/", show),)
