"""What tells a service which of its answers we have, so that it sends it only if it has changed."""

import hashlib
import json
from collections.abc import Mapping

_SENT_AS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
_LONGEST = 300


def validators_of(url: str, headers: Mapping[str, str]) -> str:
    """Return what an answer says about its version, to be kept; "" if it says nothing.

    What is no header's value, or is longer than anybody's, is left out.
    """
    found = {name: headers[name] for name in _SENT_AS if _can_be_sent(headers.get(name, ""))}
    return json.dumps({"of": _name(url), **found}) if found else ""


def conditions(url: str, validators: str) -> dict[str, str]:
    """Return the headers that ask for the answer at an address only if it is another one.

    None if the validators came from another address, or are none of ours.
    """
    try:
        kept = json.loads(validators or "{}")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(kept, dict) or kept.get("of") != _name(url):
        return {}
    return {sent: kept[name] for name, sent in _SENT_AS.items() if _can_be_sent(kept.get(name))}


def _can_be_sent(value: object) -> bool:
    return (
        isinstance(value, str)
        and 0 < len(value) <= _LONGEST
        and value.isascii()
        and value.isprintable()
    )


def _name(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:16]
