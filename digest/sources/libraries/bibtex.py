"""BibTeX, as written by hand, by publishers, by Zotero and by Better BibTeX.

bibtexparser finds the entries and their fields, in one pass whatever stands in them; none of its
layers is used. Values are put together here, without anything that could call itself for ever: a
name that was defined stands for text, and the text for itself.
"""

import logging
import re
from collections.abc import Mapping

from bibtexparser.model import DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry
from bibtexparser.splitter import Splitter

from digest.errors import SourceError
from digest.model.libraries import Work
from digest.sources.libraries.paper_names import ids_in
from digest.sources.libraries.shelf import MAX_WORKS, Shelf, too_many
from digest.sources.libraries.text import abstract_of, authors_of, keywords_of, title_of

# What it could not read stands in the log otherwise, and libraries are private.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL + 1)

_ENTRY = re.compile(r"(?m)^[ \t]*@[ \t]*\w+[ \t]*[{(]")
_BLOCK = re.compile(r"@\w*[ \t]*[{(]")
# Each begins a block as far as the parser can tell, with definitions and comments among them.
_MAX_BLOCKS = 2 * MAX_WORKS
# At each of these the parser stops for a moment; a file in use has a tenth of it.
_SIGNS, _MAX_SIGNS = '{}",=', 600_000
_IDS = (
    "eprint",
    "doi",
    "url",
    "note",
    "journal",
    "journaltitle",
    "howpublished",
    "number",
    "volume",
)
_KEYWORDS = ("keywords", "keyword", "mendeley-tags", "tags", "author_keywords", "keywords-plus")
# What a name stands for is as much work as often as it stands in the file.
_LONGEST, _LONGEST_MEANT = 40_000, 300


def is_bibtex(text: str) -> bool:
    """Tell whether an entry begins anywhere."""
    return _ENTRY.search(text) is not None


def read_bibtex(text: str, shelf: Shelf) -> None:
    """Read the entries of a text; one that is broken is a warning, and the next is read."""
    for number, _ in enumerate(_BLOCK.finditer(text)):
        if number == _MAX_BLOCKS:
            raise SourceError(shelf.name, too_many())
    if sum(map(text.count, _SIGNS)) > _MAX_SIGNS:
        raise SourceError(shelf.name, "is hardly BibTeX: it is made of braces; export it again")
    found = Splitter(text).split()
    names = {each.key.lower(): each.value for each in found.strings}
    for block in found.blocks:
        if isinstance(block, (DuplicateBlockKeyBlock, DuplicateFieldKeyBlock)):
            block = block.ignore_error_block or block  # noqa: PLW2901  what it would have been
        if isinstance(block, Entry):
            _add({f.key.lower(): f.value for f in reversed(block.fields)}, names, shelf)
    for broken in found.failed_blocks:
        if not isinstance(broken, (DuplicateBlockKeyBlock, DuplicateFieldKeyBlock)):
            shelf.warn((broken.start_line or 0) + 1, "an entry cannot be read: is a brace missing?")


def _add(fields: Mapping[str, str], names: Mapping[str, str], shelf: Shelf) -> None:
    def text_of(name: str) -> str:
        return _value(fields.get(name, "")[:_LONGEST], names)

    eprint = text_of("eprint")
    is_arxiv = "arxiv" in (text_of("archiveprefix") + text_of("eprinttype")).lower()
    told = " ".join(text_of(name)[:500] for name in _IDS)
    shelf.add(
        Work(
            title_of(text_of("title")),
            abstract_of(text_of("abstract")),
            keywords_of(text_of(name) for name in _KEYWORDS if name in fields),
            authors_of(text_of("author")),
            ids_in(f"arXiv:{eprint} {told}" if is_arxiv and eprint else told),
        )
    )


def _value(written: str, names: Mapping[str, str]) -> str:
    """Return what a value says: text in braces or quotes, a number, a name, or several joined by #."""
    written = written.strip()
    if "#" not in written:
        return _unquoted(written, names)
    parts: list[str] = []
    depth, quoted, start = 0, False, 0
    for at, sign in enumerate(written):
        if sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
        elif sign == '"' and depth == 0:
            quoted = not quoted
        elif sign == "#" and depth == 0 and not quoted:
            parts.append(written[start:at])
            start = at + 1
    parts.append(written[start:])
    return "".join(_unquoted(part.strip(), names) for part in parts)[:_LONGEST]


def _unquoted(written: str, names: Mapping[str, str]) -> str:
    if len(written) > 1 and written[0] + written[-1] in {"{}", '""'}:
        return written[1:-1]
    meant = names.get(written.lower())
    if meant is None:
        return written
    meant = meant.strip()
    return meant[1:-1][:_LONGEST_MEANT] if meant[:1] in {"{", '"'} else ""
