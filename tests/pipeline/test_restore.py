"""A backup is put back and Digest goes on: nobody gets a mail twice, no paper is lost or comes again."""

import os
import re
from dataclasses import replace
from datetime import time
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.delivery.sink import Sink
from digest.errors import TokenError
from digest.model.deliveries import DeliveryState
from digest.model.subscribers import Cadence, Days, Subscriber
from digest.pipeline.archive import Archives
from digest.pipeline.compose import Composer
from digest.pipeline.deliver import deliver_due
from digest.pipeline.held import take_file
from digest.pipeline.issues import read_issue
from digest.pipeline.outgoing import Sender
from digest.pipeline.restore import SKIPPED, TakenUp, take_up_again
from digest.pipeline.subscribe import Registry, enrol
from digest.rendering.email import MailRenderer
from digest.rendering.links import Links
from digest.store.deliveries import deliveries_of, find_deliveries
from digest.store.engine import Database
from digest.store.postgres_backup import dump_database, restore_database
from digest.store.schema import require_current, upgrade
from digest.store.sqlite_backup import copy_database, put_back
from digest.store.tables import subscribers
from digest.tokens import Tokens
from tests.conftest import HandClock, close_database, empty_postgres
from tests.factories import BERLIN, make_wishes
from tests.faults.site import smtp

AUTHORITY = "digest.example.org"
TOP = "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nMar 17\n\n"
ABSTRACT = (
    "We study graph neural networks for {} and show what they are good for, with experiments."
)
WEEKLY = Cadence(Days.WEEKLY, time(7, 0), "Europe/Berlin", 5)


class Site:
    """A site with a folder of dumps, whose database may be another one tomorrow."""

    def __init__(self, database: Database, clock: HandClock, folder: Path, sink: Sink) -> None:
        self.database, self.clock, self.folder, self.sink = database, clock, folder, sink
        self.tokens = Tokens(["a secret"])
        self.links = Links(f"http://{AUTHORITY}", self.tokens)

    @property
    def registry(self) -> Registry:
        return Registry(self.database, self.tokens, AUTHORITY, self.clock)

    def save(self, topic: str) -> None:
        """Save a page with a paper for everybody in the folder, as of now."""
        path = self.folder / f"{topic}.txt"
        title = f"Graph Neural Networks for {topic}"
        other = f"Cooking with {topic}\n\nRecipes for {topic}, tried by many people at home."
        path.write_text(f"{TOP}{title}\n\n{ABSTRACT.format(topic)}\n\n{other}\n")
        os.utime(path, (self.clock().timestamp(),) * 2)
        take_file(self.database, path, self.clock)

    def compose(self) -> int:
        archives = Archives(self.database, self.clock)
        return Composer(self.database, archives, AUTHORITY, self.clock).compose_due().composed

    def deliver(self) -> None:
        deliver_due(
            Sender(
                database=self.database,
                transports=(smtp(self.sink),),
                renderer=MailRenderer(self.links, "Digest"),
                links=self.links,
                site_name="Digest",
                mail_from="digest@example.org",
                authority=AUTHORITY,
                owner="me",
                clock=self.clock,
            )
        )

    def got(self) -> dict[str, list[list[str]]]:
        """The topics of each mail to each reader, in their order."""
        found: dict[str, list[list[str]]] = {}
        for mail in self.sink.mails:
            message = message_from_bytes(mail.message, policy=policy.default)
            body = message.get_body(("plain",))
            assert body is not None
            topics = sorted(set(re.findall(r"Graph Neural Networks for (\w+)", body.get_content())))
            found.setdefault(mail.recipient, []).append(topics)
        return found

    def issue(self, reader: Subscriber, number: int) -> str:
        return self.links.issue(reader, number).rpartition("/")[2]


@pytest.fixture
def site(database: Database, clock: HandClock, tmp_path: Path, sink: Sink) -> Site:
    folder = tmp_path / "dumps"
    folder.mkdir()
    return Site(database, clock, folder, sink)


def back_up(database: Database, file: Path) -> None:
    if database.is_sqlite:
        copy_database(Path(database.url.database or ""), file, {"secret.key": "a secret"})
    else:
        dump_database(database, file)


def restore(request: pytest.FixtureRequest, database: Database, file: Path) -> Database:
    """Put a backup into a place of its own, as on another machine."""
    if not database.is_sqlite:
        restored = Database(empty_postgres(request))
        request.addfinalizer(partial(close_database, restored))
        restore_database(restored, file)
        return restored
    target = file.with_name("restored.sqlite3")
    with put_back(file, target) as (_draft, beside):
        assert beside == {"secret.key": "a secret"}
    restored = Database(f"sqlite:///{target}")
    request.addfinalizer(restored.dispose)
    return restored


