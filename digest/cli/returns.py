"""`digest returns`: take in what comes back."""

from __future__ import annotations

import signal
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.app import App
    from digest.delivery.intakes import Intake, Taken

_EVERY = 30.0  # seconds between two looks into the mailboxes
_LISTENERS = ("lmtp://", "smtp://")


@click.command()
@click.option("--listen", is_flag=True, help="Stay, with the listeners among them too.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def returns(*, listen: bool, as_json: bool) -> None:
    """Take in bounces, complaints and mails that unsubscribe, from where DIGEST_RETURNS says.

    Mailboxes are emptied once. With --listen they are looked into every half minute, and the
    lmtp:// and smtp:// listeners take in what is sent to them, until SIGTERM or Ctrl-C.
    """
    from digest.cli.context import open_app
    from digest.cli.output import print_json

    app = open_app()
    addresses = app.settings.returns.split()
    if not addresses:
        raise click.ClickException("set DIGEST_RETURNS, such as maildir:returns (`digest config`)")
    wanted = [each for each in addresses if listen or not each.startswith(_LISTENERS)]
    if not wanted:
        raise click.UsageError("DIGEST_RETURNS has listeners only: say --listen to run them")
    taken: Counter[Taken] = Counter()
    is_whole = _take_in(app, wanted, taken, stays=listen, is_quiet=as_json)
    counts = {kind.value: count for kind, count in sorted(taken.items())}
    if as_json:
        print_json(counts)
    else:
        words = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        click.echo(words or "nothing has come back")
    if not is_whole:
        sys.exit(1)


def _take_in(
    app: App, addresses: Sequence[str], taken: Counter[Taken], *, stays: bool, is_quiet: bool
) -> bool:
    """Take in what there is, or all that comes; return False if an intake had to be left out."""
    from digest.delivery.intake import open_intake
    from digest.delivery.intakes import IntakeError
    from digest.errors import ConfigError
    from digest.pipeline.bounced import ReturnDesk, take_return

    if app.returns is None:
        raise ConfigError("DIGEST_RETURN_TO", "set it, or nothing comes back to DIGEST_RETURNS")
    desk = ReturnDesk(app.database, app.returns, app.clock)
    lock = threading.Lock()

    def take(recipients: Sequence[str], message: bytes) -> Taken:
        what = take_return(desk, recipients, message)
        with lock:
            taken[what] += 1
        return what

    stopping = _stopping() if stays else None
    is_whole = True
    intakes: list[Intake] = []
    try:
        for address in addresses:
            try:
                intakes.append(open_intake(address, app.returns, take))
            except IntakeError as error:
                if stays:
                    raise
                click.echo(str(error), err=True)
                is_whole = False
        if stopping and not is_quiet:
            click.echo(f"taking in returned mail: {', '.join(each.name for each in intakes)}")
        is_whole &= _collect(intakes)
        while stopping and not stopping.wait(_EVERY):
            is_whole = _collect(intakes)
    finally:
        for intake in intakes:
            intake.close()
    return is_whole


def _collect(intakes: Sequence[Intake]) -> bool:
    from digest.delivery.intakes import IntakeError

    is_whole = True
    for intake in intakes:
        try:
            intake.collect()
        except IntakeError as error:
            click.echo(str(error), err=True)
            is_whole = False
    return is_whole


def _stopping() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
