"""CSV of Zotero, and of whoever else names a column Title or Keywords."""

import csv
import io

from digest.errors import SourceError
from digest.model.libraries import Work
from digest.sources.libraries.paper_names import ids_in
from digest.sources.libraries.shelf import Shelf
from digest.sources.libraries.text import abstract_of, author_of, keywords_of, title_of

_TITLE = ("title", "document title", "article title")
_ABSTRACT = ("abstract note", "abstract")
_KEYWORDS = ("manual tags", "automatic tags", "author keywords", "keywords", "tags")
_AUTHORS = ("author", "authors")
_IDS = ("doi", "url", "extra", "archive location", "arxiv id", "arxiv", "link")
_COLUMNS = frozenset((*_TITLE, *_ABSTRACT, *_KEYWORDS))
_MOST_COLUMNS = 500


def is_csv(text: str) -> bool:
    """Tell whether the first line of a text names columns that are read."""
    first = text.lstrip().partition("\n")[0][:10_000]
    names = {name.strip().strip('"').lower() for name in first.split(_sign(first))}
    return len(names) > 1 and not names.isdisjoint(_COLUMNS)


def read_csv(text: str, shelf: Shelf) -> None:
    """Read the works of a table, a row each."""
    text = text.lstrip()
    rows = csv.reader(io.StringIO(text), delimiter=_sign(text.partition("\n")[0][:10_000]))
    places: dict[str, int] = {}
    try:
        for row in rows:
            if not places:
                places = {name.strip().lower(): at for at, name in enumerate(row[:_MOST_COLUMNS])}
                continue
            if any(row):
                _add(row, places, shelf)
    except csv.Error as error:
        # A field of more than 128 kB, mostly a quotation mark that is never closed.
        problem = f"cannot be read as a table ({error}); export it again"
        raise SourceError(shelf.name, problem, rows.line_num) from error


def _add(row: list[str], places: dict[str, int], shelf: Shelf) -> None:
    def each(names: tuple[str, ...]) -> list[str]:
        found = (row[places[name]] for name in names if places.get(name, len(row)) < len(row))
        return [text for text in found if text.strip()]

    shelf.add(
        Work(
            title_of(next(iter(each(_TITLE)), "")),
            abstract_of(next(iter(each(_ABSTRACT)), "")),
            keywords_of(each(_KEYWORDS)),
            tuple(
                filter(
                    None, (author_of(a) for text in each(_AUTHORS) for a in text.split(";")[:100])
                )
            ),
            ids_in(" ".join(text[:500] for text in each(_IDS))),
        )
    )


def _sign(line: str) -> str:
    return max(",;\t", key=line.count)
