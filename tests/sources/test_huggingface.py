import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from digest.errors import SourceAwayError, SourceError
from digest.model.papers import LinkKind, PaperId, Scheme
from digest.sources.base import Batch
from digest.sources.huggingface.daily import HuggingFace, open_source
from tests.sources.sample import Sample
from tests.sources.service import Asked, Behaviour, Reply, Service, client_of, serving
from tests.sources.shapes import json_of, nearly

FRIDAY = date(2025, 10, 31)
SUNDAY = date(2025, 11, 2)
MONDAY = date(2025, 11, 3)


def item(number: int, day: date, **paper: Any) -> dict[str, Any]:
    return {
        "title": f"Lanterns that count to {number}",
        "summary": f"We count to {number} by lanterns, and find that it works.",
        "thumbnail": "https://example.org/a.png",
        "publishedAt": f"{day}T00:35:12.000Z",
        "submittedBy": {"_id": "1", "name": "ada", "type": "user"},
        "isAuthorParticipating": False,
        "numComments": 3,
        "paper": {
            "id": f"2510.{number:05}",
            "title": f"Lanterns that\ncount to {number}",
            "summary": f"We count to {number} by\nlanterns, and find that it works.",
            "publishedAt": "2025-10-28T17:53:02.000Z",
            "authors": [
                {"_id": "1", "name": "Ada Lark", "hidden": False},
                {"_id": "2", "name": "Somebody Hidden", "hidden": True},
                {"_id": "3", "name": "Bo Wren", "hidden": False},
            ],
            "upvotes": 42.0,
            "discussionId": "1",
            **paper,
        },
    }


def lists(days: dict[date, list[dict[str, Any]]]) -> Behaviour:
    """A service that answers for a day without papers with the last day that has some."""

    def behaviour(asked: Asked) -> Reply:
        wanted = date.fromisoformat(asked.query["date"])
        day = max((day for day in days if day <= wanted and days[day]), default=None)
        start = int(asked.query["p"]) * int(asked.query["limit"])
        page = days[day][start : start + int(asked.query["limit"])] if day else []
        return Reply(json.dumps(page))

    return behaviour


def harvested(service: Service, cursor: str = "", today: date = MONDAY) -> list[Batch]:
    return list(HuggingFace(client_of(service)).harvest(cursor, today))


SAMPLE = Sample(
    kind="huggingface",
    argument="",
    today=FRIDAY,
    papers=3,
    behaviour=lambda asked: Reply(
        json.dumps([item(number, FRIDAY) for number in (1, 2, 3)])
        if asked.query["date"] == str(FRIDAY) and asked.query["p"] == "0"
        else "[]"
    ),
)


def test_a_paper_is_read_whole() -> None:
    paper = item(
        1,
        FRIDAY,
        githubRepo="https://github.com/a/lanterns",
        projectPage="https://lanterns.github.io",
    )
    with serving(lists({FRIDAY: [paper]})) as service:
        listed = harvested(service, today=FRIDAY)[-1].listed
    assert [each.day for each in listed] == [FRIDAY]
    record = listed[0].record
    assert record.title == "Lanterns that count to 1"
    assert record.abstract == "We count to 1 by lanterns, and find that it works."
    assert record.ids == (PaperId(Scheme.ARXIV, "2510.00001"),)
    assert record.authors == ("Ada Lark", "Bo Wren")
    assert record.published_on == date(2025, 10, 28)
    assert (record.position, record.upvotes, record.categories) == (1, 42, ())
    assert [(each.kind, each.url) for each in record.links] == [
        (LinkKind.CODE, "https://github.com/a/lanterns"),
        (LinkKind.PROJECT, "https://lanterns.github.io"),
        (LinkKind.PDF, "https://arxiv.org/pdf/2510.00001"),
    ]


def test_what_moved_from_the_paper_to_what_is_around_it_is_read_there() -> None:
    paper = item(1, FRIDAY) | {
        "githubRepo": "https://github.com/a/lanterns",
        "submittedOnDailyAt": f"{FRIDAY}T10:00:00.000Z",
        "publishedAt": None,
        "upvotes": 7,
    }
    del paper["paper"]["upvotes"], paper["paper"]["title"]
    with serving(Reply(json.dumps([paper]))) as service:
        listed = harvested(service, today=FRIDAY)[-1].listed
    assert listed[0].day == FRIDAY
    assert (listed[0].record.upvotes, listed[0].record.title) == (7, "Lanterns that count to 1")
    assert LinkKind.CODE in [each.kind for each in listed[0].record.links]


