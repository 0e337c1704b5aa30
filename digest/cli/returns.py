"""`digest returns`: take in what comes back."""

from __future__ import annotations

import signal
import sys
import threading
from collections import Counter
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.delivery.intakes import Taken
    from digest.jobs import Returning

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
    from digest.jobs import Returning

    app = open_app()
    addresses = app.settings.returns.split()
    if not addresses:
        raise click.ClickException("set DIGEST_RETURNS, such as maildir:returns (`digest config`)")
    wanted = [each for each in addresses if listen or not each.startswith(_LISTENERS)]
    if not wanted:
        raise click.UsageError("DIGEST_RETURNS has listeners only: say --listen to run them")
    taken: Counter[Taken] = Counter()
    lock = threading.Lock()

    def count(what: Taken) -> None:
        with lock:
            taken[what] += 1

    problems = _take_in(Returning(app, wanted, count), stays=listen, is_quiet=as_json)
    counts = {kind.value: number for kind, number in sorted(taken.items())}
    if as_json:
        print_json(counts)
    else:
        words = ", ".join(f"{number} {kind}" for kind, number in counts.items())
        click.echo(words or "nothing has come back")
    if problems:
        sys.exit(1)


def _take_in(returning: Returning, *, stays: bool, is_quiet: bool) -> list[str]:
    """Take in what there is, or all that comes; return what could not be used the last time."""
    stopping = _stopping() if stays else None
    try:
        problems = _told(returning.collect())
        if stopping and not is_quiet:
            click.echo(f"taking in returned mail: {', '.join(returning.names)}")
        while stopping and not stopping.wait(_EVERY):
            problems = _told(returning.collect())
    finally:
        returning.close()
    return problems


def _told(problems: list[str]) -> list[str]:
    for problem in problems:
        click.echo(problem, err=True)
    return problems


def _stopping() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
