"""Digests that would have been, of papers that are there."""

from datetime import date

import pytest

from digest.model.papers import ListedPaper
from digest.pipeline.rerun import Rerun, Span, as_one, prepare, run_again
from digest.pipeline.wishes import read_interests
from digest.ranking.preview import RecentPapers
from digest.ranking.query import parse
from digest.ranking.rank import rank
from tests.ranking.batches import NOW, listed, paper, profile

INTERESTS = read_interests(["frogs", "harbour towns", "-survey"])


def on(day: int, dump_id: int, *titles: str) -> list[ListedPaper]:
    """A list of papers, the first of which has ten times the list's number."""
    papers = [paper(10 * dump_id + at, title) for at, title in enumerate(titles)]
    return listed(*papers, dump_id=dump_id, dated_on=date(2026, 3, day))


OLD = on(10, 1, "Frogs of ten days ago")
WEEK = on(12, 2, "Frogs in spring", "A survey of frogs", "Clouds")
TODAY = on(18, 3, "Harbour towns by night", "Clouds once more", "More of harbour towns")
LATE = on(11, 4, "Frogs of a list that came late")


def again(*lists: list[ListedPaper], span: Span = Span.NEWEST, number: int = 10) -> Rerun:
    recent = RecentPapers([each for found in lists for each in found])
    return run_again(recent, INTERESTS, number, span, NOW)


def shown(rerun: Rerun) -> set[str]:
    return {rerun.by_id[each.paper_id].title for each in rerun.entries}


def test_the_newest_day_is_what_a_digest_would_be_today() -> None:
    found = again(OLD, WEEK, TODAY)
    assert shown(found) == {"Harbour towns by night", "More of harbour towns"}
    assert (found.considered, found.matched, found.excluded) == (3, 2, 0)
    assert found.since == found.until == date(2026, 3, 18)
    assert [each.reasons[0].expression for each in found.entries] == ["harbour towns"] * 2


def test_the_last_week_is_seven_days_up_to_the_newest() -> None:
    found = again(OLD, WEEK, TODAY, LATE, span=Span.WEEK)
    assert "Frogs in spring" in shown(found)
    assert not {"Frogs of ten days ago", "Frogs of a list that came late"} & shown(found)
    assert (found.considered, found.matched, found.excluded) == (6, 3, 1)
    assert (found.since, found.until) == (date(2026, 3, 12), date(2026, 3, 18))


def test_what_a_digest_has_no_room_for_is_counted() -> None:
    found = again(OLD, WEEK, TODAY, span=Span.WEEK, number=1)
    assert (len(found.entries), found.unshown) == (1, 2)
    assert len(found.papers) == 1


def test_it_is_ranked_as_digests_are() -> None:
    found = again(TODAY)
    wanted = profile(*INTERESTS)
    (selection,) = rank(TODAY, [wanted], NOW)
    assert found.entries == selection.entries


def test_what_is_muted_stays_away() -> None:
    recent = prepare(RecentPapers(TODAY))
    found = run_again(recent, INTERESTS, 10, Span.NEWEST, NOW, muted=("night",))
    assert shown(found) == {"More of harbour towns"}


def test_without_papers_there_is_no_digest() -> None:
    found = again()
    assert (found.since, found.until, found.entries, found.unshown) == (None, None, (), 0)


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["frogs"], "frogs"),
        (["frogs", "toads + rain^2", "-survey"], "frogs | toads + rain -survey"),
        (["a | b", '"c d"'], 'a | b | "c d"'),
        (["frogs -red", "toads"], ""),  # it would hide red toads
        (["frogs -red", "-survey"], "frogs -red -survey"),
        (["long words of a keyword " + word * 9 for word in ("one ", "two ")], ""),
    ],
)
def test_keywords_become_one_expression_where_that_finds_the_same(
    lines: list[str], joined: str
) -> None:
    assert as_one(read_interests(lines)) == joined
    assert not joined or parse(joined).alternatives
