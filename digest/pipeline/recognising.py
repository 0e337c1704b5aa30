"""Which papers the records of a chunk are: stored ones, or new ones that came with it."""

import base64
import hashlib
import re
import unicodedata
from dataclasses import dataclass, field, replace

from digest.model.papers import Gain, KnownPaper, NewPaper, PaperRecord, Signature
from digest.pipeline.completing import Growing
from digest.sources.identity.same import same_papers
from digest.sources.texts.normalize import title_key


def paper_key(record: PaperRecord, fingerprint: Signature) -> str:
    """Return the public name of a paper: words of its title, and a hash that tells it from others."""
    plain = unicodedata.normalize("NFKD", record.title).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))[:48].strip("-")
    ids = "\0".join(sorted(f"{each.scheme}:{each.value}" for each in record.ids))
    identity = f"{fingerprint.title_key}\0{title_key(record.abstract)}\0{ids}"
    # Two without an abstract or ids may differ in nothing else.
    identity += "".join(f"\0{name}" for name in record.authors)
    tail = base64.b32encode(hashlib.sha256(identity.encode()).digest())[:12].decode().lower()
    return f"{words}-{tail}" if words else tail


def as_known(number: int, record: PaperRecord, mark: Signature) -> KnownPaper:
    """Return a record as the paper of a number that is known by it alone."""
    return KnownPaper(
        number,
        mark.title_key,
        record.abstract,
        record.ids,
        titles=(record.title,),
        title_keys=mark.title_keys,
        bands=mark.bands,
        authors=record.authors,
        links=record.links,
        categories=record.categories,
        published_on=record.published_on,
        is_truncated=record.is_truncated,
    )


@dataclass
class KnownSoFar:
    """Stored papers, and those of this chunk, by everything that could make one the same.

    A new paper has a number below zero until the store gives it one: `~number` counts them.
    """

    found: list[KnownPaper]
    named: dict[str, int] = field(default_factory=dict)
    """Which paper a record of this name began; one that says the very same again is that paper."""
    folds: list[tuple[int, int]] = field(default_factory=list)
    _growing: dict[int, Growing] = field(default_factory=dict)
    _first: list[tuple[PaperRecord, Signature, str]] = field(default_factory=list)
    _same_as: dict[int, int] = field(default_factory=dict)
    _by_feature: dict[object, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for paper in self.found:
            self._keep(Growing(paper, paper))

    def take(self, record: PaperRecord, mark: Signature, name: str) -> int | None:
        """Return which paper a record is, which gains by it; None for an update of an unknown one.

        `name` is what the record would be called as a new paper.
        """
        numbers = same_papers(record, mark, self._like(record, mark))
        if not numbers:
            if record.is_update:
                return None
            named = self.standing(self.named.get(name))
            if named is None:
                return self._begin(record, mark, name)
            numbers = (named,)
        number, *others = numbers
        growing = self._growing[number].with_record(record, mark)
        for other in others:
            growing = growing.with_paper(self._growing.pop(other).now)
            self._same_as[other] = number
            if other >= 0:
                self.folds.append((other, number))
        self._keep(growing)
        return number

    def standing(self, number: int | None) -> int | None:
        """Return the number of the paper that this one turned out to be, its own if none."""
        while number in self._same_as:
            number = self._same_as[number]
        return number

    def gains(self) -> list[Gain]:
        """Return what stored papers gained."""
        stored = (each for number, each in self._growing.items() if number >= 0)
        return [gain for growing in stored if (gain := growing.gain)]

    def new(self) -> tuple[list[NewPaper], dict[int | None, int]]:
        """Return the new papers, and by the number each has here that of its place among them."""
        new: list[NewPaper] = []
        places: dict[int | None, int] = {}
        for place, (record, mark, name) in enumerate(self._first):
            if growing := self._growing.get(~place):
                places[~place] = ~len(new)
                new.append(_new_paper(record, mark, name, growing))
        return new, places

    def _begin(self, record: PaperRecord, mark: Signature, name: str) -> int:
        number = ~len(self._first)
        self._first.append((record, mark, name))
        self.named[name] = number
        paper = as_known(number, record, mark)
        self._keep(Growing(paper, paper, record))
        return number

    def _keep(self, growing: Growing) -> None:
        paper = growing.now
        before = self._growing.get(paper.id)
        self._growing[paper.id] = growing
        if before is not None and before.now == paper:
            return
        for feature in (*paper.title_keys, *paper.bands, *paper.ids):
            numbers = self._by_feature.setdefault(feature, [])
            if paper.id not in numbers:
                numbers.append(paper.id)

    def _like(self, record: PaperRecord, mark: Signature) -> list[KnownPaper]:
        numbers = {
            number
            for feature in (*mark.title_keys, *mark.bands, *record.ids)
            for number in self._by_feature.get(feature, ())
        }
        return [self._growing[number].now for number in sorted(numbers) if number in self._growing]


def _new_paper(record: PaperRecord, mark: Signature, name: str, growing: Growing) -> NewPaper:
    """Return a paper to be stored, with what other records of the chunk said of it."""
    now, text = growing.now, growing.text or record
    whole = replace(
        record,
        title=now.titles[0],
        abstract=now.abstract,
        original_title=text.original_title
        if now.titles[0] == text.title
        else record.original_title,
        original_abstract=text.original_abstract,
        links=now.links,
        authors=now.authors,
        ids=now.ids,
        is_truncated=now.is_truncated,
        categories=now.categories,
        published_on=now.published_on,
    )
    found_by = Signature(now.title_key, now.bands, mark.head)
    # Named by what was said first: the same chunk again names it the same.
    return NewPaper(name, whole, found_by, growing.other_titles())
