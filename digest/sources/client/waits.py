"""How long a service asks to be left alone."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

# Longer than anybody waits: who asks for more means "not now".
LONGEST = timedelta(days=7)
_DIGITS = 12


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """Return the wait that a Retry-After header asks for, in seconds or until a date.

    None if there is none or nobody can read it; 0 for a date that is past, LONGEST at most.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        seconds = int(text) if len(text) <= _DIGITS else LONGEST.total_seconds()
        return timedelta(seconds=min(seconds, LONGEST.total_seconds()))
    try:
        then = parsedate_to_datetime(text)
        # A date of HTTP is in GMT; "-0000" and nothing are read as that.
        wait = then.replace(tzinfo=then.tzinfo or now.tzinfo) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(wait, timedelta(0)), LONGEST)
