"""What a paper that is known gains from a record of it: pure.

What is known is not overwritten by less. Words are replaced in two cases only: a longer abstract
continues one that was cut off, and a source says anew what stands under one of the paper's own
identifiers (a new version). What readers were shown stays as it was: digests keep the sentences they
quote as text, and addresses and feeds' ids are made of the key, which never changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from digest.model.papers import Gain, KnownPaper, Link, PaperRecord, Signature
from digest.sources.identity.paper_ids import share
from digest.sources.identity.same import found_by

T = TypeVar("T")

_MOST_LINKS, _MOST_CATEGORIES, _MOST_TITLES, _MOST_BANDS = 12, 20, 12, 60
_ENOUGH_BANDS = 3  # of six, with which the next version is found by those there are


@dataclass(frozen=True, slots=True)
class Growing:
    """A paper as it was known, as it is now, and the record its words are from, if they changed."""

    before: KnownPaper
    now: KnownPaper
    text: PaperRecord | None = None

    def with_record(self, record: PaperRecord, mark: Signature) -> "Growing":
        """Return the paper with what one more record of it brings."""
        now = self.now
        is_newer = _is_newer(now, record)
        is_fuller = _is_fuller(now.abstract, record, is_cut=now.is_truncated)
        # A newer version is whole: its words are of one record.
        takes_text = is_newer or (is_fuller and now.titles[:1] == self.before.titles[:1])
        titles = _titles(now.titles, record.title, is_newer=is_newer)
        few = len(set(now.bands) & set(mark.bands)) < _ENOUGH_BANDS
        bands = now.bands + mark.bands if takes_text or few else now.bands
        now = replace(
            now,
            ids=_union(now.ids, record.ids),
            titles=titles,
            title_keys=_union(now.title_keys, map(found_by, titles)),
            title_key=mark.title_key if is_newer else now.title_key,
            bands=_union(bands)[:_MOST_BANDS],
            authors=max(now.authors, record.authors, key=len),
            links=_links(now.links, record.links),
            categories=_union(now.categories, record.categories)[:_MOST_CATEGORIES],
            published_on=now.published_on or record.published_on,
            abstract=record.abstract if takes_text else now.abstract,
            is_truncated=record.is_truncated if takes_text else now.is_truncated,
        )
        return Growing(self.before, now, record if takes_text else self.text)

    def with_paper(self, other: KnownPaper) -> "Growing":
        """Return the paper with what is known of another that turned out to be the same."""
        grown = self
        for title in other.titles[::-1]:  # the last is the title it has
            said = PaperRecord(
                position=1,
                title=title,
                abstract=other.abstract,
                original_title=title,
                original_abstract=other.abstract,
                links=other.links,
                authors=other.authors,
                ids=other.ids,
                is_truncated=other.is_truncated,
                categories=other.categories,
                published_on=other.published_on,
            )
            grown = grown.with_record(said, Signature(found_by(title), other.bands))
        return grown

    @property
    def gain(self) -> Gain | None:
        """What it gained, None if nothing."""
        before, now = self.before, self.now
        keys = set(before.title_keys)
        gain = Gain(
            paper=now,
            is_fuller=_facts(before) != _facts(now),
            is_found_anew=self.text is not None
            or (before.authors, before.categories) != (now.authors, now.categories),
            text=self.text,
            ids=tuple(each for each in now.ids if each not in before.ids),
            titles=self.other_titles(keys),
            bands=tuple(band for band in now.bands if band not in before.bands),
        )
        return gain if gain.is_shown or gain.titles or gain.bands else None

    def other_titles(self, known: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
        """Return (key, title) of those it came under besides its own, without the keys known."""
        new = {found_by(title): title for title in self.now.titles[1:]}
        was = self.before.title_key
        return tuple(
            (key, title)
            for key, title in new.items()
            # What was its own title is in no list of others yet.
            if key and (key not in set(known) or key == was) and key != self.now.title_key
        )


def _is_newer(known: KnownPaper, record: PaperRecord) -> bool:
    """Tell whether a record is what the paper's own place says of it now."""
    is_whole = bool(record.title and record.abstract) and not record.is_truncated
    if not (record.is_update and is_whole and share(known.ids, record.ids)):
        return False
    title = known.titles[0] if known.titles else ""
    return (record.title, record.abstract) != (title, known.abstract)


def _is_fuller(known: str, record: PaperRecord, *, is_cut: bool) -> bool:
    """Tell whether a record has the whole of an abstract of which only the beginning was known."""
    if len(record.abstract) <= len(known):
        return False
    return (is_cut and not record.is_truncated) or _is_beginning(known, record.abstract)


def _is_beginning(part: str, whole: str) -> bool:
    """Tell whether `part`, but for a torn last word, is how `whole` begins."""
    head = part.rstrip(" .\u2026").rsplit(" ", 1)[0] if " " in part else ""
    return whole.startswith(head)


def _facts(paper: KnownPaper) -> tuple[object, ...]:
    return (paper.authors, paper.links, paper.categories, paper.published_on)


def _titles(known: Sequence[str], title: str, *, is_newer: bool) -> tuple[str, ...]:
    """Return the titles with one more, each once: the paper's own first."""
    in_order = (title, *known) if is_newer else (*known, title)
    by_key: dict[str, str] = {}
    for each in in_order:
        by_key.setdefault(found_by(each), each)
    return tuple(by_key.values())[:_MOST_TITLES]


def _links(known: Sequence[Link], more: Sequence[Link]) -> tuple[Link, ...]:
    by_place: dict[str, Link] = {}
    for link in (*known, *more):
        by_place.setdefault(link.url.partition("://")[2].rstrip("/").lower(), link)
    return tuple(by_place.values())[:_MOST_LINKS]


def _union(known: Iterable[T], more: Iterable[T] = ()) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*known, *more)))
