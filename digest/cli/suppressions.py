"""`digest suppressions`: addresses that are not written to."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.app import App
    from digest.model.deliveries import Suppression

_PAGE = 1000
_BY_OPERATOR = "operator"


@click.group(invoke_without_command=True)
@click.pass_context
def suppressions(context: click.Context) -> None:
    """Show and change which addresses are not written to, whoever they belong to."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@suppressions.command("list")
@click.argument("part", default="")
@click.option("--limit", default=100, show_default=True, help="How many to show, at most.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_(*, part: str = "", limit: int = 100, as_json: bool = False) -> None:
    """List suppressed addresses, or those with PART in them: why, on whose word, since when."""
    from itertools import islice

    from rich.table import Table
    from rich.text import Text

    from digest.cli.context import open_app
    from digest.cli.deliveries import moment
    from digest.cli.output import out, print_json

    app = open_app()
    fitting = (each for each in _all(app) if part.lower() in each.address_key)
    found = list(islice(fitting, limit))
    if as_json:
        print_json([asdict(each) for each in found])
        return
    if not found:
        click.echo("no suppressed address" + (f" has {part} in it" if part else ""))
        return
    table = Table("address", "why", "by", "since", "what was said")
    for each in found:
        table.add_row(
            *map(Text, (each.address_key, each.reason, each.source)),
            moment(each.created_at),
            Text(each.detail),
        )
    out.print(table)
    if len(found) == limit:
        click.echo("there may be more: --limit")


def _all(app: App) -> Iterator[Suppression]:
    from digest.store.suppressions import all_suppressions

    after = ""
    while True:
        with app.database.reading() as connection:
            page = all_suppressions(connection, _PAGE, after)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].address_key


@suppressions.command()
@click.argument("address")
@click.option("--reason", default="", help="Why, for whoever looks later.")
def add(address: str, reason: str) -> None:
    """Never write to ADDRESS again, from this moment on."""
    from digest.cli.context import open_app
    from digest.delivery.address import address_key, normal_address
    from digest.store.suppressions import suppress
    from digest.text import clean_line

    app = open_app()
    key = address_key(normal_address(address))
    with app.database.writing() as connection:
        is_new = suppress(
            connection, key, _BY_OPERATOR, _BY_OPERATOR, clean_line(reason), app.clock()
        )
    click.echo(f"{key} is suppressed" if is_new else f"{key} was suppressed already")


@suppressions.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask, even where the reader complained.")
def remove(address: str, *, yes: bool) -> None:
    """Let ADDRESS be written to again, with a clean sheet."""
    from digest.cli.context import open_app
    from digest.delivery.address import address_key, normal_address
    from digest.delivery.suppression import Reason
    from digest.store.suppressions import suppression_of, unsuppress

    app = open_app()
    key = address_key(normal_address(address))
    with app.database.reading() as connection:
        known = suppression_of(connection, key)
    if known is None:
        raise click.ClickException(f"{key} is not suppressed")
    if known.reason == Reason.COMPLAINT and not yes:
        ask = f"{key} complained about our mail. Write to it again?"
        click.confirm(ask, abort=True, err=True)
    with app.database.writing() as connection:
        unsuppress(connection, key)
    click.echo(f"{key} may be written to again")
