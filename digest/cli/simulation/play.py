"""One simulation from the first mail to the last: plays the faults, each when its time has come."""

import functools
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

from digest.cli.simulation.crew import Crew
from digest.cli.simulation.faults import FAULTS, Cue
from digest.cli.simulation.worker import LEASES
from digest.clock import steady
from digest.delivery.sink import Received, Rule, Sink, Step
from digest.model.deliveries import DeliveryState
from digest.store.deliveries import count_deliveries
from digest.store.engine import Database
from digest.store.proving import held

_TICK = 0.05
_LET_ARRIVE = 5.0
_PAUSE, _REFUSED, _LOCKED = 0.5, 0.4, 1.2
_HOUR = 3600.0
# Two hours on, half an hour back, six on: less than a week in all, or mails would be too late.
_JUMPS = (2 * _HOUR, -_HOUR / 2, 6 * _HOUR)
# So long it takes at least, so that there is something to disturb; no reply waits over _SLOWEST.
_SECONDS, _SLOWEST = 3.0, 0.3
_OPEN = (DeliveryState.READY, DeliveryState.LEASED, DeliveryState.INFLIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cued(Rule):
    """A rule that waits for its time."""

    is_time: Callable[[], bool]

    def fits(self, step: Step, recipients: list[str], *, in_tls: bool) -> bool:
        """Tell whether the rule steps in here."""
        return self.is_time() and Rule.fits(self, step, recipients, in_tls=in_tls)


class Play:
    """A simulation of so many mails; `played` counts the faults that really hit somebody."""

    def __init__(self, database: Database, sink: Sink, crew: Crew, wanted: int) -> None:
        self.played: Counter[str] = Counter()
        self._database = database
        self._sink = sink
        self._crew = crew
        self._wanted = wanted
        self._ended = 0
        self._is_cut = False
        self._later: list[tuple[float, Callable[[], object]]] = []
        self._from_outside: dict[str, Callable[[int], None]] = {
            "refused": self._refuse,
            "kill": crew.kill,
            "crash": self._crash,
            "stop": functools.partial(self._stop, seconds=LEASES.length + 0.5),
            "pause": functools.partial(self._stop, seconds=_PAUSE),
            "locked": self._lock,
            "clock": lambda turn: crew.move_clock(_JUMPS[turn % len(_JUMPS)]),
        }

    def run(self, cues: Sequence[Cue], until: float, advance: Callable[[int], None]) -> bool:
        """Play until every mail has come to an end, or the steady clock says `until`.

        Returns whether every mail has.
        """
        waiting = deque(cue for cue in cues if FAULTS[cue.fault].rule is None)
        while True:
            self._look(advance)
            self._do_what_is_due(steady())
            while waiting and waiting[0].at <= self._part():
                cue = waiting.popleft()
                self._from_outside[cue.fault](cue.turn)
                self.played[cue.fault] += 1
            if self._ended >= self._wanted and not self._later:
                return True
            if steady() >= until:
                self._do_what_is_due(float("inf"))
                return False
            self._crew.tend()
            time.sleep(_TICK)

    def rules(self, cues: Iterable[Cue], lanes: int) -> list[Rule]:
        """Return what the mail server is to do: the faults, and to take its time for the rest."""
        found = [self._cued(cue, cue.rule) for cue in cues if cue.rule is not None]
        pace = min(_SECONDS * lanes / self._wanted, _SLOWEST) if self._wanted else 0
        # A mail waits half of that before it is kept, and half before it is answered: whoever is
        # struck down in between cannot know which.
        in_body = Rule(Step.BODY, b"", delay=pace / 2)
        return [*found, in_body, Rule(Step.END, delay=pace / 2)]

    def received(self) -> list[Received]:
        """Return all that has arrived, also what the system still had of workers that are gone."""
        give_up_at = steady() + _LET_ARRIVE
        while self._sink.open_connections and steady() < give_up_at:
            time.sleep(_TICK)
        return list(self._sink.mails)

    def _cued(self, cue: Cue, rule: Rule) -> Rule:
        hook = functools.partial(self.played.update, [cue.fault])
        if not cue.at:
            return replace(rule, hook=hook)
        as_it_is = {field.name: getattr(rule, field.name) for field in fields(rule)}
        return _Cued(**as_it_is | {"hook": hook}, is_time=lambda: self._part() >= cue.at)

    def _part(self) -> float:
        return self._ended / self._wanted if self._wanted else 1.0

    def _look(self, advance: Callable[[int], None]) -> None:
        with self._database.reading() as connection:
            counts = count_deliveries(connection)
        ended = sum(counts.values()) - sum(counts.get(state, 0) for state in _OPEN)
        advance(ended - self._ended)
        self._ended = ended

    def _do_what_is_due(self, now: float) -> None:
        due = [work for moment, work in self._later if moment <= now]
        self._later = [each for each in self._later if each[0] > now]
        for work in due:
            work()

    def _crash(self, turn: int) -> None:
        self._crew.kill(turn)
        self._refuse(turn)

    def _refuse(self, _turn: int) -> None:
        if not self._is_cut:
            self._is_cut = True
            self._sink.refuse()
            self._later.append((steady() + _REFUSED, self._listen_again))

    def _listen_again(self) -> None:
        self._sink.listen_again()
        self._is_cut = False

    def _stop(self, turn: int, seconds: float) -> None:
        sleeper = self._crew.stop(turn)
        self._later.append((steady() + seconds, lambda: self._crew.wake(sleeper)))

    def _lock(self, _turn: int) -> None:
        with held(self._database):
            time.sleep(_LOCKED)
