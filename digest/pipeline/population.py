"""Readers made up by dice: the same seed, phrases and moment give the same readers, however many."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

import numpy as np

from digest.model.cadence import first_open_slot, next_slot, start_of
from digest.model.feedback import FeedbackKind
from digest.model.partitions import CHUNK
from digest.model.population import MadeFeedback, MadeMute, MadeReader
from digest.model.subscribers import Cadence, Days, SubscriberState
from digest.pipeline import habits
from digest.pipeline.habits import Habits, Odds
from digest.pipeline.made_interests import MadeInterests

_AGES = 1024  # different moments at which readers came
_OLDEST = timedelta(days=730)
_TO_CONFIRM = timedelta(minutes=7)
_FRESH = timedelta(days=5)  # who has not confirmed after a week is forgotten
_MOST_SAID = 4
_LONGEST_PAUSE = 30  # days
_LONGEST_MUTE = 30
_KINDS = Odds.of({FeedbackKind.MORE: 60, FeedbackKind.LESS: 15, FeedbackKind.SEEN: 25})
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Morning(NamedTuple):
    """When somebody's digests are due, and the next moment one is."""

    cadence: Cadence
    days: str
    due_at: datetime


class _Standing(NamedTuple):
    """Where a reader stands, as the table's columns have it."""

    state: SubscriberState
    created_at: datetime
    confirmed_at: datetime | None
    next_due_at: datetime | None = None
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    left_at: datetime | None = None


