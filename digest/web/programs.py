"""What feed readers and browsers call themselves, short and clean enough to be shown."""

import re

from digest.text import clean_line, clip

_NAME = re.compile(r"[^\s/;()]+(?: [A-Za-z][^\s/;()]*)*")
_LONGEST = 40
# Every browser says that it is the ones it came after: the first that is found is the one it is.
_BROWSERS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet")),
    *(("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome")),
    *(("Chrome/", "Chrome"), ("Safari/", "Safari")),
)
_SYSTEMS = (
    *(("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android")),
    *(("Windows", "Windows"), ("CrOS", "ChromeOS"), ("Mac OS X", "a Mac"), ("Linux", "Linux")),
)


def program_of(user_agent: str) -> str:
    """Return the name of a feed reader, without version, system or address: "" if it gives none."""
    found = _NAME.match(clean_line(user_agent))
    if found is None:
        return ""
    name = found[0]
    return "a web browser" if name == "Mozilla" else clip(name, _LONGEST)


def browser_of(user_agent: str) -> str:
    """Return a browser and its system as `Firefox on Linux`, or what else a program calls itself."""
    browser = _first(_BROWSERS, user_agent)
    if not browser:
        return program_of(user_agent)
    system = _first(_SYSTEMS, user_agent)
    return f"{browser} on {system}" if system else browser


def _first(known: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in known if mark in text), "")
