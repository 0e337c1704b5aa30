import contextlib
import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from digest.errors import SourceAwayError, SourceError
from digest.model.papers import Link, LinkKind, PaperId, Scheme
from digest.sources.base import Batch, Listed
from digest.sources.biorxiv import open_biorxiv, open_medrxiv
from tests.sources.sample import Sample
from tests.sources.service import Asked, Behaviour, Reply, Service, client_of, serving
from tests.sources.shapes import nearly

TODAY = date(2026, 3, 4)


def preprint(number: int, day: str = "2026-03-02", **more: Any) -> dict[str, Any]:
    return {
        "doi": f"10.1101/2026.03.01.{number:06}",
        "title": f"Kites of species {number}",
        "authors": "Lark, A.; van Wren, B. C.; Owl Consortium",
        "date": day,
        "version": "1",
        "category": "cell biology",
        "abstract": f"We fly kites of species {number}.",
        "published": "NA",
        "server": "bioRxiv",
        **more,
    }


def server_of(papers: list[dict[str, Any]], size: int = 30, *, counts: bool = True) -> Behaviour:
    """A server that keeps to the documents, with pages of a size, and totals or none."""

    def behaviour(asked: Asked) -> Reply:
        *_, since, until, at, _ = asked.path.split("/")
        days = [each for each in papers if since <= padded(each["date"]) <= until]
        page = days[int(at) : int(at) + size]
        if not page:
            return said({"status": "no posts found"})
        total = {"total": str(len(days)), "count": len(page)} if counts else {}
        return said({"status": "ok", **total}, page)

    return behaviour


def padded(day: str) -> str:
    return "-".join(f"{int(part):02}" for part in day.split("-"))


def said(message: dict[str, Any], papers: list[dict[str, Any]] | None = None) -> Reply:
    return Reply(json.dumps({"messages": [message], "collection": papers or []}))


SAMPLES = [
    Sample(kind, "", TODAY, 1, behaviour=server_of([preprint(1)]))
    for kind in ("biorxiv", "medrxiv")
]


def harvested(service: Service, cursor: str = "", argument: str = "", today: date = TODAY) -> list[Batch]:  # fmt: skip
    return list(open_biorxiv(argument, client_of(service), {}).harvest(cursor, today))


def listed(batches: list[Batch]) -> list[Listed]:
    return [each for batch in batches for each in batch.listed]


def only(**more: Any) -> Listed:
    with serving(server_of([preprint(1, **more)])) as service:
        (one,) = listed(harvested(service))
        return one


def test_a_preprint_becomes_a_record() -> None:
    one = only(published="10.1234/JKITES.7")
    page = "https://www.biorxiv.org/content/10.1101/2026.03.01.000001v1"
    assert one.day == one.record.published_on == date(2026, 3, 2)
    assert one.record.title == "Kites of species 1"
    assert one.record.authors == ("A. Lark", "B. C. van Wren", "Owl Consortium")
    assert one.record.ids == (
        PaperId(Scheme.DOI, "10.1101/2026.03.01.000001"),
        PaperId(Scheme.DOI, "10.1234/jkites.7"),
    )
    assert one.record.links[:2] == (
        Link(LinkKind.PAPER, page),
        Link(LinkKind.PDF, f"{page}.full.pdf"),
    )
    assert one.record.categories == ("cell biology",)
    assert not one.record.is_update


@pytest.mark.parametrize("size", [30, 100])
@pytest.mark.parametrize("counts", [True, False])
def test_pages_are_turned_by_what_came_back(size: int, *, counts: bool) -> None:
    papers = [preprint(number) for number in range(130)]
    with serving(server_of(papers, size, counts=counts)) as service:
        found = listed(harvested(service))
    assert [each.record.position for each in found] == list(range(1, 131))


def test_a_total_may_be_a_number() -> None:
    page = [preprint(1)]
    with serving(said({"status": "ok", "total": 1}, page), said({"status": "no posts found"})) as s:
        assert len(listed(harvested(s))) == 1


def test_a_quiet_day_is_no_error_and_another_sentence_is_one() -> None:
    with serving(said({"status": "no posts found"})) as service:
        batches = harvested(service)
        assert not listed(batches)
        assert batches[-1].cursor
    with (
        serving(said({"status": "Error: server is down"})) as service,
        pytest.raises(SourceAwayError, match="server is down"),
    ):
        harvested(service)


def test_neither_papers_nor_a_word_is_no_quiet_day() -> None:
    with serving(Reply('{"collection": []}')) as service, pytest.raises(SourceError, match="shape"):
        harvested(service)


def test_the_last_days_are_read_again_and_older_ones_are_not() -> None:
    with serving(server_of([preprint(1)])) as service:
        cursor = harvested(service)[-1].cursor
        service.asked.clear()
        again = listed(harvested(service, cursor))
        days = [asked.path.split("/")[3] for asked in service.asked]
    assert days == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert [each.record.title for each in again] == ["Kites of species 1"]


def test_who_is_stopped_half_way_goes_on_there() -> None:
    papers = [preprint(number) for number in range(70)]
    with serving(server_of(papers)) as service:
        source = open_biorxiv("", client_of(service), {})
        before: list[Batch] = []
        for batch in source.harvest("", TODAY):
            before.append(batch)
            if batch.listed:
                break
        after = harvested(service, before[-1].cursor)
    titles = [each.record.title for each in listed([*before, *after])]
    assert sorted(titles) == sorted(each["title"] for each in papers)


