"""The feeds that readers follow, held in memory: most requests ask for what has not changed."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from digest.app import App
from digest.clock import steady
from digest.errors import StoreAwayError
from digest.model.feeds import FeedFormat, FeedSnapshot
from digest.pipeline.public_feeds import TRENDING, daily_feed, trending_feed
from digest.rendering.feeds import MEDIA_TYPES, TTL_MINUTES, render_feed, snapshot
from digest.rendering.links import Links
from digest.store.engine import Connection, Database
from digest.store.feeds import read_mark, read_site, read_snapshot
from digest.web.tagged import Tagged

FRESH = f"public, max-age={TTL_MINUTES * 60}, stale-while-revalidate=86400, stale-if-error=432000"
# Before the first publishing: soon there will be more.
NOT_YET = "public, max-age=60"
# Another process publishes; how long until this one sees it, in seconds.
TRUSTED = 1.0

_Key = tuple[str, FeedFormat]
_Empty = Callable[[Connection, str, FeedFormat], FeedSnapshot]


@dataclass(frozen=True, slots=True)
class _Held:
    feed: Tagged
    until: float


class StoredFeeds:
    """What was published, in every format: a few documents, whose tags are asked for once a second.

    `empty` makes a feed that was never published. Made once per process; safe among threads.
    """

    def __init__(
        self,
        database: Database,
        links: Links,
        hub: str,
        empty: _Empty,
        now: Callable[[], float] = steady,
    ) -> None:
        self._database = database
        self._links = links
        self._hub = hub
        self._empty = empty
        self._now = now
        self._held: dict[_Key, _Held] = {}
        self._lock = threading.Lock()

    def fresh(self, name: str, format_: FeedFormat) -> Tagged | None:
        """Return a feed without asking the database, None if that was not done for too long."""
        held = self._held.get((name, format_))
        return held.feed if held is not None and self._now() < held.until else None

    def read(self, name: str, format_: FeedFormat) -> Tagged:
        """Return a feed as it is stored; its bytes are read only if they have changed.

        While one thread asks, the others make do with what there was; so does everybody while the
        database is away.
        """
        key = (name, format_)
        held = self._held.get(key)
        if not self._lock.acquire(blocking=held is None):
            return self._held[key].feed
        try:
            feed = self._database.try_read(lambda connection: self._read(connection, key))
        except StoreAwayError:
            if held is None:
                raise
            feed = held.feed
        finally:
            self._lock.release()
        self._held[key] = _Held(feed, self._now() + TRUSTED)
        return feed

    def _read(self, connection: Connection, key: _Key) -> Tagged:
        held = self._held.get(key)
        mark = read_mark(connection, *key)
        if held is not None and mark is not None and mark.etag == held.feed.etag:
            return held.feed
        stored = read_snapshot(connection, *key)
        if stored is None:
            return self._tagged(self._empty(connection, *key), NOT_YET)
        return self._tagged(stored, FRESH)

    def _tagged(self, stored: FeedSnapshot, cache: str) -> Tagged:
        bodies = stored.body, stored.body_gzip
        headers = public_headers(cache)
        if self._hub:
            own = self._links.feed(stored.name, stored.format)
            headers["Link"] = f'<{self._hub}>; rel="hub", <{own}>; rel="self"'
        return Tagged(
            stored.etag, stored.updated_at, MEDIA_TYPES[stored.format], lambda: bodies, headers
        )


def empty_feed(app: App, connection: Connection, name: str, format_: FeedFormat) -> FeedSnapshot:
    """Return a feed that was never published, as it is on the site's first day: valid and empty."""
    known = read_site(connection)
    authority = known.authority if known else app.settings.authority
    now = app.clock().replace(minute=0, second=0, microsecond=0)
    since = known.started_at if known else now
    make = trending_feed if name == TRENDING else daily_feed
    feed = make([], app.settings.site_name, since)
    body = render_feed(feed, format_, links=app.links, authority=authority, since_year=since.year)
    return snapshot(feed, format_, body)


def public_headers(cache: str = FRESH) -> dict[str, str]:
    """Return what is said of every feed that anybody may read."""
    return {"Cache-Control": cache, "Access-Control-Allow-Origin": "*"}
