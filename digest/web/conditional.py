"""Whether a reader has a feed's bytes already (RFC 9110, section 13); pure, so that cases are a table.

The two encodings of a body are different bytes and have different strong tags, `"x"` and
`"x-gzip"`; either of them says that the reader has the content.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

GZIP_SUFFIX = "-gzip"

# Some readers send a tag without its quotation marks.
_TAG = re.compile(r'(?:W/)?"([^"]*)"|([^\s,"]+)')
# What proxies add to the tag of what they compressed themselves.
_SUFFIXES = ("--gzip", GZIP_SUFFIX, ";gzip", "-gz")


def entity_tag(etag: str, *, is_gzip: bool) -> str:
    """Return the ETag header of one encoding of a content."""
    return f'"{_bare(etag)}{GZIP_SUFFIX if is_gzip else ""}"'


def is_unchanged(
    etag: str,
    updated_at: datetime | None,
    if_none_match: str | None,
    if_modified_since: str | None,
) -> bool:
    """Tell whether to answer 304: If-None-Match decides if it is there, else If-Modified-Since.

    Tags are compared weakly and whatever their encoding; a date that cannot be read is ignored.
    """
    if if_none_match is not None:
        # What nearly everybody sends: our own tag, of either encoding, and nothing else.
        if if_none_match in {etag, f'{etag[:-1]}{GZIP_SUFFIX}"'}:
            return True
        if if_none_match.strip() == "*":
            return True
        return _bare(etag) in {_base(a or b) for a, b in _TAG.findall(if_none_match)}
    if if_modified_since is None or updated_at is None:
        return False
    since = _date(if_modified_since)
    return since is not None and updated_at.replace(microsecond=0) <= since


@lru_cache(64)
def accepts_gzip(accept_encoding: str | None) -> bool:
    """Tell whether to send gzip: if a reader takes it, and does not ask for plain bytes rather.

    What they give the weight 0 they refuse. Who refuses both gets plain bytes, as RFC 9110 lets us.
    """
    if accept_encoding is None:
        return False
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameters = part.partition(";")
        weights[coding.strip()] = _weight(parameters)
    packed = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return packed > 0 and packed >= weights.get("identity", 0.0)


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _bare(etag: str) -> str:
    return etag.strip().removeprefix("W/").strip('"')


def _base(tag: str) -> str:
    tag = tag.removeprefix("W/")
    for suffix in _SUFFIXES:
        if tag.endswith(suffix):
            return tag.removesuffix(suffix)
    return tag


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
