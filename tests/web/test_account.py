"""Moving, taking along, erasing, and coming back: what readers do with what is their own."""

import json
from email import message_from_bytes, policy

import pytest

from digest.app import App
from digest.delivery.transports import OutgoingMail, Threaded
from digest.model.deliveries import Delivery, MailKind, Outcome, Verdict
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber, SubscriberState
from digest.pipeline.deliver import deliver_due
from digest.pipeline.sessions import Sessions
from digest.pipeline.subscribe import enrol, unsubscribe
from digest.store import subscribers, suppressions
from digest.store.deliveries import deliveries_of
from digest.store.subscribers import all_subscribers, subscriber_by_id
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.web.client import Client
from tests.web.visitor import Visitor, signed_in_as

NEW = "ada.new@example.net"


class Postbox:
    """Keeps what it is given: to whom, under which subject, in which words."""

    name = "postbox"
    is_idempotent = False

    def __init__(self) -> None:
        self.mails: list[tuple[str, str, str]] = []

    def deliver(self, mail_out: OutgoingMail) -> Verdict:
        mail = message_from_bytes(mail_out.message, policy=policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        self.mails.append((mail_out.recipient, str(mail["Subject"]), body.get_content()))
        return Verdict(Outcome.ACCEPTED, "kept")


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


def send(app: App, postbox: Postbox) -> list[tuple[str, str, str]]:
    """Return the mails that go out now."""
    before = len(postbox.mails)
    deliver_due(app.sender([Threaded(postbox)]))
    return postbox.mails[before:]


def link_in(words: str, place: str) -> str:
    return next(line for line in words.splitlines() if f"/{place}/" in line)


def now_is(app: App, reader: Subscriber) -> Subscriber | None:
    with app.database.reading() as connection:
        return subscriber_by_id(connection, reader.id)


def suppress(app: App, key: str) -> None:
    with app.database.writing() as connection:
        suppressions.suppress(connection, key, "bounces", "", "", app.clock())


def test_the_whole_way_by_mail_from_signing_in_to_another_address(
    app: App, ada: Subscriber, postbox: Postbox
) -> None:
    visitor, other = Visitor(app), signed_in_as(app, ada)
    visitor.post("/sign-in", {"address": ada.address})
    [(to, subject, words)] = send(app, postbox)
    assert (to, subject) == (ada.address, "Sign in to Digest")
    visitor.post(link_in(words, "sign-in"))
    old_page = visitor.get("/account").text.split('href="')
    old_preferences = next(each.split('"')[0] for each in old_page if each.startswith("/pref"))

    answer = visitor.post("/account/address", {"address": NEW})
    assert (answer.status, answer.headers["location"]) == (303, "/account/address?asked")
    assert "where they went before" in visitor.get("/account/address?asked").text
    [(to, subject, words)] = send(app, postbox)
    assert (to, subject) == (NEW, "Confirm this address for Digest")
    assert "ada@example.org" not in words
    link = link_in(words, "address")
    page = visitor.get(link)
    assert page.status == 200
    assert page.text.count("<button") == 1
    assert now_is(app, ada) == ada
    assert "Your digests go to the new address" in visitor.post(link).text
    assert visitor.get(link).status == visitor.post(link).status == 200

    [(to, subject, words)] = send(app, postbox)
    assert (to, subject) == (ada.address, "Digest goes to another address now")
    farewell = other.get(link_in(words, "unsubscribe"))
    assert farewell.status == 200
    for private in ("/preferences/", "example.net", "/undo"):
        assert private not in farewell.text
    assert visitor.get("/account").status == 200
    assert other.get("/account").status == 303
    assert visitor.get(old_preferences).status == 410
    old_link = app.links.unsubscribe(ada)
    assert visitor.get(old_link).status == 200
    visitor.post(old_link)
    moved = now_is(app, ada)
    assert moved is not None
    assert moved.state is SubscriberState.UNSUBSCRIBED


def test_nobody_learns_whose_address_it_is(
    app: App, ada: Subscriber, bob: Subscriber, clock: HandClock
) -> None:
    eve = enrol(app.registry, "eve@example.org", make_wishes())
    suppress(app, "gone@example.org")
    visitor = signed_in_as(app, ada)
    answers = []
    for address in ("new@example.org", eve.address, bob.address, "gone@example.org"):
        answers.append(visitor.post("/account/address", {"address": address}))
        clock.advance(days=1)
    first = answers[0]
    for other in answers[1:]:
        assert (other.status, other.body, other.raw_headers) == (303, first.body, first.raw_headers)
    pages = {visitor.get("/account/address?asked").text for _ in answers}
    assert len(pages) == 1
    assert "gone@example.org" not in pages.pop()


def test_who_asks_for_what_cannot_be_is_told_why(app: App, ada: Subscriber) -> None:
    visitor = signed_in_as(app, ada)
    for typed, words in (("nobody", "address-error"), ("ADA@example.org", "already")):
        page = visitor.post("/account/address", {"address": typed})
        assert page.status == 422
        assert words in page.text


def test_a_reader_whose_own_address_takes_no_mail_can_move(
    app: App, ada: Subscriber, postbox: Postbox
) -> None:
    visitor = signed_in_as(app, ada)
    suppress(app, ada.address)
    visitor.post("/account/address", {"address": NEW})
    [(to, _, words)] = send(app, postbox)
    assert to == NEW
    visitor.post(link_in(words, "address"))
    assert send(app, postbox) == []


def test_what_became_suppressed_on_the_way_gets_no_link(
    app: App, ada: Subscriber, postbox: Postbox
) -> None:
    signed_in_as(app, ada).post("/account/address", {"address": "Ada.NEW@Example.net"})
    suppress(app, NEW)
    assert send(app, postbox) == []


def test_a_sign_in_mail_that_waited_too_long_is_not_sent(
    app: App, ada: Subscriber, postbox: Postbox, clock: HandClock
) -> None:
    Visitor(app).post("/sign-in", {"address": ada.address})
    clock.advance(minutes=16)
    assert send(app, postbox) == []


def test_all_that_is_kept_comes_as_one_file(app: App, ada: Subscriber, bob: Subscriber) -> None:
    visitor = signed_in_as(app, ada)
    token = Sessions(app.database, app.clock).open(SessionKind.API, ada.id, "script")
    answer = visitor.get("/account/export")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["content-disposition"].startswith('attachment; filename="digest-2026')
    assert answer.headers["cache-control"] == "no-store"
    found = json.loads(answer.body)
    assert found["reader"]["address"] == ada.address
    assert [each["expression"] for each in found["interests"]] == ["graph neural networks", "RAG"]
    assert len(found["sessions"]) == 2
    assert [each["kind"] for each in found["deliveries"]] == [
        each.kind.value for each in mails(app, ada)
    ]
    assert bob.address not in answer.text
    assert token not in answer.text


def mails(app: App, reader: Subscriber) -> list[Delivery]:
    with app.database.reading() as connection:
        return deliveries_of(connection, reader.id)


def test_erasing_asks_once_and_is_for_good(app: App, ada: Subscriber, bob: Subscriber) -> None:
    visitor = signed_in_as(app, ada)
    links = app.links
    page = visitor.get("/account/erase")
    assert "What goes" in page.text
    unsure = visitor.post("/account/erase", {"sure": "no"})
    assert unsure.status == 422
    assert '<a href="#sure">' in unsure.text
    assert now_is(app, ada) == ada

    done = visitor.post("/account/erase", {"sure": "yes"})
    assert done.status == 200
    assert "All of it is erased" in done.text
    assert visitor.cookies == {}
    with app.database.reading() as connection:
        assert all_subscribers(connection) == [bob]
    assert visitor.get("/account").status == 303
    for _ in range(2):
        for link in (links.unsubscribe(ada), links.one_click(ada)):
            assert "ou are unsubscribed" in visitor.get(link).text
            assert visitor.post(link).status == 200
    assert visitor.post(f"{links.unsubscribe(ada)}/undo").status == 410
    assert visitor.get(links.preferences(ada)).status == 410
    again = enrol(app.registry, ada.address, make_wishes())
    assert again.id > bob.id
    visitor.post(links.one_click(ada))
    found = now_is(app, again)
    assert found is not None
    assert found.state is SubscriberState.ACTIVE


def test_leaving_can_be_undone_for_a_month(
    app: App, client: Client, ada: Subscriber, postbox: Postbox, clock: HandClock
) -> None:
    link = app.links.unsubscribe(ada)
    assert "/undo" not in client.get(link).text
    page = client.post(link)
    assert page.text.count("<button") == 1
    undo_url = page.text.split('action="')[1].split('"')[0]
    clock.advance(days=29)
    client.post(link)  # a second time does not begin the month anew
    assert undo_url in client.get(link).text
    assert undo_url in client.get(app.links.one_click(ada)).text
    assert client.get(undo_url).headers["location"] == link.removeprefix(
        "https://digest.example.org"
    )
    for _ in range(2):
        assert "You are subscribed again" in client.post(undo_url).text
    back = now_is(app, ada)
    assert back is not None
    assert (back.state, back.left_at) == (SubscriberState.ACTIVE, None)
    assert back.interests == ada.interests
    assert send(app, postbox) == []  # the goodbye is not true any more


def test_after_a_month_one_subscribes_anew(
    app: App, client: Client, ada: Subscriber, clock: HandClock
) -> None:
    link = app.links.unsubscribe(ada)
    client.post(link)
    clock.advance(days=30)
    assert "/undo" not in client.get(link).text
    assert client.post(f"{link}/undo").status == 410
    left = now_is(app, ada)
    assert left is not None
    assert left.state is SubscriberState.UNSUBSCRIBED


def test_who_never_confirmed_or_has_complained_does_not_come_back_by_a_button(
    app: App, client: Client, ada: Subscriber, bob: Subscriber
) -> None:
    client.post(app.links.unsubscribe(bob))
    with app.database.writing() as connection:
        subscribers.unsubscribe(connection, ada.id)  # as a complaint does
    for reader in (ada, bob):
        link = app.links.unsubscribe(reader)
        assert "/undo" not in client.get(link).text
        assert client.post(f"{link}/undo").status == 410


def test_an_old_link_stops_mail_and_brings_none_back(
    app: App, client: Client, ada: Subscriber
) -> None:
    with app.database.writing() as connection:
        connection.exec_driver_sql("UPDATE subscribers SET token_version = 2")
    link = app.links.unsubscribe(ada)
    assert "/undo" not in client.post(link).text
    assert client.post(f"{link}/undo").status == 410


def test_who_has_left_sees_their_account_and_the_way_back(app: App, ada: Subscriber) -> None:
    visitor = signed_in_as(app, ada)
    unsubscribe(app.registry, ada)
    page = visitor.get("/account").text
    assert "You are unsubscribed" in page
    assert app.links.unsubscribe(ada).removeprefix("https://digest.example.org") in page
    assert visitor.post("/account/address", {"address": NEW}).status == 422


def test_another_site_changes_nothing(app: App, ada: Subscriber) -> None:
    visitor = signed_in_as(app, ada)
    for path, form in (
        ("/account/erase", {"sure": "yes"}),
        ("/account/address", {"address": NEW}),
        ("/account/programs", {"name": "x"}),
        ("/account/sessions", {"others": "yes"}),
    ):
        assert visitor.post(path, form, sec_fetch_site="cross-site").status == 403
    assert now_is(app, ada) == ada


@pytest.mark.parametrize(
    "path",
    ["/account", "/account/address", "/account/programs", "/account/erase", "/sign-in"],
)
def test_pages_are_small_and_begin_with_their_heading(app: App, ada: Subscriber, path: str) -> None:
    visitor = Visitor(app) if path == "/sign-in" else signed_in_as(app, ada)
    page = visitor.get(path)
    assert len(page.body) < 30_000
    assert page.text.count("<h1") == 1
    for forbidden in ("<script", " style=", " onclick"):
        assert forbidden not in page.text


def test_a_kind_of_mail_has_a_place_in_the_ledger() -> None:
    assert max(len(kind) for kind in MailKind) <= 20
