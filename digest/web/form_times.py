"""The signed moment at which a form was shown: a program sends one sooner than anybody can read it."""

from datetime import UTC, datetime, timedelta

from digest.app import App
from digest.errors import TokenError
from digest.tokens import Purpose

AT_LEAST = timedelta(seconds=2)
AT_MOST = timedelta(hours=24)


def form_time(app: App, *, is_again: bool = False) -> str:
    """Return the moment at which a form is shown; who is shown it again has read it before."""
    shown = app.clock() - (AT_LEAST if is_again else timedelta())
    return app.tokens.sign(Purpose.FORM, int(shown.timestamp()))


def age_of(app: App, token: str) -> timedelta | None:
    """Return how long ago a form was shown, None for what is no moment of ours."""
    try:
        (shown,) = app.tokens.verify(Purpose.FORM, token)
        return app.clock() - datetime.fromtimestamp(shown, UTC)
    except (TokenError, ValueError, OverflowError, OSError):
        return None
