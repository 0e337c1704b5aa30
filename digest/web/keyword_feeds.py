"""`/feeds/keywords?q=...`: a feed of the papers that match an expression, for anybody."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import ExpressionError, SubscriptionError
from digest.model.feeds import Feed, FeedFormat
from digest.model.papers import ListedPaper
from digest.pipeline.preview import InterestPreview
from digest.pipeline.public_feeds import feed_item, with_line
from digest.pipeline.wishes import read_interests
from digest.ranking.preview import RecentPapers
from digest.rendering.feeds import MEDIA_TYPES, render_feed, tag_of
from digest.rendering.links import Links
from digest.store.feeds import read_site
from digest.text import clean_line
from digest.web.corpus import newest_matching
from digest.web.counted_feeds import count_of
from digest.web.feeds import feed_response, format_of
from digest.web.forms import Problem, problem_of
from digest.web.keyword_marks import Key, Mark
from digest.web.site import Alternate, Site, alternate, site_of
from digest.web.stored_feeds import public_headers
from digest.web.tagged import Tagged, answer, has_it

NAME = "keywords"
ITEMS = 50
_PREVIEW = 10


@dataclass(frozen=True)
class KeywordLinks(Links):
    """The addresses of a site, but those of a feed are the ones of its expression."""

    expression: str
    count: int = 0

    def feed(self, name: str, feed_format: FeedFormat) -> str:
        """Return the address of the expression's feed in one format."""
        del name
        count = f"&count={self.count}" if self.count else ""
        return f"{Links.feed_page(self, NAME)}.{feed_format}?{self._query()}{count}"

    def feed_page(self, name: str) -> str:
        """Return the address of the expression's page."""
        del name
        return f"{Links.feed_page(self, NAME)}?{self._query()}"

    def _query(self) -> str:
        return urlencode({"q": self.expression})


def show(request: Request) -> Response:
    """Return the page that makes a feed of what was typed, with the papers it has now."""
    site = site_of(request)
    typed = request.query_params.get("q", "")
    if not typed.strip():
        return _page(site, typed)
    try:
        expression = _expression(typed)
        listed = site.corpus.matching(expression, ITEMS)
        found = site.corpus.previews([expression], site.app.clock())[0]
    except (ExpressionError, SubscriptionError) as error:
        return _page(site, typed, status=400, problem=problem_of("q", error))
    return _page(site, expression, listed=listed, found=found)


async def serve(request: Request) -> Response:
    """Return the feed of an expression; one that cannot be read is answered with the place."""
    site = site_of(request)
    format_, count = format_of(request), count_of(request)
    try:
        expression = _expression(request.query_params.get("q", ""))
        recent = site.corpus.fresh()
        key = (expression, count, format_, site.corpus.lacking)
        unchanged = _unchanged(request, recent, key) if recent else None
        if unchanged is not None:
            return unchanged
        return await run_in_threadpool(_served, request, expression, count, format_)
    except (ExpressionError, SubscriptionError) as error:
        return PlainTextResponse(f"{error}\n", status_code=400)


def _served(request: Request, expression: str, count: int, format_: FeedFormat) -> Response:
    site = site_of(request)
    recent = site.corpus.recent([expression])
    key = (expression, count, format_, site.corpus.lacking)
    if unchanged := _unchanged(request, recent, key):
        return unchanged
    listed = newest_matching(recent, expression, count or ITEMS)
    body, mark = _build(site, _links(site, expression, count), listed, key)
    site.keyword_marks.keep(recent, key, mark)
    return feed_response(request, body, format_, mark.updated_at)


def _unchanged(request: Request, recent: RecentPapers, key: Key) -> Response | None:
    """Return a 304 for whoever has what these papers make, None for everybody else."""
    mark = site_of(request).keyword_marks.get(recent, key)
    if mark is None or not has_it(request, *mark):
        return None
    kind = MEDIA_TYPES[key[2]]
    return answer(request, Tagged(*mark, kind, lambda: (b"", b""), public_headers()))


def _expression(typed: str) -> str:
    """Return what was typed as one sound expression; raises what a form of interests does."""
    return read_interests([clean_line(typed)])[0].expression


def _build(
    site: Site, links: KeywordLinks, listed: list[ListedPaper], key: Key
) -> tuple[bytes, Mark]:
    """Return the bytes of the feed and their mark: the same as long as papers and sources are."""
    expression, _, format_, lacking = key
    with site.app.database.reading() as connection:
        known = read_site(connection)
    authority = known.authority if known else site.app.settings.authority
    since = (
        known.started_at if known else site.app.clock().replace(minute=0, second=0, microsecond=0)
    )
    items = tuple(feed_item(each) for each in listed)
    feed = Feed(
        name=f"{NAME}/{expression}",
        title=f"{site.app.settings.site_name}: {expression}",
        description=f"New papers that match {expression}, each once, newest first.",
        items=items,
        updated_at=max((item.updated_at for item in items), default=since),
    )
    feed = with_line(feed, lacking)
    body = render_feed(feed, format_, links=links, authority=authority, since_year=since.year)
    # Since when a source is known to be incomplete nobody knows: then by the tag alone.
    return body, Mark(tag_of(body), None if lacking else feed.updated_at)


def _page(  # noqa: PLR0913  what the page can show
    site: Site,
    typed: str,
    *,
    status: int = 200,
    listed: list[ListedPaper] | None = None,
    problem: Problem | None = None,
    found: InterestPreview | None = None,
) -> Response:
    addresses = () if listed is None else addresses_of(site, typed)
    return site.page(
        "keywords",
        status,
        typed=typed,
        problem=problem,
        found=found,
        addresses=addresses,
        alternates=addresses,
        count=len(listed or ()),
        listed=(listed or [])[:_PREVIEW],
    )


def addresses_of(site: Site, expression: str) -> tuple[Alternate, ...]:
    """Return the feed of an expression in every format."""
    links = _links(site, expression)
    title = f"{site.app.settings.site_name}: {expression}"
    return tuple(alternate(title, links.feed(NAME, format_), format_) for format_ in FeedFormat)


def _links(site: Site, expression: str, count: int = 0) -> KeywordLinks:
    own = site.app.links
    return KeywordLinks(own.base_url, own.tokens, expression, count)


ROUTES = (
    Route("/feeds/keywords.{format}", serve),
    Route("/feeds/keywords", show),
)
