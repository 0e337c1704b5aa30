"""The pages of operators, over both databases: who gets in, what they see, and what is written down."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.app import App, build_app
from digest.credentials import code_at
from digest.errors import HeldError
from digest.model.deliveries import DeliveryState, MailKind, PauseScope
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber, SubscriberState
from digest.model.tallies import TallyKind
from digest.pipeline.held import take_file
from digest.pipeline.limits import OPERATOR_BY_NAME, OPERATOR_OF_NETWORK, Asked, Limits
from digest.pipeline.sessions import Sessions
from digest.pipeline.stock import DAYS, take_stock
from digest.pipeline.subscribe import enrol, subscribe
from digest.store import tallies
from digest.store.account_tables import audit
from digest.store.deliveries import find_deliveries
from digest.store.engine import Database
from digest.store.held_dumps import waiting_dumps
from digest.store.operators import operator_by_name
from digest.store.pauses import pause, pauses
from digest.store.sources import know_sources
from digest.store.subscribers import subscriber_by_id
from digest.store.suppressions import suppress, suppression_of
from digest.store.waiting import hold
from digest.web import admin, build_web
from digest.web.security import masked
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.pipeline.test_harvest import Answers
from tests.web.api_programs import with_file
from tests.web.client import Answer, Client
from tests.web.conftest import BASE_URL, settings_in
from tests.web.operators import add_without_password, cookie_of

PASSWORD = "four words that rhyme"  # noqa: S105  of the tests
PAGES = (
    "/admin",
    "/admin/dumps",
    "/admin/sources",
    "/admin/deliveries",
    "/admin/readers",
    "/admin/pause",
    "/admin/audit",
)
OWN = {"sec_fetch_site": "same-origin"}


@pytest.fixture
def app(database: Database, tmp_path: Path, clock: HandClock) -> Iterator[App]:
    address = database.url.render_as_string(hide_password=False).replace("+psycopg", "")
    built = build_app(replace(settings_in(tmp_path), database_url=address), clock)
    yield built
    built.database.dispose()


@pytest.fixture
def secret(app: App) -> bytes:
    """What makes the codes of Grace, who may sign in."""
    return app.operators.add("grace", PASSWORD)


def try_to_sign_in(
    client: Client, code: str, password: str = PASSWORD, name: str = "grace"
) -> Answer:
    form = {"name": name, "password": password, "code": code}
    return client.post("/admin/sign-in", form, **OWN)


@pytest.fixture
def cookie(app: App) -> str:
    add_without_password(app, "grace")
    return cookie_of(app, "grace")


@pytest.fixture
def ada(app: App) -> Subscriber:
    return enrol(app.registry, "ada@example.org", make_wishes("graph neural networks", "RAG"))


def state_of(app: App, reader: Subscriber) -> SubscriberState:
    with app.database.reading() as connection:
        found = subscriber_by_id(connection, reader.id)
    assert found is not None
    return found.state


def deeds(app: App) -> list[tuple[str, str, str]]:
    with app.database.reading() as connection:
        rows = connection.execute(audit.select().order_by(audit.c.id)).all()
    return [(row.operator, row.deed, row.subject) for row in rows]


def holds_a_dump(app: App, folder: Path, example: Path) -> int:
    """A short page after a long one is held; return its number."""
    long = folder / "long.txt"
    long.write_bytes(example.read_bytes())
    take_file(app.database, long, app.clock, dated_on=app.clock().date())
    short = folder / "short & <b>.txt"
    short.write_bytes(_beginning(example))
    with pytest.raises(HeldError):
        take_file(app.database, short, app.clock, dated_on=app.clock().date())
    with app.database.reading() as connection:
        [held] = waiting_dumps(connection)
    return held.id


def _beginning(example: Path) -> bytes:
    """The header and the first papers of a saved page."""
    blocks = example.read_text().split("\n\n")
    return "\n\n".join(blocks[: max(8, len(blocks) // 12)]).encode()


@pytest.mark.parametrize("path", [*PAGES, "/admin/readers/1", "/admin/dumps/1"])
def test_nobody_sees_a_page_who_has_not_signed_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status, answer.headers["location"]) == (303, "/admin/sign-in")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/admin/deliveries", "/admin/pause", "/admin/readers/1"])
def test_nobody_does_a_deed_who_has_not_signed_in(client: Client, app: App, path: str) -> None:
    form = {"action": "unsubscribe", "scope": "site", "deed": "hold", "mail-1": "on"}
    assert client.post(path, form, **OWN).headers["location"] == "/admin/sign-in"
    assert deeds(app) == []


def test_an_operator_signs_in_by_name_password_and_code(
    client: Client, app: App, secret: bytes
) -> None:
    page = client.get("/admin/sign-in")
    assert page.status == 200
    assert "set-cookie" not in page.headers

    answer = try_to_sign_in(client, code_at(secret, app.clock()), name=" Grace ")

    assert (answer.status, answer.headers["location"]) == (303, "/admin")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-digest-operator=")
    assert {"HttpOnly", "Secure", "SameSite=strict", "Max-Age=43200"} <= set(cookie.split("; "))
    assert client.get("/admin", cookie=cookie.partition(";")[0]).status == 200
    assert deeds(app)[-1] == ("grace", "sign in", "")


def test_every_failure_is_told_alike(client: Client, app: App, secret: bytes) -> None:
    code = code_at(secret, app.clock())
    bodies = {
        re.sub(r'value="[^"]*"', "", answer.text)
        for answer in (
            try_to_sign_in(client, code, name="nobody"),
            try_to_sign_in(client, code, "another password"),
            try_to_sign_in(client, "000000"),
        )
        if answer.status == 422 and "set-cookie" not in answer.headers
    }
    assert len(bodies) == 1
    assert PASSWORD not in bodies.pop()


def test_a_code_is_good_once(client: Client, app: App, secret: bytes) -> None:
    code = code_at(secret, app.clock())
    assert try_to_sign_in(client, code).status == 303
    assert try_to_sign_in(client, code).status == 422


def test_passwords_cannot_be_tried_for_long(client: Client, app: App) -> None:
    limits = Limits(app.database, app.tokens, app.clock)
    for _ in range(10):
        assert limits.take(Asked(OPERATOR_BY_NAME, "grace")) is None
    assert try_to_sign_in(client, "000000").status == 429
    assert try_to_sign_in(client, "000000", name=" GRACE ").status == 429


def test_nobody_shuts_an_operator_out_from_another_network(app: App) -> None:
    web = build_web(app)
    limits = Limits(app.database, app.tokens, app.clock)
    while limits.take(Asked(OPERATOR_OF_NETWORK, "192.0.2.1")) is None:
        pass
    assert try_to_sign_in(Client(web, BASE_URL, "192.0.2.1"), "000000").status == 429
    assert try_to_sign_in(Client(web, BASE_URL, "192.0.2.2"), "000000").status == 422


def test_a_session_ends_after_twelve_hours_and_by_signing_out(
    client: Client, app: App, clock: HandClock, cookie: str
) -> None:
    with app.database.reading() as connection:
        known = operator_by_name(connection, "grace")
    assert known is not None
    other = Sessions(app.database, app.clock).open(SessionKind.OPERATOR, known.id, "")
    answer = client.post("/admin/sign-out", {}, cookie=cookie, **OWN)
    assert answer.headers["location"] == "/admin/sign-in"
    assert client.get("/admin", cookie=cookie).status == 303

    cookie = f"__Host-digest-operator={other}"
    clock.advance(hours=11)
    assert client.get("/admin", cookie=cookie).status == 200
    clock.advance(hours=2)
    assert client.get("/admin", cookie=cookie).status == 303


def test_who_is_removed_or_reset_is_out_at_once(client: Client, app: App, cookie: str) -> None:
    app.operators.reset("grace", "another four words")
    assert client.get("/admin", cookie=cookie).status == 303
    app.operators.remove("grace")
    assert client.get("/admin", cookie=cookie).status == 303


def test_a_readers_cookie_is_no_operators(client: Client, cookie: str) -> None:
    token = cookie.partition("=")[2]
    assert client.get("/admin", cookie=f"__Host-digest={token}").status == 303
    assert client.get("/account", cookie=f"__Host-digest={token}").status == 303


def at_a_proxy(app: App, **settings: str) -> Client:
    given = {"admin_header": "X-Forwarded-User", "trusted_proxies": "1", **settings}
    return Client(build_web(replace(app, settings=replace(app.settings, **given))), BASE_URL)


def test_a_proxy_that_is_trusted_says_who_signed_in(app: App) -> None:
    client = at_a_proxy(app)
    page = client.get("/admin", x_forwarded_user="gr\u00e4ce <b>".encode().decode("latin-1"))
    assert page.status == 200
    assert "gr\u00e4ce &lt;b&gt;" in page.text
    assert client.get("/admin", x_forwarded_user="gr\u00e4ce").status == 200
    assert "Sign out" not in page.text
    assert client.get("/admin").status == 303
    form = {"scope": "site", "reason": "they complain"}
    assert client.post("/admin/pause", form, x_forwarded_user="grace").status == 403
    answer = client.post("/admin/pause", form, x_forwarded_user="grace", origin=BASE_URL)
    assert answer.status == 303
    assert deeds(app) == [("grace", "pause", "site: they complain")]


def test_the_header_from_anywhere_else_opens_nothing(app: App, client: Client) -> None:
    assert client.get("/admin", x_forwarded_user="grace").status == 303
    assert at_a_proxy(app, trusted_proxies="0").get("/admin", x_forwarded_user="g").status == 403


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_light_and_without_script(
    client: Client, app: App, ada: Subscriber, cookie: str, path: str
) -> None:
    del ada
    take_stock(app.database, app.clock)
    page = client.get(path, cookie=cookie)
    assert page.status == 200
    assert len(page.body) < 30_000
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.text.count("<h1") == 1


def test_the_first_page_is_light_however_much_there_is(
    client: Client, app: App, cookie: str
) -> None:
    now = app.clock()
    with app.database.writing() as connection:
        for back in range(DAYS):
            day = now.date() - timedelta(days=back)
            states = {state.value: 1_000_000 + back for state in DeliveryState}
            tallies.save_tally(connection, TallyKind.DELIVERIES, day, states, now)
            readers = {state.value: 1_000_000 + back for state in SubscriberState}
            tallies.save_tally(connection, TallyKind.READERS, day, readers, now)
        wide = {f"{number} {'<wide> & words ' * 9}"[:80]: 10**6 for number in range(20)}
        tallies.save_tally(connection, TallyKind.INTERESTS, now.date(), {**wide, "": 5}, now)
        slow = {f"{number}.{'domain.' * 12}"[:80]: 10**5 for number in range(10)}
        tallies.save_tally(connection, TallyKind.DELAYS, now.date(), slow, now)
    page = client.get("/admin", cookie=cookie)
    assert len(page.body) < 30_000
    assert "<wide>" not in page.text


def test_the_style_sheet_is_light(client: Client) -> None:
    sheet = client.get("/static/admin.css")
    assert sheet.status == 200
    assert len(sheet.body) < 8192


def test_the_first_page_says_what_needs_a_person(
    client: Client, app: App, ada: Subscriber, cookie: str
) -> None:
    subscribe(app.registry, "bob@example.org", make_wishes("robots"))
    with app.database.writing() as connection:
        [mail] = find_deliveries(connection)
        hold(connection, [mail.id])
        pause(connection, PauseScope.DOMAIN, "gmail", "<i>complaints</i>", app.clock())
    page = client.get("/admin", cookie=cookie).text
    assert "1 mail held back." in page
    assert "Paused is the domain gmail" in page
    assert "<i>complaints" not in page
    assert "No dump was ever taken in." in page
    del ada


def test_a_held_dump_is_looked_at_published_once_and_written_down(
    client: Client, app: App, cookie: str, tmp_path: Path, example_dumps: list[Path]
) -> None:
    number = holds_a_dump(app, tmp_path, example_dumps[0])
    listed = client.get("/admin/dumps", cookie=cookie).text
    assert "short &amp; &lt;b&gt;.txt" in listed
    page = client.get(f"/admin/dumps/{number}", cookie=cookie).text
    assert "The first titles" in page
    assert "Publish" in page

    for _ in range(2):
        answer = client.post(f"/admin/dumps/{number}", {"action": "publish"}, cookie=cookie, **OWN)
        assert answer.status == 303
    client.post(f"/admin/dumps/{number}", {"action": "discard"}, cookie=cookie, **OWN)

    page = client.get(f"/admin/dumps/{number}", cookie=cookie).text
    assert "Published on" in page
    assert 'value="discard"' not in page
    written = [deed for deed in deeds(app) if "dump" in deed[1]]
    assert written == [("grace", "publish dump", f"dump {number} (short & <b>.txt)")]


def test_nonsense_is_answered_and_changes_nothing(client: Client, app: App, cookie: str) -> None:
    with app.database.writing() as connection:
        pause(connection, PauseScope.SITE, "", "", app.clock())
    before = deeds(app)
    for path, form, status in (
        ("/admin/dumps/999", {"action": "publish"}, 404),
        ("/admin/dumps/1", {"action": "eat"}, 400),
        ("/admin/readers/999", {"action": "unsubscribe"}, 303),
        ("/admin/readers/1", {"action": "eat"}, 400),
        ("/admin/pause", {"scope": "universe"}, 422),
        ("/admin/pause", {"scope": "domain", "domain": "a b, c"}, 422),
        ("/admin/pause", {"scope": "transport", "transport": "pigeon"}, 422),
        ("/admin/pause", {"resume": "universe"}, 303),
        ("/admin/pause", {"resume": ""}, 303),
        ("/admin/pause", {"resume": "domain a\0b"}, 303),
        ("/admin/deliveries", {"deed": "eat", "mail-1": "on"}, 422),
        ("/admin/deliveries", {"deed": "hold", "mail-": "on", "mail-x": "on"}, 422),
        ("/admin/deliveries", {"deed": "hold", "mail-999": "on"}, 200),
    ):
        assert client.post(path, form, cookie=cookie, **OWN).status == status, path
    for path in (
        "/admin/readers?q=%00%F0%9F%98%80",
        "/admin/readers?q=%25_%27",
        "/admin/audit?before=99999999999999999999999999",
        "/admin/audit?before=-1",
        "/admin/deliveries?state=eaten&before=x",
    ):
        assert client.get(path, cookie=cookie).status == 200, path
    assert client.get("/admin/deliveries?address=nobody", cookie=cookie).status == 422
    assert client.get("/admin/readers/999999", cookie=cookie).status == 404
    assert deeds(app) == before


def test_mails_are_found_held_and_released(client: Client, app: App, cookie: str) -> None:
    subscribe(app.registry, "bob@example.org", make_wishes("robots"))
    with app.database.reading() as connection:
        [mail] = find_deliveries(connection)
    box = {f"mail-{mail.id}": "on"}
    for query in ("", "?state=ready", "?domain=example.org", "?address=BOB@example.org"):
        assert (
            f'name="mail-{mail.id}"' in client.get(f"/admin/deliveries{query}", cookie=cookie).text
        )
    for query in ("?state=held", "?domain=gmail", "?address=eve@example.org"):
        assert "No such mail" in client.get(f"/admin/deliveries{query}", cookie=cookie).text

    held = client.post("/admin/deliveries", {**box, "deed": "hold"}, cookie=cookie, **OWN)
    assert "Held: 1 mail." in held.text
    again = client.post("/admin/deliveries", {**box, "deed": "hold"}, cookie=cookie, **OWN)
    assert "is held already" in again.text
    client.post("/admin/deliveries", {**box, "deed": "release"}, cookie=cookie, **OWN)

    with app.database.reading() as connection:
        [mail] = find_deliveries(connection)
    assert mail.state is DeliveryState.READY
    written = [(deed, subject) for _, deed, subject in deeds(app) if "mails" in deed]
    assert written == [("hold mails", str(mail.id)), ("release mails", str(mail.id))]


def test_readers_are_found_by_the_beginning_of_their_address(
    client: Client, app: App, ada: Subscriber, cookie: str
) -> None:
    enrol(app.registry, "adam%x@example.org", make_wishes("robots"))
    for asked, found in (
        ("ada@example.org", {"ada@example.org"}),
        ("ADA", {"ada@example.org", "adam%x@example.org"}),
        ("adam%", {"adam%x@example.org"}),
        ("a%", set()),
        ("_da", set()),
    ):
        page = client.get(f"/admin/readers?q={asked.replace('%', '%25')}", cookie=cookie).text
        assert set(re.findall(r'dir="auto">([^<]*@[^<]*)</a>', page)) == found
    page = client.get(f"/admin/readers/{ada.id}", cookie=cookie).text
    assert "every day at 07:00" in page
    assert "active" in page


def test_no_page_shows_a_link_of_a_reader(
    client: Client, app: App, ada: Subscriber, cookie: str
) -> None:
    links = app.links
    for path in (*PAGES, f"/admin/readers/{ada.id}", "/admin/readers?q=ada"):
        page = client.get(path, cookie=cookie).text
        for url in (links.preferences(ada), links.unsubscribe(ada)):
            assert url.rpartition("/")[2] not in page
        assert app.links.steering_token(ada) not in page


def test_an_operator_helps_a_reader(
    client: Client, app: App, clock: HandClock, ada: Subscriber, cookie: str
) -> None:
    bob = subscribe(app.registry, "bob@example.org", make_wishes("robots"))

    def press(reader: Subscriber, **form: str) -> Answer:
        return client.post(f"/admin/readers/{reader.id}", form, cookie=cookie, **OWN)

    assert press(bob, action="resend").status == 422, "they have just been asked"
    clock.advance(minutes=20)
    assert press(bob, action="resend").status == 303
    with app.database.reading() as connection:
        kinds = [each.kind for each in find_deliveries(connection)]
    assert kinds.count(MailKind.CONFIRM) == 2

    with app.database.writing() as connection:
        suppress(connection, "ada@example.org", "complaint", "report", "", app.clock())
    assert "They complained" in press(ada, action="lift").text
    assert press(ada, action="lift", word="on").status == 303
    with app.database.reading() as connection:
        assert suppression_of(connection, "ada@example.org") is None

    for _ in range(2):
        assert press(ada, action="unsubscribe").status == 303
    assert state_of(app, ada) is SubscriberState.UNSUBSCRIBED

    written = [(deed, subject) for _, deed, subject in deeds(app) if "reader" in subject]
    assert written == [
        ("resend confirmation", f"reader {bob.id}"),
        ("lift suppression", f"reader {ada.id}"),
        ("unsubscribe", f"reader {ada.id}"),
    ]


def test_everything_is_paused_and_resumed_with_a_reason(
    client: Client, app: App, cookie: str
) -> None:
    def paused() -> list[tuple[PauseScope, str]]:
        with app.database.reading() as connection:
            return [(each.scope, each.name) for each in pauses(connection)]

    for form in (
        {"scope": "site", "reason": "a mistake in the\r\nlist"},
        {"scope": "site", "reason": "again"},
        {"scope": "domain", "domain": "GoogleMail.com"},
        {"scope": "transport", "transport": app.transports()[0].name},
    ):
        assert client.post("/admin/pause", form, cookie=cookie, **OWN).status == 303
    assert len(paused()) == 3
    assert "a mistake in the list" in client.get("/admin/pause", cookie=cookie).text
    for scope, name in paused():
        resume = {"resume": f"{scope.value} {name}"}
        assert client.post("/admin/pause", resume, cookie=cookie, **OWN).status == 303
    assert paused() == []
    assert [deed for _, deed, _ in deeds(app)].count("pause") == 3
    assert [deed for _, deed, _ in deeds(app)].count("resume") == 3


def test_whatever_is_done_is_one_line_in_the_audit_log(
    app: App, secret: bytes, tmp_path: Path, example_dumps: list[Path]
) -> None:
    ada = enrol(app.registry, "ada@example.org", make_wishes("robots"), is_welcomed=True)
    held = holds_a_dump(app, tmp_path, example_dumps[0])
    web = build_web(app)
    web.state.sources = [Answers([])]
    client = Client(web, BASE_URL)
    with app.database.writing() as connection:
        know_sources(connection, [("test", "Test")])
        [mail] = find_deliveries(connection)
    sign_in = {"name": "grace", "password": PASSWORD, "code": code_at(secret, app.clock())}
    forms = {
        "/admin/sign-in": ("", sign_in),
        "/admin/dumps": ("", {}),
        "/admin/dumps/{number:row}": (held, {"action": "discard"}),
        "/admin/sources": ("", {"source": "test"}),
        "/admin/deliveries": ("", {"deed": "hold", f"mail-{mail.id}": "on"}),
        "/admin/readers/{number:row}": (ada.id, {"action": "unsubscribe"}),
        "/admin/pause": ("", {"scope": "site"}),
        "/admin/sign-out": ("", {}),
    }
    posts = {route.path for route in admin.ROUTES if "POST" in (route.methods or ())}
    assert posts == set(forms)
    cookie = ""
    for path, (number, form) in forms.items():
        before = len(deeds(app))
        url = path.replace("{number:row}", str(number))
        if path == "/admin/dumps":
            kind, body = with_file("letter.txt", b"Dear Ada,\nhow are you?\n")
            headers = {"content_type": kind, "cookie": cookie, **OWN}
            answer = client.ask("POST", url, headers, body)
        else:
            answer = client.post(url, form, cookie=cookie, **OWN)
        assert len(deeds(app)) == before + 1, path
        cookie = cookie or answer.headers["set-cookie"].partition(";")[0]


def test_whom_an_operator_looks_for_stays_out_of_the_log() -> None:
    for path in ("/admin/readers?q=ada@example.org", "/admin/deliveries?address=ada@example.org"):
        assert masked(path) == "/admin/********"


def test_a_deed_from_another_site_is_refused(client: Client, app: App, cookie: str) -> None:
    for headers in ({"sec_fetch_site": "cross-site"}, {"origin": "https://evil.example"}, {}):
        answer = client.post("/admin/pause", {"scope": "site"}, cookie=cookie, **headers)
        assert answer.status == 403
    with app.database.reading() as connection:
        assert pauses(connection) == []


def test_the_audit_log_is_read_page_by_page(client: Client, app: App, cookie: str) -> None:
    with app.database.writing() as connection:
        rows = [
            {"operator": "o", "deed": "d", "subject": f"<b>{n}", "done_at": app.clock()}
            for n in range(120)
        ]
        connection.execute(audit.insert(), rows)
    seen: list[str] = []
    path = "/admin/audit"
    while path:
        page = client.get(path, cookie=cookie).text
        seen += re.findall(r"&lt;b&gt;(\d+)", page)
        older = re.search(r'href="(\?before=\d+)"', page)
        path = f"/admin/audit{older[1]}" if older else ""
    assert seen == [str(n) for n in range(119, -1, -1)]
