"""What a check says."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Whether there is something to do; unknown is what could not be asked, or not from here."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; what it says ends with what to do when it is not good."""

    what: str
    level: Level
    says: str

    @property
    def is_good(self) -> bool:
        """Tell whether there is nothing to do."""
        return self.level is Level.GOOD


def good(what: str, says: str) -> Finding:
    """Return a finding that asks for nothing."""
    return Finding(what, Level.GOOD, says)


def bad(what: str, says: str) -> Finding:
    """Return a finding of a fault."""
    return Finding(what, Level.BAD, says)


def unknown(what: str, says: str) -> Finding:
    """Return a finding of what somebody else has to look at."""
    return Finding(what, Level.UNKNOWN, says)
