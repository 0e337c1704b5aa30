"""A paper as a mail shows it, and those folded under it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from digest.model.digests import DigestEdition, Field, MatchKind, Reason
from digest.model.mails import GAP
from digest.model.papers import Paper
from digest.rendering.budget import Shape, shorten
from digest.rendering.bylines import byline
from digest.rendering.languages import ENGLISH, Language
from digest.rendering.links import Links, NamedLink, named_links
from digest.rendering.marks import Piece, pieces
from digest.rendering.reasons import Ground, why
from digest.text import clip

# They stand in a quiet line: so much of a title tells what it is.
_FOLDED_TITLE = 160
# What is written of a card without its paper takes about 3 kB, what of the paper about 5; were all
# cards of different papers, these would be 230 MB together.
_REMEMBERED_CARDS = 16_384
_REMEMBERED_PAPERS = 8192

_Told = tuple[str, MatchKind, Field, str, tuple[tuple[int, int], ...]]
# Everything about a reason but its share, which differs from reader to reader and is not shown.
_told = attrgetter("expression", "kind", "field", "sentence", "spans")
# Everything about a shape but to how many papers it applies.
_lengths = attrgetter("title", "sentence", "abstract", "links", "folded")


@dataclass(frozen=True, slots=True)
class Folded:
    """A paper told in a line under another."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class About:
    """What a card shows of its paper whoever reads it: most of the card, and the same in all mails.

    `steering` are the links by which a reader asks for more or less of it, with a gap for the token;
    `byline` names who wrote it, "" where nobody knows.
    """

    abstract: str
    links: tuple[NamedLink, ...]
    steering: tuple[NamedLink, ...] = ()
    byline: str = ""
    written: dict[int, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Card:
    """A paper as a mail shows it: both parts say the same of it.

    `title` has the words marked that matched there, `plain_title` has not; `grounds` are what it is
    shown for, `sentence` is one of the abstract that shows them, if any, and `besides` what it is
    shown for as well; `about` is what does not depend on that. Of the papers much
    like it, which share the `topic`, `folded` are named, `unnamed` more counted.
    `written` is what templates made of it: readers who get a paper for the same reasons share it.
    """

    url: str
    title: tuple[Piece, ...]
    plain_title: str
    grounds: tuple[Ground, ...]
    sentence: tuple[Piece, ...]
    besides: tuple[Ground, ...]
    about: About
    is_whole: bool
    folded: tuple[Folded, ...]
    unnamed: int
    topic: str
    written: dict[int, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def abstract(self) -> str:
        """Return as much of the abstract as is shown."""
        return self.about.abstract

    @property
    def links(self) -> tuple[NamedLink, ...]:
        """Return the ways to the paper; a card of one line has none."""
        return self.about.links if self.is_whole else ()

    @property
    def others(self) -> int:
        """Return how many papers are folded under it."""
        return len(self.folded) + self.unnamed


class Cards:
    """Makes cards; the same one for every reader who is shown the same."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._versions: dict[int, _Version] = {}
        self._card = lru_cache(_REMEMBERED_CARDS)(self._made)
        self._about = lru_cache(_REMEMBERED_PAPERS)(self._made_about)

    def of(self, edition: DigestEdition, shape: Shape, words: Language = ENGLISH) -> list[Card]:
        """Return the cards of the digest's entries that a shape shows, best first."""
        papers, version, lengths = edition.papers, self._version, _lengths(shape)
        return [
            self._card(
                _Shown(
                    version(papers[entry.paper_id]),
                    tuple(map(_told, entry.reasons)),
                    lengths,
                    number <= shape.whole,
                    tuple([version(papers[each]) for each in entry.folded[: shape.folded]]),
                    len(entry.folded[shape.folded :]),
                    entry.topic,
                    words,
                )
            )
            for number, entry in enumerate(edition.digest.entries[: shape.shown], start=1)
        ]

    def _version(self, paper: Paper) -> "_Version":
        """Return an object that is the same for equal papers, to be compared in no time."""
        known = self._versions.get(paper.id)
        if known is not None:
            if known.paper is paper:
                return known
            if known.paper == paper:
                # Those read together are the same objects.
                known.paper = paper
                return known
        if len(self._versions) >= _REMEMBERED_PAPERS:
            self._versions.clear()
        version = self._versions[paper.id] = _Version(paper)
        return version

    def _made(self, shown: "_Shown") -> Card:
        paper, shape = shown.version.paper, Shape(0, 0, *shown.lengths)
        reasons = [Reason(*told, 0.0) for told in shown.told]
        grounds = why(reasons, shown.words)
        title = _title(paper, reasons, shape.title)
        return Card(
            url=self._links.paper(paper),
            title=title,
            plain_title="".join(piece.text for piece in title),
            grounds=grounds.grounds,
            sentence=pieces(grounds.quoted, shape.sentence) if grounds.quoted else (),
            besides=grounds.besides,
            about=self._about(shown.version, shape.abstract, shape.links, shown.words),
            is_whole=shown.is_whole,
            folded=tuple(self._folded(each.paper, shape) for each in shown.folded),
            unnamed=shown.unnamed,
            topic=shown.topic,
        )

    def _made_about(self, version: "_Version", abstract: int, links: int, words: Language) -> About:
        paper = version.paper
        steering = tuple(
            NamedLink(label, self._links.steer(GAP, paper, wish)) for label, wish in _wishes(words)
        )
        named = named_links(paper, links, words)
        return About(
            shorten(paper.abstract, abstract), named, steering, byline(paper.authors, words)
        )

    def _folded(self, paper: Paper, shape: Shape) -> Folded:
        return Folded(clip(paper.title, min(shape.title, _FOLDED_TITLE)), self._links.paper(paper))


class _Version:
    """A paper as it was read; equal only to itself."""

    __slots__ = ("paper",)

    def __init__(self, paper: Paper) -> None:
        self.paper = paper


class _Shown(NamedTuple):
    """Everything a card is made of: what `_told` and `_lengths` take, and names of a card."""

    version: _Version
    told: tuple[_Told, ...]
    lengths: tuple[int, int, int, int, int]
    is_whole: bool
    folded: tuple[_Version, ...]
    unnamed: int
    topic: str
    words: Language


def _wishes(words: Language) -> tuple[tuple[str, str], ...]:
    """Return what a reader may say of a paper, as links say it and as the web application knows it."""
    return (
        (words.gettext("More like this"), "more"),
        (words.gettext("Less like this"), "less"),
        (words.gettext("Mute"), "mute"),
    )


def _title(paper: Paper, reasons: Sequence[Reason], length: int) -> tuple[Piece, ...]:
    for reason in reasons:
        if _is_of_title(reason, paper) and len(paper.title) <= length:
            return pieces(reason, length)
    return (Piece(clip(paper.title, length), is_match=False),)


def _is_of_title(reason: Reason, paper: Paper) -> bool:
    return bool(reason.spans) and reason.field is Field.TITLE and reason.sentence == paper.title
