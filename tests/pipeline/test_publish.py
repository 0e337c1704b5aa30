"""Public feeds as they are stored: append-only, in months, rewritten on change only."""

import gzip
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import feedparser
import pytest
from lxml import etree

from digest.model.feeds import FeedFormat, FeedSnapshot
from digest.pipeline.publish import Published, publish
from digest.rendering.links import Links
from digest.store import feeds
from digest.store.engine import Connection, Database
from digest.tokens import Tokens
from tests.conftest import HandClock
from tests.factories import make_record, numbered
from tests.pipeline.conftest import Take
from tests.rendering.feed_lint import problems
from tests.rendering.feed_reading import read

HOME = "https://digest.example.org"
FORMATS = pytest.mark.parametrize("format_", list(FeedFormat))
# Abstracts share no words, or they would be one paper.
WORDS = [
    "alder",
    "birch",
    "cedar",
    "fir",
    "larch",
    "maple",
    "oak",
    "pine",
    "rowan",
    "spruce",
    "willow",
    "yew",
]


@dataclass(frozen=True)
class Desk:
    """A site that publishes, at an address that may change."""

    database: Database
    clock: HandClock
    home: str = HOME
    name: str = "Digest"
    hub: str = ""

    @property
    def links(self) -> Links:
        return Links(self.home, Tokens(["a secret that is long enough for a test"]))

    def publish(self) -> Published:
        return publish(
            self.database, self.links, self.name, "digest.example.org", self.clock, hub=self.hub
        )

    def stored(self, name: str, format_: FeedFormat) -> FeedSnapshot:
        with self.database.reading() as connection:
            found = feeds.read_snapshot(connection, name, format_)
        assert found is not None
        return found

    def documents(self) -> dict[tuple[str, FeedFormat], FeedSnapshot]:
        with self.database.reading() as connection:
            months = [
                each
                for of in ("trending", "daily")
                for each in feeds.snapshot_names(connection, of)
            ]
        names = ["trending", "daily", *months]
        return {(name, each): self.stored(name, each) for name in names for each in FeedFormat}


@pytest.fixture
def desk(database: Database, clock: HandClock) -> Desk:
    return Desk(database, clock)


@pytest.fixture
def three_months(desk: Desk, take: Take) -> Desk:
    """A site that has listed a paper a month, in March, April and May, and published each time."""
    for number, word in enumerate(WORDS[:3], start=1):
        take(f"{number}.txt", [make_record(f"Growth of the {word}", f"{word} " * 9)])
        desk.publish()
        desk.clock.advance(days=31)
    desk.clock.advance(days=-31)
    return desk


@FORMATS
def test_every_document_keeps_every_rule_at_its_own_address(
    three_months: Desk, format_: FeedFormat
) -> None:
    for (name, each), stored in three_months.documents().items():
        if each is format_:
            address = f"{HOME}/feeds/{name}.{format_}"
            assert problems(stored.body, format_, address) == []
            assert gzip.decompress(stored.body_gzip) == stored.body


def test_publishing_again_changes_nothing(three_months: Desk) -> None:
    before = three_months.documents()
    three_months.clock.advance(hours=5)
    assert three_months.publish() == Published((), ())
    assert three_months.documents() == before


def test_only_a_change_of_papers_is_told(desk: Desk, take: Take) -> None:
    take("a.txt", numbered(["Growth of the oak"]))
    changed = desk.publish()
    assert set(changed.followed) == {
        f"{HOME}/feeds/{name}.{each}" for name in ("trending", "daily") for each in FeedFormat
    }
    assert len(changed.of_months) == 6
    desk.clock.advance(days=1)
    take("b.txt", numbered(["Growth of the oak"]))  # known since yesterday
    assert desk.publish() == Published((), ())


@FORMATS
def test_a_reader_that_follows_the_links_finds_every_paper_once(
    three_months: Desk, format_: FeedFormat
) -> None:
    name: str | None = "trending"
    found: list[str] = []
    while name:
        body = three_months.stored(name, format_).body
        found += [each.title for each in read(body, format_)]
        name = older_than(body, format_)
    expected = [f"Growth of the {word}" for word in reversed(WORDS[:3])]
    assert list(dict.fromkeys(found)) == expected
    assert found[3:] == expected  # the first document has the newest of all months again


def older_than(body: bytes, format_: FeedFormat) -> str | None:
    if format_ is FeedFormat.JSON:
        address = json.loads(body).get("next_url")
    else:
        ways = {link.rel: link.href for link in feedparser.parse(body).feed.links}
        address = ways.get("next") or ways.get("prev-archive")
    return (
        str(address).removeprefix(f"{HOME}/feeds/").removesuffix(f".{format_}") if address else None
    )


