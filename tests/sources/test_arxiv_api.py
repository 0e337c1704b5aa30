"""arXiv's API: a search read from its cursor on, however short, empty or long its pages are."""

import json
from datetime import date

import pytest

from digest.errors import SourceAwayError, SourceError
from digest.model.papers import PaperId, Scheme
from digest.sources.arxiv import api as arxiv_api
from digest.sources.base import Batch
from tests.sources.arxiv_answers import api, api_entry, api_error, last_cursor, numbers_of
from tests.sources.sample import Sample
from tests.sources.service import Asked, Behaviour, Reply, client_of, serving

TODAY = date(2026, 3, 16)
SAMPLE = Sample(
    kind="arxiv-api",
    argument="cat:cs.CL",
    today=TODAY,
    papers=2,
    replies=(Reply(api(api_entry(), api_entry("2603.00002v1", title="Boats at Night"), total=2)),),
)


def harvest(*behaviour: Behaviour | Reply, cursor: str = "", today: date = TODAY) -> list[Batch]:
    with serving(*behaviour) as service:
        source = arxiv_api.open_source("cat:cs.CL", client_of(service), {})
        return list(source.harvest(cursor, today))


def paged(papers: int, size: int) -> Behaviour:
    """Return a service with papers a minute apart, which gives so many at a time."""

    def answer(asked: Asked) -> Reply:
        start = int(asked.query["start"])
        since = int(asked.query["search_query"].partition("[")[2][:12])
        minutes = [n for n in range(papers) if 202603150000 + n // 60 * 100 + n % 60 >= since]
        entries = [
            api_entry(f"2603.{n:05}v1", f"2026-03-15T{n // 60:02}:{n % 60:02}:00Z")
            for n in minutes[start : start + min(size, int(asked.query["max_results"]))]
        ]
        return Reply(api(*entries, total=len(minutes), start=start))

    return answer


def test_an_entry_becomes_a_record() -> None:
    entry = api_entry(
        "math.GT/0309136v2",
        "2026-03-16T23:30:00-05:00",
        title="Lanterns\n  in $\\mathbb{R}^n$",
        abstract="  Light &\n  sea.\n",
        more="<arxiv:doi>10.1000/A 10.48550/arXiv.math/0309136</arxiv:doi><arxiv:comment>9 p.</arxiv:comment>",
    )
    [batch] = harvest(Reply(api(entry)), today=date(2026, 3, 18))
    [listed] = batch.listed
    record = listed.record
    assert listed.day == record.published_on == date(2026, 3, 17)
    assert record.title == "Lanterns in \u211d\u207f"
    assert record.abstract == "Light & sea."
    assert record.authors == ("Ann Lee", "Bo Ray")
    assert record.ids == (PaperId(Scheme.ARXIV, "math/0309136"), PaperId(Scheme.DOI, "10.1000/a"))
    assert record.categories == ("cs.CL", "cs.LG")
    assert record.links[-1].url == "https://arxiv.org/pdf/math/0309136"


def test_a_search_is_written_as_in_an_address() -> None:
    with serving(Reply(api())) as service:
        source = arxiv_api.open_source("cat:cs.CL+AND+abs:%22open+sea%22", client_of(service), {})
        list(source.harvest("", TODAY))
        query = service.asked[0].query
    assert source.name == 'arxiv-api:cat:cs.CL+AND+abs:"open+sea"'[:31] + source.name[31:]
    assert query == {
        "search_query": '(cat:cs.CL AND abs:"open sea") AND '
        "submittedDate:[202603130000 TO 202603162359]",
        "start": "0",
        "max_results": "500",
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
    }


@pytest.mark.parametrize("argument", ["", "+", "%00", "a" * 1001])
def test_what_is_no_search_is_refused(argument: str) -> None:
    with serving(Reply()) as service, pytest.raises(ValueError, match="search"):
        arxiv_api.open_source(argument, client_of(service), {})


def test_short_pages_are_followed_to_the_end() -> None:
    batches = harvest(paged(100, 30))
    assert [len(each.listed) for each in batches] == [30, 30, 30, 10]
    assert len({n for each in batches for n in numbers_of(each.listed)}) == 100


def test_an_empty_page_is_asked_for_again_while_more_is_promised() -> None:
    empty = Reply(api(total=2))
    one, two = api_entry(), api_entry("2603.00002v1")
    first, second = Reply(api(one, total=2)), Reply(api(two, total=2))
    batches = harvest(empty, empty, first, empty, second)
    assert [numbers_of(each.listed) for each in batches] == [["2603.00001"], ["2603.00002"]]
    with serving(first, empty) as service:
        looking = arxiv_api.open_source("cat:cs.CL", client_of(service), {}).harvest("", TODAY)
        assert numbers_of(next(looking).listed) == ["2603.00001"]
        with pytest.raises(SourceAwayError, match="empty page after 1 of 2 papers"):
            next(looking)
        assert len(service.asked) == 5


def test_nothing_found_is_a_quiet_answer() -> None:
    [batch] = harvest(Reply(api(total=0)))
    assert batch.listed == []
    kept = json.dumps({"newest": "2026-03-15T10:00:00+00:00"})
    assert [each.cursor for each in harvest(Reply(api(total=0)), cursor=kept)] == [kept]


def test_a_total_that_is_missing_ends_with_an_empty_page() -> None:
    pages = [api(api_entry()), api(api_entry("2603.00002v1")), api()]
    replies = [Reply(each.replace("totalResults", "unheardOf")) for each in pages]
    assert [len(each.listed) for each in harvest(*replies)] == [1, 1, 0]


def test_after_days_away_it_goes_on_from_its_cursor() -> None:
    cursor = last_cursor(harvest(Reply(api(api_entry(published="2026-02-20T10:00:00Z")))))
    with serving(paged(90, 30)) as service:
        source = arxiv_api.open_source("cat:cs.CL", client_of(service), {})
        looking = source.harvest(cursor, TODAY)
        first = next(looking)
        # What is announced late was handed in before the newest that is known.
        assert "[202602131000 TO 202603162359]" in service.asked[0].query["search_query"]
        # Killed here, it goes on where it stopped.
        later = list(source.harvest(first.cursor, TODAY))
    assert json.loads(first.cursor) == {"newest": "2026-03-15T00:29:00+00:00"}
    assert sum(len(each.listed) for each in later) == 90


def test_a_revised_paper_is_listed_if_it_came_out_since() -> None:
    entries = [
        api_entry("2603.00001v2", "2026-03-15T10:00:00Z", updated="2026-03-16T10:00:00Z"),
        api_entry("2501.00001v3", "2025-01-01T10:00:00Z", updated="2026-03-16T10:00:00Z"),
    ]
    [batch] = harvest(Reply(api(*entries)))
    assert [each.record.is_update for each in batch.listed] == [False, True]


def test_past_thirty_thousand_it_goes_on_from_the_last_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arxiv_api, "_MOST_RESULTS", 60)
    monkeypatch.setattr(arxiv_api, "_SLICE", 30)
    with serving(paged(150, 30)) as service:
        source = arxiv_api.open_source("cat:cs.CL", client_of(service), {})
        batches = list(source.harvest("", TODAY))
        assert max(int(each.query["start"]) for each in service.asked) == 30
    assert len({n for each in batches for n in numbers_of(each.listed)}) == 150


