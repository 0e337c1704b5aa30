import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from digest.errors import SourceError
from digest.model.papers import LinkKind, PaperId, Scheme
from digest.sources.base import Batch
from digest.sources.semantic_scholar import open_source
from digest.sources.texts.normalize import MAX_ABSTRACT
from tests.sources.sample import Sample
from tests.sources.service import Reply, Service, client_of, serving
from tests.sources.shapes import json_of, nearly

TODAY = date(2025, 11, 3)
SEEDS = "ARXIV:2106.15928"


def paper(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "paperId": f"{number:040x}",
        "corpusId": number,
        "externalIds": {"ArXiv": f"2510.{number:05}", "CorpusId": number},
        "url": f"https://www.semanticscholar.org/paper/{number:040x}",
        "title": f"Herons in {number} ponds",
        "abstract": f"We watch herons in {number} ponds & count them.",
        "authors": [{"authorId": "1", "name": "Ada Lark"}, {"authorId": None, "name": "Bo Wren"}],
        "year": 2025,
        "publicationDate": "2025-10-29",
        "openAccessPdf": {"url": "https://example.org/herons.pdf", "status": "GREEN"},
        **fields,
    }


def answer(*papers: Any) -> Reply:
    return Reply(json.dumps({"recommendedPapers": list(papers)}))


def harvested(
    service: Service, cursor: str = "", today: date = TODAY, seeds: str = SEEDS, key: str = ""
) -> Batch:
    source = open_source(seeds, client_of(service), {"semantic-scholar": key} if key else {})
    (batch,) = source.harvest(cursor, today)
    return batch


SAMPLE = Sample(
    kind="semantic-scholar",
    argument="ARXIV:2106.15928+DOI:10.1000/xyz,-ARXIV:1706.03762",
    today=TODAY,
    papers=2,
    replies=(answer(paper(1), paper(2, abstract=None)),),
    keys={"semantic-scholar": "a-key"},
)


def test_a_recommendation_is_read_whole() -> None:
    doi = "10.1000/HERONS"
    with serving(answer(paper(1, externalIds={"ArXiv": "2510.00001", "DOI": doi}))) as service:
        (listed,) = harvested(service).listed
    record = listed.record
    assert listed.day == record.published_on == date(2025, 10, 29)
    assert record.title == "Herons in 1 ponds"
    assert record.abstract == "We watch herons in 1 ponds & count them."
    assert record.authors == ("Ada Lark", "Bo Wren")
    assert record.ids == (
        PaperId(Scheme.ARXIV, "2510.00001"),
        PaperId(Scheme.DOI, "10.1000/herons"),
        PaperId(Scheme.SEMANTIC_SCHOLAR, "1"),
    )
    assert [(each.kind, each.url) for each in record.links] == [
        (LinkKind.PAPER, f"https://www.semanticscholar.org/paper/{1:040x}"),
        (LinkKind.PDF, "https://example.org/herons.pdf"),
    ]


def test_what_is_liked_and_disliked_is_asked_for_with_the_key() -> None:
    with serving(answer()) as service:
        harvested(service, seeds="arxiv:2106.15928v2+doi:10.1000/XYZ,-corpusid:5", key="a-key")
        (asked,) = service.asked
    assert (asked.method, asked.path) == ("POST", "/recommendations/v1/papers/")
    assert json.loads(asked.body) == {
        "positivePaperIds": ["ARXIV:2106.15928v2", "DOI:10.1000/xyz"],
        "negativePaperIds": ["CorpusId:5"],
    }
    assert asked.headers["x-api-key"] == "a-key"
    assert asked.query["limit"] == "100"
    assert {"title", "abstract", "externalIds"} < set(asked.query["fields"].split(","))


def test_no_key_is_sent_where_there_is_none_nor_shown_where_there_is_one() -> None:
    with serving(answer()) as service:
        harvested(service)
        assert "x-api-key" not in {name.lower() for name in service.asked[0].headers}
        source = open_source(SEEDS, client_of(service), {"semantic-scholar": "a-key"})
    assert "a-key" not in repr(source)


def test_a_paper_that_is_recommended_for_weeks_stays_under_its_day() -> None:
    with serving(answer(paper(1))) as service:
        first = harvested(service)
        later = harvested(service, first.cursor, TODAY + timedelta(days=9))
    assert first.listed[0].day == later.listed[0].day == date(2025, 10, 29)


@pytest.mark.parametrize("stated", [None, "2025", "2999-01-01"])
def test_a_paper_without_a_day_stays_under_that_of_the_first_time(stated: str | None) -> None:
    with serving(answer(paper(1, publicationDate=stated))) as service:
        batch = harvested(service)
        for later in (1, 2):
            batch = harvested(service, batch.cursor, TODAY + timedelta(days=later))
    assert [each.day for each in batch.listed] == [TODAY]
    assert (batch.listed[0].record.published_on or TODAY) <= TODAY + timedelta(days=2)


def test_the_cursor_forgets_what_does_not_come_back() -> None:
    with serving(answer(paper(1, publicationDate=None)), answer(paper(2))) as service:
        first = harvested(service)
        assert json.loads(first.cursor) == {"undated": {"1": str(TODAY)}}
        assert json.loads(harvested(service, first.cursor).cursor) == {"undated": {}}


