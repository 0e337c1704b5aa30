"""Whatever bytes come in the place of arXiv's answers: papers that may be kept, or SourceError."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.sources.arxiv import api_page as arxiv_api_page
from digest.sources.arxiv import feed_page as arxiv_feed_page
from digest.sources.arxiv import oai_page as arxiv_oai_page
from digest.sources.arxiv.authors import split_authors
from digest.sources.arxiv.ids import read_arxiv_id
from digest.sources.arxiv.oai import OaiPlace
from digest.sources.base import Listed
from tests.sources.arxiv_answers import (
    api,
    api_entry,
    atom_list,
    oai,
    oai_deleted,
    oai_record,
    rss,
    rss_item,
)

TODAY = date(2026, 3, 17)
MOMENT = datetime(2026, 3, 17, tzinfo=UTC)
READERS: dict[str, Callable[[bytes], list[Listed]]] = {
    "rss": lambda body: arxiv_feed_page.read_page("x", io.BytesIO(body), TODAY).listed,
    "api": lambda body: arxiv_api_page.read_page("x", io.BytesIO(body), MOMENT, TODAY).listed,
    "oai": lambda body: arxiv_oai_page.read_page("x", io.BytesIO(body), TODAY, TODAY).listed,
}
GOOD = {
    "rss": [rss(rss_item(), rss_item("2603.00002v2", "replace")), atom_list("2603.00001v1")],
    "api": [api(api_entry(), api_entry("math/0309136v3"))],
    "oai": [oai(oai_record(), oai_deleted("2603.00009"), oai_record("2603.00002"), resume="x")],
}
PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [b"<", b">", b"</item>", b"<item>", b"<record>", b"]]>", b"<![CDATA[", b"&#xFFFE;", b"&lt;",
         b"<!--", b"<?x", b"\xff\xfe", b"\x00", b"&a;", b"2603.00001", b"-9999", b"<!DOCTYPE r [",
         b"0000-00-00", b"+9999", b"Mon, 99 Foo 9999 99:99:99 +9999"]
    ),
)  # fmt: skip


@pytest.mark.parametrize("kind", READERS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_answer_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(GOOD[kind])).encode()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        gone = data.draw(st.integers(0, 40))
        body = body[:at] + data.draw(PIECES) + body[at + gone :]
    take(kind, body)


@pytest.mark.parametrize("kind", READERS)
@given(body=st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_any_bytes_are_refused(kind: str, body: bytes) -> None:
    with pytest.raises(SourceError):
        READERS[kind](body)


@given(words=st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_words_in_every_place_are_read_or_named(words: str) -> None:
    kept = "".join(each for each in words if each.isprintable())
    take("rss", rss(rss_item(kept, kept, title=kept, abstract=kept, creator=kept)).encode())
    take("rss", rss(rss_item(date=kept.replace("<", "").replace("&", ""))).encode())
    assert all(each.strip() == each for each in split_authors(words))
    read_arxiv_id(words)
    OaiPlace.read(words, TODAY)


def take(kind: str, body: bytes) -> None:
    try:
        listed = READERS[kind](body)
    except SourceError:
        return
    for each in listed:
        assert each.day <= TODAY
        assert each.record.title.isprintable()
        assert each.record.ids
        assert each.record.position >= 1
