"""One cleaning of text from outside, at the boundary, so that nothing inside need fear it.

Characters that XML 1.0 forbids (and lone surrogates, which UTF-8 cannot write) would break a feed;
bidirectional overrides let a title rewrite the line it stands in; line breaks let it end a header.
"""

import re
import unicodedata

# C0 controls but tab and line ends, DEL and C1, surrogates and non-characters (XML 1.0, 2.2);
# then bidirectional embeddings, overrides and isolates, and the invisible word joiner's kin.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_SPACE = re.compile(r"\s+")


def clean_line(text: str) -> str:
    """Return text as one line: NFC, nothing forbidden, white space collapsed, ends trimmed.

    The result may stand in XML, in a header value and in a terminal. Idempotent.
    """
    text = " ".join(text.split())
    if text.isprintable():  # then nothing forbidden is in it
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    text = unicodedata.normalize("NFC", _FORBIDDEN.sub("", text))
    return _SPACE.sub(" ", text).strip()


def clip(text: str, length: int) -> str:
    """Return text of at most `length` characters, cut at a word where possible, with an ellipsis."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    at_word = head.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > length // 2 else head).rstrip(" ,;:.") + "\u2026"
