"""What is read of the files in which people keep their papers."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.model.papers import PaperId, Scheme
from digest.sources.libraries import shelf
from digest.sources.libraries.library import MAX_BYTES, Library, read_library
from digest.sources.libraries.shelf import MAX_WARNINGS, MAX_WORKS

ARXIV = PaperId(Scheme.ARXIV, "2101.00001")
BIBTEX = r"""
@string{venue = "Journal of " # "Tea"}
@comment{nothing}
@article{one,
  title = {Steeping {G}raphs at $\alpha$ Degrees},
  author = {M{\"u}ller, Anna and Bo Lee and others},
  keywords = {graph brewing; tea leaves},
  journal = venue # " 12",
  eprint = {2101.00001v2}, archiveprefix = {arXiv}, doi = {10.1000/TEA.1},
}
"""


def read(text: str | bytes, name: str = "mine.bib") -> Library:
    return read_library(text.encode() if isinstance(text, str) else text, name)


def test_bibtex_is_read_without_tex_and_braces() -> None:
    (work,) = read(BIBTEX).works
    assert work.title == "Steeping Graphs at \N{GREEK SMALL LETTER ALPHA} Degrees"
    assert work.authors == ("Anna Müller", "Bo Lee")
    assert work.keywords == ("graph brewing", "tea leaves")
    assert set(work.ids) == {ARXIV, PaperId(Scheme.DOI, "10.1000/tea.1")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_bibtex_is_read_in_the_encodings_of_old_and_new_programs(encoding: str) -> None:
    library = read("@misc{a, title={Thé für alle}}".encode(encoding), "export.txt")
    assert library.works[0].title == "Thé für alle"


def test_a_broken_entry_is_a_warning_with_its_line_and_the_next_is_read() -> None:
    library = read("@misc{a, title={never closed\n@misc{b, title={Fine}}")
    assert [each.title for each in library.works] == ["Fine"]
    assert [each.line for each in library.warnings] == [1]


def test_entries_with_one_key_and_a_field_that_is_there_twice_are_read() -> None:
    library = read("@misc{a, title={One}}\n@misc{a, title={Two}, title={Three}}")
    assert [each.title for each in library.works] == ["One", "Two"]


def test_a_definition_that_names_itself_ends() -> None:
    library = read("@string{a = b}\n@string{b = a # b}\n@misc{x, title={T}, journal = a # b}")
    assert library.works[0].title == "T"


def test_blanks_between_authors_and_long_definitions_take_no_time() -> None:
    blanks, long = " " * 39_000, "x" * 39_000
    (work,) = read(f"@misc{{a, title={{T}}, author={{Lee, Bo{blanks}\nand\tSu, Cy}}}}").works
    assert work.authors == ("Bo Lee", "Cy Su")
    (work,) = read(f"@string{{a={{{long}}}}}\n@misc{{b, abstract = a # a}}").works
    assert len(work.abstract) == 600


def test_ris_is_read() -> None:
    text = "TY  - JOUR\nTI  - Tea\nAU  - Lee, Bo\nKW  - leaves\nKW  - graph brewing\nAB  - Long\n and more\nUR  - https://arxiv.org/abs/2101.00001v3\nER  - \n"
    (work,) = read(text, "x.ris").works
    assert (work.title, work.abstract) == ("Tea", "Long and more")
    assert (work.keywords, work.authors) == (("leaves", "graph brewing"), ("Bo Lee",))
    assert work.ids == (ARXIV,)


def test_a_cut_off_ris_file_is_read_to_its_end_and_says_so() -> None:
    library = read("TY  - JOUR\nTI  - Tea\n")
    assert library.works[0].title == "Tea"
    assert "cut off" in library.warnings[0].problem


def test_csl_json_and_items_of_zotero_are_read() -> None:
    csl = [
        {
            "title": "Tea",
            "abstract": "A",
            "keyword": "leaves, cups",
            "author": [{"family": "Lee", "given": "Bo"}],
        }
    ]
    zotero = [
        {"key": "Q", "data": {"itemType": "preprint", "title": "Tea", "abstractNote": "A", "tags": [{"tag": "leaves"}, {"tag": "cups"}], "creators": [{"firstName": "Bo", "lastName": "Lee"}], "collections": ["C"]}},
        {"key": "R", "data": {"itemType": "attachment", "title": "tea.pdf"}},
    ]  # fmt: skip
    for given_ in (csl, zotero, {"items": zotero}):
        (work,) = read(json.dumps(given_), "x.json").works
        assert (work.title, work.abstract, work.keywords) == ("Tea", "A", ("leaves", "cups"))
        assert work.authors == ("Bo Lee",)


def test_zotero_s_csv_is_read_whatever_the_order_of_its_columns() -> None:
    text = '\ufeff"Key","Author","Title","DOI","Abstract Note","Manual Tags","Automatic Tags"\n"K","Lee, Bo; Su, Cy","Tea, hot","10.1000/x","A","leaves; cups",""\n"L"\n'
    (work,) = read(text, "x.csv").works
    assert (work.title, work.abstract, work.keywords) == ("Tea, hot", "A", ("leaves", "cups"))
    assert work.authors == ("Bo Lee", "Cy Su")


def test_opml_of_digest_leads_back_to_its_expressions_and_feeds_of_arxiv_to_categories() -> None:
    library = read(
        '<?xml version="1.0" encoding="latin-1"?><opml version="2.0"><body><outline text="Tea">'
        '<outline text="x" xmlUrl="https://d.example/sub/feeds/keywords.atom?q=tea+-%22green+tea%22"/>'
        '<outline text="y" xmlUrl="http://rss.arxiv.org/rss/cs.CL+math"/>'
        '<outline text="A blog on tea" xmlUrl="https://blog.example/feed"/>'
        "</outline></body></opml>"
    )
    assert library.expressions == ('tea -"green tea"', "cat:cs.CL", "cat:math.*")
    assert [each.title or each.keywords[0] for each in library.works] == ["A blog on tea", "Tea"]


def test_a_list_of_ids_and_addresses_is_read_each_once() -> None:
    library = read(
        "# mine\n2101.00001v2, arXiv:2102.00002\nhttps://doi.org/10.1000/tea.\n"
        "https://arxiv.org/pdf/2101.00001.pdf hep-th/9901001\n10.48550/arXiv.2103.00003\nwhat\n"
    )
    named = [str(each.ids[0].value) for each in library.works]
    assert named == ["2101.00001", "2102.00002", "10.1000/tea", "hep-th/9901001", "2103.00003"]
    assert [each.line for each in library.warnings] == [6]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"Dear diary", "nothing that Digest reads"),
        (b"PK\x03\x04 and so on", "packed"),
        (b"@misc\0", "NUL"),
        (b"\xff\xfe\x00", "UTF-16"),
        (b"[" * 100_000, "nested too deep"),
        (b'[{"title": "cut', "no whole JSON"),
        (b"<opml>" + b"<outline>" * 5000, "no whole OPML"),
        (b"<!---->" * 2000, "nothing that Digest reads"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><opml/>', "nothing that Digest reads"),
        (b"@misc{a, title=" + b"{" * 700_000, "made of braces"),
        (b"@misc(" * (2 * MAX_WORKS + 1), f"more than {MAX_WORKS:,} works"),
        (b"a,title\n" + b'"' + b"x" * 200_000, "cannot be read as a table"),
        (b"@misc{a, title = {x", "no work in it can be read"),
        (b"x" * (MAX_BYTES + 1), "more than 4 MiB"),
    ],
)
def test_what_is_no_library_is_refused_with_a_sentence(content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read(content)


def test_more_works_than_are_read_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "MAX_WORKS", 3)
    with pytest.raises(SourceError, match="export a part"):
        read("2101.00001\n2101.00002\n2101.00003\n2101.00004\n")


def test_of_very_many_warnings_the_first_are_told_and_the_others_counted() -> None:
    library = read("2101.00001\n" + "what\n" * 50)
    assert len(library.warnings) == MAX_WARNINGS + 1
    assert library.warnings[-1].problem == f"{50 - MAX_WARNINGS} more could not be read"


PIECES = st.sampled_from([
    "@misc{", "@string(", "title", "=", "{", "}", '"', "#", ",", "\n", "TY  - ", "ER  - ", "KW  - x",
    '[{"title":', '"data":{', "]}", "Title,DOI\n", "<opml>", "<outline text='a'", "/>", "</opml>",
    "2101.00001", "10.1000/x", "\\alpha$", "\ufeff", "\0", "é", "keywords={a;b}", "xmlUrl='?q=a'",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.lists(PIECES, max_size=25).map("".join).map(str.encode), st.binary(max_size=60))
)
@example(b'[{"tags": [{"tag": {}}], "title": [[]], "author": {}, "data": 3}]')
@example(b"@misc{a, title=#, keywords=x # {, author=}}")
@example(b'<opml><outline text="a" xmlUrl="http://[/feeds/keywords?q=a"/></opml>')
def test_any_bytes_are_a_library_or_refused_with_a_sentence(content: bytes) -> None:
    try:
        library = read(content)
    except SourceError as error:
        assert str(error)  # noqa: PT017  either is right
    else:
        assert library.works or library.expressions
