"""Weeks of one reader, driven as the processes do: nothing twice, nothing lost, no pause broken."""

import random
import shutil
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.model.cadence import local_date
from digest.model.deliveries import DeliveryState
from digest.model.digests import Digest
from digest.model.feedback import Mute
from digest.model.subscribers import Cadence, Days, QuietDays, Subscriber
from digest.pipeline.ingest import ingest
from digest.pipeline.pausing import is_paused, pause, resume
from digest.pipeline.subscribe import Registry, enrol, save_preferences
from digest.sources.base import Page
from digest.store import digests, papers, steering
from digest.store.engine import Database
from digest.store.tables import digests as table
from digest.tokens import Tokens
from tests.conftest import START, HandClock
from tests.factories import make_dump, make_wishes, numbered
from tests.pipeline.test_compose import SITE, accept, compose, mails, reload

DAYS = 21
HOURS = 8  # from tick to tick
SETTLING = timedelta(days=16)  # a week of gathering, and a weekly digest that just missed its day
LONGEST_WAIT = timedelta(days=9)
LIMIT = 4
WANTED = ("Graph Neural Networks", "Speech Synthesis")
MUTED = WANTED[1]
REST = "Neural Poems"
OTHERS = "Tax Law"
CADENCES = st.builds(
    Cadence,
    st.sampled_from(Days),
    st.builds(time, st.integers(0, 23)),
    st.sampled_from(["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Nuuk"]),
    st.integers(0, 6),
)
# What may befall a reader on a day, most often nothing, and how much of it.
EVENTS = st.sampled_from(["", "", "", "", "away", "lost", "move", "mute", "pause", "resume"])
PAPERS = st.tuples(*[st.sampled_from([0, 0, 1, 3])] * 2, st.integers(0, 1))
ALL_DAYS = st.lists(
    st.tuples(PAPERS, EVENTS, st.integers(1, 10), CADENCES), min_size=DAYS, max_size=DAYS
)


@dataclass
class Life:
    """What happened to one reader."""

    registry: Registry
    clock: HandClock
    reader: Subscriber
    came: dict[str, int] = field(default_factory=dict)  # by title the dump
    dumps: int = 0
    back_at: datetime = START
    muted: list[tuple[datetime, datetime]] = field(default_factory=list)
    is_losing: bool = False

    def take(self, numbers: tuple[int, ...]) -> None:
        """Take in a dump with so many papers of each kind."""
        self.dumps += 1
        titles = [
            f"{kind} of {random.Random(f'{self.dumps} {number}').getrandbits(64):x}"  # noqa: S311  no secret
            for kind, count in zip((*WANTED, REST, OTHERS), (*numbers, 5), strict=True)
            for number in range(count)
        ]
        page = Page(make_dump(f"{self.dumps}.txt"), iter(numbered(titles)))
        ingest(self.registry.database, page, self.clock)
        self.came |= dict.fromkeys(titles, self.dumps)

    def meet(self, event: str, days: int, cadence: Cadence) -> None:
        """Let something happen, for some days where it lasts."""
        now = self.clock()
        until = now + timedelta(days=days)
        reader = reload(self.registry, self.reader)
        match event:
            case "away":
                self.back_at = until
            case "lost":
                self.is_losing = True
            case "move":
                wishes = make_wishes(
                    *WANTED, cadence=cadence, papers_per_digest=LIMIT, quiet=reader.quiet
                )
                save_preferences(self.registry, reader, wishes)
            case "mute":
                with self.registry.database.writing() as connection:
                    steering.set_mute(connection, Mute(reader.id, MUTED.lower(), until))
                self.muted = [(since, min(end, now)) for since, end in self.muted]
                self.muted.append((now, until))
            case "pause":
                pause(self.registry, reader, local_date(until, reader.cadence.zone))
            case "resume":
                resume(self.registry, reader)

    def tick(self) -> None:
        """Compose what is due, and send it or lose it, unless nobody is at work."""
        now = self.clock()
        if now < self.back_at:
            return
        reader = reload(self.registry, self.reader)
        report = compose(self.registry)
        assert report.broken == 0
        assert not (is_paused(reader, now) and (report.composed or report.quiet or report.waiting))
        if report.composed:
            is_lost, self.is_losing = self.is_losing, False
            [newest, *_] = mails(self.registry, reader)
            state = DeliveryState.FAILED if is_lost else DeliveryState.ACCEPTED
            accept(self.registry, newest, state)
        due_at = reload(self.registry, reader).next_due_at
        assert due_at is not None
        assert now < due_at <= max(now, reader.paused_until or now) + LONGEST_WAIT

    def settle(self) -> None:
        """Let days pass in which nothing happens any more, until everything is read."""
        paused_until = reload(self.registry, self.reader).paused_until
        end = max(self.clock(), self.back_at, paused_until or START) + SETTLING
        self.is_losing = False
        while self.clock() < end:
            self.clock.advance(days=1)
            self.tick()

    def check(self) -> None:
        """Look at all that was composed: nothing came twice, and nothing was left out."""
        with self.registry.database.reading() as connection:
            ids = [row.id for row in connection.execute(table.select().order_by(table.c.id))]
            found = digests.digests_by_id(connection, ids)
            composed = [found[each] for each in ids]
        sent = {
            mail.digest_id
            for mail in mails(self.registry, self.reader)
            if mail.state is DeliveryState.ACCEPTED
        }
        read = [each for each in composed if each.id in sent or not each.entries]
        shown = [title for each in read for title in self._titles(each)]
        assert len(shown) == len(set(shown))
        periods = [each.period for each in composed]
        assert periods == sorted(set(periods))
        for each in read:
            assert not (self._is_muted(each) and any(MUTED in t for t in self._titles(each)))
        for title in self.came.keys() - set(shown):
            if title.startswith(WANTED):
                assert any(self._left_out(each, title) for each in read), title

    def _left_out(self, digest: Digest, title: str) -> bool:
        is_in_it = digest.window.after < self.came[title] <= digest.window.through
        is_hidden = MUTED in title and self._is_muted(digest)
        return is_in_it and (is_hidden or len(digest.entries) == LIMIT)

    def _is_muted(self, digest: Digest) -> bool:
        return any(since < digest.composed_at < until for since, until in self.muted)

    def _titles(self, digest: Digest) -> list[str]:
        numbers = [number for entry in digest.entries for number in entry.paper_ids]
        with self.registry.database.reading() as connection:
            found = papers.papers_by_id(connection, numbers)
        return [found[number].title for number in numbers]


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(QuietDays), CADENCES, ALL_DAYS)
def test_whatever_happens_each_paper_is_told_once_and_each_date_has_one_digest_at_most(
    migrated_sqlite: Path,
    quiet: QuietDays,
    cadence: Cadence,
    days: list[tuple[tuple[int, ...], str, int, Cadence]],
) -> None:
    """Pauses, mutes, days without a scheduler, mails that are lost, and moves over the date line."""
    with TemporaryDirectory() as folder:
        path = shutil.copy(migrated_sqlite, folder)
        database = Database(f"sqlite:///{path}")
        clock = HandClock(START)
        registry = Registry(database, Tokens(["a secret"]), SITE, clock)
        wishes = make_wishes(*WANTED, cadence=cadence, papers_per_digest=LIMIT, quiet=quiet)
        life = Life(registry, clock, enrol(registry, "ada@example.org", wishes))
        for numbers, event, span, other in days:
            life.meet(event, span, other)
            life.take(numbers)
            for _ in range(24 // HOURS):
                clock.advance(hours=HOURS)
                life.tick()
        life.settle()
        life.check()
        database.dispose()