@dataclass(frozen=True)
class Population:
    """Readers without end: number n is who they are, whatever number is asked for.

    With `is_due` everybody's digest is due `now`, but for those who have paused. `papers` are the
    ids that feedback may be about.
    """

    seed: int
    interests: MadeInterests
    now: datetime
    habits: Habits = field(default_factory=Habits)
    papers: Sequence[int] = ()
    is_due: bool = False
    _mornings: dict[tuple[int, int, int], Morning] = field(default_factory=dict)

    def readers(self, chunk: int) -> list[MadeReader]:
        """Return the readers of a chunk, the first of which is number 0."""
        dice = np.random.default_rng((self.seed, chunk))
        mornings = self._drawn_mornings(dice)
        standings = self._standings(dice, mornings)
        names = range(chunk * CHUNK + 1, (chunk + 1) * CHUNK + 1)
        domains = habits.domains(dice.random(CHUNK), dice.random(CHUNK))
        drawn = zip(
            [f"seed{self.seed}-{n:07}@{domain}" for n, domain in zip(names, domains, strict=True)],
            [standing.state.value for standing in standings],
            [morning.days for morning in mornings],
            [morning.cadence.weekday for morning in mornings],
            [morning.cadence.at for morning in mornings],
            [morning.cadence.zone for morning in mornings],
            habits.PAPERS.drawn(dice.random(CHUNK)),
            habits.LANGUAGES.drawn(dice.random(CHUNK)),
            habits.QUIET.drawn(dice.random(CHUNK)),
            [standing.created_at for standing in standings],
            [standing.confirmed_at for standing in standings],
            [standing.next_due_at for standing in standings],
            [standing.paused_at for standing in standings],
            [standing.paused_until for standing in standings],
            [standing.left_at for standing in standings],
            self._suppressed(dice),
            self.interests.drawn(dice, CHUNK, self.habits.excluding),
            self._feedback(dice),
            self._mutes(dice),
            strict=True,
        )
        return list(map(MadeReader._make, drawn))

    def _drawn_mornings(self, dice: np.random.Generator) -> list[Morning]:
        zones = habits.ZONES.places(dice.random(CHUNK)).tolist()
        times = habits.TIMES.places(dice.random(CHUNK)).tolist()
        days = habits.DAYS.places(dice.random(CHUNK)).tolist()
        return [self._morning(each) for each in zip(zones, times, days, strict=True)]

    def _morning(self, drawn: tuple[int, int, int]) -> Morning:
        known = self._mornings.get(drawn)
        if known is None:
            zone, at, days = drawn
            name, weekday = habits.DAYS.values[days]
            cadence = Cadence(
                Days(name), habits.TIMES.values[at], habits.ZONES.values[zone], weekday
            )
            due_at = self.now if self.is_due else next_slot(cadence, self.now).due_at
            known = self._mornings[drawn] = Morning(cadence, name, due_at)
        return known

    @cached_property
    def _came(self) -> list[tuple[datetime, datetime]]:
        """The moments at which readers asked and confirmed, the newest first."""
        newest = self.now - _DAY
        asked = [newest - _OLDEST * age / _AGES for age in range(_AGES)]
        return [(each, each + _TO_CONFIRM) for each in asked]

    def _standings(self, dice: np.random.Generator, mornings: Sequence[Morning]) -> list[_Standing]:
        ages = (dice.random(CHUNK) * _AGES).astype(int).tolist()
        lots, luck = dice.random(CHUNK).tolist(), dice.random(CHUNK).tolist()
        return [self._standing(*drawn) for drawn in zip(mornings, ages, lots, luck, strict=True)]

    def _standing(self, morning: Morning, age: int, lot: float, luck: float) -> _Standing:
        """Return where a reader stands: `lot` decides what befell them, `luck` when."""
        shares = self.habits
        created_at, confirmed_at = self._came[age]
        if lot < shares.unconfirmed:
            return _Standing(SubscriberState.UNCONFIRMED, self.now - luck * _FRESH, None)
        lot -= shares.unconfirmed
        if lot < shares.left:
            left_at = self.now - luck * (self.now - confirmed_at)
            return _Standing(
                SubscriberState.UNSUBSCRIBED, created_at, confirmed_at, left_at=left_at
            )
        lot -= shares.left
        if lot < shares.paused:
            day = self.now.date() + (1 + int(luck * _LONGEST_PAUSE)) * _DAY
            until = start_of(day + _DAY, morning.cadence.zone)
            due_at = first_open_slot(morning.cadence, self.now, until).due_at
            since = self.now - luck * _DAY
            return _Standing(SubscriberState.ACTIVE, created_at, confirmed_at, due_at, since, until)
        return _Standing(SubscriberState.ACTIVE, created_at, confirmed_at, morning.due_at)

    def _suppressed(self, dice: np.random.Generator) -> list[str]:
        reasons = habits.SUPPRESSIONS.drawn(dice.random(CHUNK))
        is_stopped = (dice.random(CHUNK) < self.habits.suppressed).tolist()
        return [
            reason if stopped else "" for reason, stopped in zip(reasons, is_stopped, strict=True)
        ]

    def _feedback(self, dice: np.random.Generator) -> list[Sequence[MadeFeedback]]:
        found: list[Sequence[MadeFeedback]] = [()] * CHUNK
        speaks = dice.random(CHUNK) < self.habits.with_feedback
        for place in np.flatnonzero(speaks).tolist() if self.papers else ():
            said = 1 + int(dice.random() * _MOST_SAID)
            picks = (dice.random(said) * len(self.papers)).astype(int).tolist()
            kinds, hours = _KINDS.drawn(dice.random(said)), (dice.random(said) * 500).tolist()
            given = {
                self.papers[pick]: MadeFeedback(
                    self.papers[pick], kind.value, self.now - hour * _HOUR
                )
                for pick, kind, hour in zip(picks, kinds, hours, strict=True)
            }
            found[place] = tuple(given.values())
        return found

    def _mutes(self, dice: np.random.Generator) -> list[Sequence[MadeMute]]:
        found: list[Sequence[MadeMute]] = [()] * CHUNK
        muting = np.flatnonzero(dice.random(CHUNK) < self.habits.muting).tolist()
        phrases = self.interests.phrases(dice, len(muting))
        days = (1 + dice.random(len(muting)) * (_LONGEST_MUTE - 1)).tolist()
        for place, phrase, left in zip(muting, phrases, days, strict=True):
            found[place] = (MadeMute(phrase, self.now + left * _DAY),)
        return found
