"""Who asks too often hears when to come again; an address is never told apart by it."""

import pytest
from sqlalchemy import func, select

from digest.app import App
from digest.model.deliveries import MailKind
from digest.model.subscribers import Subscriber
from digest.pipeline import limits
from digest.pipeline.limits import Asked, Limits
from digest.pipeline.subscribe import subscribe
from digest.store.deliveries import deliveries_of
from digest.store.subscribers import all_subscribers
from digest.store.tables import deliveries as mails
from digest.web import build_web
from digest.web.buckets import Buckets
from digest.web.full_answers import MOST, SPAN
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.web.client import Answer, Client
from tests.web.conftest import BASE_URL, Visit

FEED = "/feeds/trending.atom"


def client_at(app: App, peer: str) -> Client:
    return Client(build_web(app), BASE_URL, peer)


def sign_up(client: Client, address: str, **headers: str) -> Answer:
    return client.post("/subscribe", {"address": address, "keywords": "gnn"}, **headers)


def readers(app: App) -> int:
    with app.database.reading() as connection:
        return len(all_subscribers(connection))


def planned(app: App) -> int:
    with app.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(mails)).scalar_one()


@pytest.mark.slow
def test_a_network_that_signs_up_too_many_is_told_when_to_come_again(
    app: App, clock: HandClock
) -> None:
    client = client_at(app, "203.0.113.5")
    for number in range(20):
        assert sign_up(client, f"reader{number}@example.org").status == 303
    refused = sign_up(client, "one-more@example.org")
    assert refused.status == 429
    assert refused.headers["retry-after"] == "180"
    assert "Please try again in 3 minutes." in refused.text
    assert readers(app) == 20
    assert sign_up(client_at(app, "203.0.113.6"), "other@example.org").status == 303
    assert sign_up(client_at(app, "127.0.0.1"), "local@example.org").status == 303
    clock.advance(minutes=3)
    assert sign_up(client, "one-more@example.org").status == 303


@pytest.mark.slow
def test_an_ipv6_network_is_counted_as_one(app: App) -> None:
    web = build_web(app)
    statuses = [
        sign_up(Client(web, BASE_URL, f"2001:db8::{number:x}"), f"r{number}@example.org").status
        for number in range(21)
    ]
    assert statuses == [303] * 20 + [429]


def test_whoever_has_very_many_ipv6_networks_does_not_use_up_the_site(app: App) -> None:
    counted = Limits(app.database, app.tokens, app.clock)
    asked = Asked(limits.MAILS_OF_WIDE_NETWORK, "2001:db8::/48")
    while counted.take(asked) is None:
        pass
    assert sign_up(client_at(app, "2001:db8:0:ffff::1"), "eve@example.org").status == 429
    assert sign_up(client_at(app, "2001:db8:1::1"), "ada@example.org").status == 303


@pytest.mark.slow
def test_a_forged_header_changes_nobodys_network(visit: Visit) -> None:
    behind = visit(trusted_proxies="1")
    statuses = [
        sign_up(behind, f"r{n}@example.org", x_forwarded_for=f"10.0.0.{n}, 203.0.113.5").status
        for n in range(21)
    ]
    assert statuses == [303] * 20 + [429]


def test_an_address_that_had_enough_is_answered_like_any_other(
    app: App, client: Client, clock: HandClock
) -> None:
    answers = []
    for _ in range(6):
        answers.append(sign_up(client, "a.d.a+x@gmail.com"))
        answers.append(sign_up(client, "ada@googlemail.com"))
        clock.advance(minutes=16)
    first = answers[0]
    assert all((each.status, each.raw_headers) == (303, first.raw_headers) for each in answers)
    assert planned(app) == 3


def test_the_form_and_the_ledger_agree_on_a_quarter_of_an_hour(
    app: App, client: Client, clock: HandClock
) -> None:
    clock.advance(minutes=14)  # shortly before the ledger's next quarter
    sign_up(client, "ada@example.org")
    clock.advance(minutes=2)
    sign_up(client, "ada@example.org")
    assert planned(app) == 1
    clock.advance(minutes=13)
    sign_up(client, "ada@example.org")
    assert planned(app) == 2


