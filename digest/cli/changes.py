"""`digest deliveries requeue`, `hold` and `release`: an operator's word on mails."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from digest.cli.filters import FILTERS, wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.app import App
    from digest.pipeline.operate import Changes, Deed, Wanted

_MOST_NAMED = 20
_SAYS = {
    "requeue": "tried again from the start; `digest deliver` sends what is due",
    "hold": "held; `digest deliveries release` lets them go",
    "release": "released; `digest deliver` sends what is due",
}


def _changing(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.argument("numbers", nargs=-1, type=int),
        *FILTERS,
        click.option("--yes", is_flag=True, help="Do not ask."),
        click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON."),
    )
    command = click.pass_context(command)
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@_changing
def requeue(context: click.Context, **_given: object) -> None:
    """Try mails again that failed, expired, are held or have an uncertain end.

    NUMBERS are those of `digest deliveries list`; or say conditions. They get as many tries and as
    much time as new ones. An uncertain one may arrive twice, as the same mail. A mail is refused
    whose papers went over to a later digest, or whose reader has left.
    """
    _change(context)


@click.command()
@_changing
def hold(context: click.Context, **_given: object) -> None:
    """Keep mails that wait from going out, until they are released.

    NUMBERS are those of `digest deliveries list`; or say conditions.
    """
    _change(context)


@click.command()
@_changing
def release(context: click.Context, **_given: object) -> None:
    """Let mails go out that are held or planned (with DIGEST_REVIEW=on, every digest is planned).

    NUMBERS are those of `digest deliveries list`; or say conditions, such as --state planned.
    """
    _change(context)


def _change(context: click.Context) -> None:
    from digest.cli.context import open_app
    from digest.cli.output import print_json, progress
    from digest.pipeline.operate import Deed, change

    given = context.params
    deed = Deed(context.info_name or "")
    asked = wanted(given["states"], given["domain"], given["reader"], given["transport"])
    numbers: list[int] = list(dict.fromkeys(given["numbers"]))
    has_conditions = any((asked.states, asked.domain_group, asked.address_part, asked.transport))
    if bool(numbers) == has_conditions:
        raise click.UsageError("say either numbers, or conditions such as --state uncertain")
    app = open_app()
    uncertain = 0
    if has_conditions:
        numbers, uncertain = _find(app, deed, asked)
    if len(numbers) > 1 and not given["yes"]:
        twice = f" ({uncertain} of them may arrive twice)" if uncertain else ""
        click.confirm(f"{deed} {len(numbers)} mails{twice}?", abort=True, err=True)
    with progress(deed.value.title(), len(numbers)) as advance:
        changes = change(app.database, deed, numbers, app.clock, advance)
    if given["as_json"]:
        print_json({"done": changes.done, "refused": changes.refused})
    else:
        _show(deed, changes)
    if changes.refused:
        sys.exit(1)


def _find(app: App, deed: Deed, asked: Wanted) -> tuple[list[int], int]:
    """Return the numbers of the mails that are meant, and how many have an uncertain end."""
    from digest.cli.output import progress
    from digest.model.deliveries import DeliveryState
    from digest.pipeline.operate import TAKES, find

    if not asked.states:
        asked = replace(asked, states=tuple(TAKES[deed]))
    numbers: list[int] = []
    uncertain = 0
    with progress("Looking", None) as advance:
        for mail in find(app.database, asked):
            numbers.append(mail.id)
            uncertain += mail.state is DeliveryState.UNCERTAIN
            advance(1)
    return numbers, uncertain


def _show(deed: Deed, changes: Changes) -> None:
    if changes.done:
        count = len(changes.done)
        click.echo(f"{count} mail{'s' if count > 1 else ''} {_SAYS[deed]}")
    elif not changes.refused:
        click.echo("no such mail")
    for number, why in list(changes.refused.items())[:_MOST_NAMED]:
        click.echo(f"delivery {number}: {why}", err=True)
    if len(changes.refused) > _MOST_NAMED:
        click.echo(f"and {len(changes.refused) - _MOST_NAMED} more (all with --json)", err=True)
