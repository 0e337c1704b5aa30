"""Where phrases occur in a batch: in which papers, word for word or close together, how often.

A phrase is looked up from its rarest word outwards, so its cost is that of its rarest word.
`find_phrases` is compiled where numba is installed and plain Python otherwise (`compiled.py`).
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digest.ranking.arrays import Ints, Longs, offsets
from digest.ranking.bisection import first_from
from digest.ranking.compiled import COMPILED, compiled, plain
from digest.ranking.elements import Element, Elements, Phrase
from digest.ranking.index import NEAR, Index

_MOST_WAYS = 8  # ways in which an element can be spelled from one place on
_FEW, _PARTS = 1000, 8  # phrases that one thread finds before another has begun


class ElementTable(NamedTuple):
    """Elements of a batch of phrases: spans of element e are starts[first[e]:first[e + 1]]."""

    first: Longs
    starts: Ints
    ends: Ints
    widest: Ints
    has_content: NDArray[np.bool_]


class PhraseTable(NamedTuple):
    """Phrases as numbers of elements, from first[q] to first[q + 1].

    `anchor` is the place of the rarest element; `is_loose` phrases may also have their words close
    together, in any order; those `in_title` are looked for there only.
    """

    first: Longs
    elements: Ints
    anchor: Longs
    is_loose: NDArray[np.bool_]
    in_title: NDArray[np.bool_]


class Occurrences(NamedTuple):
    """The papers of phrase q, ascending, are papers[first[q]:last[q]].

    `titles` and `abstracts` count the places where it stands word for word; a paper with none has
    its words close together.
    """

    first: Longs
    last: Longs
    papers: Ints
    titles: Ints
    abstracts: Ints


class Wanted(NamedTuple):
    """A phrase, and how it is to be looked for."""

    phrase: Phrase
    is_loose: bool
    in_title: bool


def tabulate(
    elements: Elements, wanted: Sequence[Wanted]
) -> tuple[list[Element], ElementTable, PhraseTable]:
    """Return the distinct elements of phrases, and both tables."""
    flat = np.fromiter(chain.from_iterable(each.phrase for each in wanted), np.int64)
    numbers, flat = np.unique(flat, return_inverse=True)
    distinct = [elements.all[number] for number in numbers.tolist()]
    spans = [elements.spans_of(number) for number in numbers.tolist()]
    counts = np.array([len(each.starts) for each in spans], np.int64)
    has_content = np.array([element.has_content for element in distinct], bool)
    nothing = np.zeros(0, np.int32)
    starts = np.concatenate([nothing, *(each.starts for each in spans)])
    widths = np.concatenate([nothing, *(each.widths for each in spans)])
    first = offsets(counts)
    widest = np.zeros(len(distinct), np.int32)
    occurring = counts > 0
    if occurring.any():
        widest[occurring] = np.maximum.reduceat(widths, first[:-1][occurring])
    bounds = offsets(np.array([len(each.phrase) for each in wanted], np.int64))
    # A rare stop word is a poor place to begin: nearness does not ask for it.
    rank = np.where(has_content, 0, 1 << 40) + counts
    table = PhraseTable(
        bounds,
        flat.astype(np.int32),
        _smallest(rank[flat], bounds),
        np.array([each.is_loose for each in wanted], bool),
        np.array([each.in_title for each in wanted], bool),
    )
    return distinct, ElementTable(first, starts, starts + widths, widest, has_content), table


def occurrences(
    index: Index, elements: ElementTable, phrases: PhraseTable, *, fast: bool = COMPILED
) -> Occurrences:
    """Return where every phrase occurs."""
    room = np.diff(elements.first)[phrases.elements[phrases.anchor]]
    first = offsets(room)
    nothing = np.zeros(int(first[-1]), np.int32)
    found = Occurrences(first[:-1], first[:-1].copy(), nothing, nothing.copy(), nothing.copy())
    paper_of, bounds = index.paper_of, index.bounds
    # Each part writes to places of its own, so how many there are makes no difference.
    parts = np.searchsorted(first, np.linspace(0, first[-1], _PARTS + 1)[1:-1]).tolist()

    def find(begin: int, end: int) -> None:
        ways = np.zeros(2 * _MOST_WAYS, np.int64)
        find_phrases(elements, phrases, paper_of, bounds, found, ways, begin, end)

    count = len(phrases.anchor)
    if not fast:
        tables = ElementTable(*_views(elements)), PhraseTable(*_views(phrases))
        places_of, starts_of, ways = _views((paper_of, bounds, np.zeros(2 * _MOST_WAYS, np.int64)))
        outputs = Occurrences(*_views(found))
        plain(find_phrases)(*tables, places_of, starts_of, outputs, ways, 0, count)
    elif count < _FEW:
        find(0, count)
    else:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(find, [0, *parts], [*parts, count]))
    return found


def _views(arrays: Iterable[NDArray[np.generic]]) -> Iterator[Any]:
    """Return arrays as memory views, which plain Python reads faster."""
    return (array.data for array in arrays)


def _smallest(values: Longs, bounds: Longs) -> Longs:
    """Return the place of the smallest value, the first of equals, between each two bounds."""
    which = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    order = np.lexsort((np.arange(len(values)), values, which))
    return order[bounds[:-1]]


@compiled
def ends_of_rows(  # noqa: PLR0913, PLR0917  kernels take what they need one by one
    elements: ElementTable, parts: Ints, begin: int, stop: int, here: int, ways: Longs
) -> int:
    """Return in how many ways the elements parts[begin:stop] stand in a row from `here` on.

    The first half of `ways` gets their ends, the second is scratch.
    """
    first, starts, ends = elements.first, elements.starts, elements.ends
    ways[0] = here
    count = 1
    for at in range(begin, stop):
        element = parts[at]
        found = 0
        for way in range(count):
            place = first_from(starts, first[element], first[element + 1], ways[way])
            while place < first[element + 1] and starts[place] == ways[way]:
                found = _added(ways, found, ends[place])
                place += 1
        count = found
        for way in range(count):
            ways[way] = ways[_MOST_WAYS + way]
    return count


@compiled
def starts_of_rows(  # noqa: PLR0913, PLR0917  kernels take what they need one by one
    elements: ElementTable, parts: Ints, begin: int, stop: int, here: int, ways: Longs
) -> int:
    """Return in how many ways the elements parts[begin:stop] stand in a row up to `here`."""
    first, starts, ends = elements.first, elements.starts, elements.ends
    ways[0] = here
    count = 1
    for at in range(stop - 1, begin - 1, -1):
        element = parts[at]
        found = 0
        for way in range(count):
            least = ways[way] - elements.widest[element]
            place = first_from(starts, first[element], first[element + 1], least)
            while place < first[element + 1] and starts[place] < ways[way]:
                if ends[place] == ways[way]:
                    found = _added(ways, found, starts[place])
                place += 1
        count = found
        for way in range(count):
            ways[way] = ways[_MOST_WAYS + way]
    return count


@compiled
def _added(ways: Longs, found: int, position: int) -> int:
    """Put a position behind the `found` ones in the second half, unless it is there; return how many."""
    for other in range(found):
        if ways[_MOST_WAYS + other] == position:
            return found
    if found == _MOST_WAYS:
        return found
    ways[_MOST_WAYS + found] = position
    return found + 1


@compiled
def are_near(  # noqa: PLR0913, PLR0917  kernels take what they need one by one
    elements: ElementTable, parts: Ints, begin: int, stop: int, anchor: int, start: int, end: int
) -> bool:
    """Return whether a stretch of NEAR places has the anchor at [start, end) and all other words."""
    first, starts, ends = elements.first, elements.starts, elements.ends
    others = 0
    for opening in range(start, end - NEAR - 2, -1):
        has_all = True
        others = 0
        for at in range(begin, stop):
            element = parts[at]
            if element == anchor or not elements.has_content[element]:
                continue
            others += 1
            place = first_from(starts, first[element], first[element + 1], opening)
            while (
                place < first[element + 1]
                and starts[place] <= opening + NEAR
                and ends[place] - 1 > opening + NEAR
            ):
                place += 1
            if place == first[element + 1] or starts[place] > opening + NEAR:
                has_all = False
                break
        if has_all:
            return others > 0
    return False


@compiled
def find_phrases(  # noqa: PLR0913, PLR0917
    elements: ElementTable,
    phrases: PhraseTable,
    paper_of: Ints,
    bounds: Ints,
    found: Occurrences,
    ways: Longs,
    start_at: int,
    stop_at: int,
) -> None:
    """Write the papers of phrases start_at to stop_at from found.first[q] on, and found.last[q]."""
    parts = phrases.elements
    for phrase in range(start_at, stop_at):
        begin, stop = phrases.first[phrase], phrases.first[phrase + 1]
        at = phrases.anchor[phrase]
        anchor = parts[at]
        out = found.first[phrase] - 1
        paper = -1
        for place in range(elements.first[anchor], elements.first[anchor + 1]):
            start, end = elements.starts[place], elements.ends[place]
            here = paper_of[start]
            is_title = start < bounds[2 * here + 1]
            if phrases.in_title[phrase] and not is_title:
                continue
            exact = ends_of_rows(elements, parts, at + 1, stop, end, ways)
            if exact > 0:
                exact *= starts_of_rows(elements, parts, begin, at, start, ways)
            if exact == 0 and (
                here == paper
                or not phrases.is_loose[phrase]
                or not are_near(elements, parts, begin, stop, anchor, start, end)
            ):
                continue
            if here != paper:
                paper = here
                out += 1
                found.papers[out] = here
            if is_title:
                found.titles[out] += exact
            else:
                found.abstracts[out] += exact
        found.last[phrase] = out + 1