@FORMATS
def test_a_month_that_is_over_never_changes(
    three_months: Desk, take: Take, format_: FeedFormat
) -> None:
    march = three_months.stored("trending/2026-03", format_)
    whole = f"{WORDS[0]} " * 9 + "and what came of it, told at length"
    take("again.txt", [make_record(f"Growth of the {WORDS[0]}", whole)])
    changed = three_months.publish()
    assert three_months.stored("trending/2026-03", format_) == march
    assert whole.rsplit(maxsplit=1)[-1] in three_months.stored("trending", format_).body.decode()
    assert changed.of_months == ()
    three_months.clock.advance(days=800)
    three_months.publish()
    assert three_months.stored("trending/2026-03", format_) == march


@FORMATS
def test_what_a_clock_lists_in_a_month_that_was_over_is_in_its_archive(
    three_months: Desk, take: Take, format_: FeedFormat
) -> None:
    right = three_months.clock.now
    three_months.clock.advance(days=-30)
    take("late.txt", [make_record("Growth of the fir", "fir " * 9)])
    three_months.clock.now = right
    assert len(three_months.publish().of_months) >= 6
    for name in ("trending/2026-04", "daily/2026-04"):
        assert "Growth of the fir" in three_months.stored(name, format_).body.decode()
    assert three_months.publish() == Published((), ())


def test_a_month_becomes_an_archive_when_it_is_over(desk: Desk, take: Take) -> None:
    take("a.txt", numbered(["Growth of the oak"]))
    desk.publish()
    assert b"fh:archive" not in desk.stored("trending/2026-03", FeedFormat.ATOM).body
    desk.clock.advance(days=14)
    changed = desk.publish()
    assert len(changed.of_months) == 6
    assert b"<fh:archive/>" in desk.stored("trending/2026-03", FeedFormat.ATOM).body
    feed = desk.stored("trending", FeedFormat.ATOM).body
    assert f'rel="prev-archive" href="{HOME}/feeds/trending/2026-03.atom"'.encode() in feed


@FORMATS
def test_a_site_that_moves_keeps_its_ids(three_months: Desk, format_: FeedFormat) -> None:
    before = three_months.documents()
    moved = replace(three_months, home="https://papers.example.net/digest", name="Papers")
    assert len(moved.publish().of_months) == 3 * 2 * 3
    for (name, each), stored in moved.documents().items():
        if each is format_:
            old = read(before[name, each].body, format_)
            new = read(stored.body, format_)
            assert [item.id for item in new] == [item.id for item in old]
            assert all(item.link.startswith("https://papers.example.net/digest/") for item in new)
            address = f"https://papers.example.net/digest/feeds/{name}.{format_}"
            assert problems(stored.body, format_, address) == []


def test_the_same_paper_has_one_id_in_every_format_and_document(three_months: Desk) -> None:
    ids: dict[str, set[str]] = {}
    for (name, format_), stored in three_months.documents().items():
        if name.startswith("trending"):
            for item in read(stored.body, format_):
                ids.setdefault(item.title, set()).add(item.id)
    assert len(ids) == 3
    assert all(len(found) == 1 for found in ids.values())


def test_an_edit_moves_the_date_of_one_entry_and_a_repetition_moves_none(
    desk: Desk, take: Take
) -> None:
    oak, yew = (make_record(f"Growth of the {word}", f"{word} " * 9) for word in ("oak", "yew"))
    take("a.txt", [oak, replace(yew, position=2)])
    desk.publish()
    before = dates(desk)
    desk.clock.advance(hours=6)
    take("b.txt", [replace(yew, position=1), replace(oak, position=2)])
    assert desk.publish() == Published((), ())
    take("c.txt", [replace(oak, abstract=f"{oak.abstract} and more of it")])
    desk.publish()
    after = dates(desk)
    assert after["Growth of the yew"] == before["Growth of the yew"]
    assert after["Growth of the oak"][0] == before["Growth of the oak"][0]
    assert after["Growth of the oak"][1] > before["Growth of the oak"][1]


def dates(desk: Desk) -> dict[str, tuple[str, str]]:
    entries = feedparser.parse(desk.stored("trending", FeedFormat.ATOM).body).entries
    return {each.title: (each.published, each.updated) for each in entries}


