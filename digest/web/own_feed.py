"""`/preferences/{token}/feed`: the page on which a reader opens, replaces and closes their feed."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.model.feeds import FeedFormat
from digest.model.private_feeds import FeedShape, PrivateFeed
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.subscribe import reader_of
from digest.rendering.incomplete import incomplete_now
from digest.store.lacking import lacking_now
from digest.tokens import Purpose
from digest.web.site import Alternate, Form, Site, alternate, site_of, takes_form

_DIGITS = 10
_TITLES = {
    FeedShape.PAPERS: "An item for every paper",
    FeedShape.DIGESTS: "An item for every digest",
}


def show(request: Request) -> Response:
    """Return the page with the addresses there are, or the button that makes them."""
    site, subscriber = _reader(request)
    feed = site.own_feeds.known(subscriber)
    with site.app.database.reading() as connection:
        lacking = lacking_now(connection)
    return site.page(
        "own_feed",
        subscriber=subscriber,
        is_active=subscriber.state is SubscriberState.ACTIVE,
        feed=feed,
        incomplete=incomplete_now(lacking),
        shapes=_addresses(site, subscriber, feed),
        opml_url=site.own_feeds.links(subscriber, feed).opml() if feed else "",
        done=request.query_params.get("done", ""),
        preferences_url=site.local(site.app.links.preferences(subscriber)),
    )


def change(request: Request, form: Form) -> Response:
    """Open the feed, replace its address, or close it; what is asked twice is done once."""
    site, subscriber = _reader(request)
    given = form.get("version", "")
    version = int(given) if given.isascii() and given.isdigit() and len(given) < _DIGITS else 0
    deed = form.get("deed", "")
    if deed == "open":
        site.own_feeds.open(subscriber)
    elif deed == "rotate":
        site.own_feeds.rotate(subscriber, version)
    elif deed == "close":
        site.own_feeds.close(subscriber, version)
    token = request.path_params["token"]
    return site.go_to(f"/preferences/{token}/feed?done={deed if deed in _DEEDS else ''}")


_DEEDS = frozenset({"open", "rotate", "close"})


def _addresses(
    site: Site, subscriber: Subscriber, feed: PrivateFeed | None
) -> list[tuple[str, tuple[Alternate, ...]]]:
    if feed is None or not feed.is_open:
        return []
    links = site.own_feeds.links(subscriber, feed)
    return [
        (
            _TITLES[shape],
            tuple(alternate(shape, links.feed(f"/{shape}", each), each) for each in FeedFormat),
        )
        for shape in FeedShape
    ]


def _reader(request: Request) -> tuple[Site, Subscriber]:
    site = site_of(request)
    token = request.path_params["token"]
    return site, reader_of(site.app.registry, Purpose.PREFERENCES, token)


ROUTES = (
    Route("/preferences/{token}/feed", show),
    Route("/preferences/{token}/feed", takes_form(change), methods=["POST"]),
)
