"""The pages of operators, with a month of numbers, and with what they did."""

from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256

from digest.app import App
from digest.credentials import code_at
from digest.model.deliveries import DeliveryState
from digest.model.subscribers import Subscriber, SubscriberState
from digest.model.tallies import OTHERS, TallyKind
from digest.pipeline.limits import OPERATOR_BY_NAME, Asked, Limits
from digest.store.deliveries import find_deliveries
from digest.store.held_dumps import hold_dump, waiting_dumps
from digest.store.suppressions import suppress
from digest.store.tallies import save_tally
from tests.factories import make_dump
from tests.lint.browsing import Browsing
from tests.lint.corpus import FEW, PLAIN, TITLES, WISHES

_PASSWORD = "four words that rhyme"  # noqa: S105  of the tests
_HARM = '"><script>alert(1)</script>'
_MONTH = 30
_WORDS = (*(word for words in WISHES.values() for word in words), *(f"words {n}" for n in range(9)))


def visit_operators(
    app: App, browsing: Browsing, complained: Subscriber, unconfirmed: Subscriber
) -> None:
    """Sign in, look at everything before and after there is much to see, and do every deed."""
    _door(app, browsing)
    _look(browsing, "on the first day")
    _live_a_month(app, complained)
    _look(browsing, "after a month")
    _dumps(app, browsing)
    _mails(app, browsing)
    _readers(browsing, complained, unconfirmed)
    _pause(browsing)
    _look(browsing, "after all that was done")
    browsing.post("admin, signed out", "/admin/sign-out")
    browsing.leave()


def _door(app: App, browsing: Browsing) -> None:
    secret = app.operators.add("grace", _PASSWORD)
    for path in ("/admin", "/admin/sign-in"):
        browsing.get(f"{path} for a stranger", path)
    form = {"name": "grace", "password": _PASSWORD, "code": "000000"}
    browsing.post("admin, sign in, wrong", "/admin/sign-in", form)
    asked = Asked(OPERATOR_BY_NAME, "mallory")
    limits = Limits(app.database, app.tokens, app.clock)
    while limits.take(asked) is None:
        pass
    answer = browsing.post("too often", "/admin/sign-in", {**form, "name": "mallory"})
    assert answer.status == 429
    form["code"] = code_at(secret, app.clock())
    browsing.post("admin, signed in", "/admin/sign-in", form)
    assert "digest-operator" in browsing.client.cookies


def _look(browsing: Browsing, when: str) -> None:
    for path in ("", "/dumps", "/sources", "/deliveries", "/readers", "/pause", "/audit"):
        browsing.get(f"/admin{path} {when}", f"/admin{path}")


def _live_a_month(app: App, complained: Subscriber) -> None:
    now, today = app.clock(), app.clock().date()
    body = PLAIN.read_bytes()
    with app.database.writing() as connection:
        for day, kind, counts in _counted(today):
            save_tally(connection, kind, day, counts, now)
        for number, (name, text) in enumerate(
            {
                "plain.txt": _known_papers(),
                f'{_HARM}.txt "late" {"w" * 60}': body[:5000],
                "short.txt": body[:3000],
                "nothing.txt": b"nothing\n",
            }.items()
        ):
            held = make_dump(name, today, sha256(text).hexdigest())
            reason = f"it has {number} papers, and the lists before it have 40 or more"
            hold_dump(connection, held, text, reason, now)
        suppress(connection, complained.address, "complaint", "gmail", TITLES[0], now)


def _known_papers() -> bytes:
    """Return the head of a list and papers that were taken in: published, it changes no feed."""
    blocks = PLAIN.read_text(encoding="utf-8").split("\n\n")
    return "\n\n".join([*blocks[:5], *blocks[-2 * FEW :]]).encode()


