"""A page that shows mails side by side: on a phone and on a desk, by day, by night and plain."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.rendering.environment import render, web_environment

PHONE, DESK = 320, 640
_DARK_RULE = re.compile(r"@media[^{]*prefers-color-scheme:\s*dark[^{]*\{")
_SCHEMES = re.compile(r'(<meta name="(?:supported-)?color-schemes?" content=")[^"]*(")')
# Quotes in what a mail says are escaped: what looks like an attribute is one.
_STYLED = re.compile(r'<style.*?</style>|\s(?:style|bgcolor)="[^"]*"', re.DOTALL)
_TALL, _SHORT = 860, 640


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A mail to be shown: its parts, and its sizes in bytes, whole and of its encoded HTML."""

    name: str
    shows: str
    subject: str
    html: str
    text: str
    raw_size: int
    html_size: int
    is_long: bool


@dataclass(frozen=True, slots=True)
class View:
    """One look at a mail: how wide and high its window is, and its HTML for that theme."""

    name: str
    width: int
    height: int
    html: str


def themed(html: str, *, is_dark: bool) -> str:
    """Return a mail's HTML as it looks in one theme, whatever the theme of who looks.

    A page cannot tell a frame which colours somebody prefers: the mail's own dark rule is made to
    hold always, or never.
    """
    rule = "@media all {" if is_dark else "@media not all {"
    scheme = "dark" if is_dark else "light"
    return _SCHEMES.sub(rf"\g<1>{scheme}\g<2>", _DARK_RULE.sub(rule, html))


def unstyled(html: str) -> str:
    """Return a mail's HTML as a client shows it that knows no CSS."""
    return _STYLED.sub("", html)


def render_gallery(site_name: str, exhibits: Sequence[Exhibit]) -> str:
    """Return one HTML page that needs nothing else; what the mails say can do nothing in it."""
    shown = [(each, _views(each)) for each in exhibits]
    context = {"site_name": site_name, "shown": shown}
    return render(web_environment(), "gallery/page.html", context)


def _views(exhibit: Exhibit) -> list[View]:
    height = _TALL if exhibit.is_long else _SHORT
    themes = [
        View(f"{place}, {theme}", width, height, themed(exhibit.html, is_dark=theme == "dark"))
        for place, width in (("Phone", PHONE), ("Desk", DESK))
        for theme in ("light", "dark")
    ]
    plain = unstyled(themed(exhibit.html, is_dark=False))
    return [*themes, View("Without CSS", DESK, height, plain)]