@pytest.mark.parametrize("cursor", ["x", "[]", '{"undated": [1]}', '{"undated": {"1": 5}}'])
def test_a_cursor_of_somebody_else_counts_as_none(cursor: str) -> None:
    with serving(answer(paper(1, publicationDate=None))) as service:
        assert harvested(service, cursor).listed[0].day == TODAY


def test_papers_that_are_null_and_abstracts_that_are_null_are_no_fault() -> None:
    with serving(answer(None, paper(1, abstract=None), None, None)) as service:
        batch = harvested(service)
    assert [(each.record.abstract, each.record.position) for each in batch.listed] == [("", 2)]
    assert batch.warnings == []


def test_marks_of_html_in_an_abstract_are_read() -> None:
    text = "<jats:p>Herons &amp; <i>egrets</i></jats:p>"
    with serving(answer(paper(1, abstract=text))) as service:
        assert harvested(service).listed[0].record.abstract == "Herons & egrets"


def test_a_text_without_end_is_cut() -> None:
    with serving(answer(paper(1, abstract="herons " * 99_999))) as service:
        record = harvested(service).listed[0].record
    assert record.is_truncated
    assert len(record.abstract) <= MAX_ABSTRACT


def test_the_doi_that_arxiv_gives_is_the_arxiv_id() -> None:
    outside = {"DOI": "10.48550/arXiv.2510.00001"}
    with serving(answer(paper(1, externalIds=outside, corpusId=None))) as service:
        assert harvested(service).listed[0].record.ids == (PaperId(Scheme.ARXIV, "2510.00001"),)


@pytest.mark.parametrize(
    "address", ["", "javascript:alert(1)", "http://localhost/", "a b", "https://a.org/\ud800", None]
)
def test_an_address_that_is_none_becomes_no_link(address: str | None) -> None:
    with serving(answer(paper(1, url=address, openAccessPdf={"url": address}))) as service:
        (listed,) = harvested(service).listed
    assert [each.url for each in listed.record.links] == [
        f"https://www.semanticscholar.org/paper/{1:040x}"
    ]


def test_the_order_is_the_services() -> None:
    with serving(answer(paper(2), paper(1))) as service:
        records = [each.record for each in harvested(service).listed]
        assert open_source(SEEDS, client_of(service), {}).is_ranked
    assert [(each.ids[0].value, each.position) for each in records] == [
        ("2510.00002", 1),
        ("2510.00001", 2),
    ]


def test_an_unreadable_recommendation_is_a_warning_with_its_place() -> None:
    with serving(answer(paper(1), paper(2, title=None))) as service:
        batch = harvested(service)
    assert [each.problem for each in batch.warnings] == [
        "left out, for the answer.recommendedPapers[1].title is missing"
    ]


@pytest.mark.parametrize(
    "body", ['{"message": "Too much"}', "[]", '{"recommendedPapers": [{}, {"title": 3}]}']
)
def test_an_answer_of_another_shape_is_refused(body: str) -> None:
    with (
        serving(Reply(body)) as service,
        pytest.raises(SourceError, match="in a shape that Digest does not know: the answer"),
    ):
        harvested(service)


def test_the_name_is_of_the_papers_in_any_order() -> None:
    with serving(answer()) as service:
        client = client_of(service)
        names = {
            seeds: open_source(seeds, client, {}).name
            for seeds in (
                SEEDS,
                "ARXIV:2106.15928+ARXIV:1706.03762",
                "ARXIV:1706.03762,ARXIV:2106.15928",
                "ARXIV:2106.15928,-ARXIV:1706.03762",
            )
        }
    first, two, turned, against = names.values()
    assert first == "semantic-scholar:ARXIV:2106.15928"
    assert two == turned
    assert len({first, two, against}) == 3
    assert all(len(name) <= 40 and name.isascii() for name in names.values())


@pytest.mark.parametrize(
    ("seeds", "problem"),
    [
        ("", "at least one paper that is liked"),
        ("-ARXIV:2106.15928", "at least one paper that is liked"),
        ("2106.15928", "'2106.15928' is no paper"),
        ("ARXIV:2106.15928+-ARXIV:2106.15928", "is both liked and disliked"),
        ("+".join(f"PMID:{number}" for number in range(101)), "100 papers at most"),
    ],
)
def test_seeds_that_cannot_be_are_told(seeds: str, problem: str) -> None:
    with serving(answer()) as service, pytest.raises(ValueError, match=problem):
        open_source(seeds, client_of(service), {})


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    json_of("recommendedPapers", "title", "externalIds", "publicationDate")
    | nearly({"recommendedPapers": [paper(1), paper(2), paper(3)]})
)
def test_any_json_gives_papers_or_a_refusal(service: Service, answer: Any) -> None:
    service.behaviour = lambda _asked: Reply(json.dumps(answer))
    try:
        batch = harvested(service)
    except SourceError:
        return
    assert harvested(service, batch.cursor).listed == batch.listed
    assert all(each.day <= TODAY and each.record.title for each in batch.listed)
