import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from digest.errors import SourceAwayError, SourceError
from digest.model.papers import LinkKind, PaperId, Scheme
from digest.sources.base import Batch
from digest.sources.openreview import Venue, open_source
from tests.sources.sample import Sample
from tests.sources.service import Asked, Behaviour, Reply, Service, client_of, serving
from tests.sources.shapes import json_of, nearly

TODAY = date(2025, 11, 3)
OPENED = date(2025, 11, 2)
LONG_AGO = date(2025, 9, 20)


def ms(day: date, number: int = 0) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()) * 1000 + number


def note(number: int, *, public: date | None = OPENED, made: date = LONG_AGO, **more: Any) -> Any:
    return {
        "id": f"aBc_{number}",
        "forum": f"aBc_{number}",
        "number": number,
        "cdate": ms(made, number),
        "tcdate": ms(made, number),
        "odate": ms(public) if public else None,
        "pdate": None,
        "ddate": None,
        "invitations": ["ICLR.cc/2026/Conference/-/Submission"],
        "content": {
            "title": {"value": f"Kites on {number} strings"},
            "abstract": {"value": f"We fly kites on {number} strings."},
            "authors": {"value": ["Ada Lark", "Bo Wren"]},
            "authorids": {"value": ["~Ada_Lark1", "~Bo_Wren1"]},
            "keywords": {"value": ["kites", "strings"]},
            "venueid": {"value": "ICLR.cc/2026/Conference/Submission"},
            "pdf": {"value": f"/pdf/{number:040x}.pdf"},
        },
        **more,
    }


def changed(number: int, **content: Any) -> Any:
    whole = note(number)
    return whole | {"content": whole["content"] | content}


def venue_of(
    notes: list[Any], *, limit: int = 1000, is_counted: bool = True, is_counting: bool = True
) -> Behaviour:
    """A venue that keeps to the documents, or never gives more than `limit`, or does not count."""

    def behaviour(asked: Asked) -> Reply:
        after = int(asked.query.get("mintcdate", 0))
        found = [each for each in notes if each["tcdate"] >= after]
        start = int(asked.query["offset"]) if is_counting else 0
        page = found[start : start + min(limit, int(asked.query["limit"]))]
        return Reply(json.dumps({"notes": page} | ({"count": len(found)} if is_counted else {})))

    return behaviour


def harvested(
    service: Service, cursor: str = "", today: date = TODAY, limit: int = 1000
) -> list[Batch]:
    source = Venue(client_of(service), "ICLR.cc/2026/Conference", limit)
    return list(source.harvest(cursor, today))


def numbers(batches: list[Batch]) -> list[str]:
    return [each.record.ids[0].value for batch in batches for each in batch.listed]


SAMPLE = Sample(
    kind="openreview",
    argument="ICLR.cc/2026/Conference",
    today=TODAY,
    papers=3,
    behaviour=venue_of([note(1), note(2), note(3)]),
)


def test_a_submission_is_read_whole() -> None:
    with serving(venue_of([note(1)])) as service:
        ((listed,),) = (each.listed for each in harvested(service))
        (asked,) = service.asked
    record = listed.record
    assert listed.day == record.published_on == OPENED
    assert (record.title, record.abstract) == (
        "Kites on 1 strings",
        "We fly kites on 1 strings.",
    )
    assert record.authors == ("Ada Lark", "Bo Wren")
    assert record.ids == (PaperId(Scheme.OPENREVIEW, "aBc_1"),)
    assert (record.categories, record.is_update, record.position) == ((), False, 1)
    assert [(each.kind, each.url) for each in record.links] == [
        (LinkKind.PAPER, "https://openreview.net/forum?id=aBc_1"),
        (LinkKind.PDF, f"https://openreview.net/pdf/{1:040x}.pdf"),
    ]
    assert asked.query["invitation"] == "ICLR.cc/2026/Conference/-/Submission"
    assert "mintcdate" not in asked.query


def test_authors_may_be_objects() -> None:
    people = {"value": [{"fullname": "Ada Lark", "username": "~Ada_Lark1"}, {"username": "~B1"}]}
    with serving(venue_of([changed(1, authors=people)])) as service:
        assert harvested(service)[0].listed[0].record.authors == ("Ada Lark",)


def test_fields_may_be_bare_as_in_the_first_version() -> None:
    bare = note(1) | {
        "content": {"title": "Kites", "abstract": "They fly.", "authors": ["Ada Lark"]}
    }
    with serving(venue_of([bare])) as service:
        record = harvested(service)[0].listed[0].record
    assert (record.title, record.abstract, record.authors) == (
        "Kites",
        "They fly.",
        ("Ada Lark",),
    )


