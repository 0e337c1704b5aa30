"""XML from outside: whole or refused, nothing expanded or fetched, memory flat."""

import io
from itertools import count, pairwise

import pytest

from digest.errors import SourceAwayError, SourceError
from digest.sources.formats import xml
from digest.sources.formats.xml import Reader, UnreadableError, elements

LAUGHS = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in pairwise("abcdefghi"))
BOMB = f'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">{LAUGHS}]><r><item>&i;</item></r>'


def texts(body: str | bytes, tag: str = "item") -> list[str | None]:
    data = body.encode() if isinstance(body, str) else body
    return [each.text for each in elements("somewhere", io.BytesIO(data), {tag})]


def test_elements_come_one_by_one() -> None:
    assert texts("<r><x/><item>a</item>text<item>b</item><y/></r>") == ["a", "b"]
    assert texts("<r/>") == []
    assert texts("<item>a</item>") == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        BOMB,
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><item>&x;</item></r>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]><r><item>&x;</item></r>',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]><r><item/></r>',
        "<!DOCTYPE r [<!ENTITY % p \"<!ENTITY q 'v'>\"> %p;]><r><item>&q;</item></r>",
        '<!DOCTYPE r [<!ENTITY x "v">]><r><item a="&x;"/></r>',
    ],
)
def test_a_document_that_defines_entities_is_refused(body: str) -> None:
    with pytest.raises(SourceError, match=r"defines entities|shape that Digest does not know"):
        texts(body)


def test_a_document_type_is_harmless_and_not_fetched() -> None:
    named = '<!DOCTYPE rss PUBLIC "-//Nobody//DTD RSS 0.91//EN" "http://127.0.0.1:1/rss.dtd">'
    assert texts(f"{named}<rss><item>a</item></rss>") == ["a"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "   \n",
        "nothing of the kind",
        '{"json": 1}',
        "\x00\x01",
        "<r><item>a</item>",
        "<r><item>a</r>",
        "<r23:59:59><item>a</item></r23:59:59>",
        "<r><item>&unknown;</item></r>",
        "<r><item>a</item></r><r/>",
        "<r>" + "<d>" * 5000 + "</d>" * 5000 + "</r>",
        "<r a='" + "x" * 11_000_000 + "'/>",
        " " * 70_000 + "<r/>",
    ],
    ids=count(),
)
def test_what_is_no_xml_cut_off_or_boundless_is_refused(body: str) -> None:
    with pytest.raises(SourceError):
        texts(body)


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE html><html><body><p>Sign in<br></body>",
        "<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>",
        "\n<HTML><HEAD><TITLE>302</TITLE>",
        "<!-- proxy --><html><head><meta charset=utf-8></head></html>",
        "<script>location='/login'</script>",
    ],
)
def test_a_web_page_is_the_service_away(body: str) -> None:
    with pytest.raises(SourceAwayError, match="web page"):
        texts(body)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<r><item>caf\u00e9</item></r>".encode(), "caf\u00e9"),
        ("\ufeff<r><item>caf\u00e9</item></r>".encode(), "caf\u00e9"),
        ("<r><item>caf\u00e9</item></r>".encode("utf-16"), "caf\u00e9"),
        ("<r><item>caf\u00e9</item></r>".encode("utf-16-be"), "caf\u00e9"),
        ("<?xml version='1.0' encoding='UTF-16'?><r><item>caf\u00e9</item></r>".encode(), "caf\u00e9"),
        ("<?xml version='1.0' encoding='klingon'?><r><item>caf\u00e9</item></r>".encode(), "caf\u00e9"),
        ("<?xml version='1.0' encoding='latin-1'?><r><item>caf\u00e9</item></r>".encode("latin-1"), "caf\u00e9"),
        ("<?xml version='1.0' encoding='UTF-8'?><r><item>caf\u00e9</item></r>".encode("latin-1"), "caf\ufffd"),
        (b"<r><item>a\x0bb\x1fc\xef\xbf\xbf</item></r>", "abc"),
    ],
)  # fmt: skip
def test_a_bad_byte_costs_itself_and_not_the_answer(body: bytes, text: str) -> None:
    assert texts(body) == [text]


def test_what_goes_on_without_a_paper_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "_LONGEST_PIECE", 1 << 17)
    with pytest.raises(SourceError, match="no paper for millions of characters"):
        texts("<r>" + "<a/>" * 100_000 + "</r>")


def test_letters_across_chunks_stay_whole() -> None:
    body = "<r><item>" + "\u00e9" * 100_000 + "</item></r>"
    assert texts(body) == ["\u00e9" * 100_000]
    assert texts(" " + body) == ["\u00e9" * 100_000]


def test_what_was_read_is_gone() -> None:
    piece = "<wrap><x>1</x><item>" + "a" * 200 + "</item></wrap>"
    body = io.BytesIO(f"<r>{piece * 1000}</r>".encode())
    left = 0
    for each in elements("somewhere", body, {"item"}):
        root = each.getroottree().getroot()
        left = max(left, sum(1 for _ in root.iter()))
    # A chunk is parsed at a time: what is left are the pieces of one.
    assert left < 2000


def test_pieces_that_cannot_be_read_are_warnings_until_they_are_most() -> None:
    def read(element: object) -> str:
        if not (text := getattr(element, "text", "")):
            raise UnreadableError("no text")
        return str(text)

    reader = Reader("somewhere")
    body = io.BytesIO(b"<r>\n<item>a</item>\n<item/></r>")
    found = [reader.take(each, read) for each in elements("somewhere", body, {"item"})]
    assert found == ["a", None]
    assert [(each.line, each.problem) for each in reader.warnings] == [(3, "left out: no text")]
    reader.finish()
    reader.take(next(elements("somewhere", io.BytesIO(b"<item/>"), {"item"})), read)
    with pytest.raises(SourceError, match="no text; 2 of 3 papers cannot be read"):
        reader.finish()
