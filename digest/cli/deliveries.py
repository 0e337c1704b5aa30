"""`digest deliveries`: every mail, how it stands, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from digest.cli.filters import FILTERS, wanted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from digest.app import App
    from digest.model.deliveries import Delivery

_json = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(FILTERS):
        command = option(command)
    return command


@click.group(invoke_without_command=True)
@click.option("--by-domain", is_flag=True, help="Count by domain group as well.")
@click.option("--uncertain", is_flag=True, help="List the mails of which nobody knows the end.")
@_json
@click.pass_context
def deliveries(context: click.Context, *, by_domain: bool, uncertain: bool, as_json: bool) -> None:
    """Show how all mails stand, and change what is to become of some.

    States: planned waits for a release, ready for its time; leased and inflight are being sent;
    accepted, failed, suppressed and expired are ends; uncertain and held wait for you.
    """
    if context.invoked_subcommand:
        return
    if uncertain:
        context.invoke(list_, states=("uncertain",), as_json=as_json)
        return
    from digest.cli.context import open_app

    _show_counts(open_app(), by_domain=by_domain, as_json=as_json)


def _show_counts(app: App, *, by_domain: bool, as_json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from digest.cli.output import out, print_json
    from digest.model.deliveries import DeliveryState
    from digest.store.deliveries import count_by_state_and_group, count_deliveries, oldest_ready

    with app.database.reading() as connection:
        counts = count_deliveries(connection)
        groups = count_by_state_and_group(connection) if by_domain else {}
        oldest = oldest_ready(connection, app.clock())
    named = sorted({group for _, group in groups})
    if as_json:
        by_group = {
            group: {s.value: groups[s, group] for s in DeliveryState if (s, group) in groups}
            for group in named
        }
        print_json(
            {
                "states": {s.value: counts[s] for s in DeliveryState if s in counts},
                **({"domains": by_group} if by_domain else {}),
                "oldest_ready": oldest,
            }
        )
        return
    if not counts:
        click.echo("no mail yet")
        return
    present = [state for state in DeliveryState if state in counts]
    table = Table("domain group", *(state.value for state in present))
    for group in named:
        table.add_row(Text(group), *(str(groups.get((s, group), "")) for s in present))
    table.add_row("all", *(str(counts[state]) for state in present), style="bold")
    out.print(table)
    if oldest:
        click.echo(f"the oldest that is due waits since {moment(oldest)}")


@deliveries.command("list")
@_filters
@click.option("--limit", default=50, show_default=True, help="How many to show, at most.")
@click.option("--after", default=0, help="Begin after this number.")
@_json
def list_(  # noqa: PLR0913  the filters
    *,
    states: tuple[str, ...] = (),
    domain: str | None = None,
    reader: str = "",
    transport: str | None = None,
    limit: int = 50,
    after: int = 0,
    as_json: bool,
) -> None:
    """List mails that meet every condition given, oldest first."""
    from rich.table import Table
    from rich.text import Text

    from digest.cli.context import open_app
    from digest.cli.output import out, print_json
    from digest.store.deliveries import find_deliveries

    app = open_app()
    asked = wanted(states, domain, reader, transport)
    with app.database.reading() as connection:
        found = find_deliveries(
            connection,
            asked.states,
            asked.domain_group,
            asked.address_part,
            asked.transport,
            limit=limit,
            after_id=after,
        )
    if as_json:
        print_json([asdict(mail) for mail in found])
        return
    if not found:
        click.echo("no such mail")
        return
    table = Table("number", "reader", "what", "state", "tries", "next or settled", "last words")
    for mail in found:
        state = mail.state.value + (" (maybe twice)" if mail.is_maybe_duplicate else "")
        table.add_row(
            str(mail.id),
            Text(mail.address),
            f"{mail.kind.value} {mail.period[:16]}",
            state,
            str(mail.attempts),
            moment(mail.settled_at or mail.next_at),
            Text(mail.text),
        )
    out.print(table)
    if len(found) == limit:
        click.echo(f"there may be more: --after {found[-1].id}")


@deliveries.command()
@click.argument("number", type=int)
@_json
def show(number: int, *, as_json: bool) -> None:
    """Show all that is known of one mail: its facts, its attempts, and what came back."""
    from digest.cli.context import open_app
    from digest.cli.output import print_json
    from digest.store.attempts import attempts_of
    from digest.store.bounces import bounces_of
    from digest.store.deliveries import deliveries_by_id

    app = open_app()
    with app.database.reading() as connection:
        mail = deliveries_by_id(connection, [number]).get(number)
        attempts = attempts_of(connection, number)
        bounces = bounces_of(connection, number)
    if mail is None:
        raise click.ClickException(f"there is no delivery {number}: see `digest deliveries list`")
    if as_json:
        print_json(
            {
                **asdict(mail),
                "tries": [asdict(attempt) for attempt in attempts],
                "bounces": [asdict(bounce) for bounce in bounces],
            }
        )
        return
    _show_facts(mail)
    for attempt in attempts:
        by = f" by {attempt.transport}" if attempt.transport else ""
        click.echo(f"{moment(attempt.ended_at)}  {attempt.outcome}{by}: {attempt.text}")
    for bounce in bounces:
        click.echo(f"came back  {bounce.kind}: {bounce.enhanced or ''} {bounce.text}")


def _show_facts(mail: Delivery) -> None:
    from rich.table import Table
    from rich.text import Text

    from digest.cli.output import out

    table = Table(show_header=False, box=None)
    for name, value in asdict(mail).items():
        shown = moment(value) if name.endswith("_at") and value else str(value)
        if value not in (None, ""):
            table.add_row(name.replace("_", " "), Text(shown))
    out.print(table)


def moment(when: datetime) -> str:
    """Return a moment as tables show it."""
    return f"{when:%Y-%m-%d %H:%M:%S} UTC"
