"""A paper as a mail shows it, and those folded under it."""

from dataclasses import dataclass

from digest.model.digests import DigestEdition, Entry, Field, Reason
from digest.model.papers import Paper
from digest.rendering.budget import Shape, shorten
from digest.rendering.links import Links, NamedLink, named_links
from digest.rendering.marks import Piece, pieces
from digest.rendering.reasons import Ground, why
from digest.text import clip

# They stand in a quiet line: so much of a title tells what it is.
_FOLDED_TITLE = 160


@dataclass(frozen=True, slots=True)
class Folded:
    """A paper told in a line under another."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """A paper as a mail shows it: both parts say the same of it.

    `title` has the words marked that matched there; `grounds` are what it is shown for, `sentence`
    is one of the abstract that shows them, if any, and `besides` what it is shown for as well. Of
    the papers much like it, which share the `topic`, `folded` are named, `unnamed` more counted.
    """

    number: int
    url: str
    title: tuple[Piece, ...]
    grounds: tuple[Ground, ...]
    sentence: tuple[Piece, ...]
    besides: tuple[Ground, ...]
    abstract: str
    links: tuple[NamedLink, ...]
    is_whole: bool
    folded: tuple[Folded, ...]
    unnamed: int
    topic: str

    @property
    def plain_title(self) -> str:
        """Return the title without marks."""
        return "".join(piece.text for piece in self.title)

    @property
    def others(self) -> int:
        """Return how many papers are folded under it."""
        return len(self.folded) + self.unnamed


def card(edition: DigestEdition, number: int, shape: Shape, links: Links) -> Card:
    """Return the card of a digest's entry, counted from one, in a shape."""
    entry = edition.digest.entries[number - 1]
    paper = edition.papers[entry.paper_id]
    is_whole = number <= shape.whole
    told = why(entry.reasons)
    return Card(
        number=number,
        url=links.paper(paper),
        title=_title(paper, entry, shape.title),
        grounds=told.grounds,
        sentence=pieces(told.quoted, shape.sentence) if told.quoted else (),
        besides=told.besides,
        abstract=shorten(paper.abstract, shape.abstract),
        links=named_links(paper, shape.links) if is_whole else (),
        is_whole=is_whole,
        folded=tuple(
            _folded(edition.papers[each], shape, links) for each in entry.folded[: shape.folded]
        ),
        unnamed=len(entry.folded[shape.folded :]),
        topic=entry.topic,
    )


def _folded(paper: Paper, shape: Shape, links: Links) -> Folded:
    return Folded(clip(paper.title, min(shape.title, _FOLDED_TITLE)), links.paper(paper))


def _title(paper: Paper, entry: Entry, length: int) -> tuple[Piece, ...]:
    for reason in entry.reasons:
        if _is_of_title(reason, paper) and len(paper.title) <= length:
            return pieces(reason, length)
    return (Piece(clip(paper.title, length), is_match=False),)


def _is_of_title(reason: Reason, paper: Paper) -> bool:
    return bool(reason.spans) and reason.field is Field.TITLE and reason.sentence == paper.title
