"""What comes back about mails that were sent, and readers who leave: counted once, believed if ours."""

import threading
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from pathlib import Path

import pytest

from digest.app import App
from digest.config import Settings
from digest.delivery.intakes import Taken
from digest.delivery.sink import Received, Rule, Sink, Step
from digest.delivery.verp import Returns
from digest.model.deliveries import DeliveryState
from digest.model.subscribers import SubscriberState
from digest.pipeline.archive import Archives
from digest.pipeline.bounced import ReturnDesk, take_return
from digest.store import bounces
from digest.tokens import Tokens
from digest.web import build_web
from tests.delivery import returned_mail as came
from tests.factories import numbered
from tests.faults.invariants import check
from tests.faults.site import AUTHORITY, Site, renderer, smtp
from tests.web.client import Client

RETURNS = Returns(f"return@{AUTHORITY}", Tokens(["a secret"]))


@pytest.fixture
def desk(site: Site) -> ReturnDesk:
    return ReturnDesk(site.database, RETURNS, site.clock)


@pytest.fixture
def client(site: Site, tmp_path: Path) -> Client:
    """The pages of the site."""
    settings = Settings(data_dir=str(tmp_path), base_url=f"http://{AUTHORITY}")
    registry = site.registry
    archives = Archives(site.database, site.clock)
    app = App(
        settings, site.database, registry.tokens, site.links, renderer(), site.clock, archives
    )
    return Client(build_web(app), f"http://{AUTHORITY}")


def deliver(site: Site, sink: Sink) -> Received:
    """Send one reader's digest, and return it as it arrived."""
    site.make_due(1)
    site.deliver(smtp(sink), returns=RETURNS)
    return sink.mails[-1]


def events(site: Site) -> int:
    with site.database.reading() as connection:
        return len(bounces.bounces_of(connection, site.mail().id))


def digests_of_the_next_day(site: Site) -> int:
    site.take_in(numbered(["Graph Neural Networks of Another Day"]))
    site.clock.advance(days=1)
    return site.compose().composed


def test_the_same_report_from_two_sides_at_once_is_one_event(
    site: Site, sink: Sink, desk: ReturnDesk
) -> None:
    """E1: and again, a day later."""
    mail = deliver(site, sink)
    start = threading.Barrier(4)

    def take(_number: int) -> Taken:
        start.wait(10)
        return take_return(desk, [mail.sender], came.exim())

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, range(4)))
    site.clock.advance(days=1)
    taken.append(take_return(desk, [mail.sender], came.exim()))

    assert sorted(taken) == [Taken.BOUNCED] + [Taken.KNOWN] * 4
    assert events(site) == 1
    check(site, sink.mails)


def test_a_report_that_is_quicker_than_the_reply_moves_no_state_back(
    site: Site, sink: Sink, desk: ReturnDesk
) -> None:
    """E1, out of order: the mail is on the wire when its bounce comes in."""

    def bounce() -> None:
        [mail] = sink.mails
        taken.append(take_return(desk, [mail.sender], came.postfix()))

    taken: list[Taken] = []
    sink.play(Rule(Step.END, times=1, hook=bounce))
    deliver(site, sink)

    assert taken == [Taken.BOUNCED]
    assert site.states() == {DeliveryState.ACCEPTED: 1}
    assert digests_of_the_next_day(site) == 0
    check(site, sink.mails)


@pytest.mark.parametrize(
    ("address", "tokens"),
    [(1, "another secret"), (999, "a secret")],
    ids=["E1 forged signature", "E1 unknown id"],
)
def test_a_report_that_cannot_be_ours_is_parked(
    site: Site, sink: Sink, desk: ReturnDesk, address: int, tokens: str
) -> None:
    deliver(site, sink)
    forged = Returns(RETURNS.return_to, Tokens([tokens])).bounce_address(address)

    assert take_return(desk, [forged], came.postfix()) is Taken.PARKED
    assert site.states() == {DeliveryState.ACCEPTED: 1}
    assert events(site) == 0
    assert digests_of_the_next_day(site) == 1
    site.deliver(smtp(sink), returns=RETURNS)
    check(site, sink.mails)


