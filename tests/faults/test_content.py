"""What readers and papers bring along: nothing of it breaks a mail, or more than its own."""

import logging
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from digest.delivery.sink import Sink
from digest.model.deliveries import DeliveryState
from digest.model.digests import DigestEdition
from digest.model.papers import PaperRecord
from digest.rendering.email import MailRenderer, RenderedMail
from digest.sources.texts.normalize import record_from
from tests.factories import make_record
from tests.faults.invariants import check
from tests.faults.matter import LARGE
from tests.faults.site import Site, renderer, smtp
from tests.faults.sound import assert_sound


class BrokenForOne(MailRenderer):
    """A renderer that fails for one reader, as a damaged template or row would make it."""

    def __init__(self) -> None:
        self.is_mended = False

    def digest(self, edition: DigestEdition) -> RenderedMail:
        if edition.subscriber.address.startswith("reader1@") and not self.is_mended:
            raise ValueError("damaged")
        return renderer().digest(edition)


def test_a_mail_that_cannot_be_rendered_stops_no_other_and_loses_no_paper(
    site: Site, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    """R1."""
    site.make_due(5)
    broken = BrokenForOne()
    caplog.set_level(logging.ERROR)
    site.deliver(smtp(sink), renderer=broken)
    mail = site.mail("reader1")
    assert (mail.state, mail.attempts) == (DeliveryState.FAILED, 0)
    assert "could not be rendered" in mail.text
    assert f"delivery {mail.id} cannot be rendered" in caplog.text
    assert site.states()[DeliveryState.ACCEPTED] == 4
    assert site.suppressions() == []
    check(site, sink.mails)

    broken.is_mended = True
    sink.clear()
    site.clock.advance(days=1)
    site.compose()
    site.deliver(smtp(sink), renderer=broken)
    assert [mail.recipient for mail in sink.mails] == ["reader1@example.org"]


@pytest.mark.parametrize(
    ("damage", "repair"),
    [
        pytest.param(
            "UPDATE subscribers SET local_time = '24:00:00' WHERE id = 2",
            "UPDATE subscribers SET local_time = '07:00:00' WHERE id = 2",
            id="R1 a reader",
        ),
        pytest.param(
            "UPDATE digests SET entries = '[{}]' WHERE id = 2",
            "UPDATE digests SET entries = '[]' WHERE id = 2",
            id="R1 a digest",
        ),
    ],
)
def test_a_damaged_row_stops_no_other_mail(
    site: Site, sink: Sink, damage: str, repair: str
) -> None:
    site.make_due(5)
    with site.database.writing() as connection:
        connection.exec_driver_sql(damage)
    site.deliver(smtp(sink))
    with site.database.writing() as connection:
        connection.exec_driver_sql(repair)

    assert site.states() == {DeliveryState.ACCEPTED: 4, DeliveryState.FAILED: 1}
    check(site, sink.mails)


PHRASE = "graph neural networks"


def taken_in(title: str, abstract: str) -> PaperRecord:
    """Return a record as sources hand it over: without what no database can hold."""
    return record_from(1, 1, title, abstract, is_truncated=False)


NASTY: dict[str, PaperRecord] = {
    "R2 a lone surrogate": taken_in(f"{PHRASE} \ud800 \udfff", f"{PHRASE} \udc80 again"),
    "R2 CR and LF in the title": make_record(f"{PHRASE}\r\nBcc: eve@example.com\r\n\r\nHello"),
    "R2 a bare CR in the title": make_record(f"{PHRASE}\rBcc: eve@example.com"),
    "R2 a line separator": make_record(f"{PHRASE}\u2028Bcc: eve@example.com\x85Cc: eve@a.example"),
    "R2 an encoded CR and LF": make_record(f"{PHRASE} =?utf-8?q?=0D=0ABcc:_eve=40example.com?="),
    "R2 a NUL": taken_in(f"{PHRASE} \0\x01\x1b[31m", f"{PHRASE} \0 again"),
    "R2 leading dots": make_record(f"{PHRASE}", f".\n..\n.{PHRASE}\n.\r\n.\r\nQUIT\r\n"),
    "R2 a line of 1,200 bytes": make_record(PHRASE + " " + "x" * 1200, PHRASE + "y" * 1200),
    "R2 one word of 20,000 bytes": make_record(PHRASE, PHRASE + " " + "y" * 20_000),
    "R2 right to left": make_record(
        f"{PHRASE} \u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627"
    ),
    "R2 emoji": make_record(f"{PHRASE} \U0001f9ea\U0001f468\u200d\U0001f52c" * 20),
    "R2 HTML": make_record(f"{PHRASE} </td></body><script>alert(1)</script>", f"<!-- {PHRASE}"),
    "R2 a boundary": make_record(f"{PHRASE} --=_0123456789abcdef--", f"--=_{PHRASE}\n--\n-- \n"),
}


@pytest.mark.parametrize("record", NASTY.values(), ids=NASTY.keys())
def test_whatever_a_paper_holds_the_mail_is_sound(
    site: Site, sink: Sink, record: PaperRecord
) -> None:
    site.make_due(2, records=[record, make_record("Graph Neural Networks for Roads", position=2)])
    site.deliver(smtp(sink))

    assert site.states() == {DeliveryState.ACCEPTED: 2}
    for mail in sink.mails:
        text, html = assert_sound(mail)
        assert "Graph Neural Networks for Roads" in text
        assert "Graph Neural Networks for Roads" in html
        assert "<script>" not in html
    check(site, sink.mails)


def test_a_digest_of_200_kilobytes_is_trimmed_to_what_is_shown_whole(
    site: Site, sink: Sink
) -> None:
    """R2."""
    chinese = "\u4e2d\u6587 " * 3000
    records = [replace(each, abstract=f"{each.abstract}. {chinese}") for each in LARGE]
    assert sum(len(each.abstract.encode()) for each in records) > 200_000
    site.make_due(1, records=records)
    site.deliver(smtp(sink))

    [mail] = sink.mails
    assert_sound(mail)
    check(site, sink.mails)


@pytest.mark.parametrize(
    "name",
    [
        "Digest\r\nBcc: eve@example.com",
        "Digest =?utf-8?q?=0ABcc:_eve=40example.com?=",
        'D"igest <eve@example.com>,',
        "\u05e9\u05dc\u05d5\u05dd \U0001f9ea " * 30,
        "Digest \ud800",
    ],
    ids=lambda name: f"R2 {name[:12]!a}",
)
def test_whatever_a_site_is_called_no_header_is_made_of_it(
    site: Site, sink: Sink, name: str
) -> None:
    site.make_due(1)
    site.deliver(smtp(sink), site_name=name)

    [mail] = sink.mails
    assert_sound(mail)
    parsed = message_from_bytes(mail.message, policy=policy.default)
    assert [each.addr_spec for each in parsed["From"].addresses] == ["digest@example.org"]
    check(site, sink.mails)


@pytest.mark.parametrize(
    "address",
    [
        "a+b=c/d!{x}@example.org",
        "o'neil@example.org",
        "x@b\u00fccher.example",
        "a.b-c_@example.org",
    ],
    ids=lambda address: f"R2 {address}",
)
def test_whatever_a_reader_is_called_the_mail_gets_there(
    site: Site, sink: Sink, address: str
) -> None:
    site.make_due(addresses=[address])
    site.deliver(smtp(sink))

    [mail] = sink.mails
    assert_sound(mail)
    assert mail.recipient == address.replace("b\u00fccher", "xn--bcher-kva")
