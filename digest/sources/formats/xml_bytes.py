"""The bytes of XML from outside, made into UTF-8 without anything that XML cannot hold."""

import codecs
import re
from collections.abc import Iterator
from typing import IO

_CONTROLS = bytes(set(range(1, 32)) - set(b"\t\n\r")) + b"\x7f"
_DECLARED = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})""")
_OTHERS = re.compile(
    r"(?:iso-?8859|latin)-?(?:1[0-6]?|[2-9])|(?:windows|cp)-?125\d|koi8-[ru]|gb2312|gbk|gb18030|big5"
    r"|shift[_-]jis|euc-(?:jp|kr)"
)


def mended(body: IO[bytes], step: int, most: int | None = None) -> Iterator[bytes]:
    """Yield a body in chunks of UTF-8 of about `step` bytes, until `most` are read.

    Bytes that are no text become U+FFFD, control characters go.
    """
    chunk = body.read(step)
    decoder = codecs.getincrementaldecoder(_encoding_of(chunk[:300]))("replace")
    read = 0
    while chunk and (most is None or read < most):
        read += len(chunk)
        following = body.read(step)
        text = decoder.decode(chunk, final=not following)
        if not text.isascii():
            text = text.replace("\ufffe", "").replace("\uffff", "")
        if kept := text.encode().translate(None, _CONTROLS):
            yield kept
        chunk = following


def _encoding_of(head: bytes) -> str:
    """Return the encoding that a document says it is in: a mark at its beginning, or its first line."""
    if head.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        return "utf-16"
    if b"\0" in head[:4]:
        return "utf-16-be" if head.startswith(b"\0") else "utf-16-le"
    declared = _DECLARED.search(head)
    name = declared[1].decode().lower() if declared else ""
    try:
        return codecs.lookup(name).name if _OTHERS.fullmatch(name) else "utf-8"
    except LookupError:  # What nobody knows is most likely what nearly everything is in.
        return "utf-8"
