"""Write a template's CSS into its elements, once, before anything is rendered.

premailer takes milliseconds a mail, so it never sees one: it is run over the template, whose jinja
tags it would spoil and so does not get to see either. They are put away behind markers that HTML
and CSS leave alone, and put back afterwards. That the result equals premailer run over the rendered
mail holds as long as no tag decides which rules match; what would break it is refused.
"""

import logging
import re
from functools import lru_cache

from cssselect import SelectorError
from lxml.etree import LxmlError

from digest.errors import TemplateError

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_STYLE = re.compile(
    r"<style(?![^>]*data-premailer=\"ignore\")[^>]*>(.*?)</style", re.DOTALL | re.IGNORECASE
)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

_REFUSED = (
    (re.compile(r"@import", re.IGNORECASE), "@import is fetched by whoever reads the mail"),
    (re.compile(r"<link\b", re.IGNORECASE), "<link> is fetched by whoever reads the mail"),
    (
        re.compile(
            r"""\b(?:class|id)\s*=\s*(["'])(?:(?!\1).)*?\{[{%]""", re.IGNORECASE | re.DOTALL
        ),
        "a jinja tag in a class or id decides which rules match; write the element out twice",
    ),
)
_REFUSED_IN_STYLE = (
    (
        re.compile(r"@(?:supports|font-face)", re.IGNORECASE),
        'premailer drops it; put it into a <style data-premailer="ignore">',
    ),
    (
        re.compile(r":(?:nth|first|last|only)-", re.IGNORECASE),
        "it counts elements, and a template does not know how many there will be",
    ),
)


@lru_cache(maxsize=64)
def inline_css(source: str, name: str) -> str:
    """Return the template source with its styles inlined and its jinja tags as they were.

    Extends and includes must be resolved before. Raises TemplateError for what would be fetched,
    dropped, or inlined differently than in the rendered mail.
    """
    _check(source, name)
    marker = "jinjatag"
    while marker in source:
        marker += "x"
    shielded, tags = _shield(source, marker)
    try:
        html = premail(shielded)
    except (LxmlError, SelectorError, AssertionError, AttributeError, ValueError) as error:
        # An AttributeError is premailer's word for HTML without an element.
        raise TemplateError(f"{name}: the styles cannot be inlined: {error}") from error
    return _unshield(html, tags, marker, name)


def premail(html: str) -> str:
    """Return HTML as premailer makes it, with the options that are safe for a mail."""
    # It brings requests and cssutils along: a third of a second that only compiling should pay.
    from premailer import Premailer  # noqa: PLC0415

    inliner = Premailer(
        html,
        strip_important=False,
        allow_network=False,
        disable_validation=True,
        cssutils_logging_level=logging.CRITICAL,
        keep_style_tags=False,
    )
    return str(inliner.transform(pretty_print=False))


def _check(source: str, name: str) -> None:
    styles = _CSS_COMMENT.sub("", "\n".join(_STYLE.findall(source)))
    for text, refused in ((source, _REFUSED), (styles, _REFUSED_IN_STYLE)):
        for pattern, reason in refused:
            if found := pattern.search(text):
                raise TemplateError(f"{name}: {found.group()[:60]!r}: {reason}")


def _shield(source: str, marker: str) -> tuple[str, list[str]]:
    shielded = ""
    tags: list[str] = []
    at = 0
    for tag in _TAG.finditer(source):
        shielded += source[at : tag.start()]
        token = f"{marker}{len(tags)}q"
        shielded += token if _is_inside_markup(shielded) else f"<!--{token}-->"
        tags.append(tag.group())
        at = tag.end()
    return shielded + source[at:], tags


def _is_inside_markup(html: str) -> bool:
    """Say whether HTML ends where a comment would not be one: in a tag, a comment or raw text."""
    html = html.lower()
    return (
        html.rfind("<!--") > html.rfind("-->")
        or html.rfind("<") > html.rfind(">")
        or any(html.rfind(f"<{raw}") > html.rfind(f"</{raw}") for raw in ("title", "style"))
    )


def _unshield(html: str, tags: list[str], marker: str, name: str) -> str:
    token = re.compile(rf"<!--{marker}(\d+)q-->|{marker}(\d+)q")
    found = [int(match[1] or match[2]) for match in token.finditer(html)]
    if wrong := [tag for number, tag in enumerate(tags) if found.count(number) != 1]:
        raise TemplateError(f"{name}: {wrong[0]} was lost or doubled while styles were inlined")
    return token.sub(lambda match: tags[int(match[1] or match[2])], html)
