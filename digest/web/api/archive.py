"""All papers there ever were, searched in the language of interests, for anybody."""

from digest.errors import ExpressionError
from digest.ranking.query import parse
from digest.text import clean_line
from digest.web.api.endpoint import Call, Endpoint, Json, Parameter
from digest.web.api.papers import LIMIT, cursor_parameter, limit_of, place_of
from digest.web.api.problems import Fault, fault_of, invalid
from digest.web.api.schemas import EXPRESSION, ref
from digest.web.api.shown import listed_as_json, reason_as_json
from digest.web.search import known_at

_ONLY_HIDES = "This hides papers and finds none: write what you are looking for before it."


def search(call: Call) -> Json:
    """Return a part of what an expression finds, best first."""
    expression = clean_line(call.given["q"])
    try:
        if not parse(expression).alternatives:
            raise invalid([Fault(_ONLY_HIDES, parameter="q")])
    except ExpressionError as error:
        raise invalid([fault_of(error, parameter="q")]) from error
    site, limit, last = call.site, limit_of(call), place_of(call)
    known = known_at(site)
    found = site.search.find(expression, known, call.check_question)
    # By points and, of equals, newest first: what came since the last part does not move the rest.
    rest = [
        (points, number)
        for number, points in found.points.items()
        if last is None or (points, number) < last
    ]
    here = rest[:limit]
    shown = site.search.explained(expression, known, [number for _, number in here])
    return {
        "items": [
            {
                "paper": listed_as_json(each.listed, site.app.links),
                "reason": reason_as_json(each.reason),
            }
            for each in shown
        ],
        "next_cursor": "{}.{}".format(*here[-1]) if len(rest) > limit else None,
        "found": len(found.points),
        "is_cut": found.is_cut,
    }


ENDPOINTS = (
    Endpoint(
        "GET",
        "/search",
        "searchPapers",
        "All papers that an expression finds, best first",
        search,
        ref("SearchResults"),
        parameters=(
            Parameter(
                "q", EXPRESSION, "A keyword expression.", "graph neural networks", is_required=True
            ),
            cursor_parameter("^[0-9]{1,10}[.][0-9]{1,10}$", "250.40"),
            LIMIT,
        ),
    ),
)
