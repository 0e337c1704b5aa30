"""What can go wrong, as one tree; every message says what to do next.

* DigestError
  - ConfigError                 a setting is missing or wrong: nothing starts
  - SourceError                 a dump was refused whole, nothing of it was kept
    + HeldError                 it may be broken: a person decides
    + SourceAwayError           a service cannot be read at the moment; knows when to try again
  - ExpressionError             a keyword expression cannot be read; knows the place
  - AddressError                not an address mail can be sent to
  - SubscriptionError           a cadence, zone or number that cannot be
  - StoreError                  the database is not what this version needs
  - StoreAwayError              the database cannot be written at the moment: locked, full, gone
  - TokenError                  a link that is broken, or no longer good
  - TooManyError                something was asked for too often; knows how long to wait
  - TemplateError               a template that cannot be compiled
  - CredentialError             a password, name or code that cannot be an operator's
"""

from datetime import timedelta


class DigestError(Exception):
    """Anything Digest itself has to say about what went wrong."""


class ConfigError(DigestError):
    """A setting is missing or wrong."""

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(f"{setting}: {problem}")
        self.setting = setting


class SourceError(DigestError):
    """A dump was refused whole; `name` is the file, `line` the place where one is known."""

    def __init__(self, name: str, problem: str, line: int | None = None) -> None:
        place = name if line is None else f"{name}, line {line}"
        super().__init__(f"{place}: {problem}")
        self.name = name
        self.line = line
        self.problem = problem


class HeldError(SourceError):
    """A dump that is read without fault but may be a broken page; nothing of it was kept.

    `number` is the one under which its bytes wait for a decision, None where they were not kept.
    """

    number: int | None = None


class SourceAwayError(SourceError):
    """A service cannot be read at the moment: it is gone, busy, or answers with something else.

    `wait` is how long it asks to be left alone, None if it did not say.
    """

    def __init__(self, name: str, problem: str, wait: timedelta | None = None) -> None:
        super().__init__(name, problem)
        self.wait = wait


class ExpressionError(DigestError):
    """A keyword expression cannot be read; `position` counts characters from 0."""

    def __init__(self, expression: str, problem: str, position: int) -> None:
        super().__init__(f"{problem}\n  {expression}\n  {' ' * position}^")
        self.expression = expression
        self.problem = problem
        self.position = position


class AddressError(DigestError):
    """Not an address mail can be sent to."""


class SubscriptionError(DigestError):
    """A cadence, time zone or number of papers that cannot be."""


class StoreError(DigestError):
    """The database is not what this version needs."""


class BackupError(DigestError):
    """A backup that cannot be made, or put back: why, and what to do."""


class StoreAwayError(DigestError):
    """The database cannot be written at the moment: it is locked, full, restarting or gone.

    Nothing of the transaction was kept, or all of it with the answer lost: what is tried again is
    written so that a second time changes nothing.
    """


class TokenError(DigestError):
    """A link that is broken, was made for something else, or is no longer good."""


class NotSignedInError(DigestError):
    """A page that is somebody's own was asked for by a browser that is not signed in."""


class TooManyError(DigestError):
    """Something was asked for too often; `wait` says how long until it may be again."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"Too many of these have come. Please try again in {_span(wait)}.")
        self.wait = wait


class TemplateError(DigestError):
    """A template that cannot be compiled."""


def _span(wait: timedelta) -> str:
    minutes = -(-wait // timedelta(minutes=1))
    if minutes < 2:  # noqa: PLR2004  one is "a"
        return "a minute"
    return f"{minutes} minutes" if minutes < 100 else f"{-(-minutes // 60)} hours"  # noqa: PLR2004  so long nobody counts


class CredentialError(DigestError):
    """A password or name that cannot be an operator's, or a secret that cannot be opened."""
