"""`/search?q=...`: all papers there ever were, in the language of interests, best first."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import ExpressionError
from digest.model.archive_search import Found
from digest.pipeline.search import Known
from digest.ranking.query import parse
from digest.text import clean_line
from digest.web.forms import Problem, problem_of
from digest.web.paging import paging_of
from digest.web.questions import check_question
from digest.web.site import Site, site_of

RESULTS = 20
_ONLY_HIDES = "This hides papers and finds none. Write before it what you are looking for, as in agents -survey."


def show(request: Request) -> Response:
    """Return the form, and what was found; an expression that cannot be read shows the place."""
    site = site_of(request)
    typed = clean_line(request.query_params.get("q", ""))
    if not typed:
        return site.page("search", typed="", problem=None, found=None)
    try:
        if not parse(typed).alternatives:
            problem = Problem("q", _ONLY_HIDES)
            return site.page("search", 400, typed=typed, problem=problem, found=None)
        known = known_at(site)
        found = site.search.find(typed, known, partial(check_question, request))
    except ExpressionError as error:
        problem = problem_of("q", error)
        return site.page("search", 400, typed=typed, problem=problem, found=None)
    return _results(request, site, typed, known, found)


def known_at(site: Site) -> Known:
    """Return what the papers of a site are compared with: as its newest ones are."""
    batch = site.corpus.recent([]).search.batch
    return Known(batch.archive, batch.acronyms)


def _results(request: Request, site: Site, typed: str, known: Known, found: Found) -> Response:
    paging = paging_of(request, site, "/search", {"q": typed}, len(found.points), RESULTS)
    meant = [] if found.points else site.corpus.previews([typed], site.app.clock())
    return site.page(
        "search",
        typed=typed,
        problem=None,
        found=found,
        unsearchable=site.search.unsearchable(),
        count=len(found.points),
        paging=paging,
        results=site.search.explained(typed, known, [*found.points][paging.here]),
        suggestions=[each for preview in meant for each in preview.found.suggestions],
    )


ROUTES = (Route("/search", show),)
