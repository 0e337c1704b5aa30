import contextlib
import json
from datetime import UTC, date, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceAwayError, SourceError
from digest.model.papers import Link, LinkKind, PaperId, PaperRecord, Scheme
from digest.sources.base import Batch, Listed
from digest.sources.feeds.entries import read_markup
from digest.sources.feeds.feed import open_source
from digest.sources.feeds.markup import markup_of
from tests.sources.sample import Sample
from tests.sources.service import Asked, Reply, Service, client_of, serving

TODAY = date(2026, 3, 4)
URL = "https://journal.example/new/rss.xml"
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
)


def item(number: int, *more: str, day: int | None = 3, title: str = "", month: int = 3) -> str:
    dated = (
        f"<pubDate>{format_datetime(datetime(2026, month, day, 9, tzinfo=UTC))}</pubDate>"
        if day
        else ""
    )
    return (
        f"<item><title>{title or f'Kites of kind {number}'}</title>"
        f"<link>https://journal.example/a/{number}</link>"
        f"<guid isPermaLink='false'>kite-{number}</guid>{dated}{''.join(more)}</item>"
    )


def rss(*items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return f"{head}<rss version='2.0' {SPACES}><channel><title>J</title>{''.join(items)}</channel></rss>"


SAMPLE = Sample("feed", URL, TODAY, 1, replies=(Reply(rss(item(1))),))


def harvested(service: Service, cursor: str = "", today: date = TODAY) -> Batch:
    (batch,) = open_source(URL, client_of(service), {}).harvest(cursor, today)
    return batch


def read(body: str | bytes, content_type: str = "application/xml") -> list[Listed]:
    with serving(Reply(body, headers={"Content-Type": content_type})) as service:
        return list(harvested(service).listed)


def only(body: str | bytes, content_type: str = "application/xml") -> PaperRecord:
    (one,) = read(body, content_type)
    return one.record


def titles(batch: Batch) -> list[str]:
    return [each.record.title for each in batch.listed]


def test_an_item_of_a_journal_becomes_a_record() -> None:
    record = only(
        rss(
            item(
                1,
                "<description>&lt;p&gt;Kites &lt;i&gt;fly&lt;/i&gt; at p &amp;lt; 1.&lt;/p&gt;</description>",
                "<dc:creator>Lark, Ada</dc:creator><dc:creator>Bo Wren</dc:creator>",
                "<prism:doi>10.1234/JKITES.7</prism:doi><category>Aeronautics</category>",
                "<enclosure url='https://journal.example/1.pdf' type='application/pdf' length='9'/>",
            )
        )
    )
    assert record.title == "Kites of kind 1"
    assert record.abstract == "Kites fly at p < 1."
    assert record.authors == ("Ada Lark", "Bo Wren")
    assert record.ids == (PaperId(Scheme.DOI, "10.1234/jkites.7"),)
    assert record.categories == ("Aeronautics",)
    assert record.published_on == date(2026, 3, 3)
    assert record.links == (
        Link(LinkKind.PAPER, "https://journal.example/a/1"),
        Link(LinkKind.PDF, "https://journal.example/1.pdf"),
    )


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("<author>a@lab.example (Ada Lark)</author>", ("Ada Lark",)),
        ("<author>Ada Lark &lt;a@lab.science&gt;</author>", ("Ada Lark",)),
        ("<author>no-reply@lab.org (Ada Lark, Bo Wren)</author>", ("Ada Lark", "Bo Wren")),
        ("<author>a@lab.science</author>", ()),
        ("<dc:creator>Ada Lark (Lab), Bo Wren</dc:creator>", ("Ada Lark", "Bo Wren")),
        (f"<dc:creator>{', '.join(f'A{n} Lark' for n in range(3_000))}</dc:creator>", tuple(f"A{n} Lark" for n in range(3_000))),
    ],
    ids=range(6),
)  # fmt: skip
def test_authors_are_names_however_they_are_written(authors: str, names: tuple[str, ...]) -> None:
    assert only(rss(item(1, authors))).authors == names


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://lab.example/x/"><title>L</title>
<entry><title type="html">Kites &amp;amp; strings</title><id>tag:lab.example,2026:1</id>
<link href="../p/1"/><link rel="related" type="application/pdf" href="1.pdf"/>
<author><name>Ada Lark</name></author><author><name>Bo Wren</name></author>
<published>2026-03-03T23:30:00-02:00</published><updated>2026-03-04T09:00:00Z</updated>
<summary>Short.</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>A longer
text of kites.</p></div></content></entry></feed>"""

RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" {SPACES}><channel rdf:about="x"><title>J</title></channel>
<item rdf:about="https://journal.example/articles/9"><title>Kites</title>
<link>https://journal.example/articles/9</link><dc:identifier>doi:10.1234/s9</dc:identifier>
<dc:creator>Ada Lark, Bo Wren</dc:creator><dc:date>2026-03-03</dc:date></item></rdf:RDF>"""


