"""`/f/{token}.{format}`: a reader's own digests in their feed reader, behind an address of their own.

The address reads this feed and does nothing else: it logs nobody in and shows no mail address. What
stands here costs a request for which nothing has changed one statement, and no rendering.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import StoreAwayError, TokenError
from digest.model.feeds import FeedFormat, FeedSnapshot
from digest.model.private_feeds import FeedShape
from digest.pipeline.personal_feed import Access, FeedGoneError
from digest.pipeline.wishes import finds_papers
from digest.rendering.feeds import MEDIA_TYPES
from digest.rendering.opml import Group, Outline, render_opml
from digest.store.engine import Connection
from digest.store.subscribers import subscriber_by_id
from digest.web.keyword_opml import outline
from digest.web.opml import opml
from digest.web.programs import program_of
from digest.web.site import Site, site_of
from digest.web.tagged import Tagged, answer, has_it

HEADERS = {
    # Not for long: a reader who closes a feed closes it for whoever has it at hand too.
    "Cache-Control": "private, max-age=900",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}
_NONE = {**HEADERS, "Cache-Control": "no-store"}
_WARNING = (
    "This list holds addresses that show what you read: keep it to yourself, and replace the"
    " addresses on your page if somebody else has seen it."
)

_Connect = Callable[[], AbstractContextManager[Connection]]
_Content = Callable[[Site, Access], Tagged]


class _NotAtHandError(Exception):
    """The bytes that were asked for have to be made."""


async def serve_papers(request: Request) -> Response:
    """Return the reader's papers, an item each; a list of all their feeds for `.opml`."""
    if request.path_params["format"] == "opml":
        connect = site_of(request).app.database.reading
        return await run_in_threadpool(_served, request, _opml, connect)
    return await _feed(request, FeedShape.PAPERS)


async def serve_digests(request: Request) -> Response:
    """Return the reader's digests, an item each."""
    return await _feed(request, FeedShape.DIGESTS)


async def _feed(request: Request, shape: FeedShape) -> Response:
    given = request.path_params["format"]
    if given not in set(FeedFormat):
        return _refusal(404, "There is no feed in this format.")
    format_ = FeedFormat(given)

    def at_hand(site: Site, access: Access) -> Tagged:
        etag, updated_at = site.own_feeds.etag(access, shape, format_), access.state.updated_at
        if has_it(request, etag, updated_at):
            return Tagged(etag, updated_at, MEDIA_TYPES[format_], lambda: (b"", b""), HEADERS)
        if found := site.own_feeds.remembered(etag):
            return _whole(found)
        raise _NotAtHandError

    def made(site: Site, access: Access) -> Tagged:
        with suppress(_NotAtHandError):
            return at_hand(site, access)
        return _whole(site.own_feeds.read(access, shape, format_))

    database = site_of(request).app.database
    if not database.answers_at_once:
        return await run_in_threadpool(_served, request, made, database.asking)
    # A thread would take several times as long to be told as the question takes.
    with suppress(_NotAtHandError, StoreAwayError):
        return _served(request, at_hand, database.asking)
    return await run_in_threadpool(_served, request, made, database.reading)  # which may wait


def _whole(found: FeedSnapshot) -> Tagged:
    bodies = found.body, found.body_gzip
    return Tagged(found.etag, found.updated_at, MEDIA_TYPES[found.format], lambda: bodies, HEADERS)


def _served(request: Request, content: _Content, connect: _Connect) -> Response:
    site = site_of(request)
    try:
        with connect() as connection:
            access = site.own_feeds.access(connection, request.path_params["token"])
        response = answer(request, content(site, access))
    except FeedGoneError as error:
        return _refusal(410, str(error))
    except TokenError:
        return _refusal(404, "No private feed has this address. Copy it whole from your page.")
    if request.method == "GET" and access.feed.fetched_on != site.app.clock().date():
        program = program_of(request.headers.get("user-agent", ""))
        response.background = BackgroundTask(
            site.own_feeds.note_fetch, access.subscriber_id, program
        )
    return response


def _opml(site: Site, access: Access) -> Tagged:
    with site.app.database.reading() as connection:
        reader = subscriber_by_id(connection, access.subscriber_id)
    name, links = site.app.settings.site_name, access.links
    own = tuple(
        Outline(
            f"{name}: your {shape}",
            links.feed(f"{access.subscriber_id}/{shape}", FeedFormat.ATOM),
            links.home(),
        )
        for shape in FeedShape
    )
    interests = reader.interests if reader else ()
    keywords = tuple(
        outline(site, each.expression) for each in interests if finds_papers(each.expression)
    )
    body = render_opml(
        f"{name}: your feeds (private, do not pass on)",
        [Group("Yours", own), Group("Your keywords", keywords)]
        if keywords
        else [Group("Yours", own)],
        created_at=access.feed.opened_at,
        comment=_WARNING,
    )
    # When a reader's keywords changed is not written down.
    return opml(body, None, HEADERS)


def _refusal(status: int, sentence: str) -> Response:
    return PlainTextResponse(f"{sentence}\n", status_code=status, headers=_NONE)


ROUTES = (
    Route("/f/{token}/digests.{format}", serve_digests),
    Route("/f/{token}.{format}", serve_papers),
)