@FORMATS
def test_a_paper_stays_where_it_came_in(desk: Desk, take: Take, format_: FeedFormat) -> None:
    for number, word in enumerate(WORDS):
        take(f"{number}.txt", [make_record(f"Growth of the {word}", f"{word} " * 9)])
        desk.publish()
        titles = [each.title for each in read(desk.stored("trending", format_).body, format_)]
        assert titles == [f"Growth of the {each}" for each in WORDS[number::-1]]
        desk.clock.advance(hours=2)


def test_a_day_is_one_entry_that_grows_until_it_is_over(desk: Desk, take: Take) -> None:
    for number, hours in enumerate((0, 6, 18)):
        desk.clock.advance(hours=hours)
        word = WORDS[number]
        take(f"{number}.txt", [make_record(f"Growth of the {word}", f"{word} " * 9)])
        desk.publish()
    parsed = feedparser.parse(desk.stored("daily", FeedFormat.ATOM).body)
    assert [(each.id, each.published, each.updated) for each in parsed.entries] == [
        (f"tag:digest.example.org,2026:day/{day}", first, last)
        for day, first, last in (
            ("2026-03-19", "2026-03-19T06:00:00+00:00", "2026-03-19T06:00:00+00:00"),
            ("2026-03-18", "2026-03-18T06:00:00+00:00", "2026-03-18T12:00:00+00:00"),
        )
    ]
    assert parsed.entries[1].link == f"{HOME}/feeds/daily/2026-03-18"


def test_a_feed_is_three_days_deep_and_has_fifty_papers(desk: Desk, take: Take) -> None:
    many = [
        make_record(f"Paper {n}", " ".join(f"w{n}x{m}" for m in range(9)), n) for n in range(1, 71)
    ]
    take("old.txt", many[:40])
    desk.clock.advance(days=30)
    take("new.txt", many[40:])
    desk.publish()
    assert counted(desk) == 50  # thirty new ones, and twenty of the month before
    desk.clock.advance(days=2)
    more = [
        make_record(f"Other {n}", " ".join(f"v{n}x{m}" for m in range(9)), n) for n in range(1, 41)
    ]
    take("newer.txt", more)
    desk.publish()
    assert counted(desk) == 70


def counted(desk: Desk) -> int:
    root = etree.fromstring(desk.stored("trending", FeedFormat.RSS).body)
    return len(root.findall("channel/item"))


def test_what_is_published_is_kept_whole_or_not_at_all(
    three_months: Desk, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = three_months.documents()
    take("last.txt", [make_record("Growth of the yew", "yew " * 9)])
    save, left = feeds.save_snapshot, [4]

    def dies(connection: Connection, snapshot: FeedSnapshot, now: datetime | None) -> bool:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return save(connection, snapshot, now)

    with monkeypatch.context() as patched:
        patched.setattr(feeds, "save_snapshot", dies)
        with pytest.raises(KeyboardInterrupt):
            three_months.publish()
    assert three_months.documents() == before
    three_months.publish()
    assert three_months.documents() != before


def test_a_hub_is_named_by_what_is_followed_only(three_months: Desk) -> None:
    with_hub = replace(three_months, hub="https://hub.example.org/")
    changed = with_hub.publish()
    assert len(changed.followed) == 6
    assert changed.of_months == ()
    for (name, _format), stored in with_hub.documents().items():
        assert (b"https://hub.example.org/" in stored.body) == ("/" not in name)


def test_the_newest_change_is_the_date_of_a_feed(three_months: Desk) -> None:
    assert three_months.stored("trending", FeedFormat.RSS).updated_at == three_months.clock.now
    march = three_months.clock.now - timedelta(days=62)
    assert three_months.stored("trending/2026-03", FeedFormat.RSS).updated_at == march


def test_a_paper_that_gains_keeps_its_id_and_place_and_upvotes_are_in_no_feed(
    three_months: Desk, take: Take
) -> None:
    before = feedparser.parse(three_months.stored("trending", FeedFormat.ATOM).body)
    three_months.clock.advance(hours=1)
    record = make_record(f"Growth of the {WORDS[1]}", f"{WORDS[1]} " * 9, upvotes=7)
    take("votes.txt", [record])
    assert three_months.publish() == Published((), ())

    three_months.clock.advance(hours=1)
    take("names.txt", [replace(record, authors=("Ada Lovelace",))])
    three_months.publish()

    after = feedparser.parse(three_months.stored("trending", FeedFormat.ATOM).body)
    assert [each.id for each in after.entries] == [each.id for each in before.entries]
    assert [each.published for each in after.entries] == [each.published for each in before.entries]
    moved = [
        one.updated != two.updated for one, two in zip(after.entries, before.entries, strict=True)
    ]
    assert moved == [False, True, False]
