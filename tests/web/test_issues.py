"""A digest's own page, the list of them, and their receipts: over both databases."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from digest import jobs
from digest.model.sessions import SessionKind
from digest.model.subscribers import Subscriber
from digest.pipeline.sessions import Sessions
from digest.pipeline.subscribe import enrol
from digest.store.engine import Connection
from digest.store.tables import attempts, deliveries, digests, subscribers
from digest.tokens import Purpose
from tests.factories import make_wishes
from tests.web.client import Answer
from tests.web.day_by_day import (
    ABOUT_CELLS,
    ABOUT_CITIES,
    ABOUT_ROADS,
    CELLS,
    CITIES,
    ROADS,
    Readers,
)

LISTS = ("/account/digests", "/account/receipts", "/account/receipts/2026-03-18")


def cookie(readers: Readers, reader: Subscriber) -> str:
    token = Sessions(readers.app.database, readers.clock).open(
        SessionKind.READER, reader.id, "Firefox on Linux"
    )
    return f"__Host-digest={token}"


def as_reader(readers: Readers, url: str, reader: Subscriber | None = None) -> Answer:
    return readers.client.get(url, cookie=cookie(readers, reader or readers.ada))


def issue_url(readers: Readers) -> str:
    return readers.app.links.issue(readers.ada, readers.digest().id)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html.partition("<main")[2]).split())


def day(readers: Readers) -> None:
    titles = readers.next_day(
        (ROADS, ABOUT_ROADS), (CITIES, ABOUT_CITIES), ("Tax Law", "Courts decide.")
    )
    assert len(titles) == 2


def test_a_digest_has_a_page_with_its_papers_and_reasons(readers: Readers) -> None:
    day(readers)
    page = readers.client.get(issue_url(readers))
    assert page.status == 200
    titles = [paper.title for paper in readers.papers()]
    said = words(page.text)
    assert [said.index(title) for title in titles] == sorted(said.index(t) for t in titles)
    assert page.text.count('<p class="why">') == 2
    assert "<mark>Graph Neural Networks</mark>" in page.text
    assert "Of 3 papers that were new to you, 2 matched your keywords." in said
    assert '<li dir="auto">graph neural networks</li>' in page.text
    assert f'href="/papers/{readers.papers()[0].key}"' in page.text
    assert 'href="/account/receipts/2026-03-19"' in page.text


def test_the_page_is_kept_and_listed_by_nobody(readers: Readers) -> None:
    day(readers)
    headers = readers.client.get(issue_url(readers)).headers
    assert headers["cache-control"] == "no-store"
    assert "noindex" in headers["x-robots-tag"]


def test_the_page_gives_away_nothing_that_changes_anything(readers: Readers) -> None:
    day(readers)
    page = readers.client.get(issue_url(readers)).text
    assert "ada@" not in page
    assert "<form" not in page
    for way in ("/preferences/", "/unsubscribe/", "/u/", "/steer/", "/f/"):
        assert way not in page


def test_who_is_signed_in_steers_from_their_own_page_only(readers: Readers) -> None:
    day(readers)
    bob = enrol(readers.app.registry, "bob@example.org", make_wishes("tax law"))
    url = issue_url(readers)
    token = readers.app.links.steering_token(readers.ada)
    own = as_reader(readers, url).text
    assert own.count(f"/steer/{token}/") == 6
    assert "/steer/" not in as_reader(readers, url, bob).text
    assert "/steer/" not in readers.client.get(url, cookie="__Host-digest=none").text


def test_the_mail_leads_to_the_page_and_to_the_pause(readers: Readers) -> None:
    day(readers)
    [path] = (readers.app.settings.data_path / "mail").rglob("new/*")
    text = path.read_bytes().replace(b"=\r\n", b"").replace(b"=\n", b"").decode()
    assert text.count(issue_url(readers).rpartition("/")[2]) == 2
    assert text.count(f"{readers.app.links.preferences(readers.ada)}/pause") == 2


@pytest.mark.parametrize("token", ["none", "1-1.abc", "1.x", "%00", "-"])
def test_a_made_up_address_is_not_found(readers: Readers, token: str) -> None:
    assert readers.client.get(f"/issues/{token}").status == 404


def test_a_link_of_another_kind_opens_no_digest(readers: Readers) -> None:
    day(readers)
    tokens = readers.app.tokens
    for purpose in set(Purpose) - {Purpose.ISSUE}:
        token = tokens.sign(purpose, readers.digest().id, readers.ada.token_version)
        assert readers.client.get(f"/issues/{token}").status == 404


def test_replaced_links_and_digests_that_are_gone_are_gone(readers: Readers) -> None:
    day(readers)
    url, number = issue_url(readers), readers.digest().id
    none = readers.app.tokens.sign(Purpose.ISSUE, number + 1, 1)
    assert readers.client.get(f"/issues/{none}").status == 410
    with readers.app.database.writing() as connection:
        connection.execute(subscribers.update().values(token_version=2))
    assert readers.client.get(url).status == 410
    new = readers.app.links.issue(replace(readers.ada, token_version=2), number)
    assert readers.client.get(new).status == 200


def test_an_old_digest_has_a_page_still(readers: Readers) -> None:
    """The release before kept neither wishes nor what was hidden."""
    day(readers)
    with readers.app.database.writing() as connection:
        connection.execute(digests.update().values(wishes_revision=None, excluded=None))
    readers.clock.advance(days=900)
    page = readers.client.get(issue_url(readers))
    assert page.status == 200
    assert '<ul class="wishes">' not in page.text


@pytest.mark.parametrize("path", LISTS)
def test_lists_are_for_who_is_signed_in(readers: Readers, path: str) -> None:
    answer = readers.client.get(path)
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in")
    page = as_reader(readers, path)
    assert (page.status, page.headers["cache-control"]) == (200, "no-store")


def test_digests_are_listed_with_their_pages_and_what_became_of_them(readers: Readers) -> None:
    assert "None yet." in as_reader(readers, "/account/digests").text
    day(readers)
    best = readers.papers()[0].title
    readers.next_day((CELLS, ABOUT_CELLS))
    page = as_reader(readers, "/account/digests").text
    said = words(page)
    assert said.index("Friday 20 March 2026") < said.index("Thursday 19 March 2026")
    assert best in said
    assert "2 papers, accepted by the mail server at 08:00" in said
    assert 'href="/account/receipts/2026-03-20"' in page
    for url in re.findall(r'href="(/issues/[^"]+)"', page):
        assert readers.client.get(url).status == 200


def test_many_digests_are_listed_page_by_page(readers: Readers) -> None:
    day(readers)
    first = readers.digest()
    with readers.app.database.writing() as connection:
        add_digests(connection, first.subscriber_id, 45)
    seen: list[str] = []
    url = "/account/digests"
    for _ in range(9):
        page = as_reader(readers, url).text
        seen += re.findall(r'href="/account/receipts/(\d{4}-\d\d-\d\d)"', page)
        older = re.search(r'rel="next" href="(\?before=[^"]+)"', page)
        if older is None:
            break
        url = f"/account/digests{older[1]}"
    assert len(seen) == 46
    assert seen == sorted(set(seen), reverse=True)


@pytest.mark.parametrize(
    "path",
    [
        *(f"/account/digests?before={text}" for text in ("x", "2026-3-1", "9999-99-99", "%00")),
        *(f"/account/receipts/{text}" for text in ("x", "2026-02-30", "0001-01-01", "2026-W01")),
    ],
)
def test_a_day_that_is_none_is_not_found(readers: Readers, path: str) -> None:
    answer = as_reader(readers, path)
    assert answer.status == 404
    assert "write one as 2026-03-17" in answer.text


@pytest.mark.parametrize("path", ["2000-01-01", "2099-12-31"])
def test_days_long_ago_and_to_come_say_so(readers: Readers, path: str) -> None:
    assert as_reader(readers, f"/account/receipts/{path}").status == 200


def test_a_receipt_tells_the_day_from_the_list_to_the_mail(readers: Readers) -> None:
    day(readers)
    said = words(as_reader(readers, "/account/receipts/2026-03-19").text)
    for sentence in (
        "What happened on Thursday 19 March 2026",
        "2 papers, accepted by the mail server at 08:00.",
        "One list was read for you: “18.txt” of Tuesday 17 March 2026",
        "3 papers were listed for the first time.",
        "Of 3 papers that were new to you, 2 matched your keywords.",
        "The digest has 2 papers.",
        "The mail server accepted it at 08:00.",
        "Read this digest on the web",
        "Times are in Europe/Berlin.",
    ):
        assert sentence in said


def test_days_are_listed_back_to_the_first(readers: Readers) -> None:
    day(readers)

    said = words(as_reader(readers, "/account/receipts").text)
    assert "Thursday 19 March 2026: 2 papers, accepted by the mail server at 08:00." in said
    assert "Wednesday 18 March 2026: No digest was due yet." in said
    assert "17 March" not in said
    readers.clock.advance(days=60)
    page = as_reader(readers, "/account/receipts").text
    assert page.count("<time ") == 30


def test_a_day_without_a_match_and_one_the_site_missed_are_told_apart(readers: Readers) -> None:
    day(readers)
    readers.clock.advance(days=1)
    jobs.compose(readers.app)
    quiet = words(as_reader(readers, "/account/receipts/2026-03-20").text)
    assert "No new papers, so no mail." in quiet
    assert "No new list of papers had come in since your digest before" in quiet
    readers.clock.advance(days=2)
    missed = words(as_reader(readers, "/account/receipts/2026-03-21").text)
    assert "No digest was put together." in missed


def test_the_largest_digest_has_a_page_of_its_size(readers: Readers) -> None:
    wishes = make_wishes("graph neural networks", papers_per_digest=30)
    reader = enrol(readers.app.registry, "eve@example.org", wishes)
    texts = [
        (f"Graph Neural Networks for Case {n} of Many {w}", f"{w} {n} " * 60)
        for n, w in enumerate(["oak", "elm", "ash", "fir", "yew", "box"] * 5)
    ]
    readers.next_day(*texts)
    readers.ada = reader
    page = as_reader(readers, issue_url(readers))
    assert page.status == 200
    shown = sum(len(entry.paper_ids) for entry in readers.digest().entries)
    assert page.text.count('href="/papers/') >= shown
    assert len(readers.client.get(issue_url(readers)).body) <= 30_000


def test_what_means_harm_stays_text(readers: Readers) -> None:
    readers.next_day(("<script>alert(1)</script> Graph Neural Networks", "<img src=x>"))
    with readers.app.database.writing() as connection:
        connection.execute(deliveries.update().values(state="ready", settled_at=None))
        number = connection.execute(deliveries.select()).first()
        assert number is not None
        said = "<script>alert(2)</script>\r\n\u202e"
        row = {"delivery_id": number.id, "fence": 9, "outcome": "deferred", "code": 451}
        connection.execute(attempts.insert(), {**row, "text": said, "ended_at": readers.clock.now})
    for url in (issue_url_of(readers), "/account/digests", "/account/receipts/2026-03-19"):
        page = as_reader(readers, url).text
        assert "&lt;script&gt;" in page
        assert "<script" not in page
        assert "<img" not in page
        assert "\u202e" not in page


def test_a_digest_that_is_held_back_is_listed_without_its_papers(readers: Readers) -> None:
    day(readers)
    with readers.app.database.writing() as connection:
        connection.execute(deliveries.update().values(state="planned", settled_at=None))
    for path in LISTS[:2]:
        page = as_reader(readers, path).text
        assert "2 papers, waiting for whoever runs this site" in page
        assert "/issues/" not in page
        assert ROADS not in page


def issue_url_of(readers: Readers) -> str:
    """Return the page of the reader's only digest, whatever became of its mail."""
    with readers.app.database.reading() as connection:
        row = connection.execute(digests.select()).first()
    assert row is not None
    return readers.app.links.issue(readers.ada, row.id)


def add_digests(connection: Connection, reader: int, count: int) -> None:
    """Give a reader digests of earlier days, with mails and without papers."""
    [first] = connection.execute(digests.select().where(digests.c.subscriber_id == reader))
    [mail] = connection.execute(deliveries.select().where(deliveries.c.digest_id == first.id))
    for n in range(1, count + 1):
        period = first.period - timedelta(days=n)
        row = {**first._mapping, "id": first.id + n, "period": period}  # noqa: SLF001  SQLAlchemy's own
        connection.execute(digests.insert(), row)
        copy = {
            **mail._mapping,  # noqa: SLF001  as above
            "id": mail.id + 100 + n,
            "digest_id": first.id + n,
            "period": period.isoformat(),
            "key": f"copy {n}",
        }
        connection.execute(deliveries.insert(), copy)
