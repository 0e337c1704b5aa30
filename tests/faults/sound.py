"""What every mail must be, whatever it is made of."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from digest.delivery.sink import Received
from tests.delivery.test_message import NAMES

# Gmail cuts a mail off here.
CLIPPED_AT = 102_000


def assert_sound(mail: Received) -> tuple[str, str]:
    """Assert that a mail is what RFC 5322 allows and no more than we meant; return both its parts."""
    raw = mail.message
    assert raw.isascii()
    assert b"\0" not in raw
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert parsed.defects == []
    assert sorted(parsed.keys()) == sorted(NAMES)
    assert [each.addr_spec for each in parsed["To"].addresses] == [mail.recipient]
    parts = list(parsed.walk())
    assert [part.get_content_type() for part in parts] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert all(part.defects == [] for part in parts)
    text, html = (part.get_content() for part in parts[1:])
    assert len(html.encode()) < CLIPPED_AT
    assert len(parts[2].get_payload()) < CLIPPED_AT
    return text, html
