import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model.papers import LinkKind, PaperId, Scheme
from digest.sources.texts.links import MAX_LINKS, collapse_doubles, find_ids, find_links
from digest.sources.texts.normalize import record_from

CODE, DATA, DEMO = LinkKind.CODE, LinkKind.DATA, LinkKind.DEMO
MODEL, PAPER, PROJECT, LINK = LinkKind.MODEL, LinkKind.PAPER, LinkKind.PROJECT, LinkKind.LINK


def found(text: str) -> list[tuple[LinkKind, str]]:
    return [(link.kind, link.url) for link in find_links(text)]


@pytest.mark.parametrize(
    ("text", "kind", "url"),
    [
        ("Code is at https://github.com/a/b.", CODE, "https://github.com/a/b"),
        ("Code is at github.com/a/b, too.", CODE, "https://github.com/a/b"),
        ("Code (https://github.com/a/b) helps", CODE, "https://github.com/a/b"),
        ("(page: https://a.org/x/)demonstrate our", LINK, "https://a.org/x/"),
        ("see https://a.org/wiki/X_(y).", LINK, "https://a.org/wiki/X_(y)"),
        ("at https://github.com/a/b.Our results", CODE, "https://github.com/a/b"),
        ("at https://github.com/a/b.js now", CODE, "https://github.com/a/b.js"),
        ("The corpus: www.lanterns.org.", DATA, "https://www.lanterns.org"),
        ("Project page: https://a.github.io/b", PROJECT, "https://a.github.io/b"),
        ("A website a.github.io/b exists", PROJECT, "https://a.github.io/b"),
        ("https://anonymous.4open.science/r/x-1/", CODE, "https://anonymous.4open.science/r/x-1/"),
        ("Demo: https://huggingface.co/spaces/a/b", DEMO, "https://huggingface.co/spaces/a/b"),
        ("at https://huggingface.co/datasets/a/b", DATA, "https://huggingface.co/datasets/a/b"),
        ("Weights: https://huggingface.co/a/b", MODEL, "https://huggingface.co/a/b"),
        ("Our dataset is at https://huggingface.co/a/b", DATA, "https://huggingface.co/a/b"),
        ("Find it at https://zenodo.org/records/1", DATA, "https://zenodo.org/records/1"),
        ("The dataset: https://doi.org/10.1234/x", DATA, "https://doi.org/10.1234/x"),
        ("It extends https://doi.org/10.1234/x", PAPER, "https://doi.org/10.1234/x"),
        ("After https://arxiv.org/abs/2401.00001.", PAPER, "https://arxiv.org/abs/2401.00001"),
        ("Our dataset is at https://github.com/a/b", DATA, "https://github.com/a/b"),
        ("Dataset and code: https://github.com/a/b", CODE, "https://github.com/a/b"),
        ("Models live at https://lab.org/zoo", MODEL, "https://lab.org/zoo"),
        ("Our code: https://lab.org/x?y=1#z", CODE, "https://lab.org/x?y=1#z"),
        ("HTTPS://GitHub.com/a/b", CODE, "HTTPS://GitHub.com/a/b"),
    ],
)
def test_an_address_is_found_whole_and_named(text: str, kind: LinkKind, url: str) -> None:
    assert found(text) == [(kind, url)]


@pytest.mark.parametrize(
    "text",
    [
        "and/or, e.g./i.e., TCP/IP, 1/2, a.b/c",
        "ftp://a.org/x javascript://a.org/%0aalert(1) file:///etc/passwd",
        "http://localhost/x http://127.0.0.1/x http://[::1]/ http://printer.local/",
        "https://user:secret@a.org/x",
        "https://a_b/ https://-a.org/ https://a..org/ https:// http://[",
        "https://a.org:99999/x https://\u0430pple.com/",
        "mail a@www.b.org",
        "x" * 50 + " https://a.org/" + "y" * 600,
    ],
)
def test_what_is_no_public_address_is_no_link(text: str) -> None:
    assert find_links(text) == ()


def test_each_of_two_addresses_has_its_own_words() -> None:
    text = "We share code at https://github.com/a/b and an anonymized dataset at https://github.com/a/c."
    assert [kind for kind, _ in found(text)] == [CODE, DATA]


def test_the_same_address_counts_once_and_eight_are_enough() -> None:
    text = "https://github.com/a/b https://www.github.com/A/B/ github.com/a/b.git "
    assert len(find_links(text)) == 1
    many = " ".join(f"https://a.org/{number}" for number in range(20))
    assert len(find_links(many)) == MAX_LINKS


def test_an_address_at_the_end_of_a_cut_text_is_left_out() -> None:
    text = "Code at https://github.com/a/b and data at https://zenodo.org/rec"
    assert len(find_links(text)) == 2
    assert len(find_links(text, is_truncated=True)) == 1


@pytest.mark.parametrize(
    ("doubled", "single"),
    [
        ("at https://a.org/b_c{https://a.org/b_c}.", "at https://a.org/b_c."),
        (r"at \url{https://a.org/b}{https://a.org/b}.", "at https://a.org/b."),
        ("at https://a.org/b/{https://a.org/b}.", "at https://a.org/b."),
        ("https://a.org/b{https://a.org/c}", "https://a.org/b{https://a.org/c}"),
        ("set {a/b}", "set {a/b}"),
    ],
)
def test_a_doubled_address_is_written_once(doubled: str, single: str) -> None:
    assert collapse_doubles(doubled) == single


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "This paper is available at https://arxiv.org/abs/2401.00001v3.",
            [PaperId(Scheme.ARXIV, "2401.00001")],
        ),
        (
            "The published version is at https://doi.org/10.1234/ABC.5.",
            [PaperId(Scheme.DOI, "10.1234/abc.5")],
        ),
        ("We extend https://arxiv.org/abs/2401.00001.", []),
        ("Our dataset is available at https://doi.org/10.5281/zenodo.77.", []),
        ("This paper is available at https://doi.org/10.5281/zenodo.77.", []),
        ("Code for this paper: https://github.com/a/b", []),
    ],
)
def test_only_an_address_of_the_paper_itself_is_its_id(text: str, expected: list[PaperId]) -> None:
    assert list(find_ids(text)) == expected


def test_the_abstract_keeps_the_address_as_it_stands() -> None:
    abstract = r"Rates of 5\% are at https://a.org/x_y~z%20w{https://a.org/x_y~z%20w}."
    record = record_from(1, 1, "A Title", abstract, is_truncated=False)
    assert record.abstract == "Rates of 5% are at https://a.org/x_y~z%20w."
    assert record.original_abstract == abstract
    assert [link.url for link in record.links] == ["https://a.org/x_y~z%20w"]


@given(st.text(alphabet="htps:/w.gub/com{}()[]\\^ aA1@?&#_%~\u2019", max_size=120))
def test_any_text_gives_links_to_public_hosts_or_none(text: str) -> None:
    for link in find_links(text):
        assert link.url.lower().startswith(("http://", "https://"))
        assert " " not in link.url
    find_ids(text)
    collapse_doubles(text)
