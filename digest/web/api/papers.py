"""Papers and the lists that bring them, for anybody."""

from collections.abc import Sequence
from datetime import date

from digest.errors import ExpressionError, SubscriptionError
from digest.model.papers import ListedPaper
from digest.pipeline.wishes import read_interests
from digest.store import dumps, listings, papers
from digest.store.observations import last_observations
from digest.text import clean_line
from digest.web.api.endpoint import Call, Endpoint, Json, Parameter
from digest.web.api.problems import Fault, Refusal, fault_of, invalid
from digest.web.api.schemas import DATE, EXPRESSION, KEY, LARGEST_ID, ref
from digest.web.api.shown import dump_as_json, listed_as_json, observed_as_json
from digest.web.corpus import MAX_PAPERS

MOST = 100
_USUAL = 20

EXAMPLE_KEY = "local-augmentation-for-graph-neural-networks-gq3p4w45uwbd"
LIMIT = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": _USUAL},
    f"How many at most; {_USUAL} if it is left out.",
    "5",
)
KEY_IN_PATH = Parameter("key", KEY, "The paper's key.", EXAMPLE_KEY, is_path=True)


def list_papers(call: Call) -> Json:
    """Return papers newest first, on the lists of a day or that match an expression if that is asked."""
    limit = limit_of(call)
    place = place_of(call)
    on = date.fromisoformat(call.given["on"]) if "on" in call.given else None
    if "q" in call.given:
        found = _matching(call, place, on)[: limit + 1]
    else:
        with call.site.app.database.reading() as connection:
            found = papers.papers_before(connection, place, limit + 1, on)
    links = call.site.app.links
    items = [listed_as_json(each, links) for each in found[:limit]]
    return {"items": items, "next_cursor": _cursor(found, limit)}


def show_paper(call: Call) -> Json:
    """Return a paper."""
    listed = paper_of(call, call.given["key"])
    with call.site.app.database.reading() as connection:
        titles = papers.other_titles(connection, listed.paper.id)
        observed = last_observations(connection, listed.paper.id)
        older = papers.older_of(connection, listed.paper)
    return {
        **listed_as_json(listed, call.site.app.links),
        "same_as": older.key if older else None,
        "other_titles": titles,
        "observations": observed_as_json(observed),
    }


def list_dumps(call: Call) -> Json:
    """Return lists of papers, newest first."""
    limit = limit_of(call)
    before = int(call.given["cursor"]) if "cursor" in call.given else None
    with call.site.app.database.reading() as connection:
        found = dumps.recent_dumps(connection, limit + 1, before)
    last = str(found[limit - 1].id) if len(found) > limit else None
    return {"items": [dump_as_json(each) for each in found[:limit]], "next_cursor": last}


def show_dump(call: Call) -> Json:
    """Return a list with a part of its papers."""
    limit, start = limit_of(call), int(call.given.get("cursor", "0"))
    number = call.given["id"]
    with call.site.app.database.reading() as connection:
        stored = listings.dump_by_id(connection, number)
        if stored is None:
            raise Refusal(404, f"There is no list with the id {number}.")
        places = listings.places_of_dump(connection, number, start, limit)
        listed = papers.listed_by_id(connection, [each for each, _ in places])
    links, end = call.site.app.links, start + limit
    return {
        **dump_as_json(stored),
        "items": [listed_as_json(each, links) for each in listed],
        "next_cursor": str(end) if end < stored.papers else None,
    }


def paper_of(call: Call, key: str, pointer: str | None = None) -> ListedPaper:
    """Return the paper of a key; raises Refusal, 404."""
    with call.site.app.database.reading() as connection:
        listed = papers.paper_by_key(connection, key)
    if listed is None:
        sentence = f"There is no paper with the key {key!r}."
        raise Refusal(404, sentence, [Fault(sentence, pointer)] if pointer else [])
    return listed


def limit_of(call: Call) -> int:
    """Return how many items are asked for."""
    return int(call.given.get("limit", _USUAL))


def place_of(call: Call) -> tuple[int, int] | None:
    """Return after which place to go on, None to begin; it is two numbers in a list's own order."""
    before, _, after = call.given.get("cursor", "").partition(".")
    return (int(before), int(after)) if after else None


def _matching(call: Call, place: tuple[int, int] | None, on: date | None) -> list[ListedPaper]:
    try:
        expression = read_interests([clean_line(call.given["q"])])[0].expression
        found = call.site.corpus.matching(expression, MAX_PAPERS)
    except (ExpressionError, SubscriptionError) as error:
        raise invalid([fault_of(error, parameter="q")]) from error
    if on is not None:
        with call.site.app.database.reading() as connection:
            that_day = {each.paper_id for each in listings.places_between(connection, on, on)}
        found = [each for each in found if each.paper.id in that_day]
    if place is None:
        return found
    return [each for each in found if (-each.dump_id, each.position) > (-place[0], place[1])]


def _cursor(found: Sequence[ListedPaper], limit: int) -> str | None:
    if len(found) <= limit:
        return None
    last = found[limit - 1]
    return f"{last.dump_id}.{last.position}"


def cursor_parameter(pattern: str, example: str) -> Parameter:
    """Return the parameter that leads on in a list; `pattern` is what its cursors look like."""
    return Parameter(
        "cursor",
        {"type": "string", "pattern": pattern},
        "Where to go on: next_cursor of the part before.",
        example,
    )


NUMBER_CURSOR = cursor_parameter("^[0-9]{1,9}$", "40")

ENDPOINTS = (
    Endpoint(
        "GET",
        "/papers",
        "listPapers",
        "Papers, newest first",
        list_papers,
        ref("Papers"),
        f"With q, those of the newest {MAX_PAPERS:,} or so that match a keyword expression.",
        parameters=(
            Parameter("q", EXPRESSION, "A keyword expression.", "graph neural networks"),
            Parameter("on", DATE, "Only papers on the lists of this day.", "2026-03-17"),
            cursor_parameter("^[0-9]{1,9}[.][0-9]{1,6}$", "12.40"),
            LIMIT,
        ),
    ),
    Endpoint(
        "GET",
        "/papers/{key}",
        "getPaper",
        "A paper",
        show_paper,
        ref("KnownPaper"),
        parameters=(KEY_IN_PATH,),
        looks_up=True,
    ),
    Endpoint(
        "GET",
        "/dumps",
        "listDumps",
        "The lists that papers come from, newest first",
        list_dumps,
        ref("Dumps"),
        parameters=(NUMBER_CURSOR, LIMIT),
    ),
    Endpoint(
        "GET",
        "/dumps/{id}",
        "getDump",
        "A list, with the papers on it in its order",
        show_dump,
        ref("DumpWithPapers"),
        parameters=(
            Parameter(
                "id",
                {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
                "The list's id.",
                "1",
                is_path=True,
            ),
            NUMBER_CURSOR,
            LIMIT,
        ),
        looks_up=True,
    ),
)
