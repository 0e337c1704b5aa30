"""What there is to do, each a shallow call of the pipeline; everything may run twice."""

import logging
from collections.abc import Callable

from digest.app import App
from digest.delivery.websub import ping
from digest.jobs.schema import upgrade_queue
from digest.model.partitions import IdRange
from digest.pipeline.compose import Composer, ComposeReport
from digest.pipeline.deliver import DeliverReport, deliver_due
from digest.pipeline.prune import prune
from digest.pipeline.publish import publish
from digest.pipeline.retention import forget_old, is_clock_believed
from digest.pipeline.stock import take_stock
from digest.ranking.warm import warm
from digest.store.engine import Connection
from digest.store.schema import upgrade

logger = logging.getLogger(__name__)


def migrate(app: App) -> None:
    """Bring the database to this version's schema, and the queue in it, if it holds one."""
    upgrade(app.database)
    upgrade_queue(app.database)


def publish_feeds(app: App) -> int:
    """Rebuild the stored feeds, and the statistics if they are old; return how many documents changed."""
    app.archives.refreeze()
    settings = app.settings
    published = publish(
        app.database,
        app.links,
        settings.site_name,
        settings.authority,
        app.clock,
        hub=settings.hub,
    )
    if settings.hub:
        for problem in ping(settings.hub, published.followed):
            logger.warning("%s", problem)
    return len(published.followed) + len(published.of_months)


def compose(app: App, advance: Callable[[int], None] = lambda _count: None) -> ComposeReport:
    """Compose the digests that are due."""
    return _composer(app).compose_due(advance)


class Composing:
    """Composes for one thread, and remembers what it learnt of papers from one chunk to the next.

    The first time it makes ranking ready, so that a digest need not wait.
    """

    def __init__(self, app: App) -> None:
        self._composer = _composer(app)
        self._is_warm = False

    def compose_due(
        self,
        within: IdRange | None = None,
        is_stopping: Callable[[], bool] = lambda: False,
        then: Callable[[Connection], object] = lambda _connection: None,
    ) -> ComposeReport:
        """Compose the digests that are due, as `Composer.compose_due` does."""
        if not self._is_warm:
            warm()
            self._is_warm = True
        return self._composer.compose_due(within=within, is_stopping=is_stopping, then=then)


def deliver(
    app: App,
    advance: Callable[[int], None] = lambda _count: None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> DeliverReport:
    """Send the mails that are due."""
    return deliver_due(app.sender(), advance, is_stopping)


def forget(app: App, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Delete what is over, as who never confirmed; return how many readers that were.

    Then, for a while, digests that are older than they are kept, if the clock can be believed: what
    is left is the next call's.
    """
    erased = prune(app.database, app.clock)
    if app.settings.keep is not None and is_clock_believed(app.database, app.clock):
        gone = forget_old(app.database, app.clock, app.settings.keep, is_stopping=is_stopping)
        if gone.mails or gone.digests:
            logger.info("forgotten: %d mails, %d digests", gone.mails, gone.digests)
    return erased


def stocktake(app: App) -> bool:
    """Count what operators look at, unless that was done within the hour."""
    return take_stock(app.database, app.clock)


def _composer(app: App) -> Composer:
    return Composer(
        app.database,
        app.archives,
        app.settings.authority,
        app.clock,
        has_priors=app.settings.priors == "on",
        is_reviewed=app.settings.review == "on",
    )
