"""Old digests and their mails are forgotten; what anybody still needs is not."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, insert, select, update

from digest.app import build_app
from digest.config import read_settings
from digest.errors import StoreAwayError, TokenError
from digest.jobs import forget
from digest.model.deliveries import Bounce, BounceKind, MailKind
from digest.model.digests import Digest, Entry, Field, MatchKind, Reason
from digest.model.papers import NewPaper, Signature
from digest.pipeline import retention
from digest.pipeline.issues import read_issue
from digest.pipeline.receipt import receipt_of, receipts_of
from digest.pipeline.retention import Forgotten, forget_old
from digest.pipeline.stock import take_stock
from digest.pipeline.subscribe import Registry
from digest.store import bounces as bounced
from digest.store import digests, dumps, papers, private_feeds
from digest.store import retention as stored
from digest.store import subscribers as subscribers_
from digest.store.engine import Database
from digest.store.entries import entries_to_json, quoted_in
from digest.store.quotations import keep_quotations
from digest.store.tables import (
    attempts,
    bounces,
    deliveries,
    subscribers,
    wishes,
)
from digest.store.tables import digests as digests_table
from digest.store.tables import papers as papers_table
from digest.tokens import Purpose, Tokens
from tests.conftest import HandClock, close_database, open_database
from tests.factories import make_dump, make_wishes, numbered
from tests.store.ledger import Ledger
from tests.stored import keep_wishes

KEEP = timedelta(days=100)


class Site:
    """A site that has sent mails for a long time."""

    def __init__(self, database: Database, clock: HandClock) -> None:
        self.database, self.clock = database, clock
        self.ledger = Ledger(database, clock)
        new = [
            NewPaper(f"p-{each.position}", each, Signature(each.title, (each.position,)))
            for each in numbered(f"Paper {n}" for n in range(40))
        ]
        with database.ingesting() as connection:
            self.dump = dumps.add_dump(connection, make_dump(), clock()) or 0
            self.papers = papers.add_papers(connection, new, self.dump, clock())

    def compose(
        self, reader: int, ago: int, *, paper: int = 0, state: str = "accepted", through: int = 1
    ) -> int:
        """Let a reader have had a digest so many days ago; return its id."""
        then = self.clock() - timedelta(days=ago)
        number, words = self.papers[paper], make_wishes("fog")
        reason = Reason("fog", MatchKind.PHRASE, Field.TITLE, f"Fog {paper}", ((0, 3),), 0.5)
        shown = [Entry(number, 1.0, (reason,), (), "")]
        with self.database.writing() as connection:
            mine = subscribers.c.id == reader
            revision = connection.execute(select(subscribers.c.revision).where(mine)).scalar_one()
            keep_wishes(connection, [(reader, revision, words)])
            numbers = keep_quotations(connection, set(quoted_in(shown)), then.date())
            composed = digests.NewDigests(
                composed_at=then,
                window_through=through,
                subscriber_ids=[reader],
                periods=[then.date()],
                window_after=[0],
                revisions=[revision],
                considered=[9],
                matched=[3],
                excluded=[0],
                is_rest=[False],
                entries=[entries_to_json(shown, ["fog"], numbers)],
            )
            [new] = digests.add_digests(connection, composed)
        self.mail(reader, ago, state, digest_id=new, kind=MailKind.DIGEST)
        return new

    def mail(self, reader: int, ago: int, state: str = "accepted", **rest: Any) -> int:
        then = self.clock() - timedelta(days=ago)
        period = then.date().isoformat()
        what: dict[str, Any] = {
            "planned_at": then,
            "period": period,
            "key": f"{reader}-{then}-{rest}"[:64],
            **rest,
        }
        number = self.ledger.plan(reader, **{"kind": MailKind.WELCOME, **what})
        with self.database.writing() as connection:
            settled_at = None if state in ("planned", "ready", "leased", "inflight") else then
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id == number)
                .values(state=state, settled_at=settled_at)
            )
        return number

    def see(self, reader: int, through: int) -> None:
        with self.database.writing() as connection:
            mine = subscribers.c.id == reader
            connection.execute(update(subscribers).where(mine).values(seen_through=through))

    def forget(self, **rest: Any) -> Forgotten:
        return forget_old(self.database, self.clock, KEEP, rest=lambda _s: None, **rest)

    def ids(self, table: Table = digests_table) -> list[int]:
        with self.database.reading() as connection:
            return list(connection.execute(select(table.c.id).order_by(table.c.id)).scalars())

    def whole(self, numbers: Sequence[int]) -> dict[int, Digest]:
        with self.database.reading() as connection:
            return digests.digests_by_id(connection, numbers)


@pytest.fixture
def site(database: Database, clock: HandClock) -> Site:
    return Site(database, clock)


@pytest.fixture
def ada(site: Site) -> int:
    number = site.ledger.add_reader("ada")
    site.see(number, 1)
    return number


def test_what_is_old_goes_with_everything_about_it(site: Site, ada: int) -> None:
    site.compose(ada, 102)
    [mail] = site.ids(deliveries)
    now = site.clock()
    with site.database.writing() as connection:
        row = {"delivery_id": mail, "fence": 1, "outcome": "failed", "text": "no", "ended_at": now}
        connection.execute(insert(attempts), row)
        bounced.add_bounce(connection, Bounce("b", mail, BounceKind.SOFT, None, "full"), now)
    welcome = site.mail(ada, 120)
    kept = site.compose(ada, 99)

    assert site.forget() == Forgotten(mails=2, digests=1, is_all=True)
    assert site.ids() == [kept]
    assert welcome not in site.ids(deliveries)
    assert len(site.ids(deliveries)) == 1
    assert site.ids(attempts) == site.ids(bounces) == []
    assert site.forget() == Forgotten(is_all=True)


def test_the_newest_digest_of_a_reader_stays_however_old(site: Site, ada: int) -> None:
    """Their next is of a later date than it, and their feed is not empty after a long pause."""
    site.compose(ada, 300)
    newest = site.compose(ada, 200)
    gone = site.ledger.add_reader("gone")
    site.see(gone, 1)
    site.compose(gone, 200)
    with site.database.writing() as connection:
        mine = subscribers.c.id == gone
        connection.execute(update(subscribers).where(mine).values(state="unsubscribed"))

    assert site.forget().digests == 2
    assert site.ids() == [newest]
    with site.database.reading() as connection:
        assert digests.last_period(connection, ada) == (site.clock() - timedelta(days=200)).date()


@pytest.mark.parametrize("state", ["planned", "ready", "leased", "inflight", "uncertain", "held"])
def test_what_is_not_settled_stays(site: Site, ada: int, state: str) -> None:
    waiting = site.compose(ada, 200, state=state)
    site.compose(ada, 1)
    site.forget()
    assert waiting in site.ids()
    assert len(site.ids(deliveries)) == 2


@pytest.mark.parametrize("state", ["failed", "suppressed", "expired"])
def test_what_ended_unseen_goes_although_its_papers_were_not_shown(
    site: Site, ada: int, state: str
) -> None:
    site.see(ada, 0)
    unseen = site.compose(ada, 200, state=state)
    site.compose(ada, 1)
    site.forget()
    assert unseen not in site.ids()


def test_a_digest_beyond_the_mark_stays_since_its_papers_would_come_again(
    site: Site, ada: int
) -> None:
    """One that nobody knows the end of may hold the mark back for ever."""
    shown = site.compose(ada, 200, through=7)
    site.compose(ada, 1, through=8)
    site.forget()
    assert shown in site.ids()
    site.see(ada, 8)
    site.forget()
    assert shown not in site.ids()


def test_no_digest_that_stays_loses_a_sentence(site: Site, ada: int) -> None:
    site.compose(ada, 300, paper=1)
    held = site.compose(ada, 250, paper=2, state="held")
    site.compose(ada, 200, paper=3)
    kept = [held, site.compose(ada, 99, paper=3), site.compose(ada, 1, paper=4)]
    before = site.whole(kept)

    assert site.forget().quotations == 1
    assert site.whole(kept) == before
    assert all(entry.reasons for digest in before.values() for entry in digest.entries)
    # The year after as well, and for ever.
    for _ in range(4):
        site.clock.advance(days=99)
        site.compose(ada, 0, paper=5)
        site.forget()
        assert site.whole([held])[held] == before[held]


def test_wishes_that_only_forgotten_digests_were_composed_for_go(site: Site, ada: int) -> None:
    def revisions() -> list[int]:
        with site.database.reading() as connection:
            return list(
                connection.execute(select(wishes.c.revision).order_by("revision")).scalars()
            )

    for ago in (200, 190, 50):
        site.compose(ada, ago)
        if ago != 190:
            with site.database.writing() as connection:
                subscribers_.raise_revision(connection, ada)
    with site.database.writing() as connection:
        keep_wishes(connection, [(ada, 2, make_wishes("rain"))])
    assert revisions() == [0, 1, 2]
    site.forget()
    assert revisions() == [1, 2]


def test_a_turn_is_bounded_and_the_next_goes_on(
    site: Site, ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PART", 2)
    for ago in range(120, 109, -1):
        site.compose(ada, ago)
    assert site.forget(most=4) == Forgotten(mails=4, digests=4)
    asked = iter([False, False, True])
    assert site.forget(is_stopping=lambda: next(asked, True)).mails == 4
    assert site.forget().is_all
    assert len(site.ids()) == 1


def test_others_get_their_turn_between_two_parts(
    site: Site, ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PART", 2)
    for ago in range(120, 115, -1):
        site.compose(ada, ago)
    rests: list[float] = []

    def rest(seconds: float) -> None:
        with site.database.writing() as connection:  # nothing is locked now
            connection.execute(update(subscribers).values(papers_per_digest=3))
        rests.append(seconds)

    forget_old(site.database, site.clock, KEEP, rest=rest)
    # A part of which all stays is one as well.
    assert len(rests) == 6
    assert min(rests) >= 0.1


def test_a_clock_that_leaps_ahead_deletes_nothing_for_two_days(site: Site, ada: int) -> None:
    address = site.database.url.render_as_string(hide_password=False)
    given = {"DIGEST_DATABASE_URL": address, "DIGEST_KEEP_DAYS": "100"}
    app = build_app(read_settings({**given, "DIGEST_SECRET": "a secret of the tests"}), site.clock)

    def work(days: int) -> None:
        for _ in range(days):
            site.clock.advance(days=1)
            take_stock(site.database, site.clock)
            forget(app)

    work(3)
    old, newest = site.compose(ada, 50), site.compose(ada, 10)
    site.clock.advance(days=365)
    forget(app)
    work(1)
    site.clock.advance(days=-366)
    work(1)
    assert site.ids() == [old, newest]
    # After a stop it takes as long.
    site.clock.advance(days=51)
    work(2)
    assert site.ids() == [old, newest]
    work(1)
    assert site.ids() == [newest]
    app.database.dispose()


def test_what_is_lost_half_way_is_done_by_the_next(
    site: Site, ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ago in (120, 119, 118):
        site.compose(ada, ago)

    def die(*_: object) -> int:
        raise StoreAwayError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(stored, "forget_digests", die)
        assert site.forget() == Forgotten(mails=2)
    assert site.forget() == Forgotten(digests=2, is_all=True)


def test_no_number_of_a_forgotten_row_is_given_anew(site: Site, ada: int) -> None:
    site.compose(ada, 120)
    gone = site.ledger.add_reader("gone")
    site.see(gone, 1)
    last = site.compose(gone, 119)
    with site.database.writing() as connection:
        mine = subscribers.c.id == gone
        connection.execute(update(subscribers).where(mine).values(state="unsubscribed"))
    mail = max(site.ids(deliveries))
    site.forget()
    assert last not in site.ids()
    assert site.compose(ada, 0) > last
    assert max(site.ids(deliveries)) > mail


def test_the_marks_of_readers_and_their_papers_stay(site: Site, ada: int) -> None:
    site.compose(ada, 120)
    site.compose(ada, 1)
    site.forget()
    with site.database.reading() as connection:
        assert connection.execute(select(subscribers.c.seen_through)).scalar_one() == 1
        assert connection.execute(select(func.count()).select_from(papers_table)).scalar() == 40


def test_what_was_forgotten_is_answered_politely(site: Site, ada: int) -> None:
    old = [site.compose(ada, ago) for ago in (120, 119)]
    site.compose(ada, 20)
    with site.database.writing() as connection:
        then = site.clock() - timedelta(days=200)
        connection.execute(update(subscribers).values(created_at=then, confirmed_at=then))
    site.forget()
    tokens = Tokens(["a secret"])
    with site.database.reading() as connection:
        reader = subscribers_.subscriber_by_id(connection, ada)
        assert reader is not None
        now = site.clock()
        told = receipt_of(connection, reader, (now - timedelta(days=120)).date(), now)
        listed = receipts_of(connection, reader, now)
        feed = private_feeds.standing(connection, ada)
    assert told.headline == "Nothing is on record of this day any more."
    assert not any("on record of this day" in each.headline for each in listed)
    assert feed is not None
    registry = Registry(site.database, tokens, "digest.example.org", site.clock)
    for number in old:
        with pytest.raises(TokenError, match="kept for a while"):
            read_issue(registry, tokens.sign(Purpose.ISSUE, number, reader.token_version))


def test_what_another_holds_is_left_for_the_next_time(
    request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock
) -> None:
    """On PostgreSQL: SQLite has one writer at a time."""
    site = Site(open_database(request, tmp_path, "postgresql"), clock)
    request.addfinalizer(partial(close_database, site.database))
    ada = site.ledger.add_reader("ada")
    site.see(ada, 1)
    for ago in (120, 119, 1):
        site.compose(ada, ago)
    held = min(site.ids(deliveries))
    with site.database.writing() as connection:
        mine = deliveries.c.id == held
        connection.execute(select(deliveries.c.id).where(mine).with_for_update()).all()
        assert site.forget() == Forgotten(mails=1, digests=1, is_all=True)
        # Of a digest, too.
        connection.execute(select(digests_table.c.id).with_for_update()).all()
        assert site.forget() == Forgotten(is_all=True)
    assert site.forget() == Forgotten(mails=1, digests=1, is_all=True)
