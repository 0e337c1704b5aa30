"""A digest of many days says so, on its way to a reader as in every preview of it."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from digest.delivery.sink import Sink
from digest.model.deliveries import MailKind
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer
from digest.pipeline.deliver import deliver_due
from digest.pipeline.outgoing import Sender, build_mail, load, load_one
from digest.pipeline.subscribe import Registry, enrol
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
from digest.store import deliveries, dumps
from digest.tokens import Tokens
from tests.conftest import HandClock
from tests.factories import make_wishes, numbered
from tests.faults.site import smtp
from tests.pipeline.conftest import Take

AUTHORITY = "digest.example.org"
DAYS = ("Roads", "Rivers", "Bridges")


@pytest.fixture
def sender(registry: Registry) -> Sender:
    links = Links(f"http://{AUTHORITY}", Tokens(["a secret"]))
    return Sender(
        database=registry.database,
        transports=(),
        renderer=MailRenderer(links, "Digest"),
        links=links,
        site_name="Digest",
        mail_from="digest@example.org",
        authority=AUTHORITY,
        owner="me",
        clock=registry.clock,
    )


def compose(registry: Registry) -> None:
    archives = Archives(registry.database, registry.clock)
    Composer(registry.database, archives, AUTHORITY, registry.clock).compose_due()


def subjects_sent(sender: Sender) -> list[str]:
    with Sink() as sink:
        deliver_due(replace(sender, transports=(smtp(sink),)))
        mails = [message_from_bytes(each.message, policy=policy.default) for each in sink.mails]
    return [str(mail["Subject"]) for mail in mails]


def test_papers_of_many_days_are_dated_by_the_first(
    registry: Registry, sender: Sender, take: Take, clock: HandClock
) -> None:
    enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    for name in DAYS:
        take(f"{name}.txt", numbered([f"Graph Neural Networks for {name}"]))
        clock.advance(days=3)
    compose(registry)
    [subject] = subjects_sent(sender)

    since = clock() - timedelta(days=9)
    assert f"3 papers, {since.day} March to " in subject
    take("late.txt", numbered(["Graph Neural Networks of a Day"]))
    clock.advance(days=1)
    compose(registry)
    [subject] = subjects_sent(sender)
    assert " to " not in subject
    assert subject.startswith("1 paper, ")


def test_a_mail_built_alone_is_the_one_built_among_many(
    registry: Registry, sender: Sender, take: Take, clock: HandClock
) -> None:
    reader = enrol(registry, "ada@example.org", make_wishes("graph neural networks"))
    enrol(registry, "bob@example.org", make_wishes("graph neural networks"))
    take("old.txt", numbered(["Graph Neural Networks for Roads"]))
    clock.advance(days=9)
    compose(registry)
    with registry.database.reading() as connection:
        found = deliveries.find_deliveries(connection)
    batch = load(registry.database, found)
    [own] = [each for each in found if each.subscriber_id == reader.id]
    assert own.kind is MailKind.DIGEST
    assert own.digest_id is not None
    alone = load_one(registry.database, reader, batch.digests[own.digest_id])

    message = build_mail(sender, batch, own)
    assert build_mail(sender, alone, own) == message
    assert b" March to " in message


def test_a_mark_with_no_dump_after_it_has_no_date(registry: Registry, take: Take) -> None:
    take("one.txt", numbered(["Graph Neural Networks for Roads"]))
    now = registry.clock()
    with registry.database.reading() as connection:
        newest = dumps.newest_dump_id(connection)
        assert dumps.first_read_after(connection, [0, newest, 0]) == {0: now}
        assert dumps.first_read_after(connection, []) == {}
