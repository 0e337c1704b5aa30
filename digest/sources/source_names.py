"""What a source is called in the settings and in the database."""

import hashlib

LONGEST_NAME = 40
_HASH = 8


def source_name(kind: str, argument: str) -> str:
    """Return `kind:argument` in at most 40 characters of ASCII, the end a hash where it is longer.

    Equal arguments give equal names in every release: all that is kept of a source is under its name.
    """
    name = f"{kind}:{argument}" if argument else kind
    if name.isascii() and name.isprintable() and len(name) <= LONGEST_NAME:
        return name
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    plain = "".join(each for each in name if each.isascii() and each.isprintable())
    return f"{plain[: LONGEST_NAME - _HASH - 1]}-{mark}"
