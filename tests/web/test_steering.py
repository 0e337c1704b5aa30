"""The pages behind a mail's "more like this", "less like this" and "mute"."""

import re
from dataclasses import dataclass, replace
from html import unescape

import pytest
from sqlalchemy import update

from digest import jobs
from digest.app import App
from digest.model.feedback import FeedbackKind
from digest.model.papers import ListedPaper, Paper
from digest.model.subscribers import Subscriber
from digest.pipeline.steer import Said, said_by, word_on
from digest.pipeline.subscribe import unsubscribe
from digest.store import deliveries, digests, papers, tables
from digest.store.subscribers import subscriber_by_id
from digest.web import build_web
from tests.conftest import HandClock
from tests.web.client import Answer, Client

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
OURS = "https://digest.example.org"


@dataclass(frozen=True)
class Desk:
    """A reader before the pages of one paper."""

    app: App
    client: Client
    reader: Subscriber
    paper: Paper

    @property
    def token(self) -> str:
        return self.app.links.steering_token(self.reader)

    def url(self, wish: str) -> str:
        return self.app.links.steer(self.token, self.paper, wish)

    def open(self, wish: str) -> str:
        page = self.client.get(self.url(wish))
        assert page.status == 200
        return page.text

    def press(self, url: str, **form: str) -> str:
        """Post a form and return the page that its answer leads to."""
        answer = self.client.post(url, form)
        assert answer.status == 303, answer.text
        page = self.client.get(answer.headers["location"])
        assert page.status == 200
        return page.text

    def undo(self, url: str, shown: str) -> str:
        """Press the undo button of a page."""
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(shown)}
        return self.press(url, **hidden, act="undo")

    def said(self) -> Said:
        return said_by(self.app.registry, self.reader, 50)

    def words(self) -> list[tuple[FeedbackKind, int]]:
        return [(each.kind, each.paper.id) for each in self.said().words]

    def muted(self) -> list[str]:
        return [each.expression for each in self.said().mutes]


def listed(app: App) -> list[ListedPaper]:
    with app.database.reading() as connection:
        return papers.newest_papers(connection, 60)


def revision(desk: Desk) -> int:
    with desk.app.database.reading() as connection:
        found = subscriber_by_id(connection, desk.reader.id)
    assert found is not None
    return found.revision


@pytest.fixture
def desk(app: App, client: Client, ada: Subscriber) -> Desk:
    return Desk(app, client, ada, listed(app)[0].paper)


@pytest.fixture
def shown(app: App, client: Client, ada: Subscriber, clock: HandClock) -> Desk:
    """A reader before the pages of the first paper of their newest digest."""
    clock.advance(days=1, hours=2)
    jobs.compose(app)
    with app.database.reading() as connection:
        number = deliveries.deliveries_of(connection, ada.id)[0].digest_id
        assert number is not None
        entry = digests.digests_by_id(connection, [number])[number].entries[0]
        paper = papers.papers_by_id(connection, [entry.paper_id])[entry.paper_id]
    return Desk(app, client, ada, paper)


@pytest.mark.parametrize("wish", ["more", "less", "mute"])
def test_a_page_names_the_paper_and_asks(desk: Desk, wish: str) -> None:
    page = desk.open(wish)
    assert f'dir="auto"><a href="/papers/{desk.paper.key}">' in page
    assert "From your next digest on, Thursday 19 March 2026 at 07:00 (Europe/Berlin), " in page
    forms = page.count(f'method="post" action="/steer/{desk.token}/{desk.paper.key}/')
    assert forms == (3 if wish == "mute" else 2)
    assert desk.reader.address not in page
    assert "<script" not in page


@pytest.mark.parametrize("wish", ["more", "less", "mute"])
def test_looking_changes_nothing(desk: Desk, wish: str) -> None:
    for _ in range(2):
        desk.open(wish)
        assert desk.client.head(desk.url(wish)).status == 200
        for query in ("?act=undo", "?phrase=survey&muted=survey", "?undone", "?was=more"):
            assert desk.client.get(desk.url(wish) + query).status == 200
    assert desk.said() == Said((), ())
    assert revision(desk) == desk.reader.revision


@pytest.mark.parametrize("kind", [FeedbackKind.MORE, FeedbackKind.LESS])
def test_one_button_says_it_and_one_takes_it_back(desk: Desk, kind: FeedbackKind) -> None:
    url = desk.url(kind.value)
    page = desk.press(url)
    assert f"Noted: {kind} like this" in page
    assert desk.words() == [(kind, desk.paper.id)]

    page = desk.undo(url, page)
    assert "<b>Undone.</b> You have said nothing of this paper." in page
    assert desk.words() == []


