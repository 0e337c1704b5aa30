"""The mark at the beginning of a text that says in which encoding it is."""

import codecs

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, of whose mark it is a longer one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Each mark and its encoding; of UTF-8 it is left in the text as U+FEFF, of the others it is read."""


def marked_encoding(content: bytes) -> str:
    """Return the encoding that a mark at the beginning says, "" if there is none."""
    return next((encoding for mark, encoding in MARKS if content.startswith(mark)), "")
