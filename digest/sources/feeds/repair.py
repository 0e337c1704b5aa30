"""Markup that is not quite XML made XML, so that only the strict parser ever reads a feed.

feedparser has another for broken markup, which a page of tags can keep busy for an hour.
"""

import re
from xml.parsers import expat

from lxml import etree

from digest.sources.formats.json_shape import unknown_shape
from digest.text import clean_line, clip

_PREFIX = re.compile(r"(?:</?|\s)([A-Za-z_][\w-]{0,30}):[A-Za-z_][\w.-]{0,60}(?=[\s/>=])")
_MOST_PREFIXES = 30
_IS_ALL = True
_NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "atom": "http://www.w3.org/2005/Atom",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "media": "http://search.yahoo.com/mrss/",
    "dcterms": "http://purl.org/dc/terms/",
}
_STRAY = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|(?:lt|gt|amp|quot|apos);)")
_OPEN = re.compile(r"<(?![^<>]*>)")
# Larger ones are mended by nobody in time.
_MOST_MENDED = 4 << 20
_ITEM = re.compile(r"<(?:[\w-]{1,40}:)?(?:item|entry)[\s>]")


def well_formed(name: str, markup: str) -> tuple[str, str]:
    """Return markup as well-formed XML, and what was wrong with it, "" if nothing was.

    What is missing in it is put where it seems to belong. Raises SourceError if that would lose
    entries.
    """
    problem = _problem(markup)
    if not problem:
        return markup, ""
    if len(markup) > _MOST_MENDED:
        raise unknown_shape(name, f"its markup is broken: {problem}")
    tags, texts = _apart(markup)
    before = len(_ITEM.findall("".join(tags)))
    tags = [_STRAY.sub("&amp;", _OPEN.sub("&lt;", tag)) for tag in tags]
    mended = "".join(part for pair in zip(tags, texts, strict=True) for part in pair)
    mended = _with_namespaces(mended)
    if _problem(mended):
        parser = etree.XMLParser(
            recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
        )
        try:
            root = etree.fromstring(mended.encode("utf-8", "replace"), parser)
            mended = "" if root is None else etree.tostring(root, encoding="unicode")
        except (etree.LxmlError, ValueError):
            mended = ""
    if not mended or len(_ITEM.findall(mended)) < before or _problem(mended):
        raise unknown_shape(name, f"its markup is broken: {problem}")
    return mended, problem


def _apart(markup: str) -> tuple[list[str], list[str]]:
    """Return the markup before each section of plain text (CDATA), and these sections."""
    tags: list[str] = []
    texts: list[str] = []
    at = 0
    while (start := markup.find("<![CDATA[", at)) >= 0 and (end := markup.find("]]>", start)) >= 0:
        tags.append(markup[at:start])
        texts.append(markup[start : end + 3])
        at = end + 3
    return [*tags, markup[at:]], [*texts, ""]


def _problem(markup: str) -> str:
    """Return what the strict parser would say against markup."""
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    try:
        parser.Parse(markup.encode("utf-8", "replace"), _IS_ALL)
    except expat.ExpatError as error:
        return clip(clean_line(str(error)), 150)
    return ""


def _with_namespaces(markup: str) -> str:
    """Return markup with the prefixes declared that are used in it and were not."""
    used = dict.fromkeys(found[1] for found in _PREFIX.finditer(markup))
    missing = [
        each for each in used if each not in {"xml", "xmlns"} and f"xmlns:{each}" not in markup
    ]
    declared = "".join(
        f' xmlns:{each}="{_NAMESPACES.get(each, f"urn:x-undeclared:{each}")}"'
        for each in missing[:_MOST_PREFIXES]
    )
    tag = re.match(r"<[^\s/>]+", markup)
    return f"{tag[0]}{declared}{markup[tag.end() :]}" if tag else markup
