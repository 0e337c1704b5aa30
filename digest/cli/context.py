"""What nearly every command begins with."""

import gc
import os

import click

from digest.app import App, build_app
from digest.config import read_settings
from digest.store.schema import current_revision, require_current, upgrade


def open_app(**changes: str) -> App:
    """Return the application of the settings, some of them changed, with a database of this version's schema.

    A new SQLite file is made ready at once, so that one command is enough on a laptop; any other
    database is only ever changed by `digest db upgrade`. Raises ConfigError and StoreError.
    """
    app = build_app(read_settings({**os.environ, **changes}))
    command = click.get_current_context(silent=True)
    if command:
        command.call_on_close(app.database.dispose)
    if app.settings.is_embedded and current_revision(app.database) is None:
        upgrade(app.database)
    require_current(app.database)
    # What is loaded by now stays: the collector need not look at it again and again.
    gc.freeze()
    if command:
        command.call_on_close(gc.unfreeze)
    return app