def _counted(today: date) -> Iterator[tuple[date, TallyKind, dict[str, int]]]:
    for back in range(_MONTH):
        day = today - timedelta(days=back)
        many = 9_000 + 211 * (_MONTH - back)
        states = {
            state.value: many // (1 if state is DeliveryState.ACCEPTED else 40 + 9 * number)
            for number, state in enumerate(DeliveryState)
        }
        yield day, TallyKind.DELIVERIES, states
        readers = {each.value: many // (n + 1) for n, each in enumerate(SubscriberState)}
        yield day, TallyKind.READERS, readers
    reach = {word: 4_000 // (n + 1) for n, word in enumerate(_WORDS)}
    yield today, TallyKind.INTERESTS, {**reach, OTHERS: 12_345}
    delays = {f"{'long-' * n}domain.example": 7 ** (n % 6) for n in range(9)}
    yield today, TallyKind.DELAYS, delays


def _dumps(app: App, browsing: Browsing) -> None:
    with app.database.reading() as connection:
        plain, harmful, short, nothing = waiting_dumps(connection)
    for each in (plain, harmful, short, nothing):
        browsing.get(f"held dump {each.id}", f"/admin/dumps/{each.id}")
    browsing.post("held dump, published", f"/admin/dumps/{plain.id}", {"action": "publish"})
    browsing.post("held dump, discarded", f"/admin/dumps/{harmful.id}", {"action": "discard"})
    browsing.post("held dump, unreadable", f"/admin/dumps/{nothing.id}", {"action": "publish"})
    browsing.post("held dump, eaten", f"/admin/dumps/{short.id}", {"action": "eat"})
    browsing.get("held dump, none", "/admin/dumps/999")
    browsing.post("dumps, no file", "/admin/dumps", {"dated": "2026-03-17"})


def _mails(app: App, browsing: Browsing) -> None:
    page = "/admin/deliveries"
    for query in (
        "state=accepted",
        "state=planned",
        "domain=example.org",
        "domain=%3Cb%3E",
        "address=ada%40example.org&state=accepted",
        "address=ada",
    ):
        browsing.get(f"mails of {query}", f"{page}?{query}")
    with app.database.reading() as connection:
        numbers = [each.id for each in find_deliveries(connection)]
    boxes = {f"mail-{number}": "on" for number in numbers[-5:]}
    browsing.post("mails, none ticked", page, {"deed": "hold"})
    for deed in ("hold", "requeue", "release"):
        browsing.post(f"mails, {deed}", page, {**boxes, "deed": deed})
        if deed == "hold":
            browsing.get("mails, held", f"{page}?state=held")
            browsing.get("admin, with mails held", "/admin")


def _readers(browsing: Browsing, complained: Subscriber, unconfirmed: Subscriber) -> None:
    for asked in ("ada", "ADA@example.org", "nobody", "%3Cb%3E", "e"):
        browsing.get(f"readers {asked}", f"/admin/readers?q={asked}")
    for each in (complained, unconfirmed):
        browsing.get(f"reader {each.address}", f"/admin/readers/{each.id}")
    page = f"/admin/readers/{complained.id}"
    browsing.post("reader, lifted without a word", page, {"action": "lift"})
    browsing.post("reader, lifted", page, {"action": "lift", "word": "on"})
    page = f"/admin/readers/{unconfirmed.id}"
    for times in ("once", "twice"):
        browsing.post(f"reader, asked {times}", page, {"action": "resend"})
    browsing.post("reader, unsubscribed", page, {"action": "unsubscribe"})
    browsing.get("reader, none", "/admin/readers/999999")


def _pause(browsing: Browsing) -> None:
    page = "/admin/pause"
    browsing.post("admin, pause nothing", page, {"scope": ""})
    browsing.post("admin, pause no domain", page, {"scope": "domain", "domain": "a b, c"})
    browsing.post("admin, pause no way", page, {"scope": "transport", "transport": "pigeon"})
    for form in (
        {"scope": "domain", "domain": "gmail", "reason": f"they complain {_HARM}"},
        {"scope": "domain", "domain": "example.org", "reason": "w" * 300},
        {"scope": "site"},
    ):
        browsing.post(f"admin, pause {form}", page, form)
    for paused in ("site", "domain example.org"):
        browsing.post(f"admin, resume {paused}", page, {"resume": paused})