def test_atom_is_read_with_its_base_and_in_universal_time() -> None:
    record = only(ATOM)
    assert record.title == "Kites & strings"
    assert record.abstract == "A longer text of kites."
    assert record.authors == ("Ada Lark", "Bo Wren")
    assert record.published_on == TODAY
    assert [link.url for link in record.links] == ["https://lab.example/p/1", "https://lab.example/x/1.pdf"]  # fmt: skip


def test_rss_1_is_read() -> None:
    record = only(RDF)
    assert record.ids == (PaperId(Scheme.DOI, "10.1234/s9"),)
    assert record.authors == ("Ada Lark", "Bo Wren")
    assert record.published_on == date(2026, 3, 3)


def test_json_feed_is_read() -> None:
    entry = {
        "id": "https://doi.org/10.1234/j1",
        "url": "/p/1",
        "title": "Kites",
        "content_html": "<p>A text</p>",
        "date_published": "2026-03-03T10:00:00Z",
        "authors": [{"name": "Ada Lark"}],
        "tags": ["air"],
        "attachments": [{"url": "/1.pdf", "mime_type": "application/pdf"}],
    }
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "L", "items": [entry]}
    record = only(json.dumps(feed), "application/feed+json")
    assert (record.title, record.abstract, record.authors) == ("Kites", "A text", ("Ada Lark",))
    assert record.ids == (PaperId(Scheme.DOI, "10.1234/j1"),)
    assert [link.url for link in record.links] == ["https://journal.example/p/1", "https://journal.example/1.pdf"]  # fmt: skip
    with pytest.raises(SourceError, match="no JSON Feed"):
        read('{"error": "x"}')


@pytest.mark.parametrize(
    ("link", "paper_id"),
    [
        ("https://pub.example/doi/abs/10.1234/abc.5?af=R", PaperId(Scheme.DOI, "10.1234/abc.5")),
        ("https://pub.example/articles/10.1234/x.9/full", PaperId(Scheme.DOI, "10.1234/x.9")),
        ("https://pub.example/article?id=10.1234/y.1", PaperId(Scheme.DOI, "10.1234/y.1")),
        ("https://arxiv.org/abs/2603.01234v2", PaperId(Scheme.ARXIV, "2603.01234")),
    ],
)
def test_an_address_names_the_paper_where_nothing_else_does(link: str, paper_id: PaperId) -> None:
    (one,) = read(rss(item(1).replace("https://journal.example/a/1", link)))
    assert one.record.ids == (paper_id,)


def test_a_first_look_takes_the_last_days_and_later_ones_what_is_new() -> None:
    first, second = [item(1, day=1, month=2), item(2)], [item(3, day=4), item(4, day=2, month=1)]
    with serving(Reply(rss(*first)), Reply(rss(*second, *first))) as service:
        one = harvested(service)
        two = harvested(service, one.cursor)
    assert titles(one) == ["Kites of kind 2"]
    assert titles(two) == ["Kites of kind 3", "Kites of kind 4"]
    assert {each.day for each in two.listed} == {TODAY}


def test_what_has_no_date_is_listed_once() -> None:
    tomorrow = date(2026, 3, 5)
    with serving(Reply(rss(item(1, day=None)))) as service:
        one = harvested(service)
        two = harvested(service, one.cursor, tomorrow)
    assert [each.day for each in one.listed] == [TODAY]
    assert not two.listed
    with serving(Reply(rss(*(item(n, day=None) for n in range(99))))) as service:
        assert len(harvested(service).listed) == 30


def test_a_changed_entry_is_an_update() -> None:
    longer = item(1, "<description>Now with a text</description>")
    with serving(Reply(rss(item(1))), Reply(rss(longer))) as service:
        one = harvested(service)
        (two,) = harvested(service, one.cursor).listed
    assert two.record.is_update
    assert two.record.abstract == "Now with a text"


def test_nothing_new_is_asked_for_cheaply() -> None:
    def behaviour(asked: Asked) -> Reply:
        if asked.headers.get("If-None-Match") == '"a"':
            return Reply("", 304)
        return Reply(rss(item(1)), headers={"ETag": '"a"'})

    with serving(behaviour) as service:
        one = harvested(service)
        assert harvested(service, one.cursor) == Batch((), one.cursor)


@pytest.mark.parametrize("cursor", ["x", "[]", "{}", '{"seen": "?", "validators": 3}', "[" * 9999])
def test_a_cursor_of_somebody_else_counts_as_none(cursor: str) -> None:
    with serving(Reply(rss(item(1)))) as service:
        assert titles(harvested(service, cursor)) == ["Kites of kind 1"]


def test_entries_that_share_an_id_are_told_apart() -> None:
    items = [item(n).replace(f"kite-{n}", "same") for n in (1, 2)]
    assert len(read(rss(*items))) == 2


