"""arXiv's daily lists: what is new, what is said again, and days that nobody read."""

import json
from datetime import UTC, date, datetime

import pytest

from digest.errors import SourceAwayError, SourceError
from digest.model.papers import LinkKind, PaperId, Scheme
from digest.sources.arxiv.days import listed_on, lists_between
from digest.sources.arxiv.feed import FeedPlace, open_source
from digest.sources.base import Batch
from tests.sources.arxiv_answers import (
    api,
    api_entry,
    atom_list,
    last_cursor,
    numbers_of,
    rss,
    rss_item,
)
from tests.sources.sample import Sample
from tests.sources.service import Asked, Behaviour, Reply, client_of, serving

TODAY = date(2026, 3, 16)
SAMPLE = Sample(
    kind="arxiv",
    argument="cs.CL+cs.LG",
    today=TODAY,
    papers=2,
    replies=(Reply(rss(rss_item(), rss_item("2603.00002v1", title="Boats at Night"))),),
)


def harvest(*behaviour: Behaviour | Reply, cursor: str = "", today: date = TODAY) -> list[Batch]:
    with serving(*behaviour) as service:
        return list(open_source("cs.CL+cs.LG", client_of(service), {}).harvest(cursor, today))


def test_an_item_becomes_a_record() -> None:
    item = rss_item(
        title="Lanterns\n  in $\\mathbb{R}^n$",
        abstract="Light at https://github.com/lee/lantern is\n  bright & p<q.",
        creator="Ann Lee (Harbour, Hill), Bo Ray",
        more="<arxiv:DOI>10.1000/ABC.1</arxiv:DOI><arxiv:journal_reference>J. 1</arxiv:journal_reference>",
    )
    [batch] = harvest(Reply(rss(item)))
    [listed] = batch.listed
    record = listed.record
    assert listed.day == record.published_on == date(2026, 3, 16)
    assert record.title == "Lanterns in \u211d\u207f"
    assert record.abstract == "Light at https://github.com/lee/lantern is bright & p<q."
    assert record.authors == ("Ann Lee", "Bo Ray")
    assert record.ids == (PaperId(Scheme.ARXIV, "2603.00001"), PaperId(Scheme.DOI, "10.1000/abc.1"))
    assert record.categories == ("cs.CL", "cs.LG")
    assert [each.kind for each in record.links] == [LinkKind.CODE, LinkKind.PDF]
    assert record.links[-1].url == "https://arxiv.org/pdf/2603.00001"
    assert not record.is_update
    assert batch.warnings == []


def test_atom_is_read_like_rss() -> None:
    [batch] = harvest(Reply(atom_list("2603.00001v1", "2603.00002v1")))
    assert numbers_of(batch.listed) == ["2603.00001", "2603.00002"]
    assert {each.day for each in batch.listed} == {TODAY}
    assert [each.record.position for each in batch.listed] == [1, 2]
    assert batch.listed[0].record.abstract == "We count."
    assert batch.listed[0].record.categories == ("cs.CL",)
    assert batch.listed[0].record.authors == ("Ann Lee",)


@pytest.mark.parametrize(
    ("number", "kind", "is_update"),
    [
        ("2603.00001v1", "new", False),
        ("2501.00001v3", "cross", False),
        ("2501.00001v2", "replace", True),
        ("2501.00001v2", "replace-cross", True),
        ("2501.00001v1", "absonly", True),
        ("2603.00001v1", "something-else", False),
        ("2603.00001v2", "something-else", True),
    ],
)
def test_only_what_is_new_to_the_list_is_listed(number: str, kind: str, *, is_update: bool) -> None:
    [batch] = harvest(Reply(rss(rss_item(number, kind))))
    record = batch.listed[0].record
    assert record.is_update is is_update
    assert record.published_on == (TODAY if kind == "new" else None)
    assert record.abstract == "We count lanterns."


def test_the_kind_is_read_from_the_abstract_if_it_stands_nowhere_else() -> None:
    item = rss_item("2501.00001v1", "replace")
    item = item.replace("<arxiv:announce_type>replace</arxiv:announce_type>", "")
    [batch] = harvest(Reply(rss(item)))
    assert batch.listed[0].record.is_update


def test_an_abstract_without_the_usual_beginning_stays_whole() -> None:
    item = rss_item().replace("arXiv:2603.00001v1 Announce Type: new \nAbstract: ", "")
    [batch] = harvest(Reply(rss(item)))
    assert batch.listed[0].record.abstract == "We count lanterns."


