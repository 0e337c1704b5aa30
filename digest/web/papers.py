"""`/papers/{key}`: one paper, where it was listed, what is like it, and the ways to it."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.papers import ListedPaper, Paper
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.matches import Matches, matches_of
from digest.pipeline.muting import mutes_in_force
from digest.store.listings import count_places, places_of_paper
from digest.store.observations import last_observations
from digest.store.papers import older_of, other_titles, paper_by_key
from digest.store.subscribers import subscriber_by_id
from digest.web.search import known_at
from digest.web.sessions import session_of
from digest.web.site import Site, site_of

_KEY = re.compile(r"[a-z0-9-]{1,80}")
_PLACES = 20


def show(request: Request) -> Response:
    """Return a paper's page; to a reader who is signed in, with the interests it meets."""
    site = site_of(request)
    listed = paper_at(site, request.path_params["key"])
    with site.app.database.reading() as connection:
        places = places_of_paper(connection, listed.paper.id, _PLACES)
        count = count_places(connection, listed.paper.id)
        titles = other_titles(connection, listed.paper.id)
        observed = last_observations(connection, listed.paper.id)
        older = older_of(connection, listed.paper)
    reader = _reader(request, site)
    answer = site.page(
        "paper",
        listed=listed,
        url=site.app.links.paper(listed.paper),
        places=places,
        count=count,
        other_titles=titles,
        observations=observed,
        older=site.local(site.app.links.paper(older)) if older else None,
        similar=site.similar.of(listed.paper, site.corpus.recent([])),
        reader=reader,
        matches=_matches(site, reader, listed.paper) if reader else None,
    )
    answer.headers["Vary"] = "Cookie"
    if reader is not None:
        answer.headers["Cache-Control"] = "private, no-store"
    return answer


def paper_at(site: Site, key: str) -> ListedPaper:
    """Return the paper of the key in an address; raises HTTPException, 404, if there is none."""
    listed = None
    if _KEY.fullmatch(key):  # PostgreSQL refuses to look for a NUL
        with site.app.database.reading() as connection:
            listed = paper_by_key(connection, key)
    if listed is None:
        raise HTTPException(404, "There is no paper at this address.")
    return listed


def _reader(request: Request, site: Site) -> Subscriber | None:
    """Return the reader who asks, None if nobody is signed in."""
    session = session_of(request, SessionKind.READER)
    if session is None:
        return None
    with site.app.database.reading() as connection:
        return subscriber_by_id(connection, session.owner)


def _matches(site: Site, reader: Subscriber, paper: Paper) -> Matches:
    """Return which interests of a reader a paper meets, and what they hide it by."""
    mutes = mutes_in_force(site.app.registry, reader)
    return matches_of(paper, reader.interests, known_at(site), mutes)


ROUTES = (Route("/papers/{key}", show),)
