"""A simulation as a whole: what is asked for in, what came of it out."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from digest.cli.simulation.account import Account, compare
from digest.cli.simulation.crew import Crew
from digest.cli.simulation.faults import copies_explained, draw
from digest.cli.simulation.play import Play
from digest.cli.simulation.scene import START, addresses, fill, open_site, settings_of
from digest.cli.simulation.worker import Orders
from digest.clock import steady
from digest.delivery.sink import Received, Sink
from digest.store.deliveries import find_deliveries

LOG = "workers.log"
_RECEIVED = "received.txt"
_GRACE = 30.0  # seconds after the limit in which workers end even if nobody tells them

# Shows how far it is: what is done, of how many; gives the function that moves it on.
Progress = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be simulated: so many readers, processes and connections of each, and the faults."""

    readers: int
    workers: int
    connections: int
    faults: tuple[str, ...]
    kills: int
    seed: int
    limit: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    `explained` is how many second copies the faults played can have made at most, `fallen` how many
    workers ended without having been told or killed, `seconds` how long the sending took.
    """

    account: Account
    played: Mapping[str, int]
    explained: int
    fallen: int
    is_over: bool
    seconds: float

    @property
    def is_good(self) -> bool:
        """Tell whether the promise was kept."""
        return self.account.is_good and not self.fallen


def run(terms: Terms, folder: Path, database_url: str, progress: Progress) -> Outcome:
    """Simulate in an empty folder, or a folder and an empty database; leaves what there is to see.

    Raises StoreError for a database that is not empty or cannot be reached.
    """
    with Sink() as sink:
        settings = settings_of(folder, database_url, sink.port)
        app = open_site(settings)
        with progress("Composing", None):
            wanted = fill(app, terms.readers)
        began = steady()
        until = began + terms.limit
        log = folder / LOG
        orders = Orders(settings, terms.connections, START, began, until + _GRACE, log)
        cues = draw(terms.faults, addresses(terms.readers), terms.kills, terms.seed)
        with Crew(orders, terms.workers) as crew, progress("Sending", wanted) as advance:
            play = Play(app.database, sink, crew, wanted)
            sink.play(*play.rules(cues, terms.workers * terms.connections))
            is_over = play.run(cues, until, advance)
            crew.dismiss()
        received = play.received()
        seconds = steady() - began
    with app.database.reading() as connection:
        mails = find_deliveries(connection, limit=terms.readers + 1)
    app.database.dispose()
    _keep(folder, received)
    return Outcome(
        account=compare(wanted, mails, received),
        played=dict(play.played),
        explained=copies_explained(play.played, terms.workers, terms.connections),
        fallen=crew.fallen,
        is_over=is_over,
        seconds=seconds,
    )


def _keep(folder: Path, received: list[Received]) -> None:
    """Write down what the mail server has, in the order in which it came."""
    lines = [
        f"{each.connection}\t{each.recipient}\t{each.message_id}\t{each.sha256}\n"
        for each in received
    ]
    (folder / _RECEIVED).write_text("".join(lines), encoding="utf-8")
