"""Cookies: how a browser shows that it is signed in, and what pages make of it.

The lists of papers and the feeds set none and read none, so that they are the same for everybody
and can be kept by whoever stands between; a paper's own page reads one, and says so (Vary).
"""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from digest.errors import NotSignedInError
from digest.model.sessions import Session, SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.sessions import LASTS, Sessions
from digest.store.subscribers import subscriber_by_id
from digest.web.site import Site, site_of

# As long as browsers keep any: until when a reader is signed in is for the database to say, which
# moves it on with every day of use.
_KEPT = timedelta(days=400)
_NAMES = {SessionKind.READER: "digest", SessionKind.OPERATOR: "digest-operator"}


def cookie_name(site: Site, kind: SessionKind) -> str:
    """Return what the cookie of a kind of session is called.

    With https the browser itself sees to it that no other host has set it (RFC 6265bis, 4.1.3).
    """
    prefix = "__Host-" if site.is_https else ""
    return prefix + _NAMES[kind]


def sessions_at(site: Site) -> Sessions:
    """Return who is signed in at a site."""
    return Sessions(site.app.database, site.app.clock)


def session_of(request: Request, kind: SessionKind) -> Session | None:
    """Return the session a request shows, None without a good one."""
    site = site_of(request)
    token = request.cookies.get(cookie_name(site, kind), "")
    return sessions_at(site).find(token, kind) if token else None


def signed_in(request: Request) -> tuple[Session, Subscriber]:
    """Return the session and its reader; raises NotSignedInError, which leads to the sign-in."""
    session = session_of(request, SessionKind.READER)
    if session is None:
        raise NotSignedInError
    with site_of(request).app.database.reading() as connection:
        subscriber = subscriber_by_id(connection, session.owner)
    if subscriber is None:
        raise NotSignedInError
    return session, subscriber


def give_cookie(site: Site, answer: Response, kind: SessionKind, token: str) -> None:
    """Have the browser show `token` from now on; no script sees it, no other site makes it sent."""
    lasts = _KEPT if kind is SessionKind.READER else LASTS[kind]
    answer.set_cookie(
        cookie_name(site, kind),
        token,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=site.is_https,
        httponly=True,
        samesite="lax" if kind is SessionKind.READER else "strict",
    )


def take_cookie(site: Site, answer: Response, kind: SessionKind) -> None:
    """Have the browser forget what it showed."""
    answer.delete_cookie(
        cookie_name(site, kind), path="/", secure=site.is_https, httponly=True, samesite="lax"
    )
