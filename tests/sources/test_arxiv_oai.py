"""arXiv by OAI-PMH: every change since a day, page by page, and what is taken back."""

import json
from datetime import date, timedelta

import pytest

from digest.errors import SourceAwayError, SourceError
from digest.model.papers import PaperId, Scheme
from digest.sources.arxiv.oai import open_source
from digest.sources.base import Batch
from tests.sources.arxiv_answers import numbers_of, oai, oai_deleted, oai_error, oai_record
from tests.sources.sample import Sample
from tests.sources.service import Asked, Behaviour, Reply, client_of, serving

TODAY = date(2026, 3, 17)
KEPT = json.dumps({"since": "2026-03-16"})
SAMPLE = Sample(
    kind="arxiv-oai",
    argument="cs:cs:CL",
    today=TODAY,
    papers=2,
    replies=(Reply(oai(oai_record(), oai_record("2603.00002", title="Boats at Night"))),),
)


def harvest(*behaviour: Behaviour | Reply, cursor: str = "", today: date = TODAY) -> list[Batch]:
    with serving(*behaviour) as service:
        return list(open_source("cs:cs:CL", client_of(service), {}).harvest(cursor, today))


def test_a_record_is_read_with_all_that_is_known() -> None:
    record = oai_record(
        title="Lanterns\n  in $\\mathbb{R}^n$",
        authors="<author><keyname>Lee</keyname><forenames>Ann</forenames>"
        "<affiliation>Harbour, Hill</affiliation></author>"
        "<author><keyname>Ray</keyname><forenames>Bo</forenames><suffix>Jr</suffix></author>"
        "<author><keyname>Lantern Collaboration</keyname></author>",
        more="<doi>10.1000/A.1 10.48550/arXiv.2603.00001\n10.1000/B</doi>"
        "<journal-ref>J. Sea 1</journal-ref><comments>9 pages</comments>",
    )
    [batch] = harvest(Reply(oai(record)))
    [listed] = batch.listed
    found = listed.record
    assert listed.day == found.published_on == date(2026, 3, 15)
    assert (found.title, found.abstract) == ("Lanterns in \u211d\u207f", "We count lanterns.")
    assert found.authors == ("Ann Lee", "Bo Ray Jr", "Lantern Collaboration")
    assert found.categories == ("cs.CL", "cs.LG")
    assert found.ids == (
        PaperId(Scheme.ARXIV, "2603.00001"),
        PaperId(Scheme.DOI, "10.1000/a.1"),
        PaperId(Scheme.DOI, "10.1000/b"),
    )
    assert found.links[-1].url == "https://arxiv.org/pdf/2603.00001"
    assert not found.is_update


def test_the_first_look_and_the_next_ask_for_a_set_from_a_day() -> None:
    with serving(Reply(oai(oai_record()))) as service:
        source = open_source("cs:cs:CL", client_of(service), {})
        [batch] = source.harvest("", TODAY)
        list(source.harvest(batch.cursor, TODAY + timedelta(days=9)))
        first, second = (each.query for each in service.asked)
    assert first == {
        "verb": "ListRecords", "metadataPrefix": "arXiv", "from": "2026-03-13", "set": "cs:cs:CL"
    }  # fmt: skip
    assert second["from"] == "2026-03-15"


def test_no_set_is_all_of_arxiv() -> None:
    with serving(Reply(oai(oai_record()))) as service:
        source = open_source("", client_of(service), {})
        list(source.harvest("", TODAY))
        assert "set" not in service.asked[0].query
    assert (source.name, source.title) == ("arxiv-oai", "arXiv (OAI-PMH)")


@pytest.mark.parametrize(
    "argument", ["cs.CL", "cs:", ":", "cs cs", "CS", "cs:cs:CL:x", "cs&verb=x"]
)
def test_what_is_no_set_is_refused(argument: str) -> None:
    with serving(Reply()) as service, pytest.raises(ValueError, match="no set"):
        open_source(argument, client_of(service), {})


def pages_by_token(asked: Asked) -> Reply:
    match asked.query.get("resumptionToken"):
        case None:
            return Reply(oai(oai_record("2603.00001"), resume="one&two"))
        case "one&two":
            return Reply(oai(oai_record("2603.00002"), resume="three"))
        case "three":
            return Reply(oai(oai_record("2603.00003", "2026-03-17"), resume=""))
    return Reply(oai_error("badResumptionToken", "expired"))


def test_pages_are_followed_by_their_tokens_alone() -> None:
    with serving(pages_by_token) as service:
        batches = list(open_source("cs", client_of(service), {}).harvest("", TODAY))
        asked = [each.query for each in service.asked]
    assert [numbers_of(each.listed) for each in batches] == [
        ["2603.00001"], ["2603.00002"], ["2603.00003"]
    ]  # fmt: skip
    assert asked[1] == {"verb": "ListRecords", "resumptionToken": "one&two"}
    assert json.loads(batches[1].cursor) == {
        "since": "2026-03-14", "token": "three", "newest": "2026-03-16"
    }  # fmt: skip
    assert json.loads(batches[2].cursor) == {"since": "2026-03-17"}


def test_whoever_is_killed_goes_on_at_the_next_page() -> None:
    first = harvest(pages_by_token)[0]
    assert [numbers_of(each.listed) for each in harvest(pages_by_token, cursor=first.cursor)] == [
        ["2603.00002"], ["2603.00003"]
    ]  # fmt: skip


def test_a_token_that_expired_begins_the_list_again() -> None:
    cursor = json.dumps({"since": "2026-03-10", "token": "old", "newest": "2026-03-12"})
    with serving(pages_by_token) as service:
        batches = list(open_source("cs", client_of(service), {}).harvest(cursor, TODAY))
        assert service.asked[1].query["from"] == "2026-03-09"
    assert len(batches) == 3


