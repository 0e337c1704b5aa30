"""Programs that open every link of every mail and page change nothing by it."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from html import unescape
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from digest import jobs
from digest.app import App
from digest.delivery.transports import OutgoingMail, Threaded
from digest.model.deliveries import Outcome, Verdict
from digest.model.subscribers import Subscriber
from digest.pipeline.deliver import deliver_due
from digest.store import deliveries, digests, papers
from digest.store.tables import metadata
from tests.conftest import HandClock
from tests.web.client import Client

_URL = re.compile(r"https://digest\.example\.org[^\s\"'<>)\]]*")
_HREF = re.compile(r'(?:href|action)="([^"]+)"')


class Postbox:
    """Keeps what it is given."""

    name = "postbox"
    is_idempotent = False

    def __init__(self) -> None:
        self.mails: list[str] = []

    def deliver(self, mail_out: OutgoingMail) -> Verdict:
        mail = message_from_bytes(mail_out.message, policy=policy.default)
        bodies = [mail.get_body((kind,)) for kind in ("html", "plain")]
        self.mails.append(
            "\n".join(
                [
                    *map(str, mail.values()),
                    *(unescape(body.get_content()) for body in bodies if body),
                ]
            )
        )
        return Verdict(Outcome.ACCEPTED, "kept")


def contents(app: App) -> dict[str, list[tuple[object, ...]]]:
    with app.database.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


def local_links(client: Client, start: set[str]) -> Iterator[str]:
    """Every address that can be reached from the first ones, each once."""
    waiting, known = list(start), set(start)
    while waiting:
        url = waiting.pop()
        yield url
        answer = client.get(url)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        for found in map(unescape, _HREF.findall(answer.text)):
            address = urlsplit(found)
            if address.netloc not in {"", "digest.example.org"} or not address.path:
                continue
            target = f"{address.path}?{address.query}".rstrip("?")
            if target not in known and not target.startswith("/papers/"):
                known.add(target)
                waiting.append(target)


def steering_links(app: App, reader: Subscriber) -> set[str]:
    """The addresses that steer by the papers of a reader's digest, and those that took it back."""
    with app.database.reading() as connection:
        number = deliveries.deliveries_of(connection, reader.id)[0].digest_id
        assert number is not None
        digest = digests.digests_by_id(connection, [number])[number]
        shown = papers.papers_by_id(connection, digest.paper_ids)
    token = app.links.steering_token(reader)
    asked = {
        app.links.steer(token, paper, wish)
        for paper in shown.values()
        for wish in ("more", "less", "mute")
    }
    return {*asked, *(f"{url}?act=undo&phrase=case+study" for url in asked)}


@pytest.mark.slow
def test_opening_every_link_twice_changes_nothing(
    app: App, client: Client, ada: Subscriber, bob: Subscriber, clock: HandClock
) -> None:
    postbox = Postbox()
    client.post("/subscribe", {"address": ada.address, "keywords": "gnn"})
    deliver_due(
        app.sender([Threaded(postbox)])
    )  # Bob's confirmation, and that Ada is subscribed already
    clock.advance(days=1, hours=2)
    jobs.compose(app)
    deliver_due(app.sender([Threaded(postbox)]))  # Ada's digest
    assert len(postbox.mails) == 3
    mailed = {url.rstrip(".,") for mail in postbox.mails for url in _URL.findall(mail)}
    for place in ("confirm", "preferences", "unsubscribe", "u", "papers"):
        assert any(f"/{place}/" in url for url in mailed), place
    steering = steering_links(app, ada)
    assert len(steering) > 3
    for url in sorted(steering)[:3]:  # so that there is something to undo
        assert client.post(url, {"phrase": "case study"}).status == 303
    before = contents(app)
    seen = 0
    for url in local_links(client, {*mailed, *steering, "/"}):
        for _ in range(2):
            assert client.get(url).status in {200, 303}, url
            assert client.head(url).status in {200, 303}, url
        seen += 1
    assert seen > 20
    assert contents(app) == before
    assert bob.confirmed_at is None
