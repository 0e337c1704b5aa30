"""JSON of reference managers: CSL JSON, and items as Zotero's API and Better BibTeX give them."""

import json
from collections.abc import Iterator
from typing import Any

from digest.errors import SourceError
from digest.model.libraries import Work
from digest.sources.libraries.paper_names import ids_in
from digest.sources.libraries.shelf import Shelf
from digest.sources.libraries.text import abstract_of, author_of, keywords_of, title_of

_IDS = ("DOI", "URL", "url", "extra", "note", "archiveID", "archiveLocation", "number", "id")
_NO_WORKS = frozenset({"attachment", "note", "annotation"})
_MOST = 100


def is_json(text: str) -> bool:
    """Tell whether a text is an object or a list."""
    return text.lstrip()[:1] in {"[", "{"} and text.lstrip()[1:].lstrip()[:1] in {*'{["]}'}


def read_json(text: str, shelf: Shelf) -> None:
    """Read the works of a list, or of an object that holds one."""
    try:
        found = json.loads(text, parse_int=str, parse_float=str)
    except json.JSONDecodeError as error:
        raise SourceError(shelf.name, f"is no whole JSON ({error.msg})", error.lineno) from error
    except RecursionError as error:
        raise SourceError(shelf.name, "is nested too deep to be a library") from error
    for number, item in enumerate(_items(found), start=1):
        if isinstance(item, dict):
            _add(item, shelf)
        else:
            shelf.warn(0, f"item {number} is no work")


def _items(found: Any) -> list[Any]:  # noqa: ANN401  whatever was in the file
    if isinstance(found, dict):
        lists = [found.get(name) for name in ("items", "references", "data")]
        return next((each for each in lists if isinstance(each, list)), [found])
    return found if isinstance(found, list) else []


def _add(item: dict[str, Any], shelf: Shelf) -> None:
    data = item.get("data")
    fields: dict[str, Any] = {**item, **data} if isinstance(data, dict) else item
    if fields.get("itemType") in _NO_WORKS:
        return
    shelf.add(
        Work(
            title_of(_text(fields.get("title"))),
            abstract_of(_text(fields.get("abstractNote")) or _text(fields.get("abstract"))),
            keywords_of([*_tags(fields.get("tags")), *_tags(fields.get("keyword"))]),
            tuple(filter(None, _names(fields.get("creators") or fields.get("author")))),
            ids_in(" ".join(_text(fields.get(name))[:500] for name in _IDS)),
        )
    )


def _text(value: Any) -> str:  # noqa: ANN401  whatever was in the file
    if isinstance(value, list) and len(value) == 1:  # as CrossRef has titles
        value = value[0]
    return value if isinstance(value, str) else ""


def _tags(value: Any) -> Iterator[str]:  # noqa: ANN401  whatever was in the file
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value[:_MOST]:
            tag = each.get("tag") if isinstance(each, dict) else each
            if isinstance(tag, str):
                yield tag


def _names(value: Any) -> Iterator[str]:  # noqa: ANN401  whatever was in the file
    for each in value[:_MOST] if isinstance(value, list) else ():
        if isinstance(each, str):
            yield author_of(each)
        elif isinstance(each, dict):
            given = _text(each.get("firstName")) or _text(each.get("given"))
            family = _text(each.get("lastName")) or _text(each.get("family"))
            yield author_of(f"{family}, {given}" if family else _text(each.get("name")))