def test_a_restored_site_goes_on_as_if_the_lost_days_had_been_sent(
    request: pytest.FixtureRequest, site: Site, tmp_path: Path
) -> None:
    clock, file = site.clock, tmp_path / "backup"
    ada = enrol(site.registry, "ada@example.org", make_wishes("graph neural networks"))
    enrol(site.registry, "bob@example.org", make_wishes("graph neural networks", cadence=WEEKLY))
    site.save("Roads")
    clock.advance(days=1, hours=1)
    assert site.compose() == 1
    back_up(site.database, file)
    # All of this is lost, but for what is in the folder and in readers' mailboxes.
    site.deliver()
    site.save("Rivers")
    clock.advance(days=1)
    assert site.compose() == 1
    site.deliver()
    clock.advance(hours=2)
    site.save("Bridges")
    with site.database.reading() as connection:
        lost, known = deliveries_of(connection, ada.id)
    assert lost.digest_id is not None
    assert known.digest_id is not None

    site.database = restore(request, site.database, file)
    require_current(site.database)
    done = take_up_again(site.database, site.folder, clock)

    assert done == TakenUp(dumps=2, mails=1, readers=1)
    assert site.compose() == 0
    site.deliver()
    assert site.got() == {ada.address: [["Roads"], ["Rivers"]]}
    # A link of a mail that is known leads where it did, one of a mail that is not nowhere.
    assert read_issue(site.registry, site.issue(ada, known.digest_id)).edition.papers
    with pytest.raises(TokenError):
        read_issue(site.registry, site.issue(ada, lost.digest_id))
    clock.advance(days=1)
    assert site.compose() == 2
    site.deliver()
    assert site.got() == {
        ada.address: [["Roads"], ["Rivers"], ["Bridges"]],
        "bob@example.org": [["Bridges", "Rivers", "Roads"]],
    }
    with site.database.reading() as connection:
        newest = deliveries_of(connection, ada.id)[0]
        states = {each.state for each in find_deliveries(connection)}
    assert newest.id > lost.id + SKIPPED - 10
    assert (newest.digest_id or 0) > lost.digest_id + SKIPPED - 10
    assert states == {DeliveryState.ACCEPTED, DeliveryState.UNCERTAIN}
    with pytest.raises(TokenError):
        read_issue(site.registry, site.issue(ada, lost.digest_id))


def test_an_operator_may_choose_that_nothing_is_lost_instead(
    request: pytest.FixtureRequest, site: Site, tmp_path: Path
) -> None:
    ada = enrol(site.registry, "ada@example.org", make_wishes("graph neural networks"))
    site.save("Roads")
    site.clock.advance(days=1, hours=1)
    site.compose()
    back_up(site.database, tmp_path / "backup")
    site.deliver()
    site.database = restore(request, site.database, tmp_path / "backup")
    assert take_up_again(site.database, site.folder, site.clock, resend=True) == TakenUp()
    site.deliver()
    assert site.got() == {ada.address: [["Roads"], ["Roads"]]}


def test_who_wishes_what_only_a_newer_release_knows_is_left_to_that(site: Site) -> None:
    enrol(site.registry, "ada@example.org", make_wishes("graph neural networks"))
    enrol(site.registry, "bob@example.org", make_wishes("graph neural networks"))
    with site.database.writing() as connection:
        adas = subscribers.c.address_key == "ada@example.org"
        connection.execute(update(subscribers).where(adas).values(days="monthly"))
    site.clock.advance(days=2)
    assert take_up_again(site.database, site.folder, site.clock).readers == 1


def test_a_backup_is_of_one_moment_while_others_write(
    sqlite_database: Database,
    clock: HandClock,
    sink: Sink,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On SQLite: pg_dump sees one moment by itself."""
    site = Site(sqlite_database, clock, tmp_path, sink)
    monkeypatch.setattr("digest.store.sqlite_backup._PAGES", 1)
    wishes = make_wishes("graph neural networks", cadence=replace(BERLIN, weekday=1))
    enrol(site.registry, "ada@example.org", wishes)
    told: list[int] = []

    def write(count: int) -> None:
        told.append(count)
        if len(told) < 5:
            enrol(site.registry, f"reader{len(told)}@example.org", wishes)

    source = Path(site.database.url.database or "")
    copy_database(source, tmp_path / "backup", {}, write)
    assert len(told) > 50
    with put_back(tmp_path / "backup", tmp_path / "restored.sqlite3"):
        pass
    restored = Database(f"sqlite:///{tmp_path / 'restored.sqlite3'}")
    upgrade(restored)
    with restored.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM subscribers").scalar() == 1
    restored.dispose()


def test_files_that_cannot_be_read_again_are_told_of_and_stop_nothing(
    site: Site, clock: HandClock
) -> None:
    (site.folder / "empty.txt").write_text("nothing\n")
    done = take_up_again(site.database, site.folder, clock)
    assert (done.dumps, done.readers) == (0, 0)
    assert "empty.txt" in done.refused[0]
    assert take_up_again(site.database, site.folder / "none", clock) == TakenUp()