def test_the_newest_word_counts_and_undoing_puts_the_one_before_back(
    desk: Desk, clock: HandClock
) -> None:
    desk.press(desk.url("less"))
    first = desk.app.clock()
    clock.advance(days=2)
    assert "So far you want less like this." in desk.open("more")
    page = desk.press(desk.url("more"))
    assert desk.words() == [(FeedbackKind.MORE, desk.paper.id)]
    assert "puts back that you want less like this" in page

    page = desk.undo(desk.url("more"), page)
    assert "<b>Undone.</b> It is again as it was before." in page
    assert "Noted: less like this" in page
    assert desk.words() == [(FeedbackKind.LESS, desk.paper.id)]
    assert first.isoformat() not in page


def test_a_button_pressed_twice_is_pressed_once(desk: Desk) -> None:
    desk.press(desk.url("less"))
    asked = dict(_HIDDEN.findall(desk.open("more")))
    form = {name: unescape(value) for name, value in asked.items()}
    answers = [desk.client.post(desk.url("more"), form) for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert revision(desk) == desk.reader.revision + 2

    page = desk.client.get(answers[1].headers["location"]).text
    desk.undo(desk.url("more"), page)
    desk.undo(desk.url("more"), page)
    assert desk.words() == [(FeedbackKind.LESS, desk.paper.id)]


def test_an_old_undo_button_leaves_a_later_word_alone(desk: Desk) -> None:
    old = desk.press(desk.url("more"))
    desk.press(desk.url("less"))
    desk.undo(desk.url("more"), old)
    assert desk.words() == [(FeedbackKind.LESS, desk.paper.id)]


@pytest.mark.parametrize(
    "was",
    [
        "less",
        "less tomorrow",
        "hate 2026-03-01T00:00:00+00:00",
        "less 2026-03-01T00:00:00",
        "less 0001-01-01T00:00:00+23:59",
        "less 9999-12-31T23:59:59-23:59",
        "\x00 \x00",
    ],
)
def test_an_undo_that_somebody_forged_puts_back_nothing(desk: Desk, was: str) -> None:
    desk.press(desk.url("more"))
    desk.press(desk.url("more"), act="undo", was=was)
    assert desk.words() == []


def test_a_word_put_back_is_of_the_past(desk: Desk) -> None:
    desk.press(desk.url("more"))
    desk.press(desk.url("more"), act="undo", was="less 2999-01-01T00:00:00+00:00")
    [word] = desk.said().words
    assert word.kind is FeedbackKind.LESS
    page = desk.press(desk.url("more"))
    assert "less 2026-03-18T06:00:00+00:00" in page


def test_muting_offers_what_found_the_paper(shown: Desk) -> None:
    page = shown.open("mute")
    assert "What found you this paper" in page
    assert '<input type="hidden" name="phrase" value="graph neural networks">' in page
    assert 'dir="auto" value=""' in page

    page = shown.press(shown.url("mute"), phrase="graph neural networks")
    assert '<span dir="auto">graph neural networks</span> is muted until 18 April.' in page
    assert shown.muted() == ["graph neural networks"]
    assert "What found you this paper" not in page


def test_muting_offers_what_the_title_says_and_who_wrote_it(desk: Desk) -> None:
    with desk.app.database.writing() as connection:
        change = update(tables.papers).where(tables.papers.c.id == desk.paper.id)
        named = {"title": "Graph Neural Networks at Sea", "authors": ["Ada Lovelace", "B", 'O"C']}
        connection.execute(change.values(named))
    page = desk.open("mute")
    assert "What its title says" in page
    assert "Who wrote it" in page
    offered = [unescape(each) for name, each in _HIDDEN.findall(page) if name == "phrase"]
    assert offered == ["graph neural networks", 'author:"Ada Lovelace"', 'author:"O C"']
    for phrase in offered:
        desk.press(desk.url("mute"), phrase=phrase)
    assert sorted(desk.muted()) == sorted(offered)


def test_a_preview_tells_what_a_mute_would_hide_and_mutes_nothing(shown: Desk) -> None:
    form = {"phrase": "  diffusion   models ", "act": "preview"}
    answer = shown.client.post(shown.url("mute"), form)
    assert answer.status == 200
    page = " ".join(re.sub(r"<[^>]+>", "", answer.text).split())
    assert "What muting diffusion models would hide" in page
    assert re.search(r"\d+ papers? of the last \d+; your keywords find", page)
    assert 'name="phrase" value="diffusion models"' in answer.text
    assert shown.muted() == []
    assert revision(shown) == shown.reader.revision

    for phrase, words in (("zebra fish", "None of the last"), ("graph neural networks", "all of")):
        page = shown.client.post(shown.url("mute"), {"phrase": phrase, "act": "preview"}).text
        assert words in page
    for phrase in ("", "a | | b", "-survey", '"<script>'):
        answer = shown.client.post(shown.url("mute"), {"phrase": phrase, "act": "preview"})
        assert answer.status == 422
        assert "<script" not in answer.text
    assert shown.muted() == []


def test_a_paper_of_no_digest_offers_nothing(desk: Desk) -> None:
    page = desk.open("mute")
    assert "What found you this paper" not in page
    assert "A word or phrase</label>" in page


def test_what_is_muted_can_be_unmuted_there(desk: Desk) -> None:
    page = desk.press(desk.url("mute"), phrase="  case   study ")
    assert desk.muted() == ["case study"]
    assert "until 17 April" in page
    page = desk.press(desk.url("mute"), phrase="case study", act="undo")
    assert "<b>Undone.</b>" in page
    assert desk.muted() == []


def test_undoing_a_mute_puts_the_one_before_back(desk: Desk, clock: HandClock) -> None:
    desk.press(desk.url("mute"), phrase="survey")
    [first] = desk.said().mutes
    clock.advance(days=3)
    page = desk.press(desk.url("mute"), phrase="survey")
    assert "is muted until 20 April" in page
    desk.press(desk.url("mute"), phrase="survey", act="undo", was=first.until.isoformat())
    assert desk.said().mutes == (first,)


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("", "Write what to mute"),
        ("\x00\u202e", "Write what to mute"),
        ("a | | b", "    ^</b>"),
        ("-survey", "This only excludes"),
        ("x" * 81, "Longer than 80 characters"),
        ('"<script>alert(1)</script> |', "&lt;script&gt;"),
    ],
)
def test_a_mute_that_cannot_be_read_is_pointed_at(desk: Desk, phrase: str, words: str) -> None:
    page = desk.client.post(desk.url("mute"), {"phrase": phrase})
    assert page.status == 422
    assert words in page.text
    assert "<title>Error: " in page.text
    assert 'href="#phrase"' in page.text
    assert "<script" not in page.text
    assert desk.muted() == []


