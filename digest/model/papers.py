"""Papers, the dumps that list them, and what a source says of one."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class LinkKind(StrEnum):
    """What a link found in an abstract leads to, as far as its words and host tell."""

    CODE = "code"
    PROJECT = "project"
    DEMO = "demo"
    DATA = "data"
    MODEL = "model"
    PAPER = "paper"
    PDF = "pdf"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Link:
    """A named way from a paper to something of its authors'."""

    kind: LinkKind
    url: str


class Scheme(StrEnum):
    """Who gave a paper an identifier."""

    ARXIV = "arxiv"
    DOI = "doi"
    OPENREVIEW = "openreview"
    SEMANTIC_SCHOLAR = "s2"


@dataclass(frozen=True, slots=True)
class PaperId:
    """An identifier given by others, in its normal form (arXiv without version, DOI in lower case)."""

    scheme: Scheme
    value: str


class DateOrigin(StrEnum):
    """Where a dump's date comes from, since most name no year and some no day."""

    STATED = "stated"
    OPTION = "option"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Dump:
    """One list of papers as a source gave it on one day.

    `checksum` is the SHA-256 of the bytes read: the same bytes are the same dump, whatever the
    file is called. `is_ranked` tells a list of trending papers, best first, from one in the order
    in which papers came.
    """

    source: str
    name: str
    checksum: str
    dated_on: date
    date_origin: DateOrigin
    layout: str
    is_ranked: bool = True


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """What one dump says of one paper, cleaned, with the words as they stood beside them.

    `position` counts from 1 in the dump; `line` is where the title stands in the file;
    `categories` are named as the source names them ("cs.CL"). `published_on` is the paper's own
    date. `upvotes` are what readers of the source gave it by now. With `is_update` the source says
    again, or anew, what it announced before: that completes a known paper and lists none.
    """

    position: int
    title: str
    abstract: str
    original_title: str
    original_abstract: str
    line: int = 0
    links: tuple[Link, ...] = ()
    authors: tuple[str, ...] = ()
    ids: tuple[PaperId, ...] = ()
    is_truncated: bool = False
    categories: tuple[str, ...] = ()
    published_on: date | None = None
    upvotes: int | None = None
    is_update: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as the store knows it: one identity, however many dumps list it.

    `key` is its public name in addresses and feed ids; it never changes. One that was withdrawn is
    announced to nobody any more, nor is one that turned out to be the paper `same_as`.
    """

    id: int
    key: str
    title: str
    abstract: str
    links: tuple[Link, ...]
    authors: tuple[str, ...]
    ids: tuple[PaperId, ...]
    is_truncated: bool
    created_at: datetime
    updated_at: datetime
    categories: tuple[str, ...] = ()
    published_on: date | None = None
    withdrawn_at: datetime | None = None
    same_as: int | None = None

    @property
    def stands(self) -> bool:
        """Tell whether readers are to be told of it."""
        return self.withdrawn_at is None and self.same_as is None


@dataclass(frozen=True, slots=True)
class ListedPaper:
    """A paper at the place where it was first listed.

    `dump_id` orders all first listings: a reader's seen-through mark is one of these numbers. In a
    list that is not ranked `position` says nothing of how good a paper is.
    """

    paper: Paper
    dump_id: int
    dated_on: date
    position: int
    listed_at: datetime
    is_ranked: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """How a record is found again: the normal form of its title, and its abstract's bands.

    Similar abstracts share at least one band, so that a store finds them in one indexed query.
    `head` is the key of the title without its subtitle, "" where that would tell little.
    """

    title_key: str
    bands: tuple[int, ...]
    head: str = ""

    @property
    def title_keys(self) -> tuple[str, ...]:
        """The keys under which the paper may be known."""
        return (self.title_key, self.head) if self.head else (self.title_key,)


@dataclass(frozen=True, slots=True)
class KnownPaper:
    """A stored paper as identity compares it with a new record, and as one completes it.

    `titles` are the title it has and those it came under as well, in other versions or lists;
    `title_keys` and `bands` are what it is found by.
    """

    id: int
    title_key: str
    abstract: str
    ids: tuple[PaperId, ...] = ()
    titles: tuple[str, ...] = ()
    title_keys: tuple[str, ...] = ()
    bands: tuple[int, ...] = ()
    authors: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    categories: tuple[str, ...] = ()
    published_on: date | None = None
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class NewPaper:
    """A record that is no known paper, ready to be stored under its public key.

    `other_titles` are (key, title) of those it came under as well.
    """

    key: str
    record: PaperRecord
    signature: Signature
    other_titles: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Gain:
    """What a known paper gained: all that is kept of it now, and what of that is more than before.

    `text` is the record whose words replace those it had, None where they stay; `is_found_anew`
    tells that a search may find it by other words.
    """

    paper: KnownPaper
    is_fuller: bool
    is_found_anew: bool
    text: PaperRecord | None
    ids: tuple[PaperId, ...]
    titles: tuple[tuple[str, str], ...]
    bands: tuple[int, ...]

    @property
    def is_shown(self) -> bool:
        """Tell whether a reader would see it."""
        return self.is_fuller or self.text is not None or bool(self.ids)


@dataclass(frozen=True, slots=True)
class StoredDump:
    """A dump as the store knows it; `new_papers` of its `papers` were not known before."""

    id: int
    dump: Dump
    papers: int
    new_papers: int
    ingested_at: datetime
