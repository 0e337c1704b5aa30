"""`digest dumps`: lists of papers that may be broken, to be published or discarded."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.model.operators import HeldDump

_NUMBER = click.IntRange(1, 2**63 - 1)


@click.group(invoke_without_command=True)
@click.pass_context
def dumps(context: click.Context) -> None:
    """Show and decide upon dumps that are held because they may be broken."""
    if context.invoked_subcommand is None:
        context.invoke(held)


@dumps.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def held(*, as_json: bool = False) -> None:
    """List the dumps that wait for a decision."""
    from rich.table import Table
    from rich.text import Text

    from digest.cli.context import open_app
    from digest.cli.deliveries import moment
    from digest.cli.output import out, print_json
    from digest.store.held_dumps import waiting_dumps

    with open_app().database.reading() as connection:
        found = waiting_dumps(connection)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    if not found:
        click.echo("no dump is held")
        return
    table = Table("number", "name", "of", "held since", "why")
    for each in found:
        table.add_row(
            str(each.id),
            Text(each.name),
            each.dated_on.isoformat(),
            moment(each.held_at),
            Text(each.reason),
        )
    out.print(table)


@dumps.command()
@click.argument("number", type=_NUMBER)
def publish(number: int) -> None:
    """Take the held dump NUMBER in anyway, and rebuild the feeds."""
    from digest.cli.context import open_app
    from digest.jobs import publish_feeds
    from digest.pipeline.held import publish_held
    from digest.pipeline.operators import COMMAND_LINE

    app = open_app()
    decided = publish_held(app.database, number, COMMAND_LINE, app.clock)
    publish_feeds(app)
    _say(number, decided)


@dumps.command()
@click.argument("number", type=_NUMBER)
def discard(number: int) -> None:
    """Take the held dump NUMBER for a broken page, for ever."""
    from digest.cli.context import open_app
    from digest.pipeline.held import discard_held
    from digest.pipeline.operators import COMMAND_LINE

    app = open_app()
    _say(number, discard_held(app.database, number, COMMAND_LINE, app.clock))


def _say(number: int, decided: HeldDump | None) -> None:
    if decided is None:
        raise click.ClickException(f"there is no held dump {number}: see `digest dumps held`")
    click.echo(f"{decided.name} is {decided.outcome}")