REPORTS = {
    "E2 of our mail": (came.postfix(), True, Taken.BOUNCED, 0),
    "E2 a complaint": (came.complaint(), True, Taken.COMPLAINED, 0),
    "E2 out of office": (came.vacation(), True, Taken.IGNORED, 1),
    "E2 a delay": (came.delay_warning(), True, Taken.IGNORED, 1),
    "E2 without our address": (came.postfix(to=RETURNS.return_to), False, Taken.PARKED, 1),
    "E2 20 MB": (came.postfix() + b"x" * 20_000_000, True, Taken.BOUNCED, 0),
}


@pytest.mark.parametrize("name", REPORTS)
def test_the_address_a_mail_was_sent_from_decides_what_a_report_does(
    site: Site, sink: Sink, desk: ReturnDesk, name: str
) -> None:
    """More shapes of reports are in `tests/pipeline/test_bounced.py`; the listener bounds sizes."""
    message, has_envelope, expected, next_day = REPORTS[name]
    mail = deliver(site, sink)

    assert take_return(desk, [mail.sender] if has_envelope else [], message) is expected
    assert site.states() == {DeliveryState.ACCEPTED: 1}
    assert digests_of_the_next_day(site) == next_day
    site.deliver(smtp(sink), returns=RETURNS)
    check(site, sink.mails)


def header(mail: Received, name: str) -> str:
    return str(message_from_bytes(mail.message)[name])


def one_goodbye_comes(site: Site, sink: Sink) -> None:
    before = len(sink.mails)
    site.deliver(smtp(sink), returns=RETURNS)
    [goodbye] = sink.mails[before:]
    assert header(goodbye, "Subject") == "You are unsubscribed from Digest"
    for name in ("List-Unsubscribe", "List-Id", "List-Help", "Precedence"):
        assert header(goodbye, name) == "None"


def one_click(mail: Received) -> str:
    return header(mail, "List-Unsubscribe").partition("<http")[2].partition(">")[0]


def test_one_click_in_a_mail_of_two_months_ago_still_unsubscribes_once(
    site: Site, sink: Sink, client: Client
) -> None:
    """U2: twice, from elsewhere, without a cookie; a scanner's GET and HEAD do nothing."""
    mail = deliver(site, sink)
    link = f"http{one_click(mail)}"
    site.clock.advance(days=60)
    for _ in range(2):
        assert client.get(link).status == 200
        assert client.head(link).status == 200
    assert site.reader().state is SubscriberState.ACTIVE
    elsewhere = {"sec-fetch-site": "cross-site", "origin": "https://mail.example.com"}
    for _ in range(2):
        answer = client.ask("POST", link, elsewhere, b"List-Unsubscribe=One-Click")
        assert answer.status == 200
        assert "set-cookie" not in answer.headers
        assert site.reader().state is SubscriberState.UNSUBSCRIBED

    one_goodbye_comes(site, sink)
    assert digests_of_the_next_day(site) == 0
    check(site, sink.mails)


def test_a_mail_to_the_address_in_the_header_unsubscribes_once(
    site: Site, sink: Sink, desk: ReturnDesk
) -> None:
    """U2: for programs that would rather write."""
    mail = deliver(site, sink)
    address = header(mail, "List-Unsubscribe").partition("<mailto:")[2].partition("?")[0]
    for _ in range(2):
        assert take_return(desk, [address], b"Subject: unsubscribe\r\n\r\n") is Taken.LEFT

    assert site.reader().state is SubscriberState.UNSUBSCRIBED
    one_goodbye_comes(site, sink)
    assert digests_of_the_next_day(site) == 0
    check(site, sink.mails)
