"""Every feed there is in every format, and what our rules and our schemas say of each."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import rnc2rng
from jsonschema import Draft202012Validator
from lxml import etree
from sqlalchemy import select

from digest.model.feeds import FeedFormat
from digest.store.tables import feed_snapshots
from tests.lint.site import Site
from tests.rendering import feed_lint
from tests.rendering.feed_reading import Read, read
from tests.web.client import Answer

_OPEN = re.compile(r"(&\w+);")
_SCHEMAS = Path(__file__).parent / "schemas"
_MEDIA_TYPES = {
    "application/rss+xml": FeedFormat.RSS,
    "application/atom+xml": FeedFormat.ATOM,
    "application/feed+json": FeedFormat.JSON,
}


@dataclass(frozen=True, slots=True)
class Document:
    """A feed document at the address it is served at."""

    address: str
    format: FeedFormat
    body: bytes

    @property
    def feed(self) -> str:
        """Return the address without the format: that of the same feed in every format."""
        path, _, query = self.address.partition("?")
        return f"{path.removesuffix(f'.{self.format}')}?{query}"

    def items(self) -> list[Read]:
        """Return what a reader makes of it; feedparser must not complain."""
        return read(self.body, self.format)

    def with_(self, of: bytes, to: bytes) -> "Document":
        """Return the document with a defect: the first `of` is `to`."""
        assert of in self.body
        return Document(self.address, self.format, self.body.replace(of, to, 1))


def documents(site: Site) -> list[Document]:
    """Return every feed that anything leads to, in every format, and every one that is stored."""
    found = {each.address: each for each in _stored(site)}
    for address, answer in site.browsing.documents.items():
        if given := _format(answer):
            found[address] = Document(address, given, answer.body)
    for each in list(found.values()):
        for other in FeedFormat:
            address = each.address.replace(f".{each.format}", f".{other}")
            if address not in found:
                answer = site.browsing.client.get(address)
                assert (address, answer.status, _format(answer)) == (address, 200, other)
                found[address] = Document(address, other, answer.body)
    return list(found.values())


def _format(answer: Answer) -> FeedFormat | None:
    return _MEDIA_TYPES.get(answer.headers["content-type"].partition(";")[0])


def _stored(site: Site) -> Iterable[Document]:
    links = site.app.links
    columns = (feed_snapshots.c.name, feed_snapshots.c.format, feed_snapshots.c.body)
    with site.app.database.reading() as connection:
        rows = connection.execute(select(*columns)).all()
    for name, format_, body in rows:
        yield Document(f"{links.home()}feeds/{name}.{format_}", FeedFormat(format_), body)


def problems(document: Document) -> list[str]:
    """Return what our own rules say of a document."""
    found = feed_lint.problems(document.body, document.format, document.address)
    return [f"{document.address}: {each}" for each in found]


def schema_problems(document: Document) -> list[str]:
    """Return what the schema of its format says of a document."""
    if document.format is FeedFormat.JSON:
        found = _json_schema().iter_errors(json.loads(document.body))
        return [f"{document.address}: {each.json_path}: {each.message}" for each in found]
    schema = _relax_ng(document.format)
    schema.validate(etree.fromstring(document.body))
    return [f"{document.address}: {each.message}" for each in schema.error_log]


def differences(found: Iterable[Document]) -> list[str]:
    """Return the feeds that are not in every format, or do not say the same in each."""
    feeds: dict[str, dict[FeedFormat, list[Read]]] = {}
    for each in found:
        feeds.setdefault(each.feed, {})[each.format] = list(map(_plain, each.items()))
    told = []
    for feed, formats in feeds.items():
        missing = set(FeedFormat) - formats.keys()
        told += [f"{feed} is not there as {each}" for each in sorted(missing)]
        first, *others = formats.values()
        told += [f"{feed} differs in its formats" for each in others if each != first]
    return told


def _plain(item: Read) -> Read:
    """Return an item without the semicolons that feedparser adds to titles of RSS (`&copy 2026`)."""
    return replace(item, title=_OPEN.sub(r"\1", item.title))


@cache
def _relax_ng(format_: FeedFormat) -> etree.RelaxNG:
    compact = rnc2rng.load(str(_SCHEMAS / f"{format_}.rnc"))
    return etree.RelaxNG(etree.fromstring(rnc2rng.dumps(compact).encode()))


@cache
def _json_schema() -> Draft202012Validator:
    schema: dict[str, Any] = json.loads((_SCHEMAS / "json-feed.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
