"""`/feeds/keywords.opml?keywords=...`: a feed for each keyword, as a list that feed readers take in."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import ExpressionError, SubscriptionError
from digest.model.feeds import FeedFormat
from digest.pipeline.wishes import finds_papers
from digest.rendering.opml import Group, Outline, render_opml
from digest.web.keyword_feeds import NAME, KeywordLinks
from digest.web.opml import PUBLIC, founded_at, opml
from digest.web.preview import read_typed
from digest.web.site import Site, site_of
from digest.web.tagged import answer


def serve(request: Request) -> Response:
    """Return the list of the feeds of keywords, one a line; what cannot be read is told its place."""
    site = site_of(request)
    try:
        interests = read_typed(request.query_params.get("keywords", ""))
    except (ExpressionError, SubscriptionError) as error:
        return PlainTextResponse(f"{error}\n", status_code=400)
    found = tuple(
        outline(site, each.expression) for each in interests if finds_papers(each.expression)
    )
    created_at = founded_at(site)
    title = f"{site.app.settings.site_name}: your keywords"
    body = render_opml(title, [Group("Your keywords", found)], created_at=created_at)
    return answer(request, opml(body, created_at, PUBLIC))


def outline(site: Site, expression: str) -> Outline:
    """Return the feed of an expression as it stands in a list of feeds."""
    own = site.app.links
    links = KeywordLinks(own.base_url, own.tokens, expression)
    return Outline(expression, links.feed(NAME, FeedFormat.ATOM), links.feed_page(NAME))


ROUTES = (Route("/feeds/keywords.opml", serve),)
