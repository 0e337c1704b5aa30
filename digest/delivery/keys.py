"""What a delivery's key may look like: it becomes a Message-ID, a boundary and a file name."""

import re

from digest.errors import DigestError

# A dot-atom (RFC 5322, 3.2.3) of harmless characters: no slash, no colon (Maildir's separator), no
# leading dot (a hidden file).
_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_LONGEST = 128


def checked_key(key: str) -> str:
    """Return the key unchanged, or raise: a key that is none is a mistake of the caller."""
    if len(key) > _LONGEST or not _KEY.fullmatch(key):
        raise DigestError(
            f"{key!r} is no mail key: letters, digits, '-', '_' and single dots, at most {_LONGEST}"
        )
    return key
