"""Days on which little or nothing matches, as each reader wants them, over both databases."""

import random
import threading
from datetime import date, timedelta

import pytest

from digest.model.deliveries import DeliveryState
from digest.model.digests import Digest, MatchKind
from digest.model.quiet import ENOUGH, LONGEST, Turn
from digest.model.subscribers import QuietDays, Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.compose import ComposeReport
from digest.pipeline.foresee import foresee_due
from digest.pipeline.subscribe import Registry, enrol
from digest.store import digests
from digest.store.tables import digests as table
from tests.conftest import HandClock
from tests.factories import make_record, make_wishes, numbered
from tests.pipeline.conftest import Take
from tests.pipeline.test_compose import accept, compose, mails, reload, shown

FIELDS = ("Roads", "Rivers", "Bridges", "Tunnels", "Harbours", "Ferries")


def gathering(registry: Registry, name: str = "ada", papers: int = 10) -> Subscriber:
    wishes = make_wishes(
        "graph neural networks", quiet=QuietDays.ROLL_OVER, papers_per_digest=papers
    )
    return enrol(registry, f"{name}@example.org", wishes)


def composed(registry: Registry, reader: Subscriber) -> list[Digest]:
    with registry.database.reading() as connection:
        statement = table.select().where(table.c.subscriber_id == reader.id)
        numbers = [row.id for row in connection.execute(statement)]
        return list(digests.digests_by_id(connection, numbers).values())