@pytest.mark.parametrize(
    ("declared", "encoding", "header"),
    [
        ("utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        ("iso-8859-1", "utf-8", "application/xml"),
        ("iso-8859-1", "iso-8859-1", "application/xml; charset=utf-8"),
        ("utf-8", "windows-1252", "application/xml"),
        ("utf-16", "utf-16", "application/xml"),
        ("utf-8", "utf-16-le", "application/xml"),
        ("punycode", "utf-8", "application/xml; charset=zlib"),
    ],
)
def test_encodings_are_what_the_bytes_say(declared: str, encoding: str, header: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>'
    body = rss(item(1, title="Dr\xe4ger\xe9"), head=head).encode(encoding)
    assert only(body, header).title == "Dr\xe4ger\xe9"


@pytest.mark.parametrize(
    "broken",
    [
        rss(item(1, title="Salt & Pepper")),
        rss(item(1, "<description>a < b</description>")),
        rss(item(1, "<media:title>x</media:title>")),
        rss(item(1, "<description><b>x</description>")),
        rss(item(1, title="a\x08b&#8;&nbsp;c")),
        "\n\n" + rss(item(1)),
        "Warning: in line 3\n" + rss(item(1)),
        rss(item(1)) + "<!-- made in 0.1 s -->",
        rss(
            item(1), head='<!DOCTYPE rss PUBLIC "-//X//DTD RSS 0.91//EN" "http://x.example/a.dtd">'
        ),
    ],
)
def test_what_is_whole_but_broken_is_read(broken: str) -> None:
    assert len(read(broken)) == 1


@pytest.mark.parametrize("left_out", [1, 7, 20, 150])
def test_what_is_cut_off_is_refused(left_out: int) -> None:
    with pytest.raises(SourceError):
        read(rss(item(1), item(2))[:-left_out])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_of_its_own_are_refused_unread(encoding: str) -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + rss(item(1, title="&b;"), head="")  # fmt: skip
    with pytest.raises(SourceError, match="entities"):
        read(bomb.encode(encoding))


@pytest.mark.parametrize(
    "page", ["<!doctype html><html><p>Sign in</html>", "<html><p>x</p></html>", "hello", "", " "]
)
def test_something_else_is_no_quiet_feed(page: str) -> None:
    with pytest.raises(SourceAwayError):
        read(page)


def test_entries_without_a_title_are_told_and_many_are_an_error() -> None:
    bare = item(9).replace("Kites of kind 9", " ")
    with serving(Reply(rss(item(1), bare))) as service:
        batch = harvested(service)
    assert titles(batch) == ["Kites of kind 1"]
    assert "entry 2" in batch.warnings[0].problem
    with pytest.raises(SourceError, match="no title"):
        read(rss(item(1), bare, bare))


def test_an_empty_feed_is_quiet() -> None:
    assert read(rss()) == []


def test_titles_are_text_whatever_is_in_them() -> None:
    record = only(rss(item(1, title="&lt;script&gt;alert(1)&lt;/script&gt;Kites &lt;i&gt;now&lt;/i&gt;\u202e")))  # fmt: skip
    assert record.title == "Kites now"


@pytest.mark.parametrize(
    "hostile",
    [
        "<b>" * 10_000 + "x" + "</b>" * 10_000,
        "<a " + " ".join(f"a{n}='1'" for n in range(5_000)) + "/>",
        "<author>" + "a" * 100_000 + "@" + "a." * 50_000 + "</author>",
        "<a " * 2_000,
        "<![CDATA[" * 5_000,
        "".join(f"<q{n}:a xmlns:q{n}='u:{n}'/>" for n in range(3_000)),
        "".join(f"<category>{n}</category>" for n in range(5_000)),
        "&#99999999999;&#xd800;&#0;",
        "<link>http://[x</link>",
    ],
    ids=range(9),
)
def test_hostile_entries_are_read_or_refused_at_once(hostile: str) -> None:
    with contextlib.suppress(SourceError):
        read(rss(item(1, hostile)))


@settings(max_examples=40)
@given(st.integers(0, 700), st.text("<>/&;\"' =[]!-\x00\ud800ax:", max_size=8))
def test_whatever_is_in_a_feed_it_is_read_or_refused(place: int, noise: str) -> None:
    body = rss(item(1, "<description>A &lt;p&gt; text</description>"), item(2))
    place %= len(body)
    damaged = body[:place] + noise + body[place + len(noise) :]
    with contextlib.suppress(SourceError):
        read_markup("f", markup_of("f", damaged.encode("utf-8", "replace"), ""), URL)


@pytest.mark.parametrize("argument", ["", "x", "ftp://x.example/a", "https://", "https://u:p@x.example/", "https://x.example:99999/", "https://x.example/a b"])  # fmt: skip
def test_what_is_no_address_is_refused_with_a_sentence(argument: str) -> None:
    with serving(Reply()) as service, pytest.raises(ValueError, match="address"):
        open_source(argument, client_of(service), {})


def test_a_name_fits_and_a_title_shows_no_key() -> None:
    with serving(Reply()) as service:
        client = client_of(service)
        one = open_source("https://www." + "long" * 12 + ".example/rss?key=secret", client, {})
        other = open_source("https://b\xfccher.example/f", client, {})
    assert len(one.name) <= 40
    assert "secret" not in one.name + one.title
    assert other.name.isascii()
    assert open_source(URL, client, {}).title == "journal.example/new/rss.xml"