@pytest.mark.parametrize(
    ("odate", "pdate", "day"),
    [
        (ms(OPENED), ms(TODAY), OPENED),
        (None, ms(OPENED), OPENED),
        (None, None, TODAY),
        (ms(date(2999, 1, 1)), None, TODAY),
        ("soon", None, TODAY),
    ],
)
def test_the_day_is_the_one_on_which_it_became_public(odate: Any, pdate: Any, day: date) -> None:
    made = note(1, made=TODAY) | {"odate": odate, "pdate": pdate}
    with serving(venue_of([made])) as service:
        assert harvested(service)[0].listed[0].day == day


def test_a_time_in_the_future_or_none_at_all_is_today() -> None:
    times = dict.fromkeys(("cdate", "tcdate", "odate"), ms(date(2999, 1, 1)))
    with serving(Reply(json.dumps({"notes": [note(1) | times], "count": 1}))) as service:
        (batch,) = harvested(service)
    assert batch.listed[0].day == TODAY
    assert json.loads(batch.cursor)["newest"] == 0


def test_what_was_public_before_the_first_look_only_completes_what_is_known() -> None:
    notes = [note(1, public=LONG_AGO), note(2)]
    with serving(venue_of(notes)) as service:
        batches = harvested(service)
        later = harvested(service, batches[-1].cursor, TODAY + timedelta(days=40))
    for each in (batches, later):
        assert [listed.record.is_update for listed in each[0].listed] == [True, False]


def test_a_venue_that_opens_later_is_listed_though_its_submissions_are_old() -> None:
    with serving(venue_of([])) as service:
        cursor = harvested(service)[-1].cursor
        service.behaviour = venue_of([note(number, public=None) for number in range(3)])
        batches = harvested(service, cursor, TODAY + timedelta(days=1))
    assert [each.record.is_update for each in batches[0].listed] == [False] * 3
    assert {each.day for each in batches[0].listed} == {LONG_AGO}


def test_ten_thousand_submissions_of_one_day_come_in_pages() -> None:
    with serving(venue_of([note(number) for number in range(25)])) as service:
        batches = harvested(service, limit=10)
        assert [each.query["offset"] for each in service.asked] == ["0", "10", "20"]
    listed = [each for batch in batches for each in batch.listed]
    assert {each.day for each in listed} == {OPENED}
    assert [each.record.position for each in listed] == list(range(1, 26))


def test_whoever_is_stopped_half_way_goes_on_with_the_next_page() -> None:
    with serving(venue_of([note(number) for number in range(15)])) as service:
        first = next(Venue(client_of(service), "ICLR.cc/2026/Conference", 10).harvest("", TODAY))
        service.asked.clear()
        rest = harvested(service, first.cursor, TODAY + timedelta(days=1), limit=10)
        assert [each.query["offset"] for each in service.asked] == ["10"]
    assert len(numbers([first, *rest])) == 15


@pytest.mark.parametrize("is_counted", [True, False])
def test_pages_shorter_than_asked_for_are_counted_by_what_came(is_counted: bool) -> None:  # noqa: FBT001  a parameter
    notes = [note(number) for number in range(5)]
    with serving(venue_of(notes, limit=2, is_counted=is_counted)) as service:
        assert len(numbers(harvested(service))) == 5


def test_a_count_that_is_too_small_cuts_no_list_short() -> None:
    def behaviour(asked: Asked) -> Reply:
        said = json.loads(str(venue_of(notes)(asked).body))
        return Reply(json.dumps(said | {"count": 1}))

    notes = [note(number) for number in range(11)]
    with serving(behaviour) as service:
        assert len(numbers(harvested(service, limit=10))) == 11


def test_pages_that_repeat_themselves_end() -> None:
    notes = [note(number) for number in range(3)]
    with serving(venue_of(notes, limit=2, is_counting=False, is_counted=False)) as service:
        batches = harvested(service)
        assert len(service.asked) == 2
    assert numbers(batches) == ["aBc_0", "aBc_1"]
    assert "once more" in batches[-1].warnings[0].problem


def test_later_the_same_day_only_what_is_newer_is_asked_for_and_all_on_the_next() -> None:
    with serving(venue_of([note(1), note(2)])) as service:
        cursor = harvested(service)[-1].cursor
        service.behaviour = venue_of([note(1), note(2), note(3, made=TODAY)])
        later = harvested(service, cursor)
        again = harvested(service, later[-1].cursor)
        harvested(service, again[-1].cursor, TODAY + timedelta(days=1))
        asked = [each.query.get("mintcdate") for each in service.asked]
    assert asked == [None, str(ms(LONG_AGO, 2)), str(ms(TODAY, 3)), None]
    assert numbers(later) == ["aBc_2", "aBc_3"]


def test_what_was_deleted_is_taken_back() -> None:
    with serving(venue_of([note(1), note(2, ddate=ms(TODAY))])) as service:
        (batch,) = harvested(service)
    assert batch.withdrawn == [PaperId(Scheme.OPENREVIEW, "aBc_2")]
    assert numbers([batch]) == ["aBc_1"]