def test_a_mute_too_many_says_what_to_do(desk: Desk) -> None:
    for number in range(50):
        desk.client.post(desk.url("mute"), {"phrase": f"word{number} of"})
    page = desk.client.post(desk.url("mute"), {"phrase": "one too many"})
    assert page.status == 422
    assert "unmute one first" in page.text
    assert len(desk.muted()) == 50


def test_all_that_was_said_is_listed_with_buttons(desk: Desk) -> None:
    other = replace(desk, paper=listed(desk.app)[1].paper)
    desk.press(desk.url("more"))
    other.press(other.url("less"))
    desk.press(desk.url("mute"), phrase="survey")
    url = f"{OURS}/steer/{desk.token}"
    page = desk.client.get(url)
    assert page.status == 200
    assert page.text.count('name="forget"') == 2

    assert "<b>Undone.</b>" in desk.press(url, forget=f"more {desk.paper.key}")
    assert desk.words() == [(FeedbackKind.LESS, other.paper.id)]
    desk.press(url, forget=f"more {other.paper.key}")  # that is not what was said
    assert desk.words() == [(FeedbackKind.LESS, other.paper.id)]
    desk.press(url, unmute="survey")
    assert desk.muted() == []


def test_the_preferences_list_it_and_take_it_back(desk: Desk) -> None:
    preferences = desk.app.links.preferences(desk.reader)
    assert "Papers you judged" not in desk.client.get(preferences).text
    desk.press(desk.url("more"))
    page = desk.client.get(preferences).text
    assert "Papers you judged" in page
    hidden = dict(_HIDDEN.findall(page))
    action = f"{OURS}/steer/{desk.token}"
    answer = desk.client.post(action, {**hidden, "forget": f"more {desk.paper.key}"})
    assert answer.headers["location"] == f"{preferences.removeprefix(OURS)}?undone#said"
    assert "<b>Undone.</b>" in desk.client.get(f"{preferences}?undone").text
    assert desk.words() == []


@pytest.mark.parametrize("back", ["", "1-1.nonsense", "//evil.example", "https://evil.example/"])
def test_a_steering_link_leads_to_nobodys_preferences(desk: Desk, back: str) -> None:
    answer = desk.client.post(f"{OURS}/steer/{desk.token}", {"back": back})
    assert answer.headers["location"] == f"/steer/{desk.token}?undone"
    for wish in ("more", "less", "mute"):
        assert "/preferences/" not in desk.open(wish)