def test_days_away_are_caught_up_in_bounded_looks() -> None:
    papers = [preprint(n, str(TODAY - timedelta(days=n))) for n in range(60)]
    with serving(server_of(papers, counts=False)) as service:
        cursor = json.dumps({"day": str(TODAY - timedelta(days=59))})
        found: list[Listed] = []
        for _ in range(2):
            service.asked.clear()
            batches = harvested(service, cursor)
            assert len(service.asked) <= 100
            found, cursor = [*found, *listed(batches)], batches[-1].cursor
    assert {each.record.title for each in found} == {each["title"] for each in papers}


def test_what_is_too_long_ago_to_be_caught_up_is_told() -> None:
    with serving(said({"status": "no posts found"})) as service:
        batches = harvested(service, '{"day": "2025-01-01"}')
    assert "2025-01-01" in batches[0].warnings[0].problem


@pytest.mark.parametrize("cursor", ["x", "[]", '{"day": 3}', '{"day": "2031-01-01"}', "{" * 5000])
def test_a_cursor_of_somebody_else_counts_for_little(cursor: str) -> None:
    with serving(server_of([preprint(1)])) as service:
        assert len(listed(harvested(service, cursor))) == 1


def test_a_new_version_is_an_update() -> None:
    record = only(version="2").record
    assert record.is_update
    assert record.links[0].url.endswith("v2")


def test_a_date_may_be_unpadded_and_one_to_come_is_today() -> None:
    assert only(date="2026-3-2").day == date(2026, 3, 2)
    page = [preprint(1, "2026-03-09")]
    with serving(said({"status": "ok", "total": 1}, page), said({"status": "no posts found"})) as s:
        assert listed(harvested(s))[0].day == TODAY


def test_entities_and_tags_become_text() -> None:
    record = only(
        title="<i>E. coli</i> &amp;amp; friends",
        abstract="<jats:title>Abstract</jats:title><jats:p>p &amp;lt; 0.05 at p<q, CO<sub>2</sub></jats:p>",
    ).record
    assert record.title == "E. coli & friends"
    assert record.abstract == "p < 0.05 at p<q, CO2"


def test_a_category_is_asked_for_and_looked_at_again() -> None:
    papers = [preprint(1), preprint(2, category="zoology")]
    with serving(server_of(papers)) as service:
        found = listed(harvested(service, argument="cell_biology"))
        assert service.asked[0].query == {"category": "cell_biology"}
        assert len(listed(harvested(service, argument="zoology+cell_biology"))) == 2
    assert [each.record.title for each in found] == ["Kites of species 1"]


def test_names_fit_and_nonsense_is_refused() -> None:
    with serving(Reply()) as service:
        client = client_of(service)
        assert open_medrxiv("epidemiology", client, {}).name == "medrxiv:epidemiology"
        assert len(open_biorxiv("+".join("abcdef" * 3 for _ in "ab") + "+zebra_fish_and_more", client, {}).name) <= 40  # fmt: skip
        for bad in ("a b?", "+", "a=b", "é"):
            with pytest.raises(ValueError, match="category"):
                open_biorxiv(bad, client, {})


def test_one_unreadable_preprint_is_a_warning_and_many_are_an_error() -> None:
    papers = [preprint(1), preprint(2), preprint(3, title=None)]
    with serving(server_of(papers)) as service:
        batches = harvested(service)
        assert "collection[2].title" in next(w for b in batches for w in b.warnings).problem
    bad = server_of([preprint(1, doi="x"), preprint(2, doi=7)])
    with serving(bad) as service, pytest.raises(SourceError, match="shape"):
        harvested(service)


def test_a_server_that_gives_the_same_page_for_ever_is_left() -> None:
    same = said({"status": "ok"}, [preprint(1)])
    with serving(same) as service, pytest.raises(SourceError, match="twice"):
        harvested(service)


def test_nothing_is_passed_over_once_a_server_counts_again() -> None:
    papers = [preprint(number) for number in range(70)]
    cursor = '{"day": "2026-03-02"}'
    with serving(said({"status": "ok"}, papers[:30])) as service:
        source = open_biorxiv("", client_of(service), {})
        found: list[Listed] = []
        for _ in range(3):
            with contextlib.suppress(SourceError):
                for batch in source.harvest(cursor, TODAY):
                    found, cursor = [*found, *batch.listed], batch.cursor
        service.behaviour = server_of(papers)
        found += listed(harvested(service, cursor))
    assert [each.record.position for each in found] == list(range(1, 71))


def test_a_total_that_is_too_small_cuts_no_list_short() -> None:
    papers = [preprint(number) for number in range(70)]

    def behaviour(asked: Asked) -> Reply:
        answer = json.loads(str(server_of(papers)(asked).body))
        answer["messages"][0]["total"] = len(answer["collection"])
        return Reply(json.dumps(answer))

    with serving(behaviour) as service:
        assert len(listed(harvested(service))) == 70


@settings(max_examples=15)
@given(nearly(preprint(1)))
def test_whatever_it_answers_it_is_read_or_refused(answer: Any) -> None:
    page = {"messages": [{"status": "ok"}], "collection": [answer]}
    quiet = said({"status": "no posts found"})
    with serving(Reply(json.dumps(page)), quiet) as service, contextlib.suppress(SourceError):
        harvested(service)
