"""The command line: a module a command, each shallow.

Modules import only click at their top; the rest is imported when a command runs, so that
`digest --help` answers at once.

Exit codes: 0 all done; 1 something failed (a dump was refused, a mail failed); 2 wrong words on
the command line, or an address or keyword expression that cannot be; 3 the settings or the
database are not right.
"""

import sys

import click

from digest import __version__
from digest.cli import changes
from digest.cli.compose import compose
from digest.cli.config import config
from digest.cli.db import db
from digest.cli.deliver import deliver
from digest.cli.deliveries import deliveries
from digest.cli.demo import demo
from digest.cli.doctor import doctor
from digest.cli.dumps import dumps
from digest.cli.feeds import feeds
from digest.cli.ingest import ingest
from digest.cli.interests import interests
from digest.cli.load import load
from digest.cli.operators import operators
from digest.cli.pause import pause, resume
from digest.cli.preview import preview
from digest.cli.readers import readers
from digest.cli.returns import returns
from digest.cli.run import scheduler, serve, worker
from digest.cli.simulate import simulate
from digest.cli.sources import sources
from digest.cli.subscribe import subscribe
from digest.cli.suppressions import suppressions
from digest.cli.testsend import test_send
from digest.errors import (
    AddressError,
    ConfigError,
    CredentialError,
    DigestError,
    ExpressionError,
    StoreError,
    SubscriptionError,
)

FAILED, WRONG_WORDS, NOT_RIGHT = 1, 2, 3


class _InOrder(click.Group):
    """Lists the commands in the order of the flow, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="digest")
@click.option("-v", "--verbose", count=True, help="Log more: -v what is done, -vv every mail.")
def digest(verbose: int) -> None:
    """Send researchers the new papers that match their keywords, ranked, once, every morning.

    Start with `digest demo`, then `digest serve`. Every setting is a variable that begins with
    DIGEST_: `digest config` lists them.
    """
    from digest.cli.output import set_up_logging

    set_up_logging(verbose)


for command in (
    demo,
    serve,
    ingest,
    dumps,
    sources,
    subscribe,
    readers,
    preview,
    interests,
    compose,
    deliver,
    deliveries,
    pause,
    resume,
    returns,
    suppressions,
    operators,
    test_send,
    feeds,
    db,
    config,
    doctor,
    simulate,
    load,
    scheduler,
    worker,
):
    digest.add_command(command)
for change in (changes.requeue, changes.hold, changes.release):
    deliveries.add_command(change)


def main() -> None:
    """Run the command line and leave with a meaningful code."""
    try:
        digest(prog_name="digest", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except DigestError as error:
        click.echo(f"digest: {error}", err=True)
        sys.exit(_code(error))


def _code(error: DigestError) -> int:
    if isinstance(error, (AddressError, CredentialError, ExpressionError, SubscriptionError)):
        return WRONG_WORDS
    if isinstance(error, (ConfigError, StoreError)):
        return NOT_RIGHT
    return FAILED