def test_few_papers_wait_until_there_are_enough(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = gathering(registry)
    clock.advance(hours=1)
    for number, name in enumerate(FIELDS[:3], start=1):
        take(f"{name}.txt", numbered([f"Graph Neural Networks for {name}", "Speech in Rooms"]))
        clock.advance(days=1)
        mark = reload(registry, reader).seen_through
        report = compose(registry)
        if number == ENOUGH:
            assert report == ComposeReport(composed=1)
            break
        assert report == ComposeReport(waiting=1)
        assert composed(registry, reader) == []
        after = reload(registry, reader)
        assert after.seen_through == mark
        assert after.next_due_at is not None
        assert timedelta() < after.next_due_at - clock() < timedelta(days=1)
    [mail] = mails(registry, reader)
    assert shown(registry, mail) == sorted(f"Graph Neural Networks for {n}" for n in FIELDS[:3])


def test_as_many_as_a_reader_takes_are_enough(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    gathering(registry, papers=1)
    take("a.txt", numbered(["Graph Neural Networks for Roads"]))
    clock.advance(days=1, hours=1)
    assert compose(registry) == ComposeReport(composed=1)


def test_after_a_week_one_paper_is_sent_and_no_paper_is_a_quiet_day(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = gathering(registry)
    other = gathering(registry, "bob")
    clock.advance(hours=1)
    take("a.txt", numbered(["Speech in Rooms"]))
    days = 0
    while compose(registry).quiet == 0:
        clock.advance(days=1)
        days += 1
    assert days == LONGEST.days
    assert [each.entries for each in composed(registry, reader)] == [()]
    take("b.txt", numbered(["Graph Neural Networks for Roads"]))
    clock.advance(days=1)
    assert compose(registry) == ComposeReport(composed=2)
    assert len(mails(registry, other)) == 1


def test_papers_of_a_mail_that_is_lost_are_gathered_again_from_the_digest_before(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = gathering(registry)
    titles = [f"Graph Neural Networks for {name}" for name in FIELDS[:3]]
    take("a.txt", numbered(titles))
    clock.advance(days=1, hours=1)
    compose(registry)
    accept(registry, mails(registry, reader)[0], DeliveryState.FAILED)
    clock.advance(days=1)
    assert compose(registry) == ComposeReport(composed=1)
    assert shown(registry, mails(registry, reader)[0]) == sorted(titles)


def test_composers_at_once_let_a_reader_wait_once(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    for number in range(20):
        gathering(registry, f"reader{number}")
    take("a.txt", numbered(["Graph Neural Networks for Roads"]))
    clock.advance(days=1, hours=1)
    reports: list[ComposeReport] = []
    composers = [
        threading.Thread(target=lambda: reports.append(compose(registry))) for _ in range(3)
    ]
    for composer in composers:
        composer.start()
    for composer in composers:
        composer.join()
    assert sum(reports, start=ComposeReport()) == ComposeReport(waiting=20)


@pytest.mark.parametrize("seed", range(2))
def test_in_a_month_no_paper_is_lost_or_shown_twice_or_late(
    registry: Registry, take: Take, clock: HandClock, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311  no secret
    reader = gathering(registry, papers=30)
    clock.advance(hours=1)
    came: dict[str, date] = {}
    read: dict[str, date] = {}
    for day in range(38):
        now = clock()
        # What came in the last week is due by the end.
        titles = [
            f"Graph Neural Networks of kind {day} by {dice.getrandbits(64):x}"
            for _ in range(dice.choice((0, 0, 0, 1, 1, 2, 4)) if day < 30 else 0)
        ]
        if dice.random() < 0.8 or titles:
            take(f"{day}.txt", numbered([*titles, f"Speech in room {day}"]))
        came |= dict.fromkeys(titles, now.date())
        clock.advance(days=1)
        if not compose(registry).composed:
            continue
        mail = mails(registry, reader)[0]
        is_lost = dice.random() < 0.2
        accept(registry, mail, DeliveryState.FAILED if is_lost else DeliveryState.ACCEPTED)
        if not is_lost:
            paper_titles = shown(registry, mail)
            assert not read.keys() & set(paper_titles)
            read |= dict.fromkeys(paper_titles, clock().date())
    assert read.keys() == came.keys()
    # A lost mail's papers come the day after, unless that is lost as well.
    late = timedelta(days=LONGEST.days + 1 + 3)
    assert all(read[title] - came[title] <= late for title in came)


def test_the_best_of_the_rest_comes_where_nothing_matches_and_never_again(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    wishes = make_wishes("quantum gravity", quiet=QuietDays.REST)
    reader = enrol(registry, "ada@example.org", wishes)
    record = make_record("Gravity of Ice Sheets", "We weigh ice.", position=3)
    take("a.txt", [record, *numbered(["Speech in Noisy Rooms", "Poems of the North"])])
    clock.advance(days=1, hours=1)
    assert compose(registry) == ComposeReport(composed=1)
    [mail] = mails(registry, reader)
    [digest] = composed(registry, reader)
    assert shown(registry, mail) == ["Gravity of Ice Sheets"]
    assert (digest.is_rest, digest.matched, digest.excluded) == (True, 0, 0)
    assert digest.entries[0].reasons[0].kind is MatchKind.WORDS
    accept(registry, mail, DeliveryState.ACCEPTED)

    take("b.txt", numbered(["Tax Law of the South"]))
    clock.advance(days=1)
    assert compose(registry) == ComposeReport(quiet=1)


def test_a_day_with_a_match_has_no_rest_and_says_what_was_hidden(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    wishes = make_wishes("graph neural networks", "-survey", quiet=QuietDays.REST)
    reader = enrol(registry, "ada@example.org", wishes)
    titles = ["Graph Neural Networks: a Survey", "Graph Neural Networks for Roads", "Graph Rivers"]
    take("a.txt", numbered(titles))
    clock.advance(days=1, hours=1)
    compose(registry)
    [digest] = composed(registry, reader)
    assert (digest.is_rest, digest.matched, digest.excluded) == (False, 1, 1)
    assert shown(registry, mails(registry, reader)[0]) == [titles[1]]


def test_what_composing_would_do_is_what_it_does(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    gathering(registry)
    for name, words, quiet in (
        ("rest", "quantum graph", QuietDays.REST),
        ("skip", "quantum graph", QuietDays.SKIP),
    ):
        enrol(registry, f"{name}@example.org", make_wishes(words, quiet=quiet))
    take("a.txt", numbered(["Graph Neural Networks for Roads"]))
    clock.advance(days=1, hours=1)
    archives = Archives(registry.database, clock)
    turns = [each.turn for each in foresee_due(registry.database, archives, clock)]
    assert turns == [Turn.WAIT, Turn.MAIL, Turn.QUIET]
    assert compose(registry) == ComposeReport(composed=1, quiet=1, waiting=1)
