"""A reader's own feed: who may read it, what it says, and what it never does."""

import gzip
import json
import re
from collections.abc import Callable
from html import unescape

import feedparser
import pytest
from lxml import etree
from sqlalchemy import select, update

from digest import jobs
from digest.app import App
from digest.delivery.transports import Threaded
from digest.model.deliveries import DeliveryState
from digest.model.subscribers import Subscriber
from digest.pipeline.deliver import deliver_due
from digest.pipeline.erase import erase
from digest.pipeline.personal_feed import PersonalFeeds
from digest.pipeline.subscribe import enrol, save_preferences, unsubscribe
from digest.store import tables
from digest.tokens import Purpose
from digest.web import build_web
from digest.web.programs import program_of
from tests.conftest import HandClock
from tests.factories import make_wishes
from tests.web.client import Answer, Client
from tests.web.conftest import BASE_URL
from tests.web.everywhere import contents
from tests.web.postbox import Postbox

FORMATS = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "json": "application/feed+json",
}
_FIELD = re.compile(r'readonly value="([^"]+)"')

Own = Callable[..., str]


@pytest.fixture
def feeds(app: App) -> PersonalFeeds:
    return PersonalFeeds(app.registry, app.links, app.settings.site_name)


@pytest.fixture
def token(app: App, feeds: PersonalFeeds, ada: Subscriber, clock: HandClock) -> str:
    """The token of Ada's feed, with a digest of the example dumps in it."""
    feeds.open(ada)
    clock.advance(days=1, hours=2)
    jobs.compose(app)
    return app.tokens.sign(Purpose.FEED, ada.id, 1)


def page_of(app: App, reader: Subscriber) -> str:
    return f"{app.links.preferences(reader)}/feed"


def press(app: App, client: Client, reader: Subscriber, deed: str, version: int = 0) -> Answer:
    form = {"deed": deed, "version": str(version)}
    answer = client.post(page_of(app, reader), form)
    assert answer.status == 303
    return client.get(answer.headers["location"])


@pytest.mark.parametrize("shape", ["", "/digests"])
@pytest.mark.parametrize("ending", FORMATS)
def test_a_feed_is_read_by_its_address_alone(
    client: Client, token: str, ending: str, shape: str
) -> None:
    answer = client.get(f"/f/{token}{shape}.{ending}")
    assert answer.status == 200
    assert answer.headers["content-type"] == f"{FORMATS[ending]}; charset=utf-8"
    if ending == "json":
        read = json.loads(answer.body)
        assert read["feed_url"] == f"{BASE_URL}/f/{token}{shape}.json"
        assert read["items"]
        return
    parsed = feedparser.parse(answer.body)
    assert not parsed.bozo
    assert parsed.entries
    own = [link.href for link in parsed.feed.links if link.rel == "self"]
    assert own == [f"{BASE_URL}/f/{token}{shape}.{ending}"]


@pytest.mark.parametrize("path", [".rss", ".atom", ".json", "/digests.atom", ".opml"])
def test_nobody_keeps_a_private_feed_or_is_told_of_it(
    client: Client, ada: Subscriber, token: str, path: str
) -> None:
    answer = client.get(f"/f/{token}{path}")
    for each in (answer, client.get(f"/f/{token}{path}", if_none_match=answer.headers["etag"])):
        assert each.headers["cache-control"] == "private, max-age=900"
        assert each.headers["x-robots-tag"] == "noindex, nofollow"
        assert each.headers["referrer-policy"] == "no-referrer"
        assert each.headers["x-content-type-options"] == "nosniff"
        assert each.headers["vary"] == "Accept-Encoding"
        for name in ("access-control-allow-origin", "link", "set-cookie"):
            assert name not in each.headers
    for secret in (
        ada.address,
        "ada@",
        "/preferences/",
        "/unsubscribe/",
        "/u/",
        "/steer/",
        'rel="hub"',
        '"hubs"',
    ):
        assert secret not in answer.text.lower()


def test_a_list_of_feeds_follows_the_keywords_and_has_no_date(
    app: App, client: Client, token: str, ada: Subscriber
) -> None:
    url = f"/f/{token}.opml"
    first = client.get(url)
    assert "last-modified" not in first.headers
    assert client.get(url, if_none_match=first.headers["etag"]).status == 304
    save_preferences(app.registry, ada, make_wishes("zebra fish"))
    # Whoever asks by a date alone is not told that nothing has changed.
    again = client.get(url, if_modified_since="Sat, 01 Jan 2050 00:00:00 GMT")
    assert again.status == 200
    assert "zebra fish" in again.text
    assert client.get(url, if_none_match=first.headers["etag"]).status == 200


