"""Who gets what, once, and what the ledger says of it."""

import threading
from collections.abc import Callable
from datetime import time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import OperationalError

from digest.delivery.maildir import MaildirTransport
from digest.delivery.transports import Threaded
from digest.errors import StoreAwayError
from digest.model.deliveries import (
    Delivery,
    DeliveryState,
    MailKind,
    Outcome,
    Settled,
    Settlement,
    Verdict,
)
from digest.model.digests import Digest, MatchKind
from digest.model.feedback import Feedback, FeedbackKind, Mute
from digest.model.subscribers import Address, Cadence, Days, Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer, ComposeReport
from digest.pipeline.deliver import deliver_due
from digest.pipeline.outgoing import Sender
from digest.pipeline.subscribe import Registry, enrol, save_preferences, unsubscribe
from digest.ranking.archive import Archive
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
from digest.store import (
    address_changes,
    deliveries,
    digests,
    dumps,
    papers,
    steering,
    subscribers,
)
from digest.store.engine import Connection
from digest.store.tables import deliveries as table
from digest.store.tables import quotations
from digest.store.tables import wishes as wishes_table
from digest.store.wishes import keep_present
from tests.conftest import HandClock
from tests.factories import at, make_record, make_wishes, numbered
from tests.pipeline.conftest import Take
from tests.ranking.test_similar import VERSION_1, VERSION_2
from tests.store.ledger import Ledger

SITE = "digest.example.org"
GRAPHS = [
    "Graph Neural Networks for Roads",
    "Speech in Noisy Rooms",
    "Graph Neural Networks Forget",
]


def compose(registry: Registry) -> ComposeReport:
    return Composer(
        registry.database, Archives(registry.database, registry.clock), SITE, registry.clock
    ).compose_due()


def reload(registry: Registry, reader: Subscriber) -> Subscriber:
    with registry.database.reading() as connection:
        found = subscribers.subscriber_by_id(connection, reader.id)
    assert found is not None
    return found


def mails(registry: Registry, reader: Subscriber) -> list[Delivery]:
    with registry.database.reading() as connection:
        return deliveries.deliveries_of(connection, reader.id)


def shown(registry: Registry, mail: Delivery) -> list[str]:
    assert mail.digest_id is not None
    with registry.database.reading() as connection:
        digest: Digest = digests.digests_by_id(connection, [mail.digest_id])[mail.digest_id]
        found = papers.papers_by_id(connection, [each.paper_id for each in digest.entries])
    return sorted(found[each.paper_id].title for each in digest.entries)


def accept(registry: Registry, mail: Delivery, state: DeliveryState) -> None:
    ledger = Ledger(registry.database, HandClock(registry.clock()))
    claimed = ledger.take()
    assert claimed.id == mail.id
    verdict = Verdict(Outcome.ACCEPTED, "250 ok", 250)
    assert not ledger.settle(Settled(claimed, Settlement(state), verdict))


def test_a_due_reader_gets_the_papers_that_match_with_the_reasons(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)

    assert compose(registry) == ComposeReport(composed=1)
    [mail] = mails(registry, reader)
    assert (mail.kind, mail.state, mail.period) == (
        MailKind.DIGEST,
        DeliveryState.READY,
        "2026-03-19",
    )
    assert shown(registry, mail) == [GRAPHS[2], GRAPHS[0]]


