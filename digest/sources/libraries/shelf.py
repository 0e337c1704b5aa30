"""What a file of somebody's papers holds, and how it fills up, within its bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from digest.errors import SourceError
from digest.model.libraries import Work
from digest.sources.base import SourceWarning

MAX_BYTES = 4 * 1024 * 1024
MAX_WORKS = 20_000
# So many oddities are told by their place; of the others, how many there are.
MAX_WARNINGS = 20


@dataclass(frozen=True, slots=True)
class Library:
    """What a file holds: its kind for people, its works, and what could not be read.

    `expressions` are keyword expressions that stand in it as such: in the lists of feeds that
    Digest gives out, and in lists that follow categories of arXiv.
    """

    kind: str
    works: Sequence[Work]
    expressions: tuple[str, ...] = ()
    warnings: tuple[SourceWarning, ...] = ()


@dataclass(slots=True)
class Shelf:
    """A library while it is read; more works than MAX_WORKS are refused."""

    name: str
    works: list[Work] = field(default_factory=list)
    expressions: dict[str, None] = field(default_factory=dict)
    warnings: list[SourceWarning] = field(default_factory=list)
    unread: int = 0

    def add(self, work: Work) -> None:
        """Keep a work, unless nothing is known of it."""
        if not (work.title or work.abstract or work.keywords or work.ids):
            return
        if len(self.works) == MAX_WORKS:
            raise SourceError(self.name, too_many())
        self.works.append(work)

    def warn(self, line: int, problem: str) -> None:
        """Keep what was not understood, the first of it with its place."""
        self.unread += 1
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(SourceWarning(line, problem))

    def closed(self, kind: str) -> Library:
        """Return the library as it was read; raises SourceError where nothing was."""
        if not self.works and not self.expressions:
            first = f" ({self.warnings[0].problem})" if self.warnings else ""
            raise SourceError(self.name, f"looks like {kind}, but no work in it can be read{first}")
        more = self.unread - len(self.warnings)
        told = [SourceWarning(0, f"{more:,} more could not be read")] if more else []
        return Library(kind, self.works, tuple(self.expressions), (*self.warnings, *told))


def too_many() -> str:
    """Return what is said of a file with more works than are read."""
    return f"has more than {MAX_WORKS:,} works; export a part of it, a collection, say"
