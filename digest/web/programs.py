"""What a program that fetches feeds calls itself, short and clean enough to be shown."""

import re

from digest.text import clean_line, clip

_NAME = re.compile(r"[^\s/;()]+(?: [A-Za-z][^\s/;()]*)*")
_LONGEST = 40


def program_of(user_agent: str) -> str:
    """Return the name of a feed reader, without version, system or address: "" if it gives none."""
    found = _NAME.match(clean_line(user_agent))
    if found is None:
        return ""
    name = found[0]
    return "a web browser" if name == "Mozilla" else clip(name, _LONGEST)
