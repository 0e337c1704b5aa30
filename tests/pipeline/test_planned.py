"""What names a mail for ever, and until when it may still be sent."""

from datetime import timedelta

import pytest

from digest.model.deliveries import MailKind
from digest.model.due import as_due
from digest.pipeline.planned import delivery_key, digest_delivery
from tests.rendering import samples

COMPOSED = samples.edition().digest.composed_at


@pytest.mark.parametrize(
    ("next_in", "hours"), [(24, 20), (21, 20), (12, 11.5), (2, 2), (0.25, 2), (168, 20)]
)
def test_a_digest_may_be_sent_until_shortly_before_the_next(next_in: float, hours: float) -> None:
    next_due_at = COMPOSED + timedelta(hours=next_in)
    reader = as_due(samples.subscriber(), COMPOSED)
    planned = digest_delivery("example.org", reader, 1, COMPOSED.date(), COMPOSED, next_due_at)

    assert planned.deadline_at - COMPOSED == timedelta(hours=hours)


def test_a_key_is_the_same_for_the_same_mail_and_for_no_other() -> None:
    mails = [
        ("a.org", 1, MailKind.DIGEST, "2026-03-18"),
        ("b.org", 1, MailKind.DIGEST, "2026-03-18"),
        ("a.org", 2, MailKind.DIGEST, "2026-03-18"),
        ("a.org", 1, MailKind.CONFIRM, "2026-03-18"),
        ("a.org", 1, MailKind.DIGEST, "2026-03-19"),
    ]
    keys = [delivery_key(*mail) for mail in mails]

    assert len(set(keys)) == len(mails)
    assert keys == [delivery_key(*mail) for mail in mails]
