"""Charts as shapes in a small plane, for a template to write down as SVG; pure.

A chart is 340 units wide, so that its letters stay readable on a telephone. Each series has a
pattern besides its colour, and the numbers stand in a table below.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH = 340
_HEIGHT = 150
_TOP, _BOTTOM, _RIGHT = 14, 18, 2
_ROW, _BAR = 30, 10
_MOST_LABELS = 3


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of what is counted, a number for every place along the chart."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """All bars of a series, or a line, as one SVG path; `css` tells them apart."""

    css: str
    path: str


@dataclass(frozen=True, slots=True)
class Label:
    """A word in the plane; `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template draws, and the numbers it is drawn of as a table."""

    name: str
    title: str
    says: str
    height: float
    shapes: tuple[Shape, ...]
    labels: tuple[Label, ...]
    legend: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    grid: tuple[float, ...] = field(default=())


def stacked(name: str, title: str, places: Sequence[str], series: Sequence[Series]) -> Chart:
    """Return bars upon bars, a pile for every place, such as a day."""
    totals = [sum(each.values[at] for each in series) for at in range(len(places))]
    most = max(totals, default=0) or 1
    step = (WIDTH - _RIGHT) / max(1, len(places))
    width = max(1.0, step - 1.5)
    floor = _HEIGHT - _BOTTOM
    unit = (floor - _TOP) / most
    heights = [0.0] * len(places)
    shapes = []
    for number, each in enumerate(series, start=1):
        path = []
        for at, value in enumerate(each.values):
            if value:
                # A day with one failure among a million mails shows it.
                tall = max(1.5, value * unit)
                path.append(_bar(at * step, floor - heights[at] - tall, width, tall))
                heights[at] += tall
        shapes.append(Shape(f"s{number}", "".join(path)))
    return Chart(
        name=name,
        title=title,
        says=_says(series),
        height=_HEIGHT,
        shapes=tuple(each for each in shapes if each.path),
        labels=(*_along(places, step, width), _at_top(most)),
        legend=tuple((f"s{n}", each.name) for n, each in enumerate(series, start=1)),
        columns=("Day", *(each.name for each in series)),
        rows=tuple(
            (place, *(f"{each.values[at]:,}" for each in series)) for at, place in enumerate(places)
        ),
        grid=(_TOP, (_TOP + floor) / 2, floor),
    )


def banded(
    name: str, title: str, places: Sequence[str], values: Series, band: Sequence[tuple[int, int]]
) -> Chart:
    """Return bars before a band in which they are usually: (least, usual) of each place, or noughts."""
    most = max((max(value, usual) for value, (_, usual) in _zipped(values, band)), default=0) or 1
    step = (WIDTH - _RIGHT) / max(1, len(places))
    width = max(1.0, step - 1.5)
    floor = _HEIGHT - _BOTTOM
    unit = (floor - _TOP) / most
    behind, before = [], []
    for at, (value, (least, usual)) in enumerate(_zipped(values, band)):
        if usual > least:
            tall = (usual - least) * unit
            behind.append(_bar(at * step, floor - usual * unit, step, tall))
        if value:
            tall = max(1.5, value * unit)
            before.append(_bar(at * step + width / 4, floor - tall, width / 2, tall))
    shapes = (Shape("s2", "".join(behind)), Shape("s1", "".join(before)))
    return Chart(
        name=name,
        title=title,
        says=_says([values]),
        height=_HEIGHT,
        shapes=tuple(each for each in shapes if each.path),
        labels=(*_along(places, step, width), _at_top(most)),
        legend=(("s1", values.name), ("s2", "from the least to the usual")),
        columns=("Day", values.name, "At the least", "Usual"),
        rows=tuple(
            (place, f"{value:,}", *((f"{least:,}", f"{usual:,}") if usual else ("", "")))
            for place, (value, (least, usual)) in zip(places, _zipped(values, band), strict=True)
        ),
        grid=(_TOP, (_TOP + floor) / 2, floor),
    )


def line(name: str, title: str, places: Sequence[str], series: Series) -> Chart:
    """Return a line through the numbers of one series, from nought."""
    most = max(series.values, default=0) or 1
    step = (WIDTH - _RIGHT) / max(1, len(places))
    floor = _HEIGHT - _BOTTOM
    points = [
        f"{_short(at * step + step / 2)} {_short(floor - value / most * (floor - _TOP))}"
        for at, value in enumerate(series.values)
    ]
    # A path of a single point is drawn as a dot, by its round end.
    path = f"M{'L'.join(points)}" + ("h0" if len(points) == 1 else "") if points else ""
    first, last = (series.values[0], series.values[-1]) if points else (0, 0)
    return Chart(
        name=name,
        title=title,
        says=f"{series.name}: {first:,} on the first of these days, {last:,} on the last.",
        height=_HEIGHT,
        shapes=(Shape("stroke", path),) if path else (),
        labels=(*_along(places, step, step), _at_top(most)),
        legend=(),
        columns=("Day", series.name),
        rows=tuple(
            (place, f"{value:,}") for place, value in zip(places, series.values, strict=True)
        ),
        grid=(_TOP, (_TOP + floor) / 2, floor),
    )


def across(
    name: str, title: str, columns: tuple[str, str], rows: Sequence[tuple[str, int, str]]
) -> Chart:
    """Return bars from left to right, one a row: its words, its number, and that in words.

    The words stand above the bar, for as long as they are.
    """
    most = max((value for _, value, _ in rows), default=0) or 1
    bars = [
        _bar(0, at * _ROW + 16, max(1.5, value / most * (WIDTH - _RIGHT)), _BAR)
        for at, (_, value, _) in enumerate(rows)
        if value
    ]
    labels: list[Label] = []
    for at, (words, _, number) in enumerate(rows):
        labels += [
            Label(0, at * _ROW + 12, _clipped(words)),
            Label(WIDTH - _RIGHT, at * _ROW + 12, number, "end"),
        ]
    widest = f"Most: {rows[0][0]}, {rows[0][2]}." if rows else ""
    return Chart(
        name=name,
        title=title,
        says=widest,
        height=max(1, len(rows)) * _ROW,
        shapes=(Shape("s1", "".join(bars)),) if bars else (),
        labels=tuple(labels),
        legend=(),
        columns=columns,
        rows=tuple((words, number) for words, _, number in rows),
    )


def _zipped(values: Series, band: Sequence[tuple[int, int]]) -> list[tuple[int, tuple[int, int]]]:
    return list(zip(values.values, band, strict=True))


def _bar(x: float, y: float, width: float, height: float) -> str:
    return f"M{_short(x)} {_short(y)}h{_short(width)}v{_short(height)}h-{_short(width)}z"


def _along(places: Sequence[str], step: float, width: float) -> list[Label]:
    """Return the first place, the one in the middle and the last."""
    if not places:
        return []
    y = _HEIGHT - 4
    last = Label((len(places) - 1) * step + width, y, places[-1], "end")
    if len(places) < _MOST_LABELS:
        return [last]
    middle = len(places) // 2
    return [Label(0, y, places[0]), Label(middle * step, y, places[middle], "middle"), last]


def _at_top(most: int) -> Label:
    return Label(0, _TOP - 3, f"{most:,}")


def _says(series: Sequence[Series]) -> str:
    counts = ", ".join(f"{each.name} {sum(each.values):,}" for each in series)
    return f"In all: {counts}."


def _clipped(words: str, longest: int = 32) -> str:
    return words if len(words) <= longest else f"{words[: longest - 1]}\u2026"


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
