"""From the form to the account and out again; nobody learns by it who reads here."""

import time
from collections.abc import Callable

import pytest

from digest.app import App
from digest.model.deliveries import Delivery, MailKind
from digest.model.subscribers import Subscriber
from digest.pipeline.subscribe import unsubscribe
from digest.store import suppressions
from digest.store.deliveries import deliveries_of
from digest.store.sign_ins import sign_ins_of
from digest.web.programs import browser_of
from digest.web.steps import STEP
from tests.conftest import HandClock
from tests.web.client import Answer, Client
from tests.web.visitor import COOKIE, FIREFOX, Visitor, signed_in_as


def mails(app: App, reader: Subscriber) -> list[Delivery]:
    with app.database.reading() as connection:
        return deliveries_of(connection, reader.id)


def mailed_link(app: App, reader: Subscriber) -> str:
    mail = mails(app, reader)[0]
    assert mail.kind is MailKind.SIGN_IN
    return app.links.sign_in(int(mail.period.partition("-")[0]), mail.planned_at)


def ask(client: Client, address: str) -> Answer:
    return client.post("/sign-in", {"address": address})


@pytest.fixture
def visitor(app: App) -> Visitor:
    return Visitor(app)


def test_a_link_by_mail_signs_in_once(app: App, visitor: Visitor, ada: Subscriber) -> None:
    answer = ask(visitor, " ADA@example.org ")
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in/sent")
    assert "spam folder" in visitor.get("/sign-in/sent").text

    link = mailed_link(app, ada)
    page = visitor.get(link)
    assert page.status == 200
    assert "a\u2022\u2022\u2022@example.org" in page.text
    assert "ada@example.org" not in page.text
    assert visitor.get("/account").headers["location"] == "/sign-in"

    entered = visitor.post(link)
    assert (entered.status, entered.headers["location"]) == (303, "/account")
    cookie = entered.headers["set-cookie"]
    for part in ("__Host-digest=", "HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in cookie
    account = visitor.get("/account")
    assert account.status == 200
    assert "ada@example.org" in account.text
    assert "Firefox on Linux" in account.text
    assert visitor.get("/sign-in").headers["location"] == "/account"

    again = Visitor(app)
    for over in (again.get(link), again.post(link)):
        assert over.status == 410
        assert "Ask for a new link" in over.text
    assert again.cookies == {}


def test_a_link_ends_after_a_quarter_of_an_hour_and_so_does_its_mail(
    app: App, visitor: Visitor, ada: Subscriber, clock: HandClock
) -> None:
    ask(visitor, ada.address)
    (mail,) = [each for each in mails(app, ada) if each.kind is MailKind.SIGN_IN]
    assert (mail.deadline_at - mail.planned_at).total_seconds() == 15 * 60
    link = mailed_link(app, ada)
    clock.advance(minutes=15)
    assert visitor.get(link).status == 410
    assert visitor.post(link).status == 410
    assert visitor.cookies == {}


def test_a_scanner_that_opens_the_link_uses_nothing_up(
    app: App, client: Client, visitor: Visitor, ada: Subscriber
) -> None:
    ask(visitor, ada.address)
    link = mailed_link(app, ada)
    for _ in range(2):
        assert client.get(link).status == 200
        assert client.head(link).status == 200
    assert visitor.post(link).headers["location"] == "/account"


def test_asking_again_sends_nothing_while_a_link_works_and_five_a_day_at_most(
    app: App, visitor: Visitor, ada: Subscriber, clock: HandClock
) -> None:
    for _ in range(3):
        ask(visitor, ada.address)
    assert [each.kind for each in mails(app, ada)].count(MailKind.SIGN_IN) == 1
    for _ in range(40):  # ten hours, past what any limit lets through
        clock.advance(minutes=16)
        ask(visitor, ada.address)
    assert [each.kind for each in mails(app, ada)].count(MailKind.SIGN_IN) <= 5


def test_who_asks_again_and_again_for_a_mail_that_waits_can_still_ask_when_it_is_over(
    app: App, visitor: Visitor, ada: Subscriber, clock: HandClock
) -> None:
    for _ in range(6):
        ask(visitor, ada.address)
    clock.advance(minutes=15)
    ask(visitor, ada.address)
    assert [each.kind for each in mails(app, ada)].count(MailKind.SIGN_IN) == 2


@pytest.fixture
def left(app: App, ada: Subscriber) -> Callable[[], None]:
    return lambda: unsubscribe(app.registry, ada)


def test_nobody_learns_who_is_a_reader(
    app: App, client: Client, ada: Subscriber, bob: Subscriber, left: Callable[[], None]
) -> None:
    answers = [ask(client, each) for each in ("new@example.org", ada.address, bob.address)]
    answers.append(ask(client, ada.address))
    left()
    answers.append(ask(client, ada.address))
    with app.database.writing() as connection:
        suppressions.suppress(connection, "bob@example.org", "bounces", "", "", app.clock())
    answers.append(ask(client, bob.address))
    first = answers[0]
    for other in answers[1:]:
        assert (other.status, other.body, other.raw_headers) == (303, first.body, first.raw_headers)


def test_no_clock_tells_who_is_a_reader(client: Client, ada: Subscriber, bob: Subscriber) -> None:
    for address in ("new@example.org", ada.address, bob.address):
        begun = time.monotonic()
        ask(client, address)
        assert time.monotonic() - begun >= STEP


def test_who_has_yet_to_confirm_is_asked_that_first(
    app: App, client: Client, bob: Subscriber, clock: HandClock
) -> None:
    clock.advance(hours=1)
    ask(client, bob.address)
    assert [each.kind for each in mails(app, bob)] == [MailKind.CONFIRM] * 2
    with app.database.reading() as connection:
        assert sign_ins_of(connection, bob.id, clock().replace(year=2020)) == []


@pytest.mark.parametrize("typed", ["", "ada", "a@b@c", "ada@example.org\r\nBcc: x@example.org"])
def test_what_is_no_address_is_asked_for_again(client: Client, typed: str) -> None:
    page = ask(client, typed)
    assert page.status == 422
    assert "<title>Error: " in page.text
    assert '<a href="#address">' in page.text
    assert 'id="address-error"' in page.text


@pytest.mark.parametrize("token", ["nonsense", "1-1.AAAA", "1", "%00", "-1"])
def test_a_link_that_is_not_ours_is_not_found(visitor: Visitor, token: str) -> None:
    for place in ("sign-in", "address"):
        assert visitor.get(f"/{place}/{token}").status == 404
        assert visitor.post(f"/{place}/{token}").status == 404


def test_a_browser_signs_out_and_its_cookie_is_worth_nothing(app: App, ada: Subscriber) -> None:
    visitor = signed_in_as(app, ada)
    kept = visitor.cookies[COOKIE]
    assert visitor.post("/sign-out").headers["location"] == "/"
    assert visitor.cookies == {}
    visitor.cookies[COOKIE] = kept
    assert visitor.get("/account").headers["location"] == "/sign-in"


def test_signing_in_anew_ends_what_the_browser_was_signed_in_as(app: App, ada: Subscriber) -> None:
    visitor = signed_in_as(app, ada)
    before = visitor.cookies[COOKIE]
    ask(visitor, ada.address)
    visitor.post(mailed_link(app, ada))
    assert visitor.cookies[COOKIE] != before
    other = Visitor(app)
    other.cookies[COOKIE] = before
    assert other.get("/account").headers["location"] == "/sign-in"


def test_sessions_are_listed_and_ended(app: App, ada: Subscriber) -> None:
    here, there, elsewhere = (signed_in_as(app, ada) for _ in range(3))
    page = here.get("/account").text
    assert page.count("last used on Wednesday 18 March 2026</span></span>") == 3
    assert page.count("(this browser)") == 1
    numbers = [part.split('"')[0] for part in page.split('name="end" value="')[1:]]
    here.post("/account/sessions", {"end": numbers[0]})
    assert elsewhere.get("/account").status == 303
    assert there.get("/account").status == 200
    here.post("/account/sessions", {"others": "yes"})
    assert there.get("/account").status == 303
    assert here.get("/account").status == 200


def test_who_is_shown_out_leaves_no_link_to_another_address_behind(
    app: App, ada: Subscriber
) -> None:
    here, thief = (signed_in_as(app, ada) for _ in range(2))
    thief.post("/account/address", {"address": "thief@example.net"})
    mail = mails(app, ada)[0]
    link = app.links.move(int(mail.period.partition("-")[0]), mail.planned_at)
    assert thief.get(link).status == 200
    here.post("/account/sessions", {"others": "yes"})
    assert thief.post(link).status == 410
    assert "ada@example.org" in here.get("/account").text


@pytest.mark.parametrize("number", ["", "0", "x", "9" * 40, "\u0661", "-1"])
def test_a_session_that_is_none_is_nothing_to_end(app: App, ada: Subscriber, number: str) -> None:
    visitor = signed_in_as(app, ada)
    assert visitor.post("/account/sessions", {"end": number}).status == 303
    assert visitor.get("/account").status == 200


def test_nobody_ends_anothers_session(app: App, ada: Subscriber, bob: Subscriber) -> None:
    hers, his = signed_in_as(app, ada), signed_in_as(app, bob)
    for number in range(1, 5):
        his.post("/account/sessions", {"end": str(number)})
    assert hers.get("/account").status == 200


def test_another_site_signs_nobody_out(app: App, ada: Subscriber) -> None:
    visitor = signed_in_as(app, ada)
    assert visitor.post("/sign-out", sec_fetch_site="cross-site").status == 403
    assert visitor.post("/sign-out", sec_fetch_site="", origin="null").status == 403
    assert visitor.get("/account").status == 200


@pytest.mark.parametrize(
    "path",
    ["/account", "/account/address", "/account/programs", "/account/export", "/account/erase"],
)
def test_what_is_ones_own_leads_strangers_to_the_sign_in(client: Client, path: str) -> None:
    for answer in (client.get(path), client.head(path)):
        assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
        assert answer.headers["cache-control"] == "no-store"


def test_a_program_is_given_a_token_that_is_shown_once(app: App, ada: Subscriber) -> None:
    visitor = signed_in_as(app, ada)
    page = visitor.post("/account/programs", {"name": "my <b>script</b>"})
    token = page.text.split('id="token"')[1].split('value="')[1].split('"')[0]
    assert len(token) >= 32
    listed = visitor.get("/account/programs").text
    assert token not in listed
    assert "my &lt;b&gt;script&lt;/b&gt;" in listed
    number = listed.split('name="end" value="')[1].split('"')[0]
    visitor.post("/account/programs", {"end": number})
    assert "None has a token." in visitor.get("/account/programs").text


@pytest.mark.parametrize("name", ["", "   ", "\u202e", "x" * 61])
def test_a_program_without_a_fit_name_gets_no_token(app: App, ada: Subscriber, name: str) -> None:
    visitor = signed_in_as(app, ada)
    page = visitor.post("/account/programs", {"name": name})
    assert page.status == 422
    assert 'id="name-error"' in page.text
    assert "None has a token." in visitor.get("/account/programs").text


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/128.0.0.0 Safari/537.36 Edg/128.0.0.0"
            ),
            "Edge on Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
                " (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
            ),
            "Safari on an iPhone",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/128.0.0.0 Mobile Safari/537.36"
            ),
            "Chrome on Android",
        ),
        ("curl/8.5.0", "curl"),
        ("", ""),
        ("<script>", "<script>"),
    ],
)
def test_browsers_are_called_by_their_names(user_agent: str, name: str) -> None:
    assert browser_of(user_agent) == name