def posted(desk: Desk, url: str) -> list[Answer]:
    return [desk.client.get(url), desk.client.head(url), desk.client.post(url, {"phrase": "x y"})]


@pytest.mark.parametrize("wish", ["more", "less", "mute"])
def test_links_that_are_broken_or_old_do_nothing(desk: Desk, wish: str) -> None:
    links = desk.app.links
    older = links.steering_token(replace(desk.reader, token_version=0))
    other = links.preferences(desk.reader).rpartition("/")[2]
    for token, status in ((older, 410), (other, 404), ("1-1.nonsense", 404), ("%00", 404)):
        answers = posted(desk, f"{OURS}/steer/{token}/{desk.paper.key}/{wish}")
        assert [answer.status for answer in answers] == [status] * 3
        assert "This link does not work" in answers[0].text
    assert desk.said() == Said((), ())


@pytest.mark.parametrize("key", ["no-such-paper", "%00", "A", "x" * 81, "%F0%9F%92%A9"])
@pytest.mark.parametrize("wish", ["more", "less", "mute"])
def test_a_paper_that_does_not_exist_is_not_found(desk: Desk, key: str, wish: str) -> None:
    for answer in posted(desk, f"{OURS}/steer/{desk.token}/{key}/{wish}"):
        assert answer.status == 404
    assert "To the first page" in desk.client.get(f"{OURS}/steer/{desk.token}/{key}/{wish}").text
    assert desk.said() == Said((), ())


@pytest.mark.parametrize("wish", ["SEEN", "MORE", "love", "mute/x"])
def test_there_is_nothing_else_to_wish(desk: Desk, wish: str) -> None:
    for answer in posted(desk, f"{OURS}/steer/{desk.token}/{desk.paper.key}/{wish}"):
        assert answer.status == 404


@pytest.mark.parametrize("wish", ["more", "less", "mute"])
def test_who_has_left_is_told_so(desk: Desk, wish: str) -> None:
    unsubscribe(desk.app.registry, desk.reader)
    for answer in posted(desk, desk.url(wish)):
        assert answer.status == 410
    page = desk.client.get(desk.url(wish)).text
    assert "<h1>Nothing was changed</h1>" in page
    assert "You are unsubscribed, so nothing was changed. Subscribe again" in page
    assert desk.said() == Said((), ())


def test_a_form_of_another_site_is_refused(desk: Desk) -> None:
    for url in (*map(desk.url, ("more", "less", "mute")), f"{OURS}/steer/{desk.token}"):
        answer = desk.client.post(url, {"phrase": "survey"}, sec_fetch_site="cross-site")
        assert answer.status == 403
    assert desk.said() == Said((), ())


def test_the_pages_are_kept_nowhere(desk: Desk) -> None:
    for url in (*map(desk.url, ("more", "less", "mute")), f"{OURS}/steer/{desk.token}"):
        page = desk.client.get(url)
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert '<meta name="robots" content="noindex">' in page.text
    assert "Disallow: /steer/" in desk.client.get(f"{OURS}/robots.txt").text


def test_pages_under_a_prefix_lead_to_each_other(app: App, ada: Subscriber) -> None:
    from digest.app import build_app  # noqa: PLC0415

    base = "https://example.org/digest"
    other = build_app(replace(app.settings, base_url=base), app.clock)
    desk = Desk(other, Client(build_web(other), base), ada, listed(app)[0].paper)
    assert f'action="/digest/steer/{desk.token}/{desk.paper.key}/more"' in desk.open("more")
    answer = desk.client.post(desk.url("more"))
    assert answer.headers["location"].startswith("/digest/steer/")
    other.database.dispose()


def test_a_paper_that_is_known_already_is_noted_and_can_be_taken_back(desk: Desk) -> None:
    desk.press(desk.url("more"))
    page = desk.open("seen")
    assert "Do you know this paper?" in page
    assert "So far you want more like this." in page
    assert word(desk) is FeedbackKind.MORE  # opening it changed nothing

    noted = desk.press(desk.url("seen"))
    assert "Noted: you know this paper" in noted
    assert word(desk) is FeedbackKind.SEEN
    assert "So far you know this paper." in desk.open("less")

    assert "Undone." in desk.undo(desk.url("seen"), noted)
    assert word(desk) is FeedbackKind.MORE


def word(desk: Desk) -> FeedbackKind | None:
    found = word_on(desk.app.registry, desk.reader, desk.paper.id)
    return found.kind if found else None
