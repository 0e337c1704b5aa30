"""One paper, mailed once: whichever ways it comes, and whenever two turn out to be one."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest

from digest import jobs
from digest.app import App, build_app
from digest.delivery.sink import Sink
from digest.delivery.transports import OutgoingMail, Threaded
from digest.model.deliveries import Outcome, Verdict
from digest.model.papers import ListedPaper, Scheme
from digest.pipeline.archive import Archives
from digest.pipeline.deliver import deliver_due
from digest.pipeline.harvest import LookReport, look_at
from digest.pipeline.ingest import ingest
from digest.pipeline.personal_feed import PersonalFeeds
from digest.pipeline.subscribe import enrol
from digest.sources import biorxiv
from digest.sources.arxiv import api as arxiv_api
from digest.sources.arxiv import feed as arxiv_feed
from digest.sources.arxiv import oai as arxiv_oai
from digest.sources.base import Source
from digest.sources.dumps.text import read_dump
from digest.sources.feeds import feed
from digest.sources.huggingface.daily import HuggingFace
from digest.store import papers, sources
from digest.store.engine import Database
from digest.tokens import Purpose
from digest.web import build_web
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.pipeline.test_deliver import smtp
from tests.sources import test_biorxiv, test_feed, test_huggingface
from tests.sources.arxiv_answers import api, api_entry, oai, oai_deleted, oai_record, rss, rss_item
from tests.sources.service import Asked, Reply, Service, client_of, serving
from tests.web.client import Client
from tests.web.conftest import settings_in

NUMBER, DOI, JOURNAL = "2603.00001", "10.1101/2026.03.01.000001", "10.1234/tides.7"
TITLE = "Graph Neural Networks for Tides in Narrow Harbours"
AGAIN = "Forecasting Tides in Narrow Harbours with Learned Graphs"
ABSTRACT = (
    "Tides in narrow harbours are hard to forecast, since walls and moored boats turn the water "
    "back. We join the gauges of a harbour to a graph and train graph neural networks on ten years "
    "of their readings. The forecast is off by two centimetres at noon, half of what tables give."
)
ANEW = (
    "Learned graphs over the gauges of a harbour say how high the water is to stand an hour ahead. "
    "We find which gauges hear of each other first, and graph neural networks need but a few of them."
)
OTHER = "Boats that Sort Themselves by Colour"
ABOUT_OTHER = (
    "We paint boats, and find with graph neural networks how they sort by colour at anchor."
)


class Harbour:
    """A site with one reader, whose sources all answer from one place."""

    def __init__(self, app: App, clock: HandClock, sink: Sink) -> None:
        self.app, self.clock, self.sink = app, clock, sink
        self.service = Service("", self.answer)
        self.answers: dict[str, str] = {}
        self.ada = enrol(app.registry, "ada@example.org", make_wishes("graph neural networks"))
        self.client = Client(build_web(app), app.settings.public_url)

    @property
    def today(self) -> date:
        return self.clock.now.date()

    def answer(self, asked: Asked) -> Reply:
        for begin, body in self.answers.items():
            if asked.path.startswith(begin):
                return Reply(body, headers={"ETag": f'"{self.clock.now.timestamp()}"'})
        return Reply(status=404)

    def look(self, source: Source) -> LookReport:
        with self.app.database.writing() as connection:
            sources.look_soon(connection, source.name, datetime(2000, 1, 1, tzinfo=UTC))
        report = look_at(self.app.database, source, self.clock)
        assert report is not None
        assert not report.problem
        return report

    def from_text(self, folder: Path, title: str = TITLE, abstract: str = ABSTRACT) -> None:
        path = folder / f"{self.clock.now:%Y-%m-%d}.txt"
        path.write_text(
            f"byAK and the research community\n\n{self.clock.now:%b %d}\n\n"
            f"{title}\n\n{abstract}\n\n{OTHER}\n\n{ABOUT_OTHER}\n"
        )
        ingest(self.app.database, read_dump(path, today=self.today, dated_on=self.today), self.app.clock)  # fmt: skip

    def from_hugging_face(self, title: str = TITLE, abstract: str = ABSTRACT) -> LookReport:
        item = test_huggingface.item(
            1, self.today, id=NUMBER, title=title, summary=abstract, githubRepo="https://github.com/a/tides",
            publishedAt="2026-03-16T10:00:00.000Z",
        )  # fmt: skip
        self.answers["/api/daily_papers"] = json.dumps([item])
        return self.look(HuggingFace(client_of(self.service)))

    def from_rss(
        self, title: str = TITLE, abstract: str = ABSTRACT, version: int = 1
    ) -> LookReport:
        kind = "new" if version == 1 else "replace"
        said = rss_item(f"{NUMBER}v{version}", kind, title=title, abstract=abstract)
        self.answers["/rss/"] = rss(said)
        return self.look(arxiv_feed.open_source("cs.CL", client_of(self.service), {}))

    def from_api(self, title: str = AGAIN, abstract: str = ABSTRACT, more: str = "") -> LookReport:
        now = f"{self.clock.now:%Y-%m-%dT%H:%M:%SZ}"
        entry = api_entry(f"{NUMBER}v2", updated=now, title=title, abstract=abstract, more=more)
        self.answers["/api/query"] = api(entry)
        return self.look(arxiv_api.open_source("cat:cs.CL", client_of(self.service), {}))

    def from_oai(self, *records: str) -> LookReport:
        self.answers["/oai"] = oai(*records)
        return self.look(arxiv_oai.open_source("cs", client_of(self.service), {}))

    def from_biorxiv(self, title: str = TITLE, abstract: str = ABSTRACT) -> LookReport:
        paper = test_biorxiv.preprint(
            1, str(self.today), title=title, abstract=abstract, published=JOURNAL
        )
        self.answers["/details/"] = test_biorxiv.said(
            {"status": "ok", "total": "1", "count": 1}, [paper]
        ).body  # type: ignore[assignment]
        return self.look(biorxiv.open_biorxiv("", client_of(self.service), {}))

    def from_journal(self, title: str) -> LookReport:
        more = (f"<prism:doi>{JOURNAL}</prism:doi>", "<description>Of tides.</description>")
        item = test_feed.item(7, *more, day=self.today.day, month=self.today.month, title=title)
        self.answers["/new/"] = test_feed.rss(item)
        return self.look(feed.open_source(test_feed.URL, client_of(self.service), {}))

    def compose(self) -> int:
        """Go on to tomorrow, and compose what is due then."""
        self.clock.advance(days=1)
        return jobs.compose(self.app).composed

    def deliver(self) -> str:
        """Send what is due; return the words of the mail, "" if there is none."""
        before = len(self.sink.mails)
        deliver_due(self.app.sender([smtp(self.sink)]))
        assert len(self.sink.mails) <= before + 1
        return words(self.sink.mails[-1].message) if self.sink.mails[before:] else ""

    def next_day(self) -> str:
        """Go on to tomorrow, compose and send; return the words of the mail."""
        self.compose()
        return self.deliver()

    @property
    def standing(self) -> list[ListedPaper]:
        with self.app.database.reading() as connection:
            return papers.newest_papers(connection, 9)

    def paper(self, title: str) -> ListedPaper:
        [found] = [each for each in self.standing if each.paper.title == title]
        return found

    def page(self, url: str, *shown: str) -> str:
        answer = self.client.get(url)
        assert answer.status == 200, url
        for each in shown:
            assert each in answer.text, (url, each)
        return answer.text


def words(message: bytes) -> str:
    parsed = message_from_bytes(message, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    body = parsed.get_body(("html",))
    assert body is not None
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", body.get_content())))


@pytest.fixture
def harbour(database: Database, tmp_path: Path, clock: HandClock, sink: Sink) -> Iterator[Harbour]:
    clock.advance(hours=1)
    built = build_app(settings_in(tmp_path / "data"), clock)
    built.database.dispose()
    app = replace(built, database=database, archives=Archives(database, clock))
    harbour = Harbour(app, clock, sink)
    with serving(harbour.answer) as service:
        harbour.service = service
        yield harbour


def test_a_paper_that_comes_five_ways_is_one_and_mailed_once(
    harbour: Harbour, tmp_path: Path
) -> None:
    harbour.from_text(tmp_path)
    jobs.publish_feeds(harbour.app)
    item = {each["title"]: each for each in items(harbour)}[TITLE]
    mails = [harbour.next_day()]
    ways: list[Callable[[], object]] = [
        harbour.from_hugging_face,
        harbour.from_rss,
        harbour.from_api,
        lambda: harbour.from_oai(oai_record(NUMBER, str(harbour.today), title=AGAIN)),
        harbour.from_biorxiv,
        lambda: harbour.from_journal("Tides, Forecast"),
    ]
    for come in ways:
        come()
        jobs.publish_feeds(harbour.app)
        mails.append(harbour.next_day())
    assert [TITLE in each for each in mails] == [True] + [False] * len(ways)
    assert not [each for each in mails[1:] if "ides" in each]
    assert len(harbour.standing) == 2
    paper = harbour.paper(AGAIN).paper
    assert {(each.scheme, each.value) for each in paper.ids} == {
        (Scheme.ARXIV, NUMBER),
        (Scheme.DOI, DOI),
        (Scheme.DOI, JOURNAL),
    }
    urls = [each.url for each in paper.links]
    assert len(urls) == len(set(urls))
    for part in ("github.com/a/tides", f"pdf/{NUMBER}", f"content/{DOI}v1", "journal.example/a/7"):
        assert any(part in url for url in urls), (part, urls)
    [now] = [each for each in items(harbour) if each["id"] == item["id"]]
    assert now["url"] == item["url"]
    assert len(items(harbour)) == 2


def turn_out_one(harbour: Harbour) -> None:
    """Have arXiv say that its paper is the one bioRxiv has."""
    harbour.from_api(TITLE, more=f"<arxiv:doi>{DOI}</arxiv:doi>")
    assert [each.paper.title for each in harbour.standing if each.paper.title != OTHER] == [TITLE]


def test_two_that_turn_out_one_before_a_digest_are_mailed_as_one(harbour: Harbour) -> None:
    harbour.from_hugging_face()
    harbour.from_biorxiv(AGAIN, ANEW)
    assert len(harbour.standing) == 2
    turn_out_one(harbour)
    mail = harbour.next_day()
    assert (TITLE in mail, AGAIN in mail) == (True, False)
    assert harbour.next_day() == ""


def test_a_digest_that_is_composed_is_delivered_whole_and_its_papers_never_again(
    harbour: Harbour,
) -> None:
    harbour.from_hugging_face()
    harbour.from_biorxiv(AGAIN, ANEW)
    assert harbour.compose() == 1
    turn_out_one(harbour)
    mail = harbour.deliver()
    assert (TITLE in mail, AGAIN in mail) == (True, True)
    harbour.from_biorxiv(AGAIN, ANEW)
    harbour.from_rss()
    assert harbour.next_day() == ""


def test_two_that_were_mailed_apart_and_turn_out_one_are_never_mailed_again(
    harbour: Harbour,
) -> None:
    harbour.from_hugging_face()
    assert TITLE in harbour.next_day()
    harbour.from_biorxiv(AGAIN, ANEW)
    assert AGAIN in harbour.next_day()
    turn_out_one(harbour)
    assert harbour.next_day() == ""
    harbour.from_journal("Tides, Forecast")
    harbour.from_biorxiv(AGAIN, ANEW)
    assert harbour.next_day() == ""
    assert len(harbour.standing) == 1


def test_every_page_of_two_that_turned_out_one_answers_and_shows_the_one(harbour: Harbour) -> None:
    app, ada, client = harbour.app, harbour.ada, harbour.client
    PersonalFeeds(app.registry, app.links, app.settings.site_name).open(ada)
    harbour.from_hugging_face()
    harbour.from_biorxiv(AGAIN, ANEW)
    jobs.publish_feeds(app)
    older, younger = harbour.paper(TITLE).paper, harbour.paper(AGAIN).paper
    assert harbour.page("/feeds/keywords.rss?q=tides").count("<item>") == 2
    assert json.loads(harbour.page("/api/v1/search?q=tides"))["found"] == 2
    harbour.next_day()
    turn_out_one(harbour)
    jobs.publish_feeds(app)

    assert harbour.page("/feeds/keywords.rss?q=tides").count("<item>") == 1
    assert json.loads(harbour.page("/api/v1/search?q=tides"))["found"] == 1
    assert f"/papers/{younger.key}" not in harbour.page(f"/papers/{older.key}", TITLE, DOI, AGAIN)
    page = harbour.page(f"/papers/{younger.key}", "turned out to be the same paper")
    assert page.count(f"/papers/{older.key}") == 1  # nor is it one that is like it
    told = json.loads(harbour.page(f"/api/v1/papers/{younger.key}"))
    assert told["same_as"] == older.key
    assert json.loads(harbour.page(f"/api/v1/papers/{older.key}"))["same_as"] is None
    for url in ("/", "/papers", "/search?q=tides", "/feeds/trending", f"/papers?on={older.created_at:%Y-%m-%d}"):  # fmt: skip
        assert f"/papers/{younger.key}" not in harbour.page(url), url
    token = app.tokens.sign(Purpose.FEED, ada.id, 1)
    for url in (f"/f/{token}.rss", f"/f/{token}/digests.rss", "/feeds.opml", f"/f/{token}.opml"):
        harbour.page(url)
    steering = app.links.steering_token(ada)
    for wish in ("more", "less"):
        url = app.links.steer(steering, younger, wish)
        harbour.page(url)
        answer = client.post(url, {})
        assert answer.status == 303
        harbour.page(answer.headers["location"])
    harbour.from_text(Path(app.settings.data_dir), "Graph Neural Networks for Lighthouses", "We steer by lamps.")  # fmt: skip
    assert "Lighthouses" in harbour.next_day()


def test_upvotes_go_on_with_the_paper_that_another_turned_out_to_be(harbour: Harbour) -> None:
    harbour.from_biorxiv(AGAIN, ANEW)
    harbour.from_hugging_face()
    older = harbour.paper(AGAIN).paper
    harbour.from_api(TITLE, more=f"<arxiv:doi>{DOI}</arxiv:doi>")
    [one] = harbour.standing
    assert one.paper.key == older.key
    harbour.page(f"/papers/{older.key}", "42 upvotes")


def test_what_is_withdrawn_after_a_digest_was_composed_is_still_delivered_in_it(
    harbour: Harbour, tmp_path: Path
) -> None:
    harbour.from_text(tmp_path)
    harbour.from_hugging_face()
    assert "tides" in harbour.page("/feeds/keywords.json?q=tides").lower()
    assert json.loads(harbour.page("/api/v1/search?q=tides"))["found"] == 1
    assert harbour.compose() == 1
    key = harbour.paper(TITLE).paper.key
    harbour.from_oai(oai_deleted(NUMBER, str(harbour.today)))
    mail = harbour.deliver()
    assert (TITLE in mail, OTHER in mail) == (True, True)
    harbour.page(f"/papers/{key}", "Withdrawn")
    assert not json.loads(harbour.page("/feeds/keywords.json?q=tides"))["items"]
    assert json.loads(harbour.page("/api/v1/search?q=tides"))["found"] == 0
    assert harbour.next_day() == ""


class Twice:
    """A transport that takes a mail at its second attempt, and keeps what it saw."""

    name = "twice"
    is_idempotent = False

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def deliver(self, mail_out: OutgoingMail) -> Verdict:
        self.seen.append(mail_out.message)
        outcome = Outcome.DEFERRED if len(self.seen) == 1 else Outcome.ACCEPTED
        return Verdict(outcome, "later" if len(self.seen) == 1 else "kept")


def test_a_digest_quotes_what_it_was_chosen_for_though_the_words_were_replaced(
    harbour: Harbour,
) -> None:
    harbour.from_hugging_face("Tides in Narrow Harbours")
    assert harbour.compose() == 1
    harbour.from_rss(AGAIN, "We say nothing of what we use. " * 4, version=2)
    assert "nothing" in harbour.paper(AGAIN).paper.abstract
    twice = Twice()
    deliver_due(harbour.app.sender([Threaded(twice)]))
    harbour.clock.advance(hours=2)
    harbour.from_hugging_face(
        "Tides in Narrow Harbours"
    )  # the version before, which changes nothing
    deliver_due(harbour.app.sender([Threaded(twice)]))
    first, second = twice.seen
    assert first == second
    assert "train graph neural networks on ten years" in words(first)


def items(harbour: Harbour) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(harbour.page("/feeds/trending.json"))["items"]
    return found
