"""How researchers live and read, roughly: what made-up readers are drawn from.

Zones are weighed by how many researchers live there, in ten thousands of full-time posts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from digest.delivery.suppression import Reason
from digest.model.population import MADE_UP
from digest.model.subscribers import Days, QuietDays

T = TypeVar("T")
Draws = NDArray[np.float64]

FEWEST, MOST = 3, 8  # interests
SPREAD = MOST - FEWEST + 1
_UNIVERSITIES = 2000
# Of one in Zipf's order the share is 1 / (place + _FLATTENED), after Mandelbrot.
_FLATTENED = 5


@dataclass(frozen=True, slots=True)
class Habits:
    """Shares of readers; what is left over is active, has neither paused nor muted anything."""

    unconfirmed: float = 0.02
    left: float = 0.04
    paused: float = 0.03
    suppressed: float = 0.01
    excluding: float = 0.1
    with_feedback: float = 0.05
    muting: float = 0.04


ALL_ACTIVE = Habits(unconfirmed=0, left=0, paused=0, suppressed=0)


class Odds(Generic[T]):
    """Things to be drawn, each with its weight."""

    def __init__(self, values: Sequence[T], weights: Sequence[float] | Draws) -> None:
        self.values = list(values)
        self._sums = np.cumsum(np.asarray(weights, np.float64))

    def places(self, draws: Draws) -> NDArray[np.int64]:
        """Return which thing each draw from [0, 1) falls on, by its place."""
        found: NDArray[np.int64] = np.searchsorted(self._sums, draws * self._sums[-1], "right")
        return found

    def drawn(self, draws: Draws) -> list[T]:
        """Return what each draw from [0, 1) falls on."""
        values = self.values
        return [values[place] for place in self.places(draws).tolist()]

    @classmethod
    def of(cls, weighed: dict[T, float]) -> "Odds[T]":
        """Return the odds of a table."""
        return cls(list(weighed), list(weighed.values()))

    @classmethod
    def by_place(cls, values: Sequence[T]) -> "Odds[T]":
        """Return odds that fall with the place, as those of words do: Zipf's, after Mandelbrot."""
        return cls(values, 1 / (np.arange(len(values)) + 1.0 + _FLATTENED))


ZONES = Odds.of(
    {
        "Asia/Shanghai": 220,
        "America/New_York": 75,
        "Asia/Tokyo": 70,
        "Europe/Berlin": 46,
        "Asia/Seoul": 45,
        "Asia/Kolkata": 40,
        "Europe/Moscow": 40,
        "America/Los_Angeles": 38,
        "America/Chicago": 36,
        "Europe/London": 32,
        "Europe/Paris": 32,
        "America/Sao_Paulo": 20,
        "America/Toronto": 17,
        "Europe/Madrid": 16,
        "Europe/Rome": 16,
        "Asia/Taipei": 15,
        "Europe/Istanbul": 15,
        "Australia/Sydney": 13,
        "Europe/Warsaw": 13,
        "Asia/Tehran": 12,
        "Europe/Amsterdam": 10,
        "America/Denver": 9,
        "Africa/Cairo": 8,
        "Europe/Stockholm": 8,
        "Asia/Jerusalem": 7,
        "Asia/Jakarta": 6,
        "Europe/Zurich": 6,
        "America/Argentina/Buenos_Aires": 5,
        "Asia/Singapore": 4,
        "Africa/Johannesburg": 3,
        "America/Mexico_City": 3,
        "Pacific/Auckland": 2,
        "Africa/Lagos": 2,
        "Pacific/Honolulu": 1,
        "America/St_Johns": 0.5,
        "Asia/Kathmandu": 0.5,
    }
)
TIMES = Odds.of(
    {
        time(5, 0): 2,
        time(5, 30): 2,
        time(6, 0): 10,
        time(6, 15): 2,
        time(6, 30): 10,
        time(6, 45): 3,
        time(7, 0): 24,
        time(7, 15): 3,
        time(7, 30): 11,
        time(7, 45): 2,
        time(8, 0): 14,
        time(8, 30): 6,
        time(9, 0): 5,
        time(12, 0): 2,
        time(17, 30): 1,
        time(20, 0): 2,
        time(22, 0): 1,
    }
)
# With the weekday, which matters for weekly digests only: Mondays and Fridays before the others.
DAYS = Odds.of(
    {
        (Days.DAILY.value, 0): 55,
        (Days.WEEKDAYS.value, 0): 30,
        **{
            (Days.WEEKLY.value, day): weight for day, weight in enumerate((6, 1.5, 1.5, 1, 3, 1, 1))
        },
    }
)
PAPERS = Odds.of({10: 55, 5: 14, 15: 11, 20: 10, 8: 4, 3: 3, 30: 3})
LANGUAGES = Odds.of({"en": 88, "de": 12})
QUIET = Odds.of({QuietDays.SKIP.value: 70, QuietDays.ROLL_OVER.value: 20, QuietDays.REST.value: 10})
WEIGHTS = Odds.of({1.0: 85, 2.0: 7, 0.5: 6, 3.0: 2})
SUPPRESSIONS = Odds.of({Reason.BOUNCES.value: 85, Reason.COMPLAINT.value: 15})
_UNIVERSITY = "university"
_PROVIDERS = Odds.of(
    {
        _UNIVERSITY: 45,
        "gmail.com": 32,
        "outlook.com": 5,
        "qq.com": 4,
        "163.com": 4,
        "yahoo.com": 3,
        "icloud.com": 2,
        "gmx.de": 1.5,
        "proton.me": 1.5,
        "hotmail.com": 1,
        "naver.com": 1,
    }
)
_OF_UNIVERSITIES = Odds.by_place([f"uni{place}.edu" for place in range(1, _UNIVERSITIES + 1)])


def domains(draws: Draws, more: Draws) -> list[str]:
    """Return the domain of each reader's address: a provider's, or one of many universities'."""
    universities = _OF_UNIVERSITIES.drawn(more)
    return [
        (university if provider == _UNIVERSITY else provider) + MADE_UP
        for provider, university in zip(_PROVIDERS.drawn(draws), universities, strict=True)
    ]
