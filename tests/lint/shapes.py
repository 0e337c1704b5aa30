"""What of a page its look and its use hang on: pages that differ in words only are of one shape."""

from collections.abc import Hashable

from lxml import html as lxml_html

# Whose values lead elsewhere or are words: that they are there, and filled, is all there is to them.
_WORDS = frozenset({"href", "src", "action", "formaction", "value", "title", "content", "datetime"})
_LOADED = ("link", "meta", "title")


def shape_of(html: str) -> Hashable:
    """Return the elements of a page with their attributes, and where among them words stand."""
    root = lxml_html.document_fromstring(html)
    return tuple(
        (
            len(list(each.iterancestors())),
            each.tag,
            tuple(
                (name, bool(value.strip()) if name in _WORDS else value)
                for name, value in sorted(each.attrib.items())
            ),
            bool((each.text or "").strip()) and each.tag not in _LOADED,
            bool((each.tail or "").strip()),
        )
        for each in root.iter(lxml_html.etree.Element)
    )