def test_the_day_is_that_of_new_york() -> None:
    items = [
        rss_item("2603.00001v1", date="Mon, 16 Mar 2026 00:00:00 -0400"),
        rss_item("2603.00002v1", date="Mon, 16 Mar 2026 03:59:00 +0000"),
        rss_item("2603.00003v1", date="Thu, 16 Mar 2028 00:00:00 -0400"),
    ]
    [batch] = harvest(Reply(rss(*items)))
    assert [each.day.day for each in batch.listed] == [16, 15, 16]


def test_an_empty_weekend_is_a_quiet_answer() -> None:
    empty = Reply(rss(built="Sun, 15 Mar 2026 00:00:00 -0400"))
    friday = str(FeedPlace(day=date(2026, 3, 13)))
    [batch] = harvest(empty, cursor=friday, today=date(2026, 3, 15))
    assert batch.listed == []
    assert batch.warnings == []


def test_who_first_asks_at_a_weekend_is_given_fridays_list() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path.startswith("/rss"):
            return Reply(rss(built="Sun, 15 Mar 2026 00:00:00 -0400"))
        return Reply(api(api_entry("2603.01001", published="2026-03-12T10:00:00Z")))

    *_, before, last = harvest(answer, today=date(2026, 3, 15))
    assert [each.day for each in before.listed] == [date(2026, 3, 13)]
    place = FeedPlace.read(last.cursor, date(2026, 3, 15))
    assert (place.day, place.missed) == (date(2026, 3, 13), None)


def test_yesterdays_list_keeps_its_day_however_fresh_the_feed_is() -> None:
    again = rss(rss_item(), built="Tue, 17 Mar 2026 00:00:00 -0400")
    [batch] = harvest(Reply(again), today=date(2026, 3, 17))
    assert [each.day for each in batch.listed] == [TODAY]


def test_a_list_that_was_kept_is_not_sent_again() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("If-None-Match") == '"one"':
            return Reply(status=304)
        return Reply(rss(rss_item()), headers={"ETag": '"one"'})

    cursor = last_cursor(harvest(answer))
    [batch] = harvest(answer, cursor="")
    assert len(batch.listed) == 1
    with serving(answer) as service:
        source = open_source("cs.CL", client_of(service), {})
        [first] = source.harvest("", TODAY)
        [second] = source.harvest(first.cursor, TODAY)
    assert second.listed == ()
    assert second.cursor == first.cursor
    assert json.loads(cursor)["day"] == "2026-03-16"


@pytest.mark.parametrize(
    "cursor",
    ["nonsense", "[]", "{}", '{"validators": 3}', '{"validators": "x", "day": 3}', "[" * 9999],
)
def test_a_cursor_that_cannot_be_read_is_none(cursor: str) -> None:
    [batch] = harvest(Reply(rss(rss_item())), cursor=cursor)
    assert len(batch.listed) == 1


def test_a_refusal_is_told_in_the_words_of_the_service() -> None:
    with pytest.raises(SourceError, match=r"refuses the question: Feed error for query: cs\.XX"):
        harvest(Reply(rss(title="Feed error for query: cs.XX")))
    with pytest.raises(SourceError, match="400"):
        harvest(Reply(rss(title="Feed error for query: cs.XX"), status=400))


def test_an_item_that_cannot_be_read_is_named_and_the_others_stand() -> None:
    broken = rss_item("x").replace("/abs/x", "/abs/y"), rss_item("2603.00009v1", date="soon")
    good = [rss_item(f"2603.0000{n}v1") for n in range(1, 4)]
    [batch] = harvest(Reply(rss(*good, *broken)))
    assert len(batch.listed) == 3
    assert "no arXiv id in 'oai:arXiv.org:x" in batch.warnings[0].problem
    assert "2603.00009 has no date" in batch.warnings[1].problem
    with pytest.raises(SourceError, match=r"shape that Digest does not know: .*2 of 3"):
        harvest(Reply(rss(good[0], *broken)))


@pytest.mark.parametrize(
    "body", ["<opml/>", "<rss/>", "{}", "", rss(rss_item())[:-20], atom_list()[:200]]
)
def test_what_is_no_feed_or_only_its_beginning_is_refused(body: str) -> None:
    with pytest.raises(SourceError):
        harvest(Reply(body))


