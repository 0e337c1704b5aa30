"""Any RSS, Atom or JSON Feed of papers: a journal's, a lab's, a search's, somebody's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from digest.model.papers import PaperRecord
from digest.sources.base import FIRST_LOOK, Batch, Listed, Source, SourceWarning
from digest.sources.client.http import Answer, Client
from digest.sources.feeds.entries import Entry, read_markup
from digest.sources.feeds.ids import ids_of
from digest.sources.feeds.json import read_json
from digest.sources.feeds.markup import markup_of
from digest.sources.feeds.memory import Memory, marks_of, remembered
from digest.sources.formats.json_shape import unknown_shape
from digest.sources.source_names import LONGEST_NAME
from digest.sources.texts.normalize import record_from
from digest.text import clean_line, clip

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)
_HASH = 8
_LONGEST_TITLE = 80
# Of entries without a date nobody knows which are new: a first look takes some from the top.
_MOST_UNDATED = 30
_CUT = ("...", "\u2026", "[...]", "[\u2026]")


def open_source(argument: str, client: Client, _keys: Mapping[str, str]) -> Source:
    """Return the feed at an address of the web; raises ValueError for what is none."""
    try:
        parts = urlsplit(argument)
        host, _ = parts.hostname or "", parts.port
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except (ValueError, UnicodeError) as error:
        raise ValueError("this is no address of the web") from error
    if (
        parts.scheme not in {"http", "https"}
        or not host
        or argument != clean_line(argument)
        or " " in argument
    ):
        raise ValueError("this is no address of the web, which begins with https://")
    if parts.username or parts.password:
        raise ValueError("an address here may hold no name and password, since it is shown")
    return _Feed(client, argument, host)


@dataclass(frozen=True, slots=True)
class _Feed:
    """A feed, as a source."""

    client: Client
    url: str
    host: str

    @property
    def name(self) -> str:
        """Its name in the database: its host, and a mark for the rest of its address."""
        mark = sha256(self.url.encode("utf-8", "replace")).hexdigest()[:_HASH]
        return f"feed:{self.host[: LONGEST_NAME - _HASH - len('feed:/')]}/{mark}"

    @property
    def title(self) -> str:
        """Its name for people: its address, without what may be a key in it."""
        path = urlsplit(self.url).path.rstrip("/")
        return clip(f"{self.host.removeprefix('www.')}{path}", _LONGEST_TITLE)

    @property
    def every(self) -> timedelta:
        """Most are read more often."""
        return timedelta(hours=1)

    @property
    def is_ranked(self) -> bool:
        """It lists papers as they come."""
        return False

    def harvest(self, cursor: str, today: date) -> Iterator[Batch]:
        """Yield the entries that were not there at the last look, and those that were changed.

        A first look takes what came out in the last days.
        """
        memory = remembered(cursor)
        answer = self.client.get(
            self.name, self.url, headers={"Accept": _ACCEPT}, validators=memory.validators
        )
        if answer.is_unchanged:
            yield Batch((), cursor)
            return
        entries, warnings = self._read(answer)
        nameless = [place for place, entry in enumerate(entries, 1) if not clean_line(entry.title)]
        if len(nameless) * 2 > len(entries):
            problem = f"{len(nameless)} of {len(entries)} entries have no title"
            raise unknown_shape(self.name, problem)
        warnings += [
            SourceWarning(0, f"entry {place} has no title: left out") for place in nameless
        ]
        marks = marks_of(entries)
        listed = _new(entries, marks, memory, today)
        yield Batch(
            tuple(listed), memory.with_entries(marks, today, answer.validators), tuple(warnings)
        )

    def _read(self, answer: Answer) -> tuple[list[Entry], list[SourceWarning]]:
        head = answer.body.read(64).lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
        answer.body.seek(0)
        if head.startswith((b"{", b"[")):
            return read_json(self.name, answer.json(self.name), answer.url)
        markup = markup_of(self.name, answer.body.read(), answer.content_type)
        return read_markup(self.name, markup, answer.url)


def _new(
    entries: list[Entry], marks: list[tuple[bytes, bytes]], memory: Memory, today: date
) -> Iterator[Listed]:
    """Yield what a look lists: new entries under their days, and changed ones as updates."""
    positions: dict[date, int] = {}
    undated = 0
    for entry, (key, words) in zip(entries, marks, strict=True):
        known = memory.seen.get(key)
        if known == words or not clean_line(entry.title):
            continue
        if known is None and memory.looked_on is None:
            undated += entry.day is None
            is_old = entry.day is not None and entry.day < today - FIRST_LOOK
            if is_old or (entry.day is None and undated > _MOST_UNDATED):
                continue
        day = _listed_under(entry, memory, today)
        record = _record(entry, positions.get(day, 0) + 1, is_update=known is not None, today=today)
        if record.title:
            positions[day] = record.position
            yield Listed(day, record)


def _listed_under(entry: Entry, memory: Memory, today: date) -> date:
    """Return the day on which an entry came out in the feed.

    That is its own date, unless it has none or it was not there yet when that was past: journals
    date papers by their issue, and searches find old ones.
    """
    since = min(memory.looked_on or today, today) - FIRST_LOOK
    return min(entry.day, today) if entry.day and entry.day >= since else today


def _record(entry: Entry, position: int, *, is_update: bool, today: date) -> PaperRecord:
    abstract = entry.abstract.rstrip()
    is_cut = abstract.endswith(_CUT)
    record = record_from(position, 0, entry.title, abstract, is_truncated=is_cut)
    ids = ids_of(entry.said_ids, [link.url for link in entry.links])
    return replace(
        record,
        authors=entry.authors,
        ids=tuple(dict.fromkeys((*ids, *record.ids))),
        links=tuple({link.url: link for link in (*entry.links, *record.links)}.values()),
        categories=entry.categories,
        published_on=min(entry.day, today) if entry.day else None,
        is_update=is_update,
    )
