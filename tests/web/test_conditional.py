"""Who has a feed's bytes already."""

from datetime import UTC, datetime

import pytest

from digest.web.conditional import accepts_gzip, entity_tag, is_unchanged

TAG = '"abc"'
UPDATED = datetime(2026, 3, 18, 6, 0, 0, 900_000, tzinfo=UTC)
SAME = "Wed, 18 Mar 2026 06:00:00 GMT"
BEFORE = "Wed, 18 Mar 2026 05:59:59 GMT"
LATER = "Thu, 19 Mar 2026 00:00:00 GMT"


@pytest.mark.parametrize(
    ("if_none_match", "if_modified_since", "expected"),
    [
        (None, None, False),
        ('"abc"', None, True),
        ('W/"abc"', None, True),
        ('"abc-gzip"', None, True),
        ('W/"abc-gzip"', None, True),
        ('"abc;gzip"', None, True),
        ('"abc--gzip"', None, True),
        ("abc", None, True),
        ('"x", "abc"', None, True),
        ('"x",W/"abc-gzip" , "y"', None, True),
        ('"a,b", "abc"', None, True),
        ("*", None, True),
        (" * ", None, True),
        ('"other"', None, False),
        ('"abcd"', None, False),
        ("", None, False),
        # A tag that does not match beats a date that does, and the other way round.
        ('"other"', LATER, False),
        ('"abc"', BEFORE, True),
        (None, SAME, True),
        (None, LATER, True),
        (None, BEFORE, False),
        (None, "Wed, 18 Mar 2026 06:00:00 -0000", True),
        (None, "yesterday", False),
        (None, "", False),
        (None, "Wed, 99 Mar 2026 06:00:00 GMT", False),
        (None, "Wed, 18 Mar 99999999999 06:00:00 GMT", False),
    ],
)
def test_a_304_is_due_for(
    if_none_match: str | None, if_modified_since: str | None, *, expected: bool
) -> None:
    assert is_unchanged(TAG, UPDATED, if_none_match, if_modified_since) is expected


def test_each_encoding_has_its_own_strong_tag() -> None:
    assert entity_tag(TAG, is_gzip=False) == '"abc"'
    assert entity_tag(TAG, is_gzip=True) == '"abc-gzip"'


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("deflate, GZIP", True),
        ("br;q=1.0, gzip;q=0.8", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("*", True),
        ("*;q=0", False),
        ("identity", False),
        ("x-gzip", True),
        ("gzip;q=much", False),
        ("gzip;q=0.2, identity;q=0.8", False),
        ("gzip;q=0.8, identity;q=0.2", True),
        ("gzip, identity;q=0", True),
        ("identity;q=0", False),
        ("gzip;q=-1", False),
        ("gzip;q=nan", False),
        (",,;;q=,=", False),
    ],
)
def test_gzip_is_sent_to_those_who_take_it(accept_encoding: str | None, *, expected: bool) -> None:
    assert accepts_gzip(accept_encoding) is expected
