import time
import tracemalloc
from datetime import date
from pathlib import Path

import pytest

from digest.model.papers import DateOrigin
from digest.sources.dumps.text import read_dump
from tests.sources.pages import (
    HEADER_A,
    INVITATIONS_B,
    TODAY,
    abstract_of,
    layout_a,
    layout_b,
    papers,
    read_all,
    read_pairs,
    saved,
)

FIVE = papers(5)


@pytest.mark.parametrize("layout", [layout_a, layout_b])
def test_both_layouts_give_titles_with_their_abstracts(layout: object, tmp_path: Path) -> None:
    assert callable(layout)
    assert read_pairs(tmp_path, layout(FIVE)) == FIVE


def test_a_page_says_what_it_is_before_a_record_is_read(tmp_path: Path) -> None:
    dump = read_dump(saved(tmp_path, layout_a(FIVE)), today=TODAY, dated_on=date(2025, 1, 2)).dump
    assert (dump.source, dump.name, dump.layout) == ("dumps", "page.txt", "A")
    assert len(dump.checksum) == 64
    assert (dump.dated_on, dump.date_origin) == (date(2025, 1, 2), DateOrigin.OPTION)
    assert read_dump(saved(tmp_path, layout_b(FIVE)), today=TODAY).dump.layout == "B"


def test_records_know_their_position_and_line(tmp_path: Path) -> None:
    records, _ = read_all(tmp_path, layout_a(FIVE))
    assert [(record.position, record.line) for record in records][:2] == [(1, 11), (2, 15)]


@pytest.mark.parametrize(
    "header",
    [
        tuple(reversed(HEADER_A)),
        HEADER_A[1:],
        HEADER_A[:-1],
        (HEADER_A[1],),
        ("by AK and the research community", "March 17"),
        ("bySomebody Else and the research community", "Mar 17, 2025"),
        ("Subscribe", "17 Mar"),
        ("new", "Get trending papers in your email inbox!", "byAK and the research communityMar 3"),
        INVITATIONS_B,
        (*INVITATIONS_B, "Subscribe"),
    ],
)
def test_header_lines_may_be_missing_or_in_another_order(
    header: tuple[str, ...], tmp_path: Path
) -> None:
    assert read_pairs(tmp_path, layout_a(FIVE, header)) == FIVE
    assert read_pairs(tmp_path, layout_a(FIVE, header).replace("\n\n", "\n")) == FIVE


def test_subscribe_glued_to_the_first_title_is_taken_off_in_either_layout(tmp_path: Path) -> None:
    glued = [("Subscribe" + FIVE[0][0], FIVE[0][1]), *FIVE[1:]]
    header = tuple(line for line in HEADER_A if line != "Subscribe")
    assert read_pairs(tmp_path, layout_a(glued, header)) == FIVE
    low = [("mPLUG Lanterns", FIVE[0][1]), *FIVE[1:]]
    assert read_pairs(tmp_path, layout_b(low)) == low


def test_a_title_that_begins_with_subscriber_keeps_its_first_word(tmp_path: Path) -> None:
    subscribers = [("Subscriber Churn in Small Harbours", FIVE[0][1]), *FIVE[1:]]
    assert read_pairs(tmp_path, layout_a(subscribers)) == subscribers
    assert read_pairs(tmp_path, layout_b(subscribers)) == subscribers


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n \t \n\n", "  \n", "\n\f", "\f\n"])
@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n \n"])
def test_line_ends_marks_and_blanks_do_not_matter(end: str, start: str, tmp_path: Path) -> None:
    for text in (layout_a(FIVE), layout_b(FIVE)):
        assert read_pairs(tmp_path, start + text.replace("\n", end)) == FIVE
        assert read_pairs(tmp_path, start + (text + "\n").replace("\n", end)) == FIVE


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    for end in ("\r\n", "\r", "\n"):
        records, _ = read_all(tmp_path, layout_a(FIVE).replace("\n", end))
        assert [record.line for record in records] == [11, 15, 19, 23, 27]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("layout", [layout_a, layout_b])
def test_abstracts_wrapped_at_a_width_are_put_together(
    layout: object, width: int, tmp_path: Path
) -> None:
    assert callable(layout)

    def wrapped(text: str) -> str:
        lines = [""]
        for word in text.split():
            if len(lines[-1]) + len(word) >= width:
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()
        return "\n".join(lines)

    broken = [(title, wrapped(abstract)) for title, abstract in FIVE]
    assert read_pairs(tmp_path, layout(broken)) == FIVE


def test_short_abstracts_and_long_titles_are_told_apart(tmp_path: Path) -> None:
    short = (
        "We sort lanterns by their colour and find " + "that it can be done at night " * 5 + "too."
    )
    long = "Sorting Lanterns by Colour, Shape and Shadow: " + "A Study of Many Harbours and " * 6
    odd = [*FIVE[:2], ("A Brief Note on Lanterns", short), (long + "Boats", FIVE[4][1]), FIVE[3]]
    assert 180 < len(short) < 200 < len(long) < 250
    assert read_pairs(tmp_path, layout_a(odd)) == odd
    assert read_pairs(tmp_path, layout_b(odd)) == odd


