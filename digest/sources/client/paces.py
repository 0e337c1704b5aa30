"""How often a host may be asked, and whose turn it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from digest.clock import steady
from digest.errors import SourceAwayError

PACE = 1.0
# The terms of arXiv's interfaces: one request in three seconds and one connection, for all
# machines of somebody and all its hosts together.
_ARXIV = "arxiv.org"
_ARXIV_PACE = 3.0
# Longer than a process that was killed keeps its turn.
PATIENCE = 300.0


class Turns(Protocol):
    """Whose turn it is to ask a host, among all processes that ask for this site."""

    def take(self, host: str) -> float:
        """Take the turn and return 0, or return the seconds after which to try again.

        Nobody else gets it until it is given back, or its holder is given up for dead.
        """
        ...

    def give_back(self, host: str, pace: float) -> None:
        """End a turn: nobody has the next for `pace` seconds."""
        ...


class NoTurns:
    """It is always everybody's turn: for tests, and for one who asks once."""

    def take(self, host: str) -> float:  # noqa: ARG002  every host's
        """Return 0."""
        return 0.0

    def give_back(self, host: str, pace: float) -> None:
        """Do nothing."""


def pace_of(host: str) -> tuple[str, float]:
    """Return the name under which a host takes turns, and the seconds between two."""
    host = host.lower().rstrip(".")
    if host == _ARXIV or host.endswith(f".{_ARXIV}"):
        return _ARXIV, _ARXIV_PACE
    return host, PACE


@contextmanager
def in_turn(turns: Turns, name: str, host: str, wait: Callable[[float], object]) -> Iterator[None]:
    """Have the turn to ask a host, after the wait that it takes.

    Raises SourceAwayError if `wait` says that this process is to stop, and after PATIENCE.
    """
    key, pace = pace_of(host)
    until = steady() + PATIENCE
    while (seconds := turns.take(key)) > 0:
        if steady() > until:
            raise SourceAwayError(name, f"others of this site ask {key} all the time")
        if wait(seconds):
            raise SourceAwayError(name, "was not asked, as Digest was told to stop")
    try:
        yield
    finally:
        turns.give_back(key, pace)
