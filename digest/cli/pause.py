"""`digest pause` and `digest resume`: nothing new goes out, at all or to some."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from digest.app import App
    from digest.model.deliveries import PauseScope


def _scopes(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option("--site", is_flag=True, help="Everything."),
        click.option(
            "--domain",
            "domains",
            multiple=True,
            help="A domain, such as example.org, or a group, such as gmail; repeat it for more.",
        ),
        click.option(
            "--transport",
            "transports",
            multiple=True,
            help="A mail server, such as mail.example.org:25, or maildir, file or sendmail.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print what is paused as JSON."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@_scopes
@click.option("--reason", default="", help="Why, for whoever looks later.")
def pause(
    *,
    site: bool,
    domains: tuple[str, ...],
    transports: tuple[str, ...],
    reason: str,
    as_json: bool,
) -> None:
    """Let no new mail go out: at all, to a domain, or over a transport. Alone, list what is paused.

    What is being sent at this moment ends; all else waits, and expires when its time is over.
    """
    from digest.cli.context import open_app
    from digest.store import pauses
    from digest.text import clean_line

    app = open_app()
    _check_transports(app, transports)
    if wanted := _wanted(domains, transports, site=site):
        with app.database.writing() as connection:
            for scope, name in wanted:
                pauses.pause(connection, scope, name, clean_line(reason), app.clock())
    _show(app, as_json=as_json)


@click.command()
@_scopes
def resume(
    *, site: bool, domains: tuple[str, ...], transports: tuple[str, ...], as_json: bool
) -> None:
    """Let mail go out again that was paused. Alone, list what is paused."""
    from digest.cli.context import open_app
    from digest.store import pauses

    app = open_app()
    if wanted := _wanted(domains, transports, site=site):
        with app.database.writing() as connection:
            unknown = [each for each in wanted if not pauses.resume(connection, *each)]
        for _scope, name in unknown:
            click.echo(f"{name or 'the site'} was not paused", err=True)
    _show(app, as_json=as_json)


def _wanted(
    domains: Sequence[str], transports: Sequence[str], *, site: bool
) -> list[tuple[PauseScope, str]]:
    from digest.delivery.domains import meant_group
    from digest.model.deliveries import PauseScope

    return [
        *([(PauseScope.SITE, "")] if site else []),
        *((PauseScope.DOMAIN, meant_group(domain)) for domain in domains),
        *((PauseScope.TRANSPORT, name) for name in transports),
    ]


def _check_transports(app: App, wanted: Sequence[str]) -> None:
    """Refuse a name that pauses nothing, as an operator would believe that it does."""
    known = [each.name for each in app.transports()] if wanted else []
    for name in wanted:
        if name not in known:
            raise click.UsageError(f"no transport is called {name}; there is {', '.join(known)}")


def _show(app: App, *, as_json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from digest.cli.deliveries import moment
    from digest.cli.output import out, print_json
    from digest.store import pauses

    with app.database.reading() as connection:
        found = pauses.pauses(connection)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    if not found:
        click.echo("nothing is paused")
        return
    table = Table("paused", "since", "why")
    for each in found:
        table.add_row(Text(each.what), moment(each.since), Text(each.reason))
    out.print(table)
