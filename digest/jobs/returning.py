"""What comes back to us, taken in from wherever DIGEST_RETURNS says."""

import logging
from collections.abc import Callable, Sequence

from digest.app import App
from digest.delivery.intake import open_intake
from digest.delivery.intakes import Intake, IntakeError, Taken
from digest.errors import ConfigError
from digest.pipeline.bounced import ReturnDesk, take_return

logger = logging.getLogger(__name__)


class Returning:
    """Takes in what comes back: opens what DIGEST_RETURNS names, and looks into it at every tick.

    An intake that cannot be opened is tried again at the next tick; the others go on meanwhile.
    `addresses` takes the place of the setting; `tell` hears of every mail, from any thread.
    """

    def __init__(
        self,
        app: App,
        addresses: Sequence[str] | None = None,
        tell: Callable[[Taken], object] = lambda _taken: None,
    ) -> None:
        self._app = app
        self._addresses = app.settings.returns.split() if addresses is None else addresses
        self._tell = tell
        self._open: dict[str, Intake] = {}

    def collect(self) -> list[str]:
        """Take in what has come; return a sentence for every intake that cannot be used now."""
        problems = []
        for address in self._addresses:
            try:
                if address not in self._open:
                    self._open[address] = self._opened(address)
                self._open[address].collect()
            except IntakeError as error:
                logger.warning("nothing comes back: %s", error)
                problems.append(str(error))
        return problems

    @property
    def names(self) -> list[str]:
        """Return the intakes that are open, without passwords."""
        return [intake.name for intake in self._open.values()]

    def close(self) -> None:
        """Let go of ports and connections. Safe to call twice."""
        while self._open:
            self._open.popitem()[1].close()

    def _opened(self, address: str) -> Intake:
        app = self._app
        if app.returns is None:
            raise ConfigError("DIGEST_RETURN_TO", "set it, or nothing comes back to DIGEST_RETURNS")
        desk = ReturnDesk(app.database, app.returns, app.clock)

        def take(recipients: Sequence[str], message: bytes) -> Taken:
            taken = take_return(desk, recipients, message)
            self._tell(taken)
            return taken

        return open_intake(address, app.returns, take)
