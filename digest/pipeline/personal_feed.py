"""A reader's own digests as feeds: the same rows that their mails are made of."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from digest import __version__
from digest.errors import StoreAwayError, TokenError
from digest.model.digests import Digest
from digest.model.feeds import Feed, FeedFormat, FeedItem, FeedSnapshot
from digest.model.papers import Paper
from digest.model.private_feeds import FeedShape, FeedState, PrivateFeed
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.subscribe import Registry
from digest.rendering.feeds import render_feed, snapshot
from digest.rendering.incomplete import incomplete_so_far
from digest.rendering.languages import ENGLISH
from digest.rendering.links import Links
from digest.rendering.own_items import (
    digest_html,
    digest_title,
    folded_line,
    language_of,
    titles,
    why_line,
)
from digest.store import digests, feeds, papers, private_feeds, subscribers
from digest.store.engine import Connection
from digest.tokens import Purpose

MAX_PAPERS = 100
# Of a hundred papers, plain and packed, some 400 kB each.
_REMEMBERED = 64
_DIGEST = "digest"


class FeedGoneError(TokenError):
    """The address of a private feed that was good once."""


@dataclass(frozen=True)
class OwnLinks(Links):
    """The addresses of a site, but those of a feed are a reader's own."""

    token: str

    def feed(self, name: str, feed_format: FeedFormat) -> str:
        """Return the address of the reader's feed in one format; `name` ends in its shape."""
        is_digests = name.endswith(f"/{FeedShape.DIGESTS}")
        path = f"{self.token}/{FeedShape.DIGESTS}" if is_digests else self.token
        return f"{self.base_url.rstrip('/')}/f/{path}.{feed_format}"

    def feed_page(self, name: str) -> str:
        """Return the first page: what a reader has of their own is behind another token."""
        del name
        return self.home()

    def paper(self, paper: Paper) -> str:
        """Return the address of a paper's page; a digest has none."""
        return Links.paper(self, paper) if paper.id else self.home()

    def opml(self) -> str:
        """Return the address of the list of all feeds that are the reader's."""
        return f"{self.base_url.rstrip('/')}/f/{self.token}.opml"


@dataclass(frozen=True, slots=True)
class Access:
    """What the address of a private feed leads to, without its content."""

    subscriber_id: int
    feed: PrivateFeed
    state: FeedState
    links: OwnLinks


