"""The saved pages people sent, read where they lie; skipped where they are absent."""

from datetime import date
from pathlib import Path

import pytest

from digest.model.papers import DateOrigin, KnownPaper, PaperRecord
from digest.sources.base import Page
from digest.sources.dumps.text import read_dump
from digest.sources.identity.same import same_papers, signature
from digest.sources.texts.normalize import title_key

DUMPS = Path(__file__).parents[2].parent / "shared" / "dumps"
TODAY = date(2026, 11, 21)
pytestmark = pytest.mark.skipif(
    not DUMPS.is_dir(), reason="the real dumps are not beside this checkout (../shared/dumps)"
)


def page(number: str) -> Page:
    return read_dump(next(DUMPS.glob(f"{number}_*.txt")), today=TODAY)


def everything() -> list[PaperRecord]:
    return [record for number in ("000", "001", "003") for record in page(number).records]


@pytest.mark.parametrize(
    ("number", "layout", "count", "month_and_day"),
    [("000", "A", 63, (3, 17)), ("001", "A", 67, (3, 21)), ("003", "B", 187, None)],
)
def test_each_gives_its_papers_without_a_warning(
    number: str, layout: str, count: int, month_and_day: tuple[int, int] | None
) -> None:
    dump = page(number)
    records = list(dump.records)
    assert len(records) == count
    assert dump.warnings == []
    assert dump.dump.layout == layout
    dated = (dump.dump.dated_on.month, dump.dump.dated_on.day)
    assert month_and_day in (None, dated)
    assert dump.dump.date_origin is (DateOrigin.STATED if month_and_day else DateOrigin.FILE)
    assert [record.position for record in records] == list(range(1, count + 1))
    assert min(len(record.abstract) for record in records) > 250
    assert max(len(record.title) for record in records) < 140


def test_together_they_hold_313_papers_by_title_and_by_identity() -> None:
    records = everything()
    known: list[KnownPaper] = []
    marks: list[set[int]] = []
    for record in records:
        sign = signature(record)
        candidates = [
            paper
            for paper, bands in zip(known, marks, strict=True)
            if paper.title_key == sign.title_key or bands & set(sign.bands)
        ]
        if not same_papers(record, sign, candidates):
            marks.append(set(sign.bands))
            known.append(KnownPaper(len(known) + 1, sign.title_key, record.abstract, record.ids))
    assert len({title_key(record.title) for record in records}) == 313
    assert len(known) == 313


def test_their_addresses_are_whole_and_their_tex_is_gone() -> None:
    records = everything()
    links = [link.url for record in records for link in record.links]
    assert len(links) > 70
    assert not [url for url in links if url.endswith((".", ")", "{", "}")) or "{" in url]
    assert not [
        record.line for record in records if "``" in record.abstract or "\\" in record.abstract
    ]