def test_nobody_gets_a_second_digest_for_a_date(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    later = Cadence(Days.DAILY, time(20), "Europe/Berlin")
    save_preferences(registry, reader, make_wishes("graph neural networks", cadence=later))
    clock.advance(hours=14)

    assert compose(registry) == ComposeReport()
    assert len(mails(registry, reader)) == 1
    next_due_at = reload(registry, reader).next_due_at
    assert next_due_at is not None
    assert next_due_at > clock()


def test_a_paper_on_its_way_is_not_chosen_again(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    ledger = Ledger(registry.database, clock)
    mail = ledger.take("slow")
    ledger.arm(mail, owner="slow")
    take("b.txt", numbered(["Deeper Graph Neural Networks"]))
    clock.advance(days=1)
    compose(registry)

    newest = mails(registry, reader)[0]
    assert shown(registry, newest) == ["Deeper Graph Neural Networks"]


def test_papers_of_a_mail_whose_time_is_over_come_with_the_next(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)  # and nobody sends it
    clock.advance(days=1)
    compose(registry)

    assert shown(registry, mails(registry, reader)[0]) == [GRAPHS[2], GRAPHS[0]]


def test_a_mail_that_is_lost_after_the_next_was_composed_loses_no_paper(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    [first] = mails(registry, reader)
    ledger = Ledger(registry.database, clock)
    held = ledger.take("slow")
    take("b.txt", numbered(["Deeper Graph Neural Networks"]))
    clock.advance(days=1)
    compose(registry)
    accept(registry, mails(registry, reader)[0], DeliveryState.ACCEPTED)
    lost = Settlement(DeliveryState.FAILED)
    assert not ledger.settle(Settled(held, lost, Verdict(Outcome.FAILED, "550 no", 550)))
    clock.advance(days=1)
    compose(registry)

    assert held.id == first.id
    assert shown(registry, mails(registry, reader)[0]) == [GRAPHS[2], GRAPHS[0]]
    accept(registry, mails(registry, reader)[0], DeliveryState.ACCEPTED)
    after = reload(registry, reader)
    with registry.database.reading() as connection:
        assert after.seen_through == dumps.newest_dump_id(connection)


def test_what_a_reader_gets_does_not_depend_on_who_else_is_due(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    fields = ("roads", "proteins", "poems", "glaciers", "markets", "bees", "orbits", "laws")
    take("old.txt", numbered([f"Graph Neural Networks and the {each} of today" for each in fields]))
    early = enrol(
        registry, "early@example.org", make_wishes("graph neural networks", "speech in noisy rooms")
    )
    clock.advance(days=9)
    late = enrol(
        registry, "late@example.org", make_wishes("graph neural networks", "speech in noisy rooms")
    )
    take("new.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)

    lists = [shown(registry, mails(registry, each)[0]) for each in (early, late)]
    assert len(lists[0]) == 10  # of eleven, ranked among their own window
    assert lists[1] == sorted(GRAPHS)


def test_a_zone_that_this_machine_no_longer_knows_stops_nobody(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    readers = [
        enrol(registry, f"reader{n}@example.org", make_wishes("graph neural networks"))
        for n in range(2)
    ]
    with registry.database.writing() as connection:
        connection.exec_driver_sql("UPDATE subscribers SET zone = 'US/Gone' WHERE id = 1")
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)

    assert compose(registry) == ComposeReport(composed=2)
    assert reload(registry, readers[0]).cadence.zone == "UTC"


def test_papers_of_a_lost_mail_come_with_the_next(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    accept(registry, mails(registry, reader)[0], DeliveryState.FAILED)
    clock.advance(days=1)
    compose(registry)

    assert shown(registry, mails(registry, reader)[0]) == [GRAPHS[2], GRAPHS[0]]


def test_a_quiet_day_sends_nothing_and_moves_on(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("quantum gravity"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)

    assert compose(registry) == ComposeReport(quiet=1)
    assert mails(registry, reader) == []
    after = reload(registry, reader)
    assert after.seen_through is not None
    assert after.seen_through > 0


def test_three_days_of_downtime_give_one_digest(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS[:1]))
    clock.advance(days=2)
    take("b.txt", numbered(GRAPHS[2:]))
    clock.advance(days=2, hours=1)

    assert compose(registry) == ComposeReport(composed=1)
    [mail] = mails(registry, reader)
    assert shown(registry, mail) == [GRAPHS[2], GRAPHS[0]]


def test_a_new_reader_begins_with_the_last_seven_days(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    take("old.txt", numbered(["Old Graph Neural Networks"]))
    clock.advance(days=10)
    take("new.txt", numbered(["New Graph Neural Networks"]))
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    clock.advance(days=1, hours=1)
    compose(registry)

    assert shown(registry, mails(registry, reader)[0]) == ["New Graph Neural Networks"]


def test_who_left_is_due_no_more(registry: Registry, take: Take, clock: HandClock) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    unsubscribe(registry, reader)
    clock.advance(days=1, hours=1)

    assert compose(registry) == ComposeReport()


def test_composers_at_once_compose_each_reader_once(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    readers = [
        enrol(registry, f"reader{n}@example.org", make_wishes("graph neural networks"))
        for n in range(30)
    ]
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    composers = [threading.Thread(target=compose, args=(registry,)) for _ in range(4)]
    for composer in composers:
        composer.start()
    for composer in composers:
        composer.join()

    with registry.database.reading() as connection:
        keys = connection.execute(table.select()).all()
    assert len(keys) == len({row.key for row in keys}) == len(readers)


def test_a_digest_that_is_due_already_comes_whatever_is_saved_before_it_is_composed(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    weekly = Cadence(Days.WEEKLY, time(7), "UTC", weekday=3)
    daily = Cadence(Days.DAILY, time(6), "UTC")
    reader = enrol(registry, "ada@example.org", make_wishes("speech", cadence=weekly))
    take("a.txt", numbered(GRAPHS))
    clock.now = at("2026-03-19T07:00:30Z")  # a Thursday
    save_preferences(registry, reader, make_wishes("graph neural networks", cadence=daily))
    assert compose(registry) == ComposeReport(composed=1)
    [mail] = mails(registry, reader)
    assert shown(registry, mail) == sorted([GRAPHS[0], GRAPHS[2]])


def test_a_later_hour_on_a_day_that_had_its_digest_counts_from_the_next_day(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    evening = Cadence(Days.DAILY, time(21), "Europe/Berlin")
    saved = save_preferences(registry, reader, make_wishes(cadence=evening))
    assert saved.next_due_at == at("2026-03-20T20:00:00Z")


class ArchivesMeanwhile(Archives):
    """Archives at whose reading, when papers are about to be chosen, something happens."""

    def __init__(self, registry: Registry, deed: Callable[[Connection], object]) -> None:
        super().__init__(registry.database, registry.clock)
        self._database = registry.database
        self._deed: Callable[[Connection], object] | None = deed

    def current(self) -> Archive:
        deed, self._deed = self._deed, None
        if deed is not None:
            with self._database.writing() as connection:
                deed(connection)
        return super().current()


@pytest.mark.parametrize("what", ["another address", "other words"])
def test_what_changes_while_papers_are_chosen_counts(
    registry: Registry, take: Take, clock: HandClock, what: str
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    new = Address("ada@new.example", "ada@new.example")

    def deed(connection: Connection) -> None:
        if what == "another address":
            address_changes.move_reader(connection, reader.id, new)
        else:
            subscribers.save_wishes(connection, reader.id, make_wishes("speech"))

    archives = ArchivesMeanwhile(registry, deed)
    assert Composer(registry.database, archives, SITE, clock).compose_due() == ComposeReport()
    assert compose(registry) == ComposeReport(composed=1)
    [mail] = mails(registry, reader)
    if what == "another address":
        assert mail.address == new.written
    else:
        assert shown(registry, mail) == GRAPHS[1:2]


NOTE = "Message Passing for the Energy of Molecules"
ALIKE = "Energy of Molecular Graphs by Passing Messages"
VERSIONS = [
    make_record(each.title, each.abstract, position=n)
    for n, each in enumerate((VERSION_1, VERSION_2), start=1)
]


def say(registry: Registry, reader: Subscriber, title: str, kind: FeedbackKind) -> None:
    with registry.database.writing() as connection:
        listed = papers.papers_first_listed(connection, 0, dumps.newest_dump_id(connection))
        [paper] = [each.paper for each in listed if each.paper.title == title]
        given = Feedback(reader.id, paper.id, kind, registry.clock())
        steering.set_feedback(connection, given)


def mute(registry: Registry, reader: Subscriber, expression: str, **span: float) -> None:
    until = registry.clock() + timedelta(**span)
    with registry.database.writing() as connection:
        steering.set_mute(connection, Mute(reader.id, expression, until))


def stored(registry: Registry, mail: Delivery) -> Digest:
    assert mail.digest_id is not None
    with registry.database.reading() as connection:
        return digests.digests_by_id(connection, [mail.digest_id])[mail.digest_id]


def test_a_like_brings_papers_like_it_and_the_digest_says_so(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("speech in noisy rooms"))
    take("a.txt", [make_record(NOTE, "Message passing predicts the energy of molecules.")])
    say(registry, reader, NOTE, FeedbackKind.MORE)
    clock.advance(minutes=1)
    alike = make_record(ALIKE, "We predict the energy of molecules by passing messages.", 1)
    other = make_record("Tax Law of the North", "Courts decide on appeals.", 2)
    take("b.txt", [alike, other])
    clock.advance(days=1, hours=1)
    compose(registry)

    [mail] = mails(registry, reader)
    assert shown(registry, mail) == [ALIKE]
    [entry] = stored(registry, mail).entries
    [reason] = entry.reasons
    assert (reason.kind, reason.expression) == (MatchKind.LIKED, NOTE)
    assert reason.spans


@pytest.mark.parametrize("kind", list(FeedbackKind))
def test_a_paper_that_a_reader_spoke_of_is_not_shown_again(
    registry: Registry, take: Take, clock: HandClock, kind: FeedbackKind
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    say(registry, reader, GRAPHS[0], kind)
    clock.advance(days=1, hours=1)
    compose(registry)

    [mail] = mails(registry, reader)
    assert GRAPHS[0] not in shown(registry, mail)
    assert GRAPHS[2] in shown(registry, mail)
    assert stored(registry, mail).considered == 2


def test_a_dislike_puts_papers_like_it_behind_the_others(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    readers = [
        enrol(registry, f"reader{n}@example.org", make_wishes("graph neural networks"))
        for n in range(2)
    ]
    take("old.txt", numbered(["Roads of the Graph Neural Networks"]))
    say(registry, readers[0], "Roads of the Graph Neural Networks", FeedbackKind.LESS)
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)

    scores = []
    for reader in readers:
        entries = stored(registry, mails(registry, reader)[0]).entries
        scores.append({entry.reasons[0].sentence: entry.score for entry in entries})
    assert scores[0][GRAPHS[0]] < scores[1][GRAPHS[0]]
    assert scores[0][GRAPHS[0]] < scores[0][GRAPHS[2]]


def test_a_mute_hides_papers_and_ends_by_itself(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    mute(registry, reader, "roads", days=2)
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    compose(registry)
    [first] = mails(registry, reader)
    assert shown(registry, first) == [GRAPHS[2]]
    assert stored(registry, first).matched == 1
    accept(registry, first, DeliveryState.ACCEPTED)

    take("b.txt", numbered(["Roads as Graph Neural Networks"]))
    clock.advance(days=1)
    compose(registry)
    assert shown(registry, mails(registry, reader)[0]) == ["Roads as Graph Neural Networks"]


def test_a_mute_that_hides_everything_makes_a_quiet_day(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    mute(registry, reader, "networks", days=9)
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    assert compose(registry) == ComposeReport(quiet=1)
    assert mails(registry, reader) == []


def test_of_two_versions_one_is_mailed_with_a_line_for_the_other_and_neither_comes_again(
    registry: Registry, take: Take, clock: HandClock, tmp_path: Path
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("negative triples"))
    take("a.txt", [*VERSIONS, make_record("Tax Law of the North", "Courts decide.", 3)])
    clock.advance(days=1, hours=1)
    compose(registry)

    [mail] = mails(registry, reader)
    digest = stored(registry, mail)
    [entry] = digest.entries
    assert (len(entry.folded), digest.matched, digest.considered) == (1, 2, 3)
    titles = {each.title for each in VERSIONS}
    with registry.database.reading() as connection:
        found = papers.papers_by_id(connection, entry.paper_ids)
    assert {each.title for each in found.values()} == titles

    maildir = Threaded(MaildirTransport(tmp_path / "mails"))
    links = Links("http://digest.example.org", registry.tokens)
    sender = Sender(
        database=registry.database,
        transports=[maildir],
        renderer=MailRenderer(links, "Digest"),
        links=links,
        site_name="Digest",
        mail_from="digest@example.org",
        authority=SITE,
        owner="test",
        clock=clock,
    )
    with registry.database.reading() as connection:
        on_their_way = digests.papers_on_their_way(connection, [reader.id], clock())
    assert on_their_way == {reader.id: frozenset(entry.paper_ids)}
    deliver_due(sender)
    [file] = [each for each in (tmp_path / "mails").rglob("*") if each.is_file()]
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    about = f"on {entry.topic}" if entry.topic else "much like this one"
    assert f"And 1 more {about}: - {found[entry.folded[0]].title}" in text

    take("b.txt", numbered(["Still more Negative Triples"]))
    clock.advance(days=1)
    compose(registry)
    assert shown(registry, mails(registry, reader)[0]) == ["Still more Negative Triples"]


def test_papers_folded_in_a_mail_that_is_on_its_way_are_not_chosen(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("negative triples"))
    take("a.txt", [*VERSIONS, make_record("Tax Law of the North", "Courts decide.", 3)])
    clock.advance(days=1, hours=1)
    compose(registry)
    ledger = Ledger(registry.database, clock)
    mail = ledger.take("slow")
    ledger.arm(mail, owner="slow")
    take("b.txt", numbered(["Still more Negative Triples"]))
    clock.advance(days=1)
    compose(registry)

    assert len(stored(registry, mail).entries[0].folded) == 1
    assert shown(registry, mails(registry, reader)[0]) == ["Still more Negative Triples"]


def test_a_reader_whose_digest_cannot_be_composed_keeps_nobody_from_theirs(
    registry: Registry, take: Take, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    readers = [
        enrol(registry, f"r{n}@example.org", make_wishes("graph neural networks")) for n in range(5)
    ]
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    archives = Archives(registry.database, clock)
    with registry.database.writing() as connection:
        keep_present(connection, [reader.id for reader in readers])
        damaged = wishes_table.c.subscriber_id == readers[2].id
        connection.execute(update(wishes_table).where(damaged).values(body={}))

    report = Composer(registry.database, archives, SITE, clock).compose_due()
    with registry.database.writing() as connection:
        connection.execute(delete(wishes_table).where(damaged))

    assert report == ComposeReport(composed=4, broken=1)
    assert f"the digest of reader {readers[2].id} cannot be composed" in caplog.text
    assert [len(mails(registry, reader)) for reader in readers] == [1, 1, 0, 1, 1]
    assert Composer(registry.database, archives, SITE, clock).compose_due() == ComposeReport(
        composed=1
    )


def test_why_a_digest_cannot_be_composed_is_told_once_an_hour(
    registry: Registry, take: Take, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    with registry.database.writing() as connection:
        keep_present(connection, [reader.id])
        connection.execute(update(wishes_table).values(body={}))
    composer = Composer(registry.database, Archives(registry.database, clock), SITE, clock)
    told = []
    for minutes in (0, 20, 20, 20):
        clock.advance(minutes=minutes)
        assert composer.compose_due() == ComposeReport(broken=1)
        told.append(len(caplog.records))

    assert told == [2, 2, 2, 4]


def test_whoever_is_to_stop_looks_no_further_for_the_reader_at_fault(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    for n in range(4):
        enrol(registry, f"r{n}@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)
    tried: list[object] = []

    def fail(connection: Connection) -> None:
        tried.append(connection)
        raise ValueError

    composer = Composer(registry.database, Archives(registry.database, clock), SITE, clock)
    assert composer.compose_due(is_stopping=lambda: bool(tried), then=fail) == ComposeReport()
    assert len(tried) == 1


def test_a_database_that_goes_away_is_no_fault_of_the_readers(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)

    def vanish(_connection: Connection) -> None:
        raise OperationalError("INSERT", {}, Exception("the server closed the connection"))

    archives = Archives(registry.database, clock)
    with pytest.raises(StoreAwayError):
        Composer(registry.database, archives, SITE, clock).compose_due(then=vanish)

    assert compose(registry) == ComposeReport(composed=1)


def test_sentences_are_stored_anew_after_the_database_was_away(
    registry: Registry, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    take("a.txt", numbered(GRAPHS))
    clock.advance(days=1, hours=1)

    def vanish(_connection: Connection) -> None:
        raise OperationalError("INSERT", {}, Exception("the server closed the connection"))

    composer = Composer(registry.database, Archives(registry.database, clock), SITE, clock)
    with pytest.raises(StoreAwayError):
        composer.compose_due(then=vanish)
    with registry.database.writing() as connection:  # a standby that lacks the last second
        connection.execute(delete(quotations))

    assert composer.compose_due() == ComposeReport(composed=1)
    assert all(entry.reasons for entry in stored(registry, mails(registry, reader)[0]).entries)