def test_the_day_in_the_paper_counts_for_more_than_the_one_beside_it() -> None:
    paper = item(1, date(2025, 10, 28), submittedOnDailyAt=f"{FRIDAY}T10:00:00.000Z")
    with serving(Reply(json.dumps([paper]))) as service:
        assert harvested(service, today=FRIDAY)[-1].listed[0].day == FRIDAY


def test_a_day_without_papers_lists_nothing_under_itself_and_does_not_stop_the_catching_up() -> (
    None
):
    days = {
        FRIDAY: [item(1, FRIDAY), item(2, FRIDAY)],
        MONDAY: [item(3, MONDAY)],
    }
    with serving(lists(days)) as service:
        batches = harvested(service)
        asked = [each.query["date"] for each in service.asked]
    assert asked == [str(FRIDAY + timedelta(days=day)) for day in range(4)]
    assert {each.day for batch in batches for each in batch.listed} == {FRIDAY, MONDAY}
    assert [each.record.ids[0].value for each in batches[-1].listed] == ["2510.00003"]


def test_an_empty_weekend_is_a_quiet_answer() -> None:
    with serving(Reply("[]")) as service:
        batches = harvested(service, today=SUNDAY)
    assert all(not batch.listed and not batch.warnings for batch in batches)
    assert [json.loads(each.cursor)["next"] for each in batches][-1] == str(MONDAY)


def test_a_look_on_the_same_day_reads_the_lists_that_grow_again() -> None:
    with serving(lists({FRIDAY: [item(1, FRIDAY)]})) as service:
        cursor = harvested(service, today=FRIDAY)[-1].cursor
        service.asked.clear()
        assert [each.day for each in harvested(service, cursor, FRIDAY)[-1].listed] == [FRIDAY]
        assert [each.query["date"] for each in service.asked] == ["2025-10-30", "2025-10-31"]


def test_votes_of_the_days_before_are_read_again_once_a_day() -> None:
    with serving(lists({FRIDAY: [item(1, FRIDAY)]})) as service:
        cursor = harvested(service, today=FRIDAY)[-1].cursor
        service.asked.clear()
        batches = harvested(service, cursor, SUNDAY)
        asked = [each.query["date"] for each in service.asked]
    assert asked == [str(FRIDAY + timedelta(days=day)) for day in range(-3, 3)]
    votes = [(each.day, each.record.upvotes) for batch in batches for each in batch.listed]
    assert set(votes) == {(FRIDAY, 42)}


def test_whoever_is_stopped_half_way_goes_on_with_the_next_day() -> None:
    with serving(lists({FRIDAY: [item(1, FRIDAY)]})) as service:
        first = next(HuggingFace(client_of(service)).harvest("", MONDAY))
        service.asked.clear()
        harvested(service, first.cursor)
        assert service.asked[0].query["date"] == "2025-11-01"


def test_after_half_a_year_away_it_goes_back_a_month_and_says_so() -> None:
    with serving(Reply("[]")) as service:
        batches = harvested(service, '{"next": "2025-05-01"}')
        assert (service.asked[0].query["date"], len(service.asked)) == ("2025-10-04", 31)
    assert [each.problem for each in batches[0].warnings] == [
        "the lists of 2025-05-01 to 2025-10-03 were not asked for"
    ]


@pytest.mark.parametrize(
    "cursor", ["etag", "[]", "5", '{"next": 5}', '{"next": "2999-01-01"}', "[" * 9999]
)
def test_a_cursor_of_somebody_else_counts_as_none(cursor: str) -> None:
    with serving(Reply("[]")) as service:
        assert len(harvested(service, cursor)) == 4


def test_pages_are_read_to_the_short_one() -> None:
    papers = [item(number, FRIDAY) for number in range(120)]
    with serving(lists({FRIDAY: papers})) as service:
        batch = next(HuggingFace(client_of(service)).harvest('{"next": "2025-10-31"}', FRIDAY))
        assert [each.query["p"] for each in service.asked] == ["0", "1", "2"]
    assert [each.record.position for each in batch.listed] == list(range(1, 121))


def test_pages_that_repeat_themselves_end() -> None:
    page = json.dumps([item(number, FRIDAY) for number in range(50)])
    with serving(Reply(page)) as service:
        batch = next(HuggingFace(client_of(service)).harvest('{"next": "2025-10-31"}', FRIDAY))
        assert len(service.asked) == 2
    assert len(batch.listed) == 50