def test_what_is_wrong_in_a_form_costs_nothing(app: App) -> None:
    client = client_at(app, "203.0.113.5")
    assert {sign_up(client, "ada@").status for _ in range(30)} == {422}
    assert sign_up(client, "ada@example.org").status == 303


def test_who_tries_to_sign_in_first_is_mailed_when_they_subscribe(app: App, client: Client) -> None:
    """Nothing is sent to an address that is nobody's: nothing of what it may be sent is used up."""
    for _ in range(5):
        assert client.post("/sign-in", {"address": "ada@example.org"}).status == 303
    sign_up(client, "ada@example.org")
    assert planned(app) == 1


@pytest.mark.slow
def test_under_attack_limits_are_stricter(app: App, clock: HandClock) -> None:
    for number in range(60):
        subscribe(app.registry, f"listed{number}@example.org", make_wishes("fog"))
    client = client_at(app, "203.0.113.5")
    statuses = [sign_up(client, f"reader{number}@example.org").status for number in range(6)]
    assert statuses == [303] * 5 + [429]
    del clock


def test_a_whole_feed_is_given_sixty_times_an_hour(app: App) -> None:
    web = build_web(app)
    greedy, other = Client(web, BASE_URL, "203.0.113.5"), Client(web, BASE_URL, "203.0.113.6")
    tag = ""
    for _ in range(int(MOST)):
        answer = greedy.get(FEED)
        assert answer.status == 200
        tag = answer.headers["etag"]
    refused = greedy.get(FEED)
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) <= 60
    assert refused.headers["content-type"].startswith("text/plain")
    assert "again in a minute" in refused.text
    assert refused.headers["cache-control"] == "no-store"
    # Who asks first is answered for ever, and another network, and another feed.
    for _ in range(100):
        assert greedy.get(FEED, if_none_match=tag).status == 304
    assert greedy.head(FEED).status == 200
    assert other.get(FEED).status == 200
    assert greedy.get("/feeds/trending.rss").status == 200
    # Neither a query nor an encoding makes it another feed.
    assert greedy.get(f"{FEED}?x=1").status == 429
    assert greedy.get(FEED, accept_encoding="gzip").status == 429


def test_who_has_come_for_what_is_new_may_come_from_a_whole_university() -> None:
    counted = Buckets(MOST, SPAN, now=lambda: 0.0)
    assert not any(counted.take(("tag", "network"), 0.1) for _ in range(599))


def test_full_answers_fill_up_again_and_take_little_room() -> None:
    times = [0.0]
    counted = Buckets(60, 3600, now=lambda: times[0])
    for _ in range(60):
        assert not counted.take("network")
    assert counted.take("network") == pytest.approx(60)
    times[0] = 61
    assert not counted.take("network")
    assert counted.take("network")
    for number in range(50_000):
        counted.take(number)
    assert len(counted) <= 20_000
    times[0] = 3 * 3600
    assert not counted.take("network")


def test_a_personal_feed_is_limited_alike(app: App, ada: Subscriber) -> None:
    client = client_at(app, "203.0.113.5")
    page = app.links.preferences(ada)
    client.post(f"{page}/feed", {"deed": "open"})
    shown = client.get(f"{page}/feed").text
    address = shown.partition('value="https://digest.example.org/f/')[2].partition('"')[0]
    statuses = [client.get(f"/f/{address}").status for _ in range(61)]
    assert statuses == [200] * 60 + [429]


def test_a_reader_is_sent_no_more_than_the_ledger_allows(
    app: App, client: Client, ada: Subscriber, clock: HandClock
) -> None:
    for _ in range(30):
        sign_up(client, ada.address)
        clock.advance(minutes=45)
    with app.database.reading() as connection:
        sent = deliveries_of(connection, ada.id, limit=50)
    assert {each.kind for each in sent} == {MailKind.ALREADY}
    assert len(sent) == 3
