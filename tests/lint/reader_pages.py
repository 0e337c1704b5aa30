"""The pages of a reader who signs in, with what they did there: rightly, wrongly, and twice."""

from datetime import timedelta

from sqlalchemy import select

from digest.app import App
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.sessions import Sessions
from digest.pipeline.subscribe import enrol
from digest.store.account_tables import address_changes, sign_ins
from digest.store.papers import newest_papers
from digest.store.tables import digests
from tests.factories import make_wishes
from tests.lint.browsing import Browsing

_COOKIE = "digest"  # the site is at a port of loopback, where nothing is https
_HARM = '"><b>a program</b> & \u05e9\u05dc\u05d5\u05dd ]]>'


def visit_accounts(app: App, browsing: Browsing, ada: Subscriber, eve: Subscriber) -> None:
    """Sign in as one reader after the other; the last one moves away and is erased."""
    _issue(app, browsing, ada, "a stranger")
    _sign_in(app, browsing, ada)
    _account(browsing)
    _programs(browsing)
    _issue(app, browsing, ada, "its reader")
    _paper(app, browsing)
    _days(app, browsing, ada)
    browsing.post("signed out", "/sign-out")
    _go_in(app, browsing, eve)
    _days(app, browsing, eve)
    gina = enrol(app.registry, "gina@example.org", make_wishes("fog"))
    _go_in(app, browsing, gina)
    _days(app, browsing, gina)
    browsing.get("digests, none", "/account/digests")
    _move(app, browsing)
    _erase(browsing)
    browsing.leave()


def visit_pauses(app: App, browsing: Browsing, reader: Subscriber) -> None:
    """Pause in every way there is, and go on."""
    page = app.links.pause(reader)
    browsing.get("pause", page)
    later = (app.clock() + timedelta(days=9)).date().isoformat()
    for name, form in {
        "nothing chosen": {"span": ""},
        "both": {"span": "week", "until": later},
        "no date": {"span": "date", "until": _HARM},
        "long ago": {"span": "date", "until": "2020-01-01"},
    }.items():
        browsing.post(f"pause, {name}", page, form)
    browsing.post("pause, until a date", page, {"span": "date", "until": later})
    browsing.get("pause, meanwhile", page)
    browsing.get("preferences, paused", app.links.preferences(reader))
    browsing.post("pause, over", page, {"act": "resume"})


def _sign_in(app: App, browsing: Browsing, reader: Subscriber) -> None:
    browsing.get("sign in", "/sign-in")
    browsing.post("sign in, wrong", "/sign-in", {"address": "ada@<b>"})
    browsing.post("sign in, too late", "/sign-in", {"address": reader.address, "shown": ""})
    browsing.post("sign in, asked", "/sign-in", {"address": reader.address})
    with app.database.reading() as connection:
        asked = connection.execute(select(sign_ins).order_by(sign_ins.c.id.desc())).first()
    assert asked is not None
    link = app.links.sign_in(asked.id, asked.asked_at)
    browsing.get("sign in, the link", link)
    answer = browsing.post("signed in", link, {"remember": "yes"})
    assert "location" not in answer.headers
    browsing.get("sign in, the link once more", link)
    browsing.post("sign in, the button once more", link)


def _go_in(app: App, browsing: Browsing, reader: Subscriber) -> None:
    """Be signed in, by no way but the shortest."""
    browsing.leave()
    token = Sessions(app.database, app.clock).open(SessionKind.READER, reader.id, "Firefox")
    browsing.client.cookies[_COOKIE] = token


def _account(browsing: Browsing) -> None:
    browsing.get("account", "/account")
    browsing.post("account, browsers signed out", "/account/sessions", {"others": "yes"})
    browsing.get("account, export", "/account/export")
    browsing.get("erase, asked", "/account/erase")
    browsing.get("address", "/account/address")


def _programs(browsing: Browsing) -> None:
    page = "/account/programs"
    browsing.get("programs, none", page)
    browsing.post("programs, wrong", page, {"name": " "})
    browsing.post("programs, made", page, {"name": "Shelf"})
    browsing.post("programs, made another", page, {"name": _HARM[:60]})
    browsing.get("programs", page)
    browsing.post("programs, taken back", page, {"end": "1"})


def _issue(app: App, browsing: Browsing, reader: Subscriber, who: str) -> None:
    with app.database.reading() as connection:
        rows = select(digests.c.id).where(digests.c.subscriber_id == reader.id)
        number = connection.execute(rows).scalars().first()
    assert number is not None
    browsing.get(f"issue for {who}", app.links.issue(reader, number))


def _paper(app: App, browsing: Browsing) -> None:
    with app.database.reading() as connection:
        found = newest_papers(connection, 20)
    for each in (found[0], found[-1]):
        browsing.get(f"paper {each.paper.id} for a reader", app.links.paper(each.paper))


def _days(app: App, browsing: Browsing, reader: Subscriber) -> None:
    browsing.get(f"digests of {reader.address}", "/account/digests")
    browsing.get(f"digests of {reader.address}, older", "/account/digests?before=2026-02-01")
    browsing.get(f"receipts of {reader.address}", "/account/receipts")
    today = app.clock().date()
    for back in (-1, 0, 1, 2, 40):
        day = (today - timedelta(days=back)).isoformat()
        browsing.get(f"receipt of {day} for {reader.address}", f"/account/receipts/{day}")
    browsing.get("receipt of no day", "/account/receipts/2026-02-30")


def _move(app: App, browsing: Browsing) -> None:
    page = "/account/address"
    browsing.post("address, wrong", page, {"address": "gina@<b>"})
    browsing.post("address, the same", page, {"address": "gina@example.org"})
    browsing.post("address, asked", page, {"address": "gina@example.net"})
    with app.database.reading() as connection:
        asked = connection.execute(select(address_changes)).one()
    link = app.links.move(asked.id, asked.asked_at)
    browsing.get("address, the link", link)
    browsing.post("address, changed", link, {"act": "move"})
    browsing.get("address, the link once more", link)


def _erase(browsing: Browsing) -> None:
    page = "/account/erase"
    browsing.get("erase", page)
    browsing.post("erase, unsure", page)
    browsing.post("erased", page, {"sure": "yes"})
    browsing.get("erase, nobody signed in", page)
