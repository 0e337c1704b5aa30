"""`/health` and `/ready` for whoever watches over the site, `/robots.txt` for those who walk through it."""

import logging
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from digest.pipeline.overview import STALE, Facts, look_around
from digest.pipeline.watched import Watched, in_a_word, in_the_open, look_over
from digest.rendering.incomplete import incomplete_now
from digest.sources.base import Judged
from digest.store.schema import why_unfit
from digest.web.personal_paths import NOT_FOR_ROBOTS
from digest.web.site import Site, site_of

logger = logging.getLogger(__name__)


def health(request: Request) -> Response:
    """Return whether this site can do its work: 200 if it can, 503 if not, and why.

    An old list is told, not judged, and so is a source that is silent: this site can do its work
    nevertheless, and no other process of it would be told more.
    """
    found = _health(site_of(request), request.app.state.sources)
    return JSONResponse(found, 200 if found["status"] == "ok" else 503)


def robots(request: Request) -> Response:
    """Return what no robot should open."""
    prefix = site_of(request).path("/").rstrip("/")
    refused = (f"Disallow: {prefix}{path}" for path in NOT_FOR_ROBOTS)
    return PlainTextResponse("\n".join(["User-agent: *", *refused, ""]))


def ready(request: Request) -> Response:
    """Return whether this process can serve: 200, or 503 while the schema is none that it can use."""
    try:
        is_ready = not why_unfit(site_of(request).app.database)
    except Exception:  # noqa: BLE001  whatever is wrong with the database, this page says that it is
        is_ready = False
    return JSONResponse({"ready": is_ready}, 200 if is_ready else 503)


def _health(site: Site, sources: Sequence[Judged]) -> dict[str, object]:
    try:
        if why_unfit(site.app.database):
            return {"status": "failing", "database": "reachable", "schema": "not current"}
        facts = look_around(site.app.database, site.app.clock)
        watched = look_over(site.app.database, sources, site.app.clock)
        is_attack = site.watch.sign_ups().is_attack
    except Exception as error:  # noqa: BLE001  as above
        logger.warning("not healthy: %s", error)
        return {"status": "failing", "database": "not reachable"}
    return {
        "status": "ok",
        "database": "reachable",
        "schema": "current",
        "newest_dump": _newest(facts),
        "incomplete": incomplete_now(facts.lacking) or None,
        "sources": [_source(each) for each in watched],
        "held_dumps": facts.held_dumps,
        "oldest_due_minutes": round(facts.due_age.total_seconds() / 60, 1),
        "oldest_ready_minutes": round(facts.ready_age.total_seconds() / 60, 1),
        "workers": facts.workers,
        "transports_down": len(facts.down),
        "paused": len(facts.pauses),
        "sign_ups": "far more than confirm" if is_attack else "as usual",
    }


def _source(watched: Watched) -> dict[str, object]:
    state, newest = watched.state, watched.newest
    since = watched.lacking.since if watched.lacking else state.failing_since
    return {
        "name": state.name,
        "title": state.title,
        "state": in_a_word(watched),
        "since": since.isoformat() if since else None,
        "answered_at": state.answered_at.isoformat() if state.answered_at else None,
        "newest_day": newest[0].isoformat() if newest else None,
        "papers": newest[1] if newest else 0,
        "usual_papers": watched.usual,
        "problem": in_the_open(state.problem) or None,
    }


def _newest(facts: Facts) -> dict[str, object] | None:
    dump, age = facts.newest, facts.dump_age
    if dump is None or age is None:
        return None
    return {
        "name": dump.dump.name,
        "dated_on": dump.dump.dated_on.isoformat(),
        "ingested_at": dump.ingested_at.isoformat(),
        "papers": dump.papers,
        "usual_papers": facts.usual,
        "age_hours": round(age.total_seconds() / 3600, 1),
        "is_fresh": age <= STALE,
    }


ROUTES = (
    Route("/health", health),
    Route("/ready", ready),
    Route("/robots.txt", robots),
)
