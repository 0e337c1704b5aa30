"""What is said of the services that papers come from, as they are known; none of them is asked."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from digest.app import App
from digest.checks.findings import Finding, bad, good, unknown
from digest.errors import ConfigError, StoreError
from digest.model.sources import Lack
from digest.pipeline.watched import Watched, look_over
from digest.store.schema import why_unfit

_LATE = timedelta(minutes=5)
_CHECK = "`digest sources check {name}` shows what it says"


def check_sources(app: App) -> Iterator[Finding]:
    """Yield how each source is, and what is to be done about one that does not answer."""
    try:
        opened = app.sources()
    except ConfigError as error:
        yield bad("sources", str(error))
        return
    if not opened:
        yield good("sources", "none but the dumps folder; `digest sources kinds` names more")
        return
    try:
        if why_unfit(app.database):
            return
        watched = look_over(app.database, opened, app.clock)
    except StoreError:
        return  # said of the database
    for each in watched:
        if each.every is not None:
            yield _finding(each, app.clock())


def _finding(watched: Watched, now: datetime) -> Finding:
    state, told = watched.state, watched.lacking
    what = f"source {state.name}"
    check = _CHECK.format(name=state.name)
    problem = state.problem or "it does not answer"
    if told is not None and told.lack is Lack.SILENT:
        return bad(what, f"silent since {told.since:%Y-%m-%d %H:%M} UTC: {problem}; {check}")
    if state.failures:
        when = state.next_look_at
        # What was due long ago is asked by nobody: no process that does is running.
        is_ahead = when is not None and when > now - _LATE
        again = f"at {when:%Y-%m-%d %H:%M} UTC" if is_ahead else "once `digest serve` runs"
        return unknown(what, f"{problem}; it is asked again {again}; {check}")
    if state.answered_at is None:
        says = "not asked yet: `digest serve` or `digest scheduler` does, once it runs"
        return unknown(what, f"{says}; {check}")
    answered = f"answered at {state.answered_at:%Y-%m-%d %H:%M} UTC"
    if told is not None:
        usual = f"{told.papers} papers of {told.day}, about {told.usual} are usual"
        return unknown(what, f"{answered}, {usual}; what is missing is taken in once it is there")
    newest = watched.newest
    papers = f", {newest[1]} papers of {newest[0]}" if newest else ""
    return good(what, f"{answered}{papers}")
