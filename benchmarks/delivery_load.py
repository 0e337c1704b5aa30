"""The load that benchmarks/delivery.py sends: readers with interests of their own, composed for real.

Papers and phrases are those of benchmarks/ranking_load.py; they stay in ../shared.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from benchmarks import ranking_load
from digest.delivery.dkim import Signer
from digest.delivery.domains import domain_group
from digest.delivery.throttle import MOST_AT_ONCE
from digest.delivery.transports import Transport
from digest.delivery.verp import Returns
from digest.model.deliveries import MailKind, Throttle
from digest.model.papers import PaperRecord
from digest.model.subscribers import Address, Cadence, Days, Interest, Wishes
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer
from digest.pipeline.ingest import ingest
from digest.pipeline.outgoing import Sender
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
from digest.sources.base import Page
from digest.store import deliveries, subscribers, throttles
from digest.store.engine import Database
from digest.store.schema import upgrade
from digest.tokens import Tokens
from tests.factories import make_dump

AUTHORITY = "digest.example.org"
PAPERS = 300
SHOWN = 12
MORNING = datetime(2026, 3, 18, 6, 0, tzinfo=UTC)
DOMAINS = ("gmail.com", "outlook.com", "uni.example", "lab.example", "example.org")


@dataclass(slots=True)
class Hand:
    """A clock that stands where it was put."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now


@dataclass(frozen=True, slots=True)
class Site:
    """A database with mails that are due, and what it takes to send them."""

    database: Database
    clock: Hand
    tokens: Tokens
    links: Links
    # Kept from round to round, as a worker keeps it from morning to morning.
    renderer: MailRenderer
    mails: int


def make_site(folder: Path, readers: int, url: str = "") -> Site:
    """Return a site whose readers have composed digests waiting; some readers match nothing."""
    database = Database(url or f"sqlite:///{folder / 'digest.sqlite3'}")
    upgrade(database)
    clock = Hand(MORNING)
    papers = [
        PaperRecord(n, paper.title, paper.abstract, paper.title, paper.abstract)
        for n, paper in enumerate(ranking_load.papers(PAPERS), start=1)
    ]
    ingest(database, Page(make_dump("a.txt"), iter(papers)), clock)
    cadence = Cadence(Days.DAILY, time(7, 0), "UTC")
    with database.writing() as connection:
        for n, wanted in enumerate(_wishes(readers)):
            address = f"reader{n}@{DOMAINS[n % len(DOMAINS)]}"
            interests = tuple(Interest(expression) for expression in wanted)
            number = subscribers.add_subscriber(
                connection, Address(address, address), Wishes(interests, cadence, SHOWN), clock()
            )
            subscribers.activate(connection, number, clock(), clock() + timedelta(hours=1), 0)
    clock.now += timedelta(hours=2)
    report = Composer(database, Archives(database, clock), AUTHORITY, clock).compose_due()
    return _site(database, clock, report.composed)


def open_site(folder: Path) -> Site:
    """Return a site that `make_site` made in that folder; how many mails it has is not counted."""
    clock = Hand(MORNING + timedelta(hours=2))
    return _site(Database(f"sqlite:///{folder / 'digest.sqlite3'}"), clock, mails=0)


def _site(database: Database, clock: Hand, mails: int) -> Site:
    tokens = Tokens(["a secret"])
    links = Links(f"https://{AUTHORITY}", tokens)
    return Site(database, clock, tokens, links, MailRenderer(links, "Digest"), mails)


def sender(
    site: Site,
    transports: Sequence[Transport],
    signers: Sequence[Signer] = (),
    connections: int = 20,
) -> Sender:
    """Return what sends the site's mails."""
    return Sender(
        database=site.database,
        transports=transports,
        renderer=site.renderer,
        links=site.links,
        site_name="Digest",
        mail_from=f"digest@{AUTHORITY}",
        authority=AUTHORITY,
        owner="benchmark",
        clock=site.clock,
        signers=signers,
        returns=Returns(f"return@{AUTHORITY}", site.tokens),
        connections=connections,
    )


def make_ready(site: Site, copies: int = 1) -> int:
    """Make every mail due again, `copies` times over; return how many are due."""
    with site.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE deliveries SET state = 'ready', attempts = 0, owner = NULL, settled_at = NULL"
        )
        connection.exec_driver_sql("UPDATE subscribers SET seen_through = NULL")
        found = deliveries.find_deliveries(connection, limit=site.mails)
        more = [
            deliveries.PlannedDelivery(
                subscriber_id=each.subscriber_id,
                kind=MailKind.DIGEST,
                period=f"copy {copy}",
                digest_id=each.digest_id,
                address=each.address,
                key=f"{copy}-{each.key}",
                planned_at=each.planned_at,
                deadline_at=each.deadline_at,
                domain_group=domain_group(each.address),
            )
            for copy in range(1, copies)
            for each in found
        ]
        deliveries.plan_deliveries(connection, more)
    return site.mails * copies


def _wishes(readers: int) -> Iterator[list[str]]:
    found = itertools.chain.from_iterable(ranking_load.wishes(readers))
    for each in found:
        yield [text for text, _ in each.items]


def warm_up(site: Site, transport: str) -> None:
    """Let every domain group have the most connections: a site that has sent for a while."""
    with site.database.writing() as connection:
        groups = {
            domain_group(f"a@{domain}"): Throttle(concurrency=MOST_AT_ONCE) for domain in DOMAINS
        }
        throttles.save_throttles(connection, transport, groups, site.clock())
