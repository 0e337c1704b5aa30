"""Identifiers are compared in one form, and say no more than they can know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.papers import PaperId, Scheme
from digest.sources.identity.paper_ids import contradict, normal_id, normal_ids, share


def arxiv(value: str) -> PaperId:
    return PaperId(Scheme.ARXIV, value)


def doi(value: str) -> PaperId:
    return PaperId(Scheme.DOI, value)


@pytest.mark.parametrize(
    ("given_id", "normal"),
    [
        (arxiv("2603.00001v3"), arxiv("2603.00001")),
        (arxiv("arXiv:2603.00001"), arxiv("2603.00001")),
        (arxiv("math.GT/0309136v2"), arxiv("math/0309136")),
        (doi("10.48550/arXiv.2603.00001"), arxiv("2603.00001")),
        (doi("https://doi.org/10.48550/ARXIV.2603.00001v2"), arxiv("2603.00001")),
        (doi("10.1101/2026.03.01.000001v2"), doi("10.1101/2026.03.01.000001")),
        (doi("10.21203/rs.3.rs-1234/v1"), doi("10.21203/rs.3.rs-1234")),
        (doi("doi:10.1234/ABC."), doi("10.1234/abc")),
        (doi("not one"), None),
        (arxiv("x" * 300), None),
        (PaperId(Scheme.OPENREVIEW, "aB3"), PaperId(Scheme.OPENREVIEW, "aB3")),
        (PaperId(Scheme.OPENREVIEW, "\0"), None),
    ],
)
def test_an_identifier_has_one_form(given_id: PaperId, normal: PaperId | None) -> None:
    assert normal_id(given_id) == normal
    assert normal is None or normal_id(normal) == normal


PREPRINT, ARTICLE = doi("10.1101/2026.03.01.000001"), doi("10.1234/x")


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ([arxiv("2603.00001")], [arxiv("2603.00002")], True),
        ([arxiv("2603.00001")], [ARTICLE], False),
        ([PREPRINT], [ARTICLE], False),
        ([PREPRINT], [doi("10.21203/rs.3.rs-1")], False),
        ([PREPRINT], [doi("10.1101/2026.03.01.000002")], True),
        ([ARTICLE], [doi("10.9999/y")], True),
        ([doi("10.5281/zenodo.1")], [doi("10.5281/zenodo.2")], False),
        ([PaperId(Scheme.OPENREVIEW, "a")], [PaperId(Scheme.OPENREVIEW, "b")], False),
        ([], [ARTICLE], False),
    ],
)
def test_two_papers_are_two_if_one_house_numbered_both(
    ours: list[PaperId], theirs: list[PaperId], *, expected: bool
) -> None:
    assert contradict(ours, theirs) is expected
    assert contradict(theirs, ours) is expected


def test_one_common_id_makes_one_paper_unless_arxiv_numbered_two() -> None:
    assert share([PREPRINT, ARTICLE], [ARTICLE, doi("10.9999/y")])
    assert not share([arxiv("2603.00001"), ARTICLE], [arxiv("2603.00002"), ARTICLE])


@given(st.sampled_from(Scheme), st.text(max_size=40))
def test_anything_has_a_form_or_none(scheme: Scheme, value: str) -> None:
    (*normal,) = normal_ids([PaperId(scheme, value)] * 2)
    assert len(normal) <= 1
    assert normal_ids(normal) == tuple(normal)