@pytest.mark.parametrize("path", [".rss", ".atom", ".json", "/digests.rss"])
def test_whoever_has_it_gets_no_body(client: Client, token: str, path: str) -> None:
    url = f"/f/{token}{path}"
    first = client.get(url)
    packed = client.get(url, accept_encoding="gzip")
    assert gzip.decompress(packed.body) == first.body
    tag, date = first.headers["etag"], first.headers["last-modified"]
    assert packed.headers["etag"] == f'{tag[:-1]}-gzip"'
    for headers in (
        {"if_none_match": tag},
        {"if_none_match": packed.headers["etag"], "if_modified_since": "nonsense"},
        {"if_modified_since": date},
    ):
        again = client.get(url, **headers)
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == tag
    assert client.get(url, if_none_match='"other"', if_modified_since=date).status == 200
    told = client.head(url)
    assert (told.status, told.headers) == (200, first.headers)


def test_nothing_is_rendered_for_whoever_has_it(
    app: App, client: Client, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = client.get(f"/f/{token}.atom").headers["etag"]

    def fail(*_args: object, **_named: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("digest.pipeline.personal_feed.render_feed", fail)
    other = Client(build_web(app), BASE_URL)
    assert other.get(f"/f/{token}.atom", if_none_match=tag).status == 304
    assert client.get(f"/f/{token}.atom").status == 200  # as remembered


def test_the_bytes_are_the_same_in_every_process_at_any_time(
    app: App, client: Client, token: str, clock: HandClock
) -> None:
    for path in (".rss", ".atom", ".json", "/digests.json", ".opml"):
        first = client.get(f"/f/{token}{path}")
        clock.advance(hours=3)
        again = Client(build_web(app), BASE_URL).get(f"/f/{token}{path}")
        assert (again.body, again.headers["etag"]) == (first.body, first.headers["etag"])


def test_a_new_digest_and_a_completed_paper_change_the_tag(
    app: App, client: Client, token: str, clock: HandClock
) -> None:
    first = client.get(f"/f/{token}.atom")
    clock.advance(days=1)
    with app.database.writing() as connection:
        [stored, *_] = connection.execute(select(tables.digests.c.entries)).scalars()
        number = stored[0][0]
        change = update(tables.papers).where(tables.papers.c.id == number)
        connection.execute(change.values(abstract="All of it.", updated_at=clock()))
    then = client.get(f"/f/{token}.atom", if_none_match=first.headers["etag"])
    assert then.status == 200
    assert "All of it." in then.text
    assert then.headers["last-modified"] != first.headers["last-modified"]


def words(html: str) -> str:
    """What a piece of HTML says, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def test_mail_and_feed_say_the_same(app: App, client: Client, token: str) -> None:
    postbox = Postbox()
    deliver_due(app.sender([Threaded(postbox)]))
    [mail] = postbox.html
    entries = json.loads(client.get(f"/f/{token}.json").body)["items"]
    mailed = re.findall(r'<h[23] class="title"[^>]*><a [^>]*?href="([^"]+)"', mail)
    assert [each["url"] for each in entries] == mailed
    reasons = re.findall(r'<p class="why"[^>]*>(.*?)</p>', mail, re.DOTALL)
    whys = [re.match(r"<p>(.*?)</p>", each["content_html"]) for each in entries]
    assert [words(each[1]) for each in whys if each] == [words(each) for each in reasons]
    assert any("<strong>" in each["content_html"] for each in entries)
    [whole] = json.loads(client.get(f"/f/{token}/digests.json").body)["items"]
    assert re.findall(r'<a href="([^"]+)" rel="noreferrer"', whole["content_html"]) == mailed
    assert all(words(each) in words(whole["content_html"]) for each in reasons)


def test_a_feed_is_in_the_language_its_reader_had_when_it_was_composed(
    app: App, client: Client, feeds: PersonalFeeds, clock: HandClock
) -> None:
    wishes = make_wishes("graph neural networks", "RAG", language="de")
    reader = enrol(app.registry, "ben@example.org", wishes)
    feeds.open(reader)
    clock.advance(days=1, hours=2)
    jobs.compose(app)
    token = app.tokens.sign(Purpose.FEED, reader.id, 1)
    postbox = Postbox()
    deliver_due(app.sender([Threaded(postbox)]))
    [mail] = postbox.html
    reasons = re.findall(r'<p class="why"[^>]*>(.*?)</p>', mail, re.DOTALL)
    entries = json.loads(client.get(f"/f/{token}.json").body)["items"]
    whys = [re.match(r"<p>(.*?)</p>", each["content_html"]) for each in entries]
    assert [words(each[1]) for each in whys if each] == [words(each) for each in reasons]
    [whole] = json.loads(client.get(f"/f/{token}/digests.json").body)["items"]
    assert " Papers, 1" in whole["title"]
    assert "passen zu Ihren Interessen, die besten zuerst." in whole["content_html"]


def test_a_paper_has_the_id_it_has_everywhere_and_the_day_it_was_chosen(
    client: Client, token: str, clock: HandClock
) -> None:
    own = feedparser.parse(client.get(f"/f/{token}.atom").body)
    found = feedparser.parse(client.get("/feeds/keywords.atom?q=graph+neural+networks").body)
    assert {each.id for each in found.entries} & {each.id for each in own.entries}
    assert len({each.id for each in own.entries}) == len(own.entries)
    assert {each.published for each in own.entries} == {clock().isoformat()}
    [whole] = feedparser.parse(client.get(f"/f/{token}/digests.atom").body).entries
    assert re.fullmatch(r"tag:digest\.example\.org,2026:digest/\d+", whole.id)


def test_a_quiet_day_makes_no_item(
    app: App, client: Client, feeds: PersonalFeeds, clock: HandClock
) -> None:
    reader = enrol(app.registry, "eve@example.org", make_wishes('="zebra fish"'))
    feeds.open(reader)
    clock.advance(days=1, hours=2)
    jobs.compose(app)
    token = app.tokens.sign(Purpose.FEED, reader.id, 1)
    for shape in ("", "/digests"):
        for ending in ("rss", "atom"):
            answer = client.get(f"/f/{token}{shape}.{ending}")
            assert answer.status == 200
            parsed = feedparser.parse(answer.body)
            assert (parsed.bozo, parsed.entries) == (False, [])
        assert json.loads(client.get(f"/f/{token}{shape}.json").body)["items"] == []


def test_what_an_operator_keeps_back_is_not_in_the_feed(
    app: App, client: Client, token: str
) -> None:
    first = client.get(f"/f/{token}.json")
    with app.database.writing() as connection:
        connection.execute(update(tables.deliveries).values(state=DeliveryState.HELD.value))
    then = client.get(f"/f/{token}.json", if_none_match=first.headers["etag"])
    assert (then.status, json.loads(then.body)["items"]) == (200, [])


def test_hostile_keywords_are_text(
    app: App, client: Client, feeds: PersonalFeeds, clock: HandClock
) -> None:
    hostile = 'graph | "<img src=x onerror=alert(1)>&" | ]]>'
    reader = enrol(app.registry, "eve@example.org", make_wishes(hostile))
    feeds.open(reader)
    clock.advance(days=1, hours=2)
    jobs.compose(app)
    token = app.tokens.sign(Purpose.FEED, reader.id, 1)
    for path in (".rss", ".atom", "/digests.rss", "/digests.atom", ".opml"):
        answer = client.get(f"/f/{token}{path}")
        assert answer.status == 200
        etree.fromstring(answer.body)
        assert "<img" not in answer.text
        for entry in feedparser.parse(answer.body, sanitize_html=False).entries:
            assert "<img" not in entry.content[0].value
    for path in (".json", "/digests.json"):
        for item in json.loads(client.get(f"/f/{token}{path}").body)["items"]:
            assert "<img" not in item["content_html"]


@pytest.mark.parametrize("path", [".atom", "/digests.json", ".opml"])
def test_only_the_newest_address_is_good(
    app: App, client: Client, ada: Subscriber, token: str, path: str
) -> None:
    assert client.get(f"/f/{token}{path}").status == 200
    press(app, client, ada, "rotate", 1)
    gone = client.get(f"/f/{token}{path}")
    assert gone.status == 410
    assert gone.headers["content-type"] == "text/plain; charset=utf-8"
    assert "replaced or closed" in gone.text
    assert gone.headers["cache-control"] == "no-store"
    assert gone.headers["x-robots-tag"] == "noindex, nofollow"
    second = app.tokens.sign(Purpose.FEED, ada.id, 2)
    assert client.get(f"/f/{second}{path}").status == 200
    press(app, client, ada, "close", 2)
    assert client.get(f"/f/{second}{path}").status == 410
    press(app, client, ada, "open")
    assert client.get(f"/f/{second}{path}").status == 410
    assert client.get(f"/f/{app.tokens.sign(Purpose.FEED, ada.id, 4)}{path}").status == 200


def test_the_links_of_mails_do_not_change_with_the_feed(
    app: App, client: Client, ada: Subscriber, token: str
) -> None:
    link = app.links.preferences(ada)
    press(app, client, ada, "rotate", 1)
    assert client.get(link).status == 200
    assert client.get(f"/f/{token}.atom").status == 410


def test_whoever_has_left_has_no_feed_until_they_are_back(
    app: App, client: Client, ada: Subscriber, token: str
) -> None:
    unsubscribe(app.registry, ada)
    gone = client.get(f"/f/{token}.atom")
    assert (gone.status, "unsubscribed" in gone.text) == (410, True)
    assert "Open my private feed" not in client.get(page_of(app, ada)).text
    enrol(app.registry, ada.address, make_wishes("RAG"))
    assert client.get(f"/f/{token}.atom").status == 200


def test_what_is_no_address_of_a_feed_is_not_found(
    app: App, client: Client, ada: Subscriber, token: str
) -> None:
    number, _, mac = token.partition(".")
    others = [
        app.tokens.sign(purpose, ada.id, 1) for purpose in Purpose if purpose is not Purpose.FEED
    ]
    tampered = [
        f"{number}.{mac[:-2]}xx",
        f"2-1.{mac}",
        f"1-2.{mac}",
        f"{number}.",
        f".{mac}",
        "a.b",
    ]
    longer = [app.tokens.sign(Purpose.FEED, ada.id), app.tokens.sign(Purpose.FEED, ada.id, 1, 1)]
    for each in (*others, *tampered, *longer, "\u00e9.\u00e9", "%00.x"):
        for path in (".atom", "/digests.rss", ".opml"):
            answer = client.get(f"/f/{each}{path}")
            assert answer.status == 404, each
            assert answer.headers["content-type"].startswith("text/plain")
    for path in (".pdf", "/digests.opml", "/digests.exe", "/other.atom", "", "/", ".atom/"):
        assert client.get(f"/f/{token}{path}").status == 404, path


def test_an_address_that_was_never_given_out_and_one_of_nobody_are_gone(
    app: App, client: Client, ada: Subscriber, bob: Subscriber
) -> None:
    for subject in ((ada.id, 1), (bob.id, 1), (999, 1)):
        address = f"/f/{app.tokens.sign(Purpose.FEED, *subject)}.atom"
        assert client.get(address).status == 410


def test_a_feed_token_opens_no_page(client: Client, ada: Subscriber, token: str) -> None:
    for place in ("preferences", "unsubscribe", "u", "confirm"):
        assert client.get(f"/{place}/{token}").status in {404, 410}
    assert client.get(f"/preferences/{token}/feed").status in {404, 410}
    assert client.post(f"/preferences/{token}/feed", {"deed": "close"}).status in {404, 410}
    assert client.get(f"/f/{token}.atom").status == 200
    assert ada.address not in client.get(f"/f/{token}.atom").text


def test_the_page_opens_replaces_and_closes(app: App, client: Client, ada: Subscriber) -> None:
    page = client.get(page_of(app, ada))
    assert page.status == 200
    assert page.headers["cache-control"] == "no-store"
    assert page_of(app, ada).removeprefix(BASE_URL) in client.get(app.links.preferences(ada)).text
    assert "/f/" not in page.text
    addresses: list[str] = []
    for _ in range(2):
        answer = press(app, client, ada, "open")
        addresses = _FIELD.findall(answer.text)
        assert len(addresses) == 2 * len(FORMATS)
        assert all(client.get(url).status == 200 for url in addresses)
        assert ada.address not in answer.text
        assert f'type="application/atom+xml" title="{BASE_URL}/f/' not in answer.text
    for _ in range(2):  # a form sent twice replaces once
        answer = press(app, client, ada, "rotate", 1)
        assert "<b>Replaced.</b>" in answer.text
        assert 'name="version" value="2"' in answer.text
    assert all(client.get(url).status == 410 for url in addresses)
    closed = press(app, client, ada, "close", 2)
    assert "<b>Closed.</b>" in closed.text
    assert _FIELD.findall(closed.text) == []


@pytest.mark.parametrize(
    "form",
    [
        {"deed": deed, "version": version}
        for deed in ("close", "rotate", "burn", "")
        for version in ("", "-1", "x", "9" * 30, "\u0663", "1; DROP")
    ],
)
def test_a_form_that_is_none_of_ours_changes_nothing(
    app: App, client: Client, ada: Subscriber, token: str, form: dict[str, str]
) -> None:
    assert client.post(page_of(app, ada), form).status == 303
    assert client.get(f"/f/{token}.atom").status == 200


def test_another_site_cannot_press_the_buttons(
    app: App, client: Client, ada: Subscriber, token: str
) -> None:
    form = {"deed": "close", "version": "1"}
    assert client.post(page_of(app, ada), form, sec_fetch_site="cross-site").status == 403
    assert client.get(f"/f/{token}.atom").status == 200


def test_whoever_has_yet_to_confirm_gets_no_feed(app: App, client: Client, bob: Subscriber) -> None:
    assert "yet to confirm" in client.get(page_of(app, bob)).text
    press(app, client, bob, "open")
    assert client.get(f"/f/{app.tokens.sign(Purpose.FEED, bob.id, 1)}.atom").status == 410


def test_the_page_tells_the_day_and_the_program_of_the_last_fetch(
    app: App, client: Client, ada: Subscriber, token: str, clock: HandClock
) -> None:
    assert "Not fetched yet." in client.get(page_of(app, ada)).text
    client.head(f"/f/{token}.atom", user_agent="Newsboat/2.21")
    assert "Not fetched yet." in client.get(page_of(app, ada)).text
    client.get(f"/f/{token}.atom", user_agent="FreshRSS/1.20 (Linux; https://freshrss.org)")
    client.get(f"/f/{token}.atom", user_agent="Another/1.0")
    page = client.get(page_of(app, ada)).text
    assert 'Thursday 19 March 2026</time>, by <span dir="auto">FreshRSS</span>.' in page
    clock.advance(days=1)
    client.get(f"/f/{token}.opml", user_agent="<script>alert(1)</script>")
    page = client.get(page_of(app, ada)).text
    assert "Friday 20 March 2026" in page
    assert "<script" not in page


def test_one_fetch_a_day_is_written(app: App, client: Client, token: str) -> None:
    client.get(f"/f/{token}.atom")
    before = contents(app)
    tag = client.get(f"/f/{token}.atom").headers["etag"]
    for path in (".atom", ".rss", "/digests.json", ".opml"):
        client.get(f"/f/{token}{path}", if_none_match=tag, user_agent="Other")
    assert contents(app) == before


def test_a_feed_is_read_while_nothing_can_be_written(app: App, client: Client, token: str) -> None:
    with app.database.writing():  # as long as this lasts, another writer waits
        app.database.engine.update_execution_options()
        answer = client.head(f"/f/{token}.atom")
    assert answer.status == 200


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("FreshRSS/1.20.1 (Linux; https://freshrss.org) SimplePie/1.8", "FreshRSS"),
        ("Tiny Tiny RSS/23.01 (https://tt-rss.org/)", "Tiny Tiny RSS"),
        ("NetNewsWire (RSS Reader; https://netnewswire.com/)", "NetNewsWire"),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140", "a web browser"),
        ("", ""),
        ("/", ""),
        ("\u202eevil\x00\n", "evil"),
        ("a" * 500, f"{'a' * 39}\u2026"),
    ],
)
def test_a_program_is_told_by_its_name_alone(user_agent: str, name: str) -> None:
    assert program_of(user_agent) == name


def test_robots_are_kept_out(client: Client) -> None:
    assert "Disallow: /f/\n" in client.get("/robots.txt").text


def test_opening_every_address_changes_nothing_but_the_day_it_was_fetched(
    app: App, client: Client, ada: Subscriber, token: str
) -> None:
    page = client.get(page_of(app, ada)).text
    addresses = [*_FIELD.findall(page), f"{BASE_URL}/f/{token}.opml", page_of(app, ada)]
    before = contents(app)
    for url in addresses:
        for _ in range(2):
            assert client.get(url).status == 200
            assert client.head(url).status == 200
    after = contents(app)
    assert before.pop("feed_fetches") == []
    assert len(after.pop("feed_fetches")) == 1
    assert after == before


def test_whoever_was_erased_or_left_a_moment_ago_opens_no_feed(app: App, ada: Subscriber) -> None:
    own = PersonalFeeds(app.registry, app.links, "Digest")
    unsubscribe(app.registry, ada)
    own.open(ada)
    assert own.known(ada) is None
    erase(app.database, ada.id)
    own.open(ada)
    assert own.known(ada) is None