def test_tokens_that_are_never_taken_back_are_an_error_and_no_circle() -> None:
    def answer(asked: Asked) -> Reply:
        if "resumptionToken" in asked.query:
            return Reply(oai_error("badResumptionToken"))
        return Reply(oai(oai_record(), resume="x"))

    with pytest.raises(SourceAwayError, match="does not take back"):
        harvest(answer)


def test_endless_empty_pages_are_left() -> None:
    tokens = iter(range(100))
    with pytest.raises(SourceAwayError, match="empty pages"):
        harvest(lambda _: Reply(oai(resume=str(next(tokens)))))


def test_one_page_for_ever_is_left_whatever_its_tokens_are() -> None:
    tokens = iter(["x", "x", "y", "z"])
    for _ in range(2):
        with pytest.raises(SourceError, match="same page again"):
            harvest(lambda _: Reply(oai(oai_record(), resume=next(tokens))))


def test_deleted_papers_are_withdrawn() -> None:
    [batch] = harvest(Reply(oai(oai_record(), oai_deleted("math.GT/0309136"))))
    assert batch.withdrawn == [PaperId(Scheme.ARXIV, "math/0309136")]
    assert numbers_of(batch.listed) == ["2603.00001"]


def test_no_news_is_a_quiet_answer_that_leaves_the_cursor() -> None:
    [batch] = harvest(Reply(oai_error("noRecordsMatch")), cursor=KEPT)
    assert batch.listed == []
    assert batch.cursor == KEPT


@pytest.mark.parametrize(
    ("changed", "created", "since", "is_update"),
    [
        ("2026-03-16", "2026-03-15", "2026-03-16", False),
        ("2026-03-16", "2026-03-10", "2026-03-16", False),  # over a weekend
        ("2026-03-16", "2026-03-01", "2026-03-16", True),
        ("2026-03-16", "2011-03-01", "2026-03-16", True),
        # Handed in and changed while nobody asked: it is news all the same.
        ("2026-03-16", "2026-03-01", "2026-03-02", False),
    ],
)
def test_what_changed_long_after_it_came_is_no_news(
    changed: str, created: str, since: str, *, is_update: bool
) -> None:
    cursor = json.dumps({"since": since})
    [batch] = harvest(Reply(oai(oai_record(changed=changed, created=created))), cursor=cursor)
    assert batch.listed[0].record.is_update is is_update
    assert batch.listed[0].day == date.fromisoformat(created)


def test_dates_in_the_future_are_today() -> None:
    [batch] = harvest(Reply(oai(oai_record(changed="2099-01-01", created="2098-01-01"))))
    assert batch.listed[0].day == TODAY
    assert json.loads(batch.cursor) == {"since": "2026-03-17"}
    [batch] = harvest(Reply(oai_error("noRecordsMatch")), cursor='{"since": "2099-01-01"}')
    assert json.loads(batch.cursor) == {"since": "2026-03-17"}


def test_a_refusal_is_told_in_the_words_of_the_service() -> None:
    with pytest.raises(SourceError, match=r"refuses the question: badArgument, 'No such set\.'"):
        harvest(Reply(oai_error("badArgument", "No such set.")))


def test_a_busy_service_is_asked_later_and_what_came_before_stands() -> None:
    busy = Reply(status=503, headers={"Retry-After": "600"})
    with serving(Reply(oai(oai_record(), resume="x")), busy) as service:
        looking = open_source("cs", client_of(service), {}).harvest("", TODAY)
        assert json.loads(next(looking).cursor)["token"] == "x"  # noqa: S105  no secret
        with pytest.raises(SourceAwayError, match="503") as caught:
            next(looking)
    assert caught.value.wait == timedelta(minutes=10)


def test_an_address_that_moved_is_followed() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/oai":
            return Reply(status=301, headers={"Location": "/new/oai?verb=ListRecords"})
        return Reply(oai(oai_record()))

    [batch] = harvest(answer)
    assert len(batch.listed) == 1


@pytest.mark.parametrize(
    "cursor", ["x", "[]", "3", '{"since": 3}', '{"since": "2026-03-01", "token": 3}', "[" * 9999]
)
def test_a_cursor_that_cannot_be_read_is_none(cursor: str) -> None:
    with serving(Reply(oai_error("noRecordsMatch"))) as service:
        list(open_source("cs", client_of(service), {}).harvest(cursor, TODAY))
        assert service.asked[0].query["from"] == "2026-03-13"


def test_records_that_cannot_be_read_are_named_or_refuse_the_page() -> None:
    good = [oai_record(f"2603.0000{n}") for n in range(1, 5)]
    bare = oai_deleted("2603.00009").replace(' status="deleted"', "")
    broken = [
        oai_record("x"),
        oai_record("2603.00007", created="yesterday"),
        oai_record("2603.00008", changed=""),
        bare,
    ]
    [batch] = harvest(Reply(oai(*good, *broken)))
    assert [each.problem for each in batch.warnings] == [
        "left out: no arXiv id in 'x oai:arXiv.org:x'",
        "left out: 2603.00007 has no date",
        "left out: oai:arXiv.org:2603.00008 has no datestamp",
        "left out: oai:arXiv.org:2603.00009 has no metadata",
    ]
    with pytest.raises(SourceError, match="4 of 7 papers cannot be read"):
        harvest(Reply(oai(*good[1:], *broken)))


@pytest.mark.parametrize(
    "body", ["", "{}", "<rss/>", oai(oai_record())[:-9], oai(resume="x" * 5000), oai(resume="a\tb")]
)
def test_what_is_no_page_is_refused(body: str) -> None:
    with pytest.raises(SourceError):
        harvest(Reply(body))
