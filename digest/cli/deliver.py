"""`digest deliver`: send what is due, or only look."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from types import FrameType

    from digest.app import App

INTERRUPTED = 130


@click.command()
@click.option("--only", metavar="ADDRESS", help="Only the mails to this reader.")
@click.option("--dry-run", is_flag=True, help="Only count what would be sent now.")
@click.option(
    "--to-maildir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Only build what is due or planned, into a Maildir here; it stays due.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def deliver(*, only: str | None, dry_run: bool, folder: Path | None, as_json: bool) -> None:
    """Send every mail that is due, and record how each ended.

    Asked to stop (Ctrl-C, SIGTERM) it begins nothing new, waits for the replies that are
    outstanding, puts the rest back and leaves with 130; asked again it leaves at once. It leaves
    with 1 when a mail failed or has to wait.
    """
    from digest.cli.context import open_app

    if dry_run and folder:
        raise click.UsageError("--dry-run counts, --to-maildir builds: say one of them")
    app = open_app()
    number = None if only is None else _reader(app, only)
    if dry_run:
        _count(app, number, as_json=as_json)
    elif folder:
        _rehearse(app, folder, number, as_json=as_json)
    else:
        _send(app, number, as_json=as_json)


def _send(app: App, number: int | None, *, as_json: bool) -> None:
    from digest import jobs
    from digest.cli.output import print_json, progress
    from digest.model.deliveries import DeliveryState
    from digest.pipeline.deliver_one import deliver_to

    stopping = _stop_in_good_order()
    with progress("Sending", None) as advance:
        if number is None:
            report = jobs.deliver(app, advance, stopping.is_set)
        else:
            report = deliver_to(app.sender(), number, advance, stopping.is_set)
    counts = {state.value: count for state, count in sorted(report.states.items())}
    if as_json:
        print_json({**counts, "recovered": report.recovered})
    elif counts or report.is_reachable:
        click.echo(
            ", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing is due"
        )
    if not report.is_reachable:
        click.echo("no mail server takes mail now: see `digest doctor`", err=True)
    if stopping.is_set():
        click.echo("stopped; what was not sent is as due as it was", err=True)
        sys.exit(INTERRUPTED)
    done = {DeliveryState.ACCEPTED, DeliveryState.SUPPRESSED}
    if not report.is_reachable or report.states.keys() - done:
        sys.exit(1)


def _stop_in_good_order() -> threading.Event:
    """Return what the first SIGINT or SIGTERM sets; the second ends the process at once."""
    stopping = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, stop)
    return stopping


def _count(app: App, number: int | None, *, as_json: bool) -> None:
    from dataclasses import asdict

    from rich.table import Table
    from rich.text import Text

    from digest.cli.output import out, print_json
    from digest.pipeline.expect import count_planned, expect

    sender = app.sender()
    expected = expect(sender, number)
    planned = count_planned(sender)
    if as_json:
        print_json({"due": [asdict(each) for each in expected], "planned": planned})
        return
    if expected:
        table = Table("domain group", "kind", "mails", "held back because")
        for each in expected:
            table.add_row(
                Text(each.domain_group), each.kind.value, str(each.count), Text(each.obstacle)
            )
        out.print(table)
    going = sum(each.count for each in expected if not each.obstacle)
    click.echo(f"{going} mails would be sent now" if going else "nothing would be sent now")
    if planned:
        click.echo(f"{planned} wait for `digest deliveries release`")


def _rehearse(app: App, folder: Path, number: int | None, *, as_json: bool) -> None:
    from digest.cli.output import print_json, progress
    from digest.delivery.maildir import MaildirTransport
    from digest.pipeline.rehearse import rehearse

    with progress("Building", None) as advance:
        result = rehearse(app.sender(), MaildirTransport(folder), number, advance)
    if result.problem:
        raise click.ClickException(result.problem)
    if as_json:
        print_json({"written": result.written, "broken": result.broken})
    else:
        click.echo(f"{result.written} mails written to {folder}; all of them are still to be sent")
    if result.broken:
        click.echo(f"{result.broken} cannot be built: see the log", err=True)
        sys.exit(1)


def _reader(app: App, address: str) -> int:
    from digest.delivery.address import address_key, normal_address
    from digest.store.subscribers import subscriber_by_address

    key = address_key(normal_address(address))
    with app.database.reading() as connection:
        reader = subscriber_by_address(connection, key)
    if reader is None:
        raise click.ClickException(f"{address} is no reader: `digest readers` lists them")
    return reader.id