@pytest.mark.parametrize("end", ["Withdrawn_Submission", "Desk_Rejected_Submission"])
def test_what_left_the_venue_is_not_listed_but_stands_where_it_is_known(end: str) -> None:
    left = changed(1, venueid={"value": f"ICLR.cc/2026/Conference/{end}"})
    with serving(venue_of([left, note(2)])) as service:
        (batch,) = harvested(service)
    assert (numbers([batch]), batch.withdrawn) == (["aBc_2"], [])


def test_replies_are_no_papers() -> None:
    reply = note(2) | {"id": "reply", "forum": "aBc_1", "replyto": "aBc_1"}
    with serving(venue_of([note(1), reply])) as service:
        (batch,) = harvested(service)
    assert (numbers([batch]), batch.warnings) == (["aBc_1"], [])


@pytest.mark.parametrize(
    ("pdf", "address"),
    [
        ("/pdf/abc.pdf", "https://openreview.net/pdf/abc.pdf"),
        ("https://example.org/kites.pdf", "https://example.org/kites.pdf"),
        ("//evil.example.org/a.pdf", None),
        ("/pdf/../../logout", None),
        ("javascript:alert(1)", None),
        ('/pdf/"onclick', None),
    ],
)
def test_links_to_pdfs_are_relative_or_public(pdf: str, address: str | None) -> None:
    with serving(venue_of([changed(1, pdf={"value": pdf})])) as service:
        links = harvested(service)[0].listed[0].record.links
    assert [each.url for each in links if each.kind is LinkKind.PDF] == [address][: bool(address)]


def test_a_challenge_to_robots_is_not_a_venue_without_papers() -> None:
    challenge = Reply("<!doctype html><title>Are you a robot?</title>")

    def behaviour(asked: Asked) -> Reply:
        return challenge if asked.path == "/check" else Reply("", 302, {"Location": "/check"})

    with serving(behaviour) as service, pytest.raises(SourceAwayError):
        harvested(service)
    with serving(challenge) as service, pytest.raises(SourceAwayError):
        harvested(service)


@pytest.mark.parametrize(
    "body", ['{"name": "ForbiddenError"}', "[]", '{"notes": null}', '{"notes": [{"id": "a"}, 3]}']
)
def test_an_answer_of_another_shape_is_refused(body: str) -> None:
    with (
        serving(Reply(body)) as service,
        pytest.raises(SourceError, match="in a shape that Digest does not know: the answer"),
    ):
        harvested(service)


def test_an_unreadable_note_is_a_warning_with_its_place() -> None:
    broken = note(2) | {"content": {"title": {"value": None}}}
    with serving(venue_of([note(1), broken])) as service:
        (batch,) = harvested(service)
    assert [each.problem for each in batch.warnings] == [
        "left out, for the answer.notes[1].content.title is missing"
    ]


@pytest.mark.parametrize(
    "cursor", ["x", "[]", '{"begun": "2999-01-01"}', '{"begun": 5, "at": 7}', "[" * 9999]
)
def test_a_cursor_of_somebody_else_counts_as_none(cursor: str) -> None:
    with serving(venue_of([note(1)])) as service:
        assert harvested(service, cursor) == harvested(service)
        assert {each.query["offset"] for each in service.asked} == {"0"}


@pytest.mark.parametrize("venue", ["", "ICLR", "a b/c", "ICLR.cc/../x", "x/" * 20, "a/b?c=d"])
def test_what_is_no_venue_is_told(venue: str) -> None:
    with serving(Reply("{}")) as service, pytest.raises(ValueError, match="is no venue"):
        open_source(venue, client_of(service), {})


def test_names_fit_whatever_the_venue() -> None:
    with serving(Reply("{}")) as service:
        client = client_of(service)
        names = [
            open_source(venue, client, {}).name
            for venue in (
                "ICLR.cc/2026/Conference",
                "NeurIPS.cc/2026/Workshop/Kites_And_Other_Strings",
                "NeurIPS.cc/2026/Workshop/Kites_And_Other_Things",
            )
        ]
    assert names[0] == "openreview:ICLR.cc/2026/Conference"
    assert len(set(names)) == 3
    assert all(len(name) <= 40 for name in names)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    json_of("notes", "content", "title", "value", "forum", "count", "odate")
    | nearly({"notes": [note(1), note(2), note(3)], "count": 3})
)
def test_any_json_gives_papers_or_a_refusal(service: Service, answer: Any) -> None:
    service.behaviour = lambda _asked: Reply(json.dumps(answer))
    try:
        batches = harvested(service)
    except SourceError:
        return
    assert all(each.day <= TODAY and each.record.title for b in batches for each in b.listed)
    harvested(service, batches[-1].cursor)