def test_days_gone_by_are_asked_of_the_search_after_the_list_that_is_out() -> None:
    thursday = "Thu, 19 Mar 2026 00:00:00 -0400"

    def answer(asked: Asked) -> Reply:
        if asked.path.startswith("/rss/"):
            return Reply(rss(rss_item("2603.00009v1", date=thursday)), headers={"ETag": '"thu"'})
        return Reply(
            api(
                api_entry("2603.00001v1", "2026-03-13T10:00:00Z"),  # in Monday's list
                api_entry("2603.00002v1", "2026-03-16T10:00:00Z"),
                api_entry("2603.00003v2", "2026-03-16T23:00:00Z"),
                api_entry("2603.00004v1", "2026-03-17T23:00:00Z"),  # in Thursday's
            )
        )

    cursor = last_cursor(harvest(Reply(rss(rss_item()))))
    with serving(answer) as service:
        source = open_source("cs.CL+hep-th", client_of(service), {})
        batches = list(source.harvest(cursor, date(2026, 3, 19)))
        queries = [each.query.get("search_query", "") for each in service.asked]
    assert [numbers_of(each.listed) for each in batches] == [
        ["2603.00009"], ["2603.00002", "2603.00003"], []
    ]  # fmt: skip
    assert [each.day.day for each in batches[1].listed] == [17, 18]
    assert "missed" in json.loads(batches[0].cursor)
    assert "missed" not in json.loads(batches[2].cursor)
    assert queries[1].startswith(
        "(cat:cs.CL OR cat:hep-th OR cat:hep-th.*) AND submittedDate:[2026"
    )


def test_days_gone_by_are_asked_again_until_they_are_there() -> None:
    thursday = rss(rss_item("2603.00009v1", date="Thu, 19 Mar 2026 00:00:00 -0400"))

    def answer(asked: Asked) -> Reply:
        return Reply(thursday) if asked.path.startswith("/rss/") else Reply(status=500)

    cursor = last_cursor(harvest(Reply(rss(rss_item()))))
    with serving(answer) as service:
        looking = open_source("cs.CL", client_of(service), {}).harvest(cursor, date(2026, 3, 19))
        first = next(looking)
        with pytest.raises(SourceAwayError):
            next(looking)
        looking = open_source("cs.CL", client_of(service), {}).harvest(
            first.cursor, date(2026, 3, 20)
        )
        assert json.loads(next(looking).cursor)["missed"] == "2026-03-17"
        with pytest.raises(SourceAwayError):
            next(looking)
        # A month later nobody waits for them any more.
        late = open_source("cs.CL", client_of(service), {}).harvest(first.cursor, date(2026, 4, 20))
        assert "missed" not in json.loads(next(late).cursor)
        assert list(late) == []


@pytest.mark.parametrize(
    ("submitted", "day"),
    [
        ("2026-03-12T17:59", date(2026, 3, 13)),  # Thursday before two
        ("2026-03-12T18:01", date(2026, 3, 16)),
        ("2026-03-13T17:00", date(2026, 3, 16)),  # Friday
        ("2026-03-13T18:00", date(2026, 3, 17)),
        ("2026-03-15T12:00", date(2026, 3, 17)),  # Sunday
        ("2026-03-17T12:00", date(2026, 3, 18)),
    ],
)
def test_a_paper_is_listed_on_the_working_day_after_its_announcement(
    submitted: str, day: date
) -> None:
    assert listed_on(datetime.fromisoformat(submitted).replace(tzinfo=UTC)) == day


def test_no_list_is_missed_over_a_weekend() -> None:
    friday, monday, wednesday = date(2026, 3, 13), date(2026, 3, 16), date(2026, 3, 18)
    assert lists_between(friday, monday) is None
    assert lists_between(friday, wednesday) == (monday, date(2026, 3, 17))
    assert lists_between(date(2026, 3, 11), monday) == (date(2026, 3, 12), friday)


@pytest.mark.parametrize(
    "argument",
    [
        "",
        "cs.CL+",
        "cs CL",
        "../x",
        "cs.CL?x",
        "+".join(["cs"] + [f"a{'b' * n}" for n in range(60)]),
    ],
)
def test_what_is_no_category_is_refused(argument: str) -> None:
    with serving(Reply()) as service, pytest.raises(ValueError, match="categor"):
        open_source(argument, client_of(service), {})


def test_its_name_is_short_whatever_it_lists() -> None:
    with serving(Reply()) as service:
        client = client_of(service)
        assert open_source("cs.CL+cs.LG", client, {}).name == "arxiv:cs.CL+cs.LG"
        many = "+".join(f"cs.{a}{b}" for a in "ABC" for b in "ABCDE")
        other = "+".join(f"cs.{a}{b}" for a in "ABC" for b in "ABCDF")
        names = {open_source(each, client, {}).name for each in (many, other)}
    assert len(names) == 2
    assert max(map(len, names)) == 40