def test_a_paper_that_slid_to_the_next_page_meanwhile_is_listed_once() -> None:
    papers = [item(number, FRIDAY) for number in range(60)]
    pages = {"0": papers[:50], "1": papers[49:]}
    with serving(lambda asked: Reply(json.dumps(pages[asked.query["p"]]))) as service:
        batch = next(HuggingFace(client_of(service)).harvest('{"next": "2025-10-31"}', FRIDAY))
    assert [each.record.ids[0].value for each in batch.listed] == [
        each["paper"]["id"] for each in papers
    ]


def test_a_withdrawn_paper_is_taken_back() -> None:
    papers = [item(1, FRIDAY), item(2, FRIDAY, withdrawnAt="2025-10-31T09:00:00.000Z")]
    with serving(lists({FRIDAY: papers})) as service:
        batch = harvested(service, today=FRIDAY)[-1]
    assert batch.withdrawn == [PaperId(Scheme.ARXIV, "2510.00002")]
    assert [each.record.position for each in batch.listed] == [1]


def test_a_day_to_come_is_cut_to_today() -> None:
    with serving(Reply(json.dumps([item(1, date(2999, 1, 1))]))) as service:
        assert harvested(service, today=FRIDAY)[-1].listed[0].day == FRIDAY


def test_a_paper_without_a_day_is_of_the_list_it_is_in() -> None:
    papers = [item(1, FRIDAY), item(2, FRIDAY) | {"publishedAt": "today"}]
    with serving(Reply(json.dumps(papers))) as service:
        days = [each.day for each in harvested(service, today=MONDAY)[-1].listed]
    assert days == [FRIDAY, FRIDAY]


def test_a_list_in_which_no_paper_has_a_day_is_refused() -> None:
    with (
        serving(Reply(json.dumps([item(1, FRIDAY) | {"publishedAt": None}]))) as service,
        pytest.raises(SourceError, match="no paper says on which day"),
    ):
        harvested(service)


def test_one_unreadable_paper_is_a_warning_with_its_place() -> None:
    papers = [item(1, FRIDAY), {"paper": {"id": "not one"}}, item(3, FRIDAY)]
    with serving(lists({FRIDAY: papers})) as service:
        batch = harvested(service, today=FRIDAY)[-1]
    assert [each.problem for each in batch.warnings] == [
        "left out, for the answer[1].paper.id is no arXiv id"
    ]
    assert len(batch.listed) == 2


@pytest.mark.parametrize("body", ['{"error": "gone"}', "5", '[{"id": 1}, 5]'])
def test_an_answer_of_another_shape_is_refused(body: str) -> None:
    with (
        serving(Reply(body)) as service,
        pytest.raises(SourceError, match="in a shape that Digest does not know: the answer"),
    ):
        harvested(service)


def test_a_date_that_is_refused_keeps_what_came_before() -> None:
    def behaviour(asked: Asked) -> Reply:
        if asked.query["date"] == str(SUNDAY):
            return Reply('{"error": "Invalid date"}', 400)
        return lists({FRIDAY: [item(1, FRIDAY)]})(asked)

    with serving(behaviour) as service:
        batches = HuggingFace(client_of(service)).harvest("", MONDAY)
        kept = [next(batches), next(batches)]
        with pytest.raises(SourceAwayError, match="400"):
            next(batches)
    assert json.loads(kept[-1].cursor)["next"] == str(SUNDAY)


def test_a_sign_in_page_is_no_quiet_day() -> None:
    with (
        serving(Reply("<!doctype html><title>Sign in</title>")) as service,
        pytest.raises(SourceAwayError),
    ):
        harvested(service)


def test_there_is_only_one_list() -> None:
    with serving(Reply("[]")) as service, pytest.raises(ValueError, match="only one list"):
        open_source("cs.CL", client_of(service), {})


FUZZED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
GOOD = [item(1, FRIDAY), item(2, FRIDAY, withdrawnAt=None), item(3, FRIDAY)]


@FUZZED
@given(
    answer=json_of("paper", "id", "title", "publishedAt", "authors", "upvotes") | nearly(GOOD),
)
def test_any_json_gives_papers_or_a_refusal(service: Service, answer: Any) -> None:
    service.behaviour = lambda _asked: Reply(json.dumps(answer))
    try:
        batches = harvested(service, '{"next": "2025-11-03"}')
    except SourceError:
        return
    for batch in batches:
        assert batch.cursor
        assert all(each.day <= MONDAY and each.record.title for each in batch.listed)