def test_a_title_without_abstract_is_kept_and_named_and_shifts_nothing(tmp_path: Path) -> None:
    lone = "Sorting Without a Word of Explanation"
    for text in (
        layout_a(FIVE).replace(FIVE[2][0], f"{lone}\n\n{FIVE[2][0]}"),
        layout_b(FIVE).replace(FIVE[2][0], f"{lone}\n{FIVE[2][0]}"),
    ):
        records, warnings = read_all(tmp_path, text)
        pairs = [(record.title, record.abstract) for record in records]
        assert pairs == [*FIVE[:2], (lone, ""), *FIVE[2:]]
        assert [warning.line for warning in warnings] == [records[2].line]
        assert lone in warnings[0].problem


def test_an_abstract_put_together_is_mentioned_with_its_line(tmp_path: Path) -> None:
    halves = FIVE[2][1].replace(". We propose", ".\nWe propose", 1)
    records, warnings = read_all(tmp_path, layout_b([*FIVE[:2], (FIVE[2][0], halves), *FIVE[3:]]))
    assert [(record.title, record.abstract) for record in records] == FIVE
    assert [(warning.line, warning.problem) for warning in warnings] == [
        (records[2].line, "an abstract on 2 lines was put together")
    ]


def test_a_single_word_between_papers_is_a_button_and_left_out(tmp_path: Path) -> None:
    text = layout_b(FIVE).replace(FIVE[2][0], f"Upvote\n{FIVE[2][0]}")
    records, warnings = read_all(tmp_path, text)
    assert [(record.title, record.abstract) for record in records] == FIVE
    assert "Upvote" in warnings[0].problem


def test_a_long_title_broken_at_a_preposition_is_one_title(tmp_path: Path) -> None:
    broken = "Counting Shadows and Lanterns for\nHarbours Without a Lighthouse of Their Own"
    text = layout_b(FIVE).replace(FIVE[2][0], broken)
    assert read_pairs(tmp_path, text)[2] == (broken.replace("\n", " "), FIVE[2][1])


def test_an_abstract_without_title_is_left_out_and_shifts_nothing(tmp_path: Path) -> None:
    stray = abstract_of(77, 26)
    text = layout_a(FIVE).replace(FIVE[2][0], f"{stray}\n\n{FIVE[2][0]}")
    records, warnings = read_all(tmp_path, text)
    assert [(record.title, record.abstract) for record in records] == FIVE
    assert "without a title" in warnings[0].problem


def test_a_truncated_last_abstract_is_kept_and_marked(tmp_path: Path) -> None:
    for layout in (layout_a, layout_b):
        records, _ = read_all(tmp_path, layout(FIVE)[:-40])
        assert [record.is_truncated for record in records] == [False] * 4 + [True]
        assert FIVE[4][1].startswith(records[4].abstract)


def test_a_last_abstract_that_ends_in_an_address_is_whole_unless_it_is_plainly_half(
    tmp_path: Path,
) -> None:
    text = layout_b(FIVE)
    whole, _ = read_all(tmp_path, f"{text} Code: https://github.com/harbour/lanterns")
    half, _ = read_all(tmp_path, f"{text} Code: https://github.com/harb")
    assert (whole[4].is_truncated, len(whole[4].links)) == (False, 1)
    assert (half[4].is_truncated, len(half[4].links)) == (True, 0)


def test_a_last_title_without_abstract_is_left_out_with_a_warning(tmp_path: Path) -> None:
    for layout in (layout_a, layout_b):
        records, warnings = read_all(tmp_path, layout(FIVE) + "\n\nA Last Title That May Be Cut")
        assert [(record.title, record.abstract) for record in records] == FIVE
        assert "cut off" in warnings[0].problem


def test_the_same_title_twice_yields_both(tmp_path: Path) -> None:
    twice = [FIVE[0], FIVE[1], FIVE[0]]
    assert read_pairs(tmp_path, layout_b(twice)) == twice


def test_a_second_page_pasted_below_loses_its_header_with_warnings(tmp_path: Path) -> None:
    text = layout_a(FIVE) + "\n\n" + layout_a(papers(8)[5:], (*HEADER_A[:-1], "Mar 18"))
    records, warnings = read_all(tmp_path, text)
    assert len(records) == 8
    assert any("second date" in warning.problem for warning in warnings)


def test_texts_beyond_bounds_are_cut_with_a_warning(tmp_path: Path) -> None:
    huge = [FIVE[0], (FIVE[1][0], abstract_of(2, 200)), FIVE[2]]
    records, warnings = read_all(tmp_path, layout_b(huge))
    assert len(records[1].abstract) <= 10_000
    assert records[1].is_truncated
    assert "was cut at 10,000" in warnings[0].problem


@pytest.mark.slow
def test_a_hundred_megabytes_of_papers_are_read_in_flat_memory(tmp_path: Path) -> None:
    block = "\n".join(text for pair in papers(2_000) for text in pair)
    path = tmp_path / "big.txt"
    with path.open("w") as file:
        file.write("\n".join(INVITATIONS_B) + "\n")
        for _ in range(10):
            file.write(block + "\n")
    tracemalloc.start()
    started = time.perf_counter()
    count = sum(1 for _ in read_dump(path, today=TODAY).records)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 20_000_000, f"{peak:,} bytes at the peak"
    assert time.perf_counter() - started < 120
