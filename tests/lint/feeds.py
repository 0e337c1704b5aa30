"""Every feed document that a reader of our pages would find, and what our schemas say of each."""

import json
from collections import deque
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import rnc2rng
from jsonschema import Draft202012Validator
from lxml import etree
from lxml import html as lxml_html

from tests.web.client import Client

_SCHEMAS = Path(__file__).parent / "schemas"
_MEDIA_TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
}
_NEXT = "//*[local-name()='link'][@rel='next' or @rel='prev-archive' or @rel='current']/@href"


@dataclass(frozen=True, slots=True)
class Document:
    """A feed document as it was served; `kind` is rss, atom or json."""

    address: str
    kind: str
    body: bytes


def documents(pages: dict[str, str], client: Client) -> list[Document]:
    """Return the feeds that pages name, and the documents those lead on to."""
    to_ask = deque(address for html in pages.values() for address in _named(html))
    found: dict[str, Document] = {}
    while to_ask:
        address = to_ask.popleft()
        if address in found:
            continue
        answer = client.get(address)
        assert answer.status == 200, address
        kind = _MEDIA_TYPES[answer.headers["content-type"].partition(";")[0]]
        found[address] = Document(address, kind, answer.body)
        to_ask.extend(_leads_to(found[address]))
    return list(found.values())


def problems(document: Document) -> list[str]:
    """Return what the schema of its format says of a document."""
    if document.kind == "json":
        found = _json_schema().iter_errors(json.loads(document.body))
        return [f"{document.address}: {each.json_path}: {each.message}" for each in found]
    schema = _relax_ng(document.kind)
    schema.validate(etree.fromstring(document.body))
    return [f"{document.address}: {each.message}" for each in schema.error_log]


@cache
def _relax_ng(kind: str) -> etree.RelaxNG:
    compact = rnc2rng.load(str(_SCHEMAS / f"{kind}.rnc"))
    return etree.RelaxNG(etree.fromstring(rnc2rng.dumps(compact).encode()))


@cache
def _json_schema() -> Draft202012Validator:
    schema: dict[str, Any] = json.loads((_SCHEMAS / "json-feed.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def _named(html: str) -> list[str]:
    return [
        str(each) for each in lxml_html.fromstring(html).xpath("//link[@rel='alternate']/@href")
    ]


def _leads_to(document: Document) -> list[str]:
    if document.kind == "json":
        address = json.loads(document.body).get("next_url")
        return [address] if address else []
    return [str(each) for each in etree.fromstring(document.body).xpath(_NEXT)]
