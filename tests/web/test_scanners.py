"""Programs that open every link of every mail and page change nothing by it."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from digest import jobs
from digest.app import App
from digest.delivery.transports import Threaded
from digest.model.deliveries import MailKind
from digest.model.subscribers import Subscriber
from digest.pipeline.deliver import deliver_due
from digest.pipeline.move import ask_to_move
from digest.store import deliveries, digests, papers
from digest.store.tables import deliveries as mails
from tests.conftest import HandClock
from tests.web.client import Client
from tests.web.everywhere import Place, contents
from tests.web.postbox import Postbox

_URL = re.compile(r"https://digest\.example\.org[^\s\"'<>)\]]*")
# What programs say that look ahead for somebody, or into mail on its way.
_ROBOTS: tuple[dict[str, str], ...] = (
    {},
    {"purpose": "prefetch"},
    {"sec_purpose": "prefetch;prerender", "sec_fetch_mode": "navigate"},
    {"x_moz": "prefetch", "x_purpose": "preview"},
    {"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
    {"user_agent": "BarracudaCentral.org Link Protection", "range": "bytes=0-1023"},
    {"sec_fetch_site": "cross-site", "sec_fetch_dest": "document", "referer": "https://mail.test/"},
    {"accept": "*/*", "authorization": "Basic eDp5", "cookie": "a=b"},
)
_HREF = re.compile(r'(?:href|action)="([^"]+)"')


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
        sent = deliveries.deliveries_of(connection, reader.id)
        number = next(each.digest_id for each in sent if each.digest_id is not None)
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
    client.post("/sign-in", {"address": ada.address})
    ask_to_move(app.registry, ada, "new@example.org")
    deliver_due(app.sender([Threaded(postbox)]))
    assert len(postbox.mails) == 5
    mailed = {url.rstrip(".,") for mail in postbox.mails for url in _URL.findall(mail)}
    for place in ("sign-in", "address", "confirm", "preferences", "unsubscribe", "u", "papers"):
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


@pytest.mark.slow
def test_no_robot_changes_anything_by_any_kind_of_mail(place: Place) -> None:
    with place.app.database.reading() as connection:
        sent = connection.execute(select(mails.c.kind, mails.c.state)).all()
    assert {kind for kind, state in sent if state == "accepted"} == {
        each.value for each in MailKind
    }
    urls = {url.rstrip(".,") for mail in place.lived.mails for url in _URL.findall(mail)}
    assert len({urlsplit(url).path.split("/")[1] for url in urls}) >= 8
    before = place.contents()
    for url in sorted(urls):
        for headers in _ROBOTS:
            for _ in range(1 if headers else 2):
                answer = place.client.get(url, **headers)
                assert answer.status in {200, 303, 410}, (url, headers)
                assert "set-cookie" not in answer.headers
            place.client.head(url, **headers)
        place.client.ask("OPTIONS", url)
    assert place.contents() == before
