"""Charts as shapes: what is drawn, and that it is what was counted."""

import re

from digest.rendering.charts import WIDTH, Chart, Series, across, line, stacked


def bars(chart: Chart, css: str) -> list[tuple[float, ...]]:
    """The bars of a series, as (left, top, width, height)."""
    [path] = [each.path for each in chart.shapes if each.css == css]
    found = re.findall(r"M(\S+) (\S+?)h(\S+?)v(\S+?)h-\S+?z", path)
    return [tuple(map(float, each)) for each in found]


def test_piles_stand_on_one_another_and_are_as_high_as_their_numbers() -> None:
    chart = stacked(
        "mails", "Mails", ["a", "b"], [Series("fine", (10, 40)), Series("not", (30, 0))]
    )
    (_, first_top, _, first), (_, _, _, second) = bars(chart, "s1")
    [(_, top, _, height)] = bars(chart, "s2")
    assert round(second / first) == 4
    assert round(top + height, 1) == first_top
    assert round(height + first, 0) == round(second, 0)
    assert chart.rows == (("a", "10", "30"), ("b", "40", "0"))
    assert chart.says == "In all: fine 50, not 30."
    assert chart.labels[-1].text == "40"


def test_one_failure_among_a_million_is_seen() -> None:
    series = [Series("accepted", (1_000_000,)), Series("failed", (1,))]
    [(_, _, _, height)] = bars(stacked("mails", "Mails", ["a"], series), "s2")
    assert height > 1


def test_nothing_at_all_is_a_chart_too() -> None:
    for chart in (
        stacked("x", "X", [], []),
        stacked("x", "X", ["a"], [Series("none", (0,))]),
        line("x", "X", [], Series("none", ())),
        across("x", "X", ("a", "b"), []),
    ):
        assert chart.shapes == ()


def test_a_line_begins_at_nought_and_a_single_day_is_a_dot() -> None:
    chart = line("growth", "Growth", ["a", "b", "c"], Series("Readers", (0, 5, 10)))
    heights = [float(y) for _, y in re.findall(r"[ML](\S+?) ([0-9.]+)", chart.shapes[0].path)]
    assert heights[0] > heights[1] > heights[2]
    assert chart.rows[-1] == ("c", "10")
    dot = line("growth", "Growth", ["a"], Series("Readers", (3,)))
    assert dot.shapes[0].path.endswith("h0")


def test_nothing_stands_outside_the_plane() -> None:
    days = [str(n) for n in range(30)]
    chart = stacked("x", "X", days, [Series("a", tuple(range(30))), Series("b", (7,) * 30)])
    for css in ("s1", "s2"):
        for left, top, width, height in bars(chart, css):
            assert left >= 0
            assert left + width <= WIDTH
            assert top >= 0
            assert top + height <= chart.height
    wide = across("x", "X", ("a", "b"), [("w" * 200, 9, "9"), ("small", 0, "0")])
    assert len(bars(wide, "s1")) == 1
    assert len(wide.labels[0].text) < 40
    assert wide.rows[0] == ("w" * 200, "9")
