"""`/health` for whoever watches over the site, `/robots.txt` for those who walk through it."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from digest.store.dumps import recent_dumps
from digest.store.schema import current_revision, head_revision
from digest.web.site import Site, site_of

_ROBOTS = """\
User-agent: *
Disallow: {prefix}/confirm/
Disallow: {prefix}/preferences/
Disallow: {prefix}/unsubscribe/
Disallow: {prefix}/u/
Disallow: {prefix}/f/
Disallow: {prefix}/steer/
"""


def health(request: Request) -> Response:
    """Return whether this site can do its work: 200 if it can, 503 if not, and why.

    An old list is told, not judged: nobody here knows when the next one is to be expected.
    """
    found = _health(site_of(request))
    return JSONResponse(found, 200 if found["status"] == "ok" else 503)


def robots(request: Request) -> Response:
    """Return what no robot should open."""
    prefix = site_of(request).path("/").rstrip("/")
    return PlainTextResponse(_ROBOTS.format(prefix=prefix))


def _health(site: Site) -> dict[str, object]:
    try:
        current, needed = current_revision(site.app.database), head_revision()
        if current != needed:
            return {"status": "failing", "database": "reachable", "schema": "not current"}
        with site.app.database.reading() as connection:
            newest = recent_dumps(connection, 1)
    except Exception:  # noqa: BLE001  whatever is wrong with the database, this page says that it is
        return {"status": "failing", "database": "not reachable"}
    dump = newest[0] if newest else None
    age = site.app.clock() - dump.ingested_at if dump else None
    return {
        "status": "ok",
        "database": "reachable",
        "schema": "current",
        "newest_dump": dump
        and {
            "name": dump.dump.name,
            "dated_on": dump.dump.dated_on.isoformat(),
            "ingested_at": dump.ingested_at.isoformat(),
            "papers": dump.papers,
            "age_hours": round(age.total_seconds() / 3600, 1) if age else 0.0,
        },
    }


ROUTES = (Route("/health", health), Route("/robots.txt", robots))
