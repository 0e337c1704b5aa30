import html
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from digest.errors import SourceError
from digest.model.papers import DateOrigin, LinkKind
from digest.sources.dumps.saved_pages import read_page
from digest.sources.huggingface.page import LAYOUT, read_saved_page
from tests.sources.shapes import json_of, nearly
from tests.sources.test_huggingface import FRIDAY, SUNDAY, item

PROPS = {
    "dateString": "2025-10-31",
    "dailyPapers": [item(1, FRIDAY), item(2, FRIDAY, projectPage="https://lanterns.github.io")],
}


def page_of(props: Any, quote: str = '"') -> str:
    escaped = html.escape(json.dumps(props))
    return (
        "<!doctype html>\n<html><head><title>Daily Papers</title></head><body>\n"
        '<div class="SVELTE" data-props="{&quot;user&quot;:null}" data-target="Menu"></div>\n'
        f"<div data-target='DailyPapers' data-props={quote}{escaped}{quote}></div></body></html>\n"
    )


def saved(folder: Path, text: str | bytes) -> Path:
    path = folder / "papers.html"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_saved_page_is_a_dump_of_the_day_it_says(tmp_path: Path, quote: str) -> None:
    page = read_saved_page(saved(tmp_path, page_of(PROPS, quote)), today=SUNDAY)
    records = list(page.records)
    assert (page.dump.dated_on, page.dump.date_origin) == (FRIDAY, DateOrigin.STATED)
    assert (page.dump.source, page.dump.layout, page.dump.name) == ("dumps", LAYOUT, "papers.html")
    assert page.dump.is_ranked
    assert [each.position for each in records] == [1, 2]
    assert [each.upvotes for each in records] == [42, 42]
    assert records[1].title == "Lanterns that count to 2"
    assert LinkKind.PROJECT in [each.kind for each in records[1].links]
    assert page.warnings == []


def test_the_same_bytes_are_the_same_dump(tmp_path: Path) -> None:
    path = saved(tmp_path, page_of(PROPS))
    first = read_saved_page(path, today=SUNDAY).dump.checksum
    assert read_saved_page(path.rename(tmp_path / "b.html"), today=FRIDAY).dump.checksum == first


def test_a_page_that_states_no_day_is_of_the_day_of_its_papers(tmp_path: Path) -> None:
    path = saved(tmp_path, page_of({"dailyPapers": PROPS["dailyPapers"]}))
    assert read_saved_page(path, today=SUNDAY).dump.dated_on == FRIDAY


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2025-10-31T00:00:00.000Z", FRIDAY),
        ("2025-W43", date(2025, 10, 26)),
        ("2025-W44", SUNDAY),
        ("2025-W99", FRIDAY),
        ("2025-09", date(2025, 9, 30)),
        ("2025-11", SUNDAY),
        ("2025-13", FRIDAY),
    ],
)
def test_a_page_of_a_week_or_a_month_is_of_its_last_day_so_far(
    tmp_path: Path, said: str, day: date
) -> None:
    path = saved(tmp_path, page_of(PROPS | {"dateString": said}))
    assert read_saved_page(path, today=SUNDAY).dump.dated_on == day


def test_html_among_saved_pages_is_read_by_its_content(tmp_path: Path) -> None:
    path = saved(tmp_path, page_of(PROPS)).rename(tmp_path / "papers.txt")
    assert read_page(path, today=SUNDAY).dump.layout == LAYOUT


def test_what_a_file_is_is_seen_at_once_however_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "comments.txt"
    path.write_text("<!---->" * 500)
    with pytest.raises(SourceError):
        list(read_page(path, today=FRIDAY).records)


def test_a_paper_that_is_there_twice_is_one(tmp_path: Path) -> None:
    twice = [item(1, FRIDAY), item(1, FRIDAY), item(2, FRIDAY)]
    path = saved(tmp_path, page_of(PROPS | {"dailyPapers": twice}))
    assert [each.position for each in read_saved_page(path, today=SUNDAY).records] == [1, 2]


def test_a_withdrawn_paper_is_left_out_and_told_of(tmp_path: Path) -> None:
    papers = [item(1, FRIDAY, withdrawnAt="2025-10-31T09:00:00.000Z"), item(2, FRIDAY)]
    page = read_saved_page(saved(tmp_path, page_of(PROPS | {"dailyPapers": papers})), today=SUNDAY)
    assert len(list(page.records)) == 1
    assert [each.problem for each in page.warnings] == ["withdrawn papers were left out: 1"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<html><body>Sign in</body></html>", "HTML, but not Hugging Face's page"),
        ('<div data-props="{&quot;dailyPapers&quot;: [">', "the list of papers in it is broken"),
        (f'<div data-props="dailyPapers{"[" * 99_999}">', "the list of papers in it is broken"),
        (page_of({"dailyPapers": []}), "a page of daily papers without any"),
        (page_of({"dailyPapers": 5}), r"data-props\.dailyPapers is a number, not a list"),
        (page_of({"dailyPapers": [{}, 5]}), r"data-props\.dailyPapers\[0\]\.paper is missing"),
        (page_of(PROPS | {"dateString": "2999-01-01"}), "later than tomorrow"),
        (b"<html>\n\xff</html>", "line 2: is not UTF-8"),
        ("", "is empty"),
    ],
)
def test_what_is_no_such_page_is_refused(tmp_path: Path, text: str | bytes, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        read_saved_page(saved(tmp_path, text), today=SUNDAY)


def test_a_page_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="more than the 99 allowed"):
        read_saved_page(saved(tmp_path, page_of(PROPS)), today=SUNDAY, max_bytes=99)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(json_of("dailyPapers", "paper", "dateString") | nearly(PROPS))
def test_any_page_gives_papers_or_a_refusal(tmp_path: Path, props: Any) -> None:
    try:
        page = read_saved_page(saved(tmp_path, page_of(props)), today=SUNDAY)
    except SourceError:
        return
    assert all(each.title for each in page.records)
    assert date(1900, 1, 1) <= page.dump.dated_on <= date(2025, 11, 3)
