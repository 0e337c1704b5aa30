"""What stands around the papers of a page never becomes one, nor part of one."""

from pathlib import Path

import pytest

from digest.sources.dumps.lines import Line, segment, style_of
from tests.sources.pages import HEADER_A, INVITATIONS_B, layout_a, layout_b, papers, read_all

TEN = papers(10)
NAMES = ("Ada Byron, Wei Li", "Jo von Neumann, Ann B. Lee and Bo Ek", "Al Kay, Mo Ali, Ed Yu")


@pytest.mark.parametrize("layout", [layout_a, layout_b])
@pytest.mark.parametrize("place", ["before the title", "below the title", "below the abstract"])
@pytest.mark.parametrize(
    "lines",
    [
        ("42", "1.2k", "7"),
        ("\u00b7 5 authors", "12 authors", "1 author"),
        ("Submitted by ak", "Submitted by\nbo", "Submitted by\nmoe"),
        ("Published on Mar 17", "Mar 20", "Mar 3, 2025"),
        ("GitHub 1.23k", "Upvote", "arXiv"),
        ("GitHub\n1.2k\narXiv Page", "17\nUpvote", "Comment"),
        NAMES,
        ("Read me later",) * 3,
    ],
)
def test_lines_of_cards_are_left_out_with_one_warning_a_kind(
    layout: object, place: str, lines: tuple[str, ...], tmp_path: Path
) -> None:
    assert callable(layout)
    odd = []
    for number, (title, abstract) in enumerate(TEN):
        extra = lines[number % 3]
        if place == "before the title" and number:
            odd.append((f"{extra}\n\n{title}", abstract))
        elif place == "below the title":
            odd.append((title, f"{extra}\n\n{abstract}"))
        else:
            odd.append((title, f"{abstract}\n\n{extra}"))
    text = layout(odd)
    if layout is layout_b:
        text = text.replace("\n\n", "\n")
    records, warnings = read_all(tmp_path, text)
    assert [(record.title, record.abstract) for record in records] == TEN
    assert 1 <= len(warnings) <= 3
    assert all("left out" in warning.problem for warning in warnings)


@pytest.mark.parametrize("layout", [layout_a, layout_b])
def test_a_footer_is_left_out(layout: object, tmp_path: Path) -> None:
    assert callable(layout)
    footer = "Previous Next Company TOS Privacy About Jobs Careers Website Models Docs Pricing"
    text = "\n".join((layout(TEN), *footer.split(), "\u00a9 Hugging Face", "System theme"))
    records, warnings = read_all(tmp_path, text)
    assert [(record.title, record.abstract) for record in records] == TEN
    assert not records[-1].is_truncated
    assert len(warnings) == 1


def test_navigation_tabs_and_remnants_stand_above_the_papers(tmp_path: Path) -> None:
    header = ("Hugging Face", "Models", "Some Other Place", *HEADER_A[:-1], "Daily", "Weekly")
    more = ("Monthly", "Trending Papers", "Papers", "Mar 17, 2024", "Odd Remnant")
    records, warnings = read_all(tmp_path, layout_a(TEN, (*header, *more)))
    assert [(record.title, record.abstract) for record in records] == TEN
    assert [warning.line for warning in warnings] == [5, 2 * len(header + more) - 1]


DUMPS = sorted((Path(__file__).parents[3] / "shared" / "dumps").glob("*.txt"))


def texts_of(path: Path) -> tuple[list[str], bool]:
    """Return a real page's titles and abstracts in turn, and whether blank lines are between."""
    raw = path.read_text()
    is_spaced = "\n\n" in raw.strip()
    lines = [line.strip() for line in raw.splitlines() if line.strip()]
    body = lines[len(HEADER_A if is_spaced else INVITATIONS_B) :]
    return [body[0].removeprefix("Subscribe"), *body[1:]], is_spaced


@pytest.mark.slow
@pytest.mark.skipif(not DUMPS, reason="the real pages are not here")
@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.stem[:3])
@pytest.mark.parametrize("oddity", ["no period", "cut", "low abstract", "low title", "long title"])
def test_no_paper_of_a_real_page_vanishes_whichever_text_is_odd(path: Path, oddity: str) -> None:
    texts, is_spaced = texts_of(path)
    style = style_of([Line(1, text, is_spaced) for text in texts])
    assert style.is_regular
    for at in range(0, len(texts) - 1, 2):
        odd = list(texts)
        title, abstract = texts[at : at + 2]
        odd[at : at + 2] = {
            "no period": (title, abstract.rstrip(".")),
            "cut": (title, abstract[:300]),
            "low abstract": (title, abstract[0].lower() + abstract[1:]),
            "low title": (title.lower(), abstract),
            "long title": (
                (title + ": a study of the many lanterns of harbours" * 6)[:240],
                abstract,
            ),
        }[oddity]
        first = max(0, at - 6)  # Readings agree again within a few lines.
        near = odd[first : at + 8]
        found = list(segment((Line(1, text, is_spaced) for text in near), style))
        assert [one.title for one in found] == near[::2]
        assert [one.abstract for one in found] == near[1::2]
