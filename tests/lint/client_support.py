"""What mail clients make of the CSS and HTML of a mail, by the data of caniemail.com."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import tinycss2
from lxml import html as lxml_html

# Family and platform, as caniemail writes them.
CLIENTS = {
    "Gmail on the web": ("gmail", "desktop-webmail"),
    "Gmail on Android": ("gmail", "android"),
    "Outlook on Windows": ("outlook", "windows"),
    "Outlook.com": ("outlook", "outlook-com"),
    "Apple Mail on iOS": ("apple-mail", "ios"),
    "Yahoo": ("yahoo", "desktop-webmail"),
    "Thunderbird": ("thunderbird", "macos"),
}
# As old as mail in HTML itself: caniemail has not asked.
_UNTESTED_CSS = ("color", "font-family", "font-style")
_UNTESTED_HTML = (
    *("html", "head", "title", "meta", "a", "b", "br", "tr", "td", "style"),
    *("bgcolor", "border", "charset", "class", "content", "href", "name", "aria-roledescription"),
)
UNTESTED = frozenset(
    [*(f"css-{each}" for each in _UNTESTED_CSS), *(f"html-{each}" for each in _UNTESTED_HTML)]
)
_LONGHANDS = re.compile(r"(margin|padding|border)-(top|right|bottom|left)(-(width|style|color))?")
_SEMANTICS = ("section", "article", "header", "footer", "main", "nav", "aside", "figure", "time")
_ELEMENTS = {
    **dict.fromkeys(("ul", "ol", "li", "dl"), "html-lists"),
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "html-h1-h6"),
    **dict.fromkeys(_SEMANTICS, "html-semantics"),
}
_FUNCTIONS = {"calc": "css-unit-calc", "rgb": "css-rgb", "rgba": "css-rgba", "var": "css-variables"}
_PSEUDO = re.compile(r"(::?)([a-z-]+)")
_MEDIA_FEATURE = re.compile(r"\(\s*([a-z-]+)")
_DISPLAYS = frozenset({"flex", "grid", "none"})


class ClientSupport:
    """The data of caniemail: which client shows which feature."""

    def __init__(self, data: Path) -> None:
        features = json.loads(data.read_text(encoding="utf-8"))["data"]
        self._stats = {each["slug"]: each["stats"] for each in features}

    @cached_property
    def features(self) -> frozenset[str]:
        """Return every feature there is data of."""
        return frozenset(self._stats)

    def missing(self, used: Iterable[str]) -> dict[str, list[str]]:
        """Return the clients whose newest version shows nothing of a feature, for each that has some."""
        found = {each: self._without(each) for each in used if each in self._stats}
        return {each: clients for each, clients in found.items() if clients}

    def _without(self, feature: str) -> list[str]:
        return [
            name
            for name, (family, platform) in CLIENTS.items()
            if _newest(self._stats[feature].get(family, {}).get(platform, {})).startswith("n")
        ]


def features_of(mail: str) -> set[str]:
    """Return the features a mail uses, each by the name caniemail has or would have for it."""
    root = lxml_html.document_fromstring(mail)
    found = {"html-doctype"}
    for element in root.iter(lxml_html.etree.Element):
        found.add(_ELEMENTS.get(element.tag, f"html-{element.tag}"))
        found |= {f"html-{name}" for name in element.attrib}
        found |= set(_declarations(tinycss2.parse_blocks_contents(element.get("style", ""))))
        if element.tag == "meta" and element.get("name") == "color-scheme":
            found.add("html-meta-color-scheme")
        if element.tag == "style":
            found |= set(_rules(tinycss2.parse_stylesheet(element.text or "", skip_comments=True)))
    return found


def _newest(versions: dict[str, str]) -> str:
    return list(versions.values())[-1] if versions else "unknown"


def _rules(rules: Iterable[tinycss2.ast.Node]) -> Iterator[str]:
    for rule in rules:
        if isinstance(rule, tinycss2.ast.AtRule):
            asked = tinycss2.serialize(rule.prelude)
            yield f"css-at-{rule.lower_at_keyword}"
            for feature in _MEDIA_FEATURE.findall(asked):
                if feature not in {"max-width", "min-width"}:
                    yield f"css-at-media-{feature}"
            yield from _rules(tinycss2.parse_rule_list(rule.content or [], skip_whitespace=True))
        elif isinstance(rule, tinycss2.ast.QualifiedRule):
            for colons, name in _PSEUDO.findall(tinycss2.serialize(rule.prelude)):
                yield f"css-pseudo-{'element' if colons == '::' else 'class'}-{name}"
            yield from _declarations(tinycss2.parse_blocks_contents(rule.content))
        elif isinstance(rule, tinycss2.ast.ParseError):
            yield f"css that cannot be read: {rule.message}"


def _declarations(nodes: Iterable[tinycss2.ast.Node]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, tinycss2.ast.ParseError):
            yield f"css that cannot be read: {node.message}"
        if not isinstance(node, tinycss2.ast.Declaration):
            continue
        longhand = _LONGHANDS.fullmatch(node.lower_name)
        yield f"css-{longhand[1] if longhand else node.lower_name}"
        if node.important:
            yield "css-important"
        for value in node.value:
            yield from _value(node.lower_name, value)


def _value(name: str, value: tinycss2.ast.Node) -> Iterator[str]:
    if isinstance(value, tinycss2.ast.DimensionToken):
        yield f"css-unit-{value.lower_unit}"
    elif isinstance(value, tinycss2.ast.PercentageToken):
        yield "css-unit-percent"
    elif isinstance(value, tinycss2.ast.FunctionBlock):
        yield _FUNCTIONS.get(value.lower_name, f"css-function-{value.lower_name}")
    elif name == "display" and value.type == "ident" and value.lower_value in _DISPLAYS:
        yield f"css-display-{value.lower_value}"