def test_a_service_that_turns_in_circles_is_left() -> None:
    with pytest.raises(SourceError, match="same page again"):
        harvest(Reply(api(api_entry(), total=9)))


def test_a_date_in_the_future_is_today_and_holds_up_nothing() -> None:
    [batch] = harvest(Reply(api(api_entry(published="2099-01-01T00:00:00Z"))))
    assert batch.listed[0].day == TODAY
    assert json.loads(batch.cursor)["newest"].startswith("2026-03-16T23:59")


def test_an_error_is_told_in_the_words_of_the_service() -> None:
    with pytest.raises(SourceError, match="refuses the question: incorrect id format for 1234"):
        harvest(Reply(api_error("incorrect id format for 1234")))


@pytest.mark.parametrize("cursor", ["x", "[]", "3", '{"newest": 3}', '{"newest": "x"}', "[" * 9999])
def test_a_cursor_that_cannot_be_read_is_none(cursor: str) -> None:
    with serving(Reply(api())) as service:
        source = arxiv_api.open_source("cat:cs.CL", client_of(service), {})
        list(source.harvest(cursor, TODAY))
        assert "[202603130000 TO" in service.asked[0].query["search_query"]


def test_entries_that_cannot_be_read_are_named_or_refuse_the_page() -> None:
    good = [api_entry(f"2603.0000{n}v1") for n in range(3)]
    broken = [api_entry("x"), api_entry("2603.00009v1", "soon"), api_entry("2603.00008", title=" ")]
    [batch] = harvest(Reply(api(*good, *broken)))
    assert [each.problem for each in batch.warnings] == [
        "left out: no arXiv id in 'http://arxiv.org/abs/x'",
        "left out: 2603.00009 has no date",
        "left out: 2603.00008 has no title",
    ]
    with pytest.raises(SourceError, match="3 of 5 papers cannot be read"):
        harvest(Reply(api(*good[:2], *broken)))


@pytest.mark.parametrize("body", ["", "{}", "<rss/>", api(api_entry())[:-30]])
def test_what_is_no_page_is_refused(body: str) -> None:
    with pytest.raises(SourceError):
        harvest(Reply(body))
