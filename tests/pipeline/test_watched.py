"""What a source lacks is kept, told in mails, receipts and feeds, and ends when it has come."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import feedparser
import pytest
from sqlalchemy import select

from digest.errors import SourceAwayError
from digest.model.digests import Digest, DigestEdition
from digest.model.feeds import FeedFormat
from digest.model.languages import LANGUAGES
from digest.model.sources import FOLDER, Lack, Lacking
from digest.model.subscribers import Cadence, Days, Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer
from digest.pipeline.harvest import look_at
from digest.pipeline.publish import publish
from digest.pipeline.receipt import receipts_of
from digest.pipeline.subscribe import Registry, enrol
from digest.pipeline.watched import in_a_word, in_the_open, look_over, watch
from digest.rendering.email import MailRenderer
from digest.rendering.incomplete import incomplete_so_far, what_lacks
from digest.rendering.languages import language
from digest.rendering.links import Links
from digest.sources.base import Batch
from digest.sources.health.expected import start_of
from digest.store import digests, dumps, feeds, subscribers
from digest.store import lacking as store
from digest.store.engine import Database
from digest.store.papers import papers_by_id
from digest.store.sources import sources_due
from digest.store.tables import digests as table
from digest.tokens import Tokens
from tests.conftest import HandClock
from tests.factories import make_dump, make_wishes, numbered
from tests.pipeline.test_harvest import Answers, listed

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SITE = "digest.example.org"
TITLES = [f"Graph networks of kind {word}" for word in ("alder", "birch", "cedar", "fir", "larch")]


@dataclass
class Site:
    """A site that has asked one source for six weeks, every working day at five."""

    registry: Registry
    clock: HandClock

    @property
    def database(self) -> Database:
        return self.registry.database

    @property
    def today(self) -> date:
        return self.clock().date()

    def live(self) -> None:
        """Have forty papers a working day behind it, without the papers."""
        with self.database.ingesting() as connection:
            for back in range(42, 0, -1):
                day = self.today - back * DAY
                if day.weekday() < 5:
                    given = replace(make_dump(f"{day}"), dated_on=day, source="test")
                    number = dumps.add_dump(connection, given, self.clock() - back * DAY)
                    assert number is not None
                    dumps.count_dump(connection, number, 40, 40)

    def look(self, count: int, *, error: bool = False) -> None:
        """Ask the source, which lists so many papers under today."""
        records = numbered([f"{TITLES[n % 5]} number {'i' * (n + 1)}" for n in range(count)])
        batches: list[Batch | Exception] = [Batch(listed(self.today, records), "c")]
        if error:
            batches = [SourceAwayError("Test", "it does not answer")]
        look_at(self.database, Answers(batches), self.clock)

    def watch(self) -> bool:
        return watch(self.database, [Answers([])], self.clock)

    def lacking(self) -> tuple[Lacking, ...]:
        with self.database.reading() as connection:
            return store.lacking_now(connection)

    def compose(self) -> None:
        Composer(self.database, Archives(self.database, self.clock), SITE, self.clock).compose_due()

    def digests(self) -> list[Digest]:
        with self.database.reading() as connection:
            numbers = connection.execute(select(table.c.id).order_by(table.c.period)).scalars()
            return list(digests.digests_by_id(connection, list(numbers)).values())

    def feed(self, format_: FeedFormat = FeedFormat.ATOM) -> str:
        links = Links(f"https://{SITE}", Tokens(["a secret that is long enough for a test"]))
        publish(self.database, links, "Digest", SITE, self.clock)
        with self.database.reading() as connection:
            kept = feeds.read_snapshot(connection, "trending", format_)
        assert kept is not None
        return kept.body.decode()

    def changed_at(self) -> datetime:
        """Return the date of the feed, which readers ask by."""
        with self.database.reading() as connection:
            mark = feeds.read_mark(connection, "trending", FeedFormat.ATOM)
        assert mark is not None
        return mark.updated_at


@pytest.fixture
def site(registry: Registry, clock: HandClock) -> Site:
    # A Thursday without a holiday near, at seven.
    clock.now = clock().replace(year=2026, month=3, day=19, hour=7, minute=30)
    made = Site(registry, clock)
    made.live()
    return made


def reader_of(site: Site, *interests: str) -> Subscriber:
    wishes = replace(
        make_wishes(*interests), cadence=Cadence(Days.DAILY, time(8, 0), "Europe/Berlin")
    )
    return enrol(site.registry, "ada@example.org", wishes)


def test_what_was_halved_is_told_until_the_rest_has_come_and_that_comes_once(site: Site) -> None:
    reader_of(site, "graph networks")
    site.look(12)
    site.clock.advance(hours=2)
    assert site.watch()
    (found,) = site.lacking()
    assert (found.lack, found.papers, found.usual) == (Lack.FEW, 12, 40)
    assert not site.watch()
    site.clock.advance(hours=22)
    site.compose()
    (first,) = site.digests()
    with site.database.writing() as connection:  # as if it were accepted
        subscribers.see_through(connection, digests.marks_reached(connection, [first.id]))

    # Asked once more: the twelve are said again, with the rest.
    site.clock.advance(days=-1, hours=5)
    site.look(40)
    assert site.watch()
    assert site.lacking() == ()
    site.clock.advance(days=1, hours=20)
    site.compose()

    first, second = site.digests()
    assert [each.lack for each in first.lacking] == [Lack.FEW]
    assert second.lacking == ()
    assert (first.considered, second.considered) == (12, 28)
    assert not first.paper_ids & second.paper_ids


def test_a_digest_says_what_was_lacking_when_it_was_composed_whatever_comes_later(
    site: Site, renderer: MailRenderer
) -> None:
    reader = reader_of(site, "graph networks")
    site.look(12)
    site.clock.advance(hours=2)
    site.watch()
    site.clock.advance(hours=22)
    site.compose()
    (digest,) = site.digests()
    with site.database.writing() as connection:
        store.save_lacking(connection, ())
    assert site.digests() == [digest]
    assert [each.lack for each in digest.lacking] == [Lack.FEW]
    with site.database.reading() as connection:
        papers = papers_by_id(connection, digest.paper_ids)
    for code, begins in (
        (
            "en",
            "Incomplete so far: Test has 12 of about 40 papers for Thursday. What is",
        ),
        ("de", "Noch unvollständig: Test hat für Donnerstag 12 von etwa 40 Papers. "),
    ):
        mail = renderer.digest(DigestEdition(digest, replace(reader, language=code), papers))
        assert begins in mail.html
        assert begins in " ".join(mail.text.split()) + " "
    assert set(LANGUAGES) == {"en", "de"}


def test_a_day_without_a_digest_is_not_told_as_quiet_while_a_source_is_silent(site: Site) -> None:
    reader = reader_of(site, "zebras")
    site.look(0, error=True)
    for _ in range(5):
        site.clock.advance(hours=6)
        site.look(0, error=True)
    assert site.watch()
    (found,) = site.lacking()
    assert (found.lack, found.is_long) == (Lack.SILENT, True)
    site.compose()
    with site.database.reading() as connection:
        told = receipts_of(connection, reader, site.clock())
    said = [each for each in told if "Not everything had come in" in " ".join(each.sentences)]
    assert said
    assert said[0].headline.endswith("so no mail.")
    assert any("Test has not answered since" in each for each in said[0].sentences)


def test_feeds_say_it_and_no_item_is_touched(site: Site) -> None:
    site.look(12)
    quiet = {each: site.feed(each) for each in FeedFormat}
    site.clock.advance(hours=2)
    site.watch()
    told = {each: site.feed(each) for each in FeedFormat}
    for each in FeedFormat:
        assert "Incomplete so far: Test has 12 of about 40 papers for 19 March" in told[each]
        assert items_of(told[each], each) == items_of(quiet[each], each)
    since = site.changed_at()
    assert since == site.clock()
    site.clock.advance(hours=1)
    site.feed()
    assert site.changed_at() == since
    with site.database.writing() as connection:
        store.save_lacking(connection, ())
    assert {each: site.feed(each) for each in FeedFormat} == quiet
    # Whoever asks by the date of what was told is not left with it.
    assert site.changed_at() == site.clock()


def test_what_lasts_for_a_day_is_one_entry_of_the_feed_by_its_day(site: Site) -> None:
    site.look(12)
    before = items_of(site.feed(), FeedFormat.ATOM)
    since = site.clock()
    for hours in (27, 40):
        site.clock.now = since + hours * HOUR
        silent = Lacking("test", "A <b>source</b> & more", Lack.SILENT, since, is_long=True)
        with site.database.writing() as connection:
            store.save_lacking(connection, [silent])
        found = items_of(site.feed(), FeedFormat.ATOM)
        assert found[1:] == before
        assert found[0].startswith(f"tag:{SITE},2026:status/2026-03-20 2026-03-20T09:30:00+00:00")
    status = feedparser.parse(site.feed()).entries[0]
    assert "A &lt;b&gt;source&lt;/b&gt; &amp; more has not answered" in status.content[0].value


def items_of(body: str, format_: FeedFormat) -> list[str]:
    if format_ is FeedFormat.JSON:
        return [f"{each['id']} {each['date_modified']}" for each in json.loads(body)["items"]]
    moved = "updated" if format_ is FeedFormat.ATOM else "published"
    return [f"{each.id} {each[moved]}" for each in feedparser.parse(body).entries]


def test_a_batch_that_is_repeated_under_a_new_day_counts_as_nothing(site: Site) -> None:
    site.look(40)
    site.clock.advance(days=1)
    site.look(40)
    site.clock.advance(hours=4)
    site.watch()
    (found,) = site.lacking()
    assert (found.lack, found.day) == (Lack.NOTHING, date(2026, 3, 20))


def test_a_batch_that_is_repeated_for_days_counts_as_nothing_since_the_first(site: Site) -> None:
    site.look(40)
    site.clock.advance(days=1)
    for _ in range(2):
        site.look(40)
        site.clock.advance(days=3)
    site.clock.advance(days=-3, hours=4)
    site.watch()
    (found,) = site.lacking()
    assert (found.lack, found.day, found.is_long) == (Lack.NOTHING, date(2026, 3, 23), True)
    assert found.since.date() == date(2026, 3, 20)


def test_what_comes_while_the_sources_are_judged_is_not_told_as_missing(site: Site) -> None:
    class Late:
        """A source whose list comes in just when it is judged."""

        name, title = "test", "Test"
        has_come = False

        @property
        def every(self) -> timedelta:
            if not self.has_come:
                self.has_come = True
                site.look(40)
            return HOUR

    site.look(12)
    site.clock.advance(hours=2)
    assert not watch(site.database, [Late()], site.clock)
    assert site.lacking() == ()


def test_a_source_that_was_asked_by_a_clock_far_ahead_is_asked_again(site: Site) -> None:
    site.clock.advance(days=400)
    site.look(0)
    site.clock.advance(days=-400)
    with site.database.reading() as connection:
        assert sources_due(connection, ["test"], site.clock()) == ["test"]
    assert look_at(site.database, Answers([]), site.clock) is not None


def test_readers_are_told_of_lists_and_operators_of_a_folder() -> None:
    lacks = Lacking(
        FOLDER, "The dumps folder", Lack.NOTHING, start_of(date(2026, 3, 19)), date(2026, 3, 19)
    )
    for code, told in (
        ("en", "our list of trending papers has nothing for Thursday yet."),
        ("de", "unsere Liste der Trend-Papers hat für Donnerstag noch nichts."),
    ):
        assert told in incomplete_so_far([lacks], language(code), "UTC", date(2026, 3, 19))
    assert what_lacks(lacks) == "The dumps folder has nothing for 19 March yet"


def test_a_source_that_is_not_in_the_settings_any_more_is_not_told(site: Site) -> None:
    site.look(12)
    site.clock.advance(hours=2)
    site.watch()
    assert watch(site.database, [], site.clock)
    assert site.lacking() == ()


def test_the_folder_is_judged_only_if_lists_come_into_it_by_a_rhythm(site: Site) -> None:
    assert look_over(site.database, [], site.clock) == []
    with site.database.ingesting() as connection:
        for back in range(42, 0, -1):
            day = site.today - back * DAY
            given = replace(make_dump(f"folder {day}"), dated_on=day)
            number = dumps.add_dump(connection, given, site.clock() - back * DAY)
            assert number is not None
            dumps.count_dump(connection, number, 60, 60)
    (folder,) = look_over(site.database, [], site.clock)
    assert (folder.state.name, folder.every, in_a_word(folder)) == (FOLDER, None, "ok")
    site.clock.advance(hours=6)
    watch(site.database, [], site.clock)
    (found,) = site.lacking()
    assert (found.source, found.lack) == (FOLDER, Lack.NOTHING)


def test_what_a_newer_release_found_is_passed_over() -> None:
    newer = [{"lack": "haunted", "source": "a", "title": "A"}]
    assert store.lacking_from_json(newer) == ()
    assert store.lacking_from_json(None) == ()


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (
            "GET https://me:secret@api.example.org/x?key=abc was refused",
            "GET api.example.org was refused",
        ),
        ("it does not answer\n\n now", "it does not answer now"),
        ("api.example.org/v1?token=abc", "api.example.org"),
        ("http://me:secret@[::1]:80/x?key=abc failed", "[::1]:80 failed"),
        ("moved to https://me:secret@api.example.org", "moved to api.example.org"),
        ("moved to /login?token=abc#key", "moved to /login"),
    ],
)
def test_what_was_wrong_is_told_without_secrets(problem: str, told: str) -> None:
    assert in_the_open(problem) == told
