"""One paper on arXiv has one identifier, however arXiv writes it."""

import pytest

from digest.model.papers import LinkKind, PaperId, Scheme
from digest.sources.arxiv.authors import split_authors
from digest.sources.arxiv.ids import pdf_of, read_arxiv_id


@pytest.mark.parametrize(
    ("text", "value", "version"),
    [
        ("2101.00001", "2101.00001", 0),
        ("0704.0001v12", "0704.0001", 12),
        ("arXiv:2101.00001v2", "2101.00001", 2),
        ("oai:arXiv.org:2101.00001v1", "2101.00001", 1),
        ("oai:arXiv.org:math/0309136", "math/0309136", 0),
        ("math.GT/0309136v3", "math/0309136", 3),
        ("http://arxiv.org/abs/hep-th/9901001v1", "hep-th/9901001", 1),
        ("https://export.arxiv.org/pdf/2101.00001v2.pdf", "2101.00001", 2),
        (" https://www.arxiv.org/html/2101.00001v1/ \n", "2101.00001", 1),
    ],
)
def test_an_id_is_read_in_every_form(text: str, value: str, version: int) -> None:
    found = read_arxiv_id(text)
    assert found == (PaperId(Scheme.ARXIV, value), version)


@pytest.mark.parametrize(
    "text",
    ["", "v1", "210.00001", "2101.000001", "10.1000/182", "https://evil.org/abs/2101.00001",
     "oai:arXiv.org:", "2101.00001v", "\u0662101.00001", "http://arxiv.org.evil.org/abs/2101.00001"],
)  # fmt: skip
def test_what_is_no_id_is_none(text: str) -> None:
    assert read_arxiv_id(text) is None


def test_a_paper_has_a_pdf() -> None:
    link = pdf_of(PaperId(Scheme.ARXIV, "math/0309136"))
    assert (link.kind, link.url) == (LinkKind.PDF, "https://arxiv.org/pdf/math/0309136")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ann Lee, Bo Ray", ("Ann Lee", "Bo Ray")),
        ("Ann Lee (Harbour, Dept. of Light), Bo Ray (1, 2)", ("Ann Lee", "Bo Ray")),
        ("Ann Lee (Harbour (North, South), Hill), Bo Ray", ("Ann Lee", "Bo Ray")),
        ("Bo Ray, Jr. (Hill), Cy Fox III", ("Bo Ray Jr.", "Cy Fox III")),
        ("The Lantern Collaboration", ("The Lantern Collaboration",)),
        ("Ann Lee (Harbour, Bo Ray", ("Ann Lee", "Bo Ray")),
        ("Ann Lee, North), Bo Ray", ("Ann Lee", "Bo Ray")),
        (" ,, \n", ()),
        ("(Harbour)", ()),
    ],
)
def test_authors_are_told_from_their_affiliations(text: str, names: tuple[str, ...]) -> None:
    assert split_authors(text) == names


def test_blanks_without_end_are_one() -> None:
    assert split_authors("Ann Lee" + " " * 200_000 + "(A), Bo Ray") == ("Ann Lee", "Bo Ray")
