"""How the site is, at a glance: what was found, and what of it needs a person now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from digest.clock import Clock
from digest.model.deliveries import DeliveryState, Pause
from digest.model.papers import StoredDump
from digest.model.sources import Lacking
from digest.rendering.environment import plural
from digest.rendering.incomplete import what_lacks
from digest.store import deliveries, due, dumps, held_dumps, pauses, watching
from digest.store.engine import Database
from digest.store.lacking import lacking_now
from digest.store.watching import Down

# A list a day, and two hours for whoever saves it.
STALE = timedelta(hours=26)
# A worker looks every few seconds: what has been due for so long has none.
_LEFT_LYING = timedelta(minutes=5)
# Composing for a million readers takes some minutes.
_LEFT_UNCOMPOSED = timedelta(minutes=15)
_USUAL = 10


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found; `usual` is how many papers a list has, None before there are any.

    `lacking` are the sources that are incomplete so far.
    """

    now: datetime
    newest: StoredDump | None
    usual: float | None
    held_dumps: int
    waiting: Mapping[DeliveryState, int]
    oldest_due: datetime | None
    oldest_ready: datetime | None
    workers: int
    down: tuple[Down, ...]
    pauses: tuple[Pause, ...]
    lacking: tuple[Lacking, ...] = ()

    @property
    def dump_age(self) -> timedelta | None:
        """Return how long ago a list was taken in last."""
        return None if self.newest is None else self.now - self.newest.ingested_at

    @property
    def due_age(self) -> timedelta:
        """Return for how long the digest that has been due longest is not composed."""
        return timedelta() if self.oldest_due is None else self.now - self.oldest_due

    @property
    def ready_age(self) -> timedelta:
        """Return for how long the mail that has been due longest is due."""
        return timedelta() if self.oldest_ready is None else self.now - self.oldest_ready


@dataclass(frozen=True, slots=True)
class Need:
    """Something a person has to do, and the page on which they can."""

    sentence: str
    path: str


def look_around(database: Database, clock: Clock) -> Facts:
    """Return how the site is, from one state of the database and a dozen short queries."""
    now = clock()
    with database.reading() as connection:
        newest = dumps.recent_dumps(connection, 1)
        source = newest[0].dump.source if newest else ""
        lengths = dumps.recent_lengths(connection, source, _USUAL)
        return Facts(
            now=now,
            newest=newest[0] if newest else None,
            usual=median(lengths) if lengths else None,
            held_dumps=held_dumps.count_waiting_dumps(connection),
            waiting=watching.count_waiting(connection),
            oldest_due=due.oldest_due(connection, now),
            oldest_ready=deliveries.oldest_ready(connection, now),
            workers=watching.live_workers(connection),
            down=tuple(watching.transports_down(connection, now)),
            pauses=tuple(pauses.pauses(connection)),
            lacking=lacking_now(connection),
        )


def needs(facts: Facts) -> list[Need]:
    """Return what needs a person now, what keeps most readers waiting first."""
    return [*_of_sending(facts), *_of_dumps(facts), *_of_mails(facts)]


def _of_sending(facts: Facts) -> Iterator[Need]:
    for pause in facts.pauses:
        why = f": {pause.reason}" if pause.reason else ""
        yield Need(
            f"Paused is the {pause.what}, since {_moment(pause.since)}{why}.", "/admin/pause"
        )
    for down in facts.down:
        says = f"{down.name} is left alone until {_moment(down.until)}: {down.problem}"
        yield Need(says, "/admin/deliveries?state=ready")
    if facts.due_age > _LEFT_UNCOMPOSED:
        says = (
            f"Digests have been due for {span(facts.due_age)} and are not composed: are "
            "`digest scheduler` and `digest worker`, or `digest serve`, running?"
        )
        yield Need(says, "/admin/readers")
    if facts.ready_age > _LEFT_LYING and not facts.workers and not facts.pauses:
        says = (
            f"Mail has been due for {span(facts.ready_age)} and no worker has any in hand: "
            "is `digest worker` or `digest serve` running?"
        )
        yield Need(says, "/admin/deliveries?state=ready")


def _of_dumps(facts: Facts) -> Iterator[Need]:
    for each in facts.lacking:
        yield Need(f"{what_lacks(each)}.", "/admin/sources")
    if facts.held_dumps:
        says = f"{plural(facts.held_dumps, 'dump')} may be broken: publish or discard."
        yield Need(says, "/admin/dumps")
    age = facts.dump_age
    if age is None:
        yield Need("No dump was ever taken in.", "/admin/dumps")
    elif age > STALE:
        yield Need(f"The last dump came {span(age)} ago.", "/admin/dumps")


def _of_mails(facts: Facts) -> Iterator[Need]:
    for state, says in (
        (DeliveryState.UNCERTAIN, "may or may not have arrived: nobody knows"),
        (DeliveryState.HELD, "held back"),
        (DeliveryState.PLANNED, "to be released before they go out"),
    ):
        count = facts.waiting.get(state, 0)
        if count:
            path = f"/admin/deliveries?state={state.value}"
            yield Need(f"{plural(count, 'mail')} {says}.", path)


def span(length: timedelta) -> str:
    """Return a length of time in the largest unit that says enough: `3 hours`, `26 minutes`."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 120:  # noqa: PLR2004  two hours
        return plural(minutes, "minute")
    return plural(minutes // 60, "hour") if minutes < 48 * 60 else plural(minutes // 1440, "day")


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