class PersonalFeeds:
    """Reads private feeds, and remembers the bytes of some; made once per process."""

    def __init__(self, registry: Registry, links: Links, site_name: str) -> None:
        self._registry = registry
        self._links = links
        self._site_name = site_name
        self._recent: OrderedDict[str, FeedSnapshot] = OrderedDict()
        self._lock = threading.Lock()

    def access(self, connection: Connection, token: str) -> Access:
        """Return what a token leads to, without its content; one statement.

        Raises FeedGoneError for an address that was good once, TokenError for any other.
        """
        number, version = self._registry.tokens.verify_two(Purpose.FEED, token)
        known = private_feeds.standing(connection, number)
        if known is not None and known.reader is SubscriberState.UNSUBSCRIBED:
            raise FeedGoneError(
                "You are unsubscribed, so this feed has ended. Subscribe again to have it back."
            )
        if (
            known is None
            or known.reader is not SubscriberState.ACTIVE
            or known.feed is None
            or known.state is None
            or not known.feed.is_open
            or known.feed.version != version
        ):
            raise FeedGoneError(
                "This address of a private feed was replaced or closed. Its owner finds the one that"
                " is good on the page that the foot of every digest links to."
            )
        return Access(number, known.feed, known.state, self._own(token))

    def etag(self, access: Access, shape: FeedShape, format_: FeedFormat) -> str:
        """Return the strong tag of a feed's bytes, which are a function of what is hashed here."""
        links = access.links
        of = (
            *(__version__, links.base_url, links.token, self._site_name),
            *(self._registry.authority, shape.value, format_.value),
            *(access.state.digest_ids, access.state.updated_at.isoformat()),
        )
        return f'"{hashlib.sha256(repr(of).encode()).hexdigest()[:32]}"'

    def read(self, access: Access, shape: FeedShape, format_: FeedFormat) -> FeedSnapshot:
        """Return a feed's bytes with their own tag: as remembered, or made of what there is now.

        That may be more than there was when `access` was asked for. Raises FeedGoneError if the
        address has been replaced or closed meanwhile.
        """
        if known := self.remembered(self.etag(access, shape, format_)):
            return known
        # One transaction, so that the tag and the bytes are of one state.
        with self._registry.database.reading() as connection:
            access = self.access(connection, access.links.token)
            etag = self.etag(access, shape, format_)
            made = self._made(connection, access, shape, format_, etag)
        with self._lock:
            self._recent[etag] = made
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return made

    def remembered(self, etag: str) -> FeedSnapshot | None:
        """Return the bytes of a tag if they were made here lately."""
        with self._lock:
            known = self._recent.get(etag)
            if known is not None:
                self._recent.move_to_end(etag)
            return known

    def note_fetch(self, subscriber_id: int, program: str) -> None:
        """Write down that a feed was fetched today; if that cannot be, it does not matter."""
        today = self._registry.clock().date()
        try:
            self._registry.database.try_write(
                lambda connection: private_feeds.note_fetch(
                    connection, subscriber_id, today, program
                )
            )
        except StoreAwayError:
            return

    def open(self, subscriber: Subscriber) -> None:
        """Give a reader a private feed; only one who has confirmed gets any."""
        with self._registry.database.writing() as connection:
            known = subscribers.subscriber_by_id(connection, subscriber.id, for_update=True)
            if known is not None and known.state is SubscriberState.ACTIVE:
                private_feeds.open_feed(connection, subscriber.id, self._registry.clock())

    def rotate(self, subscriber: Subscriber, version: int) -> None:
        """Replace the address of `version`, at once; asked for twice, it is replaced once."""
        with self._registry.database.writing() as connection:
            private_feeds.rotate_feed(connection, subscriber.id, version)

    def close(self, subscriber: Subscriber, version: int) -> None:
        """Let the address of `version` lead nowhere, at once; asked for twice is the same."""
        with self._registry.database.writing() as connection:
            private_feeds.close_feed(connection, subscriber.id, version)

    def known(self, subscriber: Subscriber) -> PrivateFeed | None:
        """Return a reader's feed, None if they never opened one."""
        with self._registry.database.reading() as connection:
            return private_feeds.private_feed(connection, subscriber.id)

    def links(self, subscriber: Subscriber, feed: PrivateFeed) -> OwnLinks:
        """Return the addresses of a reader's feed, for that reader only."""
        return self._own(self._registry.tokens.sign(Purpose.FEED, subscriber.id, feed.version))

    def _own(self, token: str) -> OwnLinks:
        return OwnLinks(self._links.base_url, self._links.tokens, token)

    def _made(
        self,
        connection: Connection,
        access: Access,
        shape: FeedShape,
        format_: FeedFormat,
        etag: str,
    ) -> FeedSnapshot:
        site = feeds.read_site(connection)
        authority = site.authority if site else self._registry.authority
        since = site.started_at if site else access.feed.opened_at
        found = digests.digests_by_id(connection, access.state.digest_ids)
        newest_first = [found[number] for number in access.state.digest_ids]
        wanted = {number for digest in newest_first for number in digest.paper_ids}
        known = papers.papers_by_id(connection, wanted)
        # The line of the newest digest: its mail said so, too, and the next one brings the rest.
        line = _line_of(newest_first[0]) if newest_first else ""
        make = paper_items if shape is FeedShape.PAPERS else digest_items
        what = "each paper once" if shape is FeedShape.PAPERS else "each digest whole"
        feed = Feed(
            name=f"{access.subscriber_id}/{shape}",
            title=f"{self._site_name}: your {shape}",
            description=f"What was chosen for you, with the reasons: {what}, newest first."
            f" {line}".rstrip(),
            items=make(newest_first, known, access.links),
            updated_at=access.state.updated_at,
        )
        body = render_feed(
            feed, format_, links=access.links, authority=authority, since_year=since.year
        )
        return replace(snapshot(feed, format_, body), etag=etag)


def _line_of(digest: Digest) -> str:
    zone = digest.wishes.cadence.zone if digest.wishes else "UTC"
    return incomplete_so_far(digest.lacking, ENGLISH, zone)


def paper_items(
    newest_first: list[Digest], known: Mapping[int, Paper], links: Links
) -> tuple[FeedItem, ...]:
    """Return the papers of digests as items, the newest digest's best first, each once.

    A paper that comes again, because a mail was lost, stays where it was first.
    """
    first: dict[int, int] = {}
    for digest in newest_first:
        first.update((entry.paper_id, digest.id) for entry in digest.entries)
    return tuple(
        FeedItem(
            paper=known[entry.paper_id],
            published_at=digest.composed_at,
            updated_at=max(digest.composed_at, known[entry.paper_id].updated_at),
            lead=why_line(entry, language_of(digest)),
            tail=folded_line(entry, known, links, language_of(digest)),
        )
        for digest in newest_first
        for entry in digest.entries
        if first[entry.paper_id] == digest.id
    )[:MAX_PAPERS]


def digest_items(
    newest_first: list[Digest], known: Mapping[int, Paper], links: Links
) -> tuple[FeedItem, ...]:
    """Return digests as items, each with all its papers."""
    return tuple(
        FeedItem(
            paper=_as_paper(digest, known),
            published_at=digest.composed_at,
            updated_at=digest.composed_at,
            lead=digest_html(digest, known, links),
            kind=_DIGEST,
        )
        for digest in newest_first
    )


def _as_paper(digest: Digest, known: Mapping[int, Paper]) -> Paper:
    """Return a digest in the words an item of a feed has; its number as a paper is none."""
    return Paper(
        id=0,
        key=str(digest.id),
        title=digest_title(digest, known),
        abstract=titles(digest.entries, known),
        links=(),
        authors=(),
        ids=(),
        is_truncated=False,
        created_at=digest.composed_at,
        updated_at=digest.composed_at,
    )
