"""`digest readers`: who is subscribed, and what happened on a reader's day."""

from datetime import datetime

import click

from digest.cli.reader_data import erase_reader, export_reader


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_context
def readers(context: click.Context, *, as_json: bool) -> None:
    """List the readers by mail, their keywords, and when their next digest is due."""
    if context.invoked_subcommand is None:
        _list(as_json=as_json)


@readers.command()
@click.argument("address")
@click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The reader's local date; today unless given.",
)
def receipt(*, address: str, day: datetime | None) -> None:
    """Tell what happened on a reader's day, and why, in the words their own page has."""
    from digest.cli.context import open_app
    from digest.delivery.address import address_key, normal_address
    from digest.pipeline.receipt import receipt_of
    from digest.pipeline.receipt_times import Times
    from digest.rendering.environment import day as day_in_words
    from digest.store.subscribers import subscriber_by_address

    app = open_app()
    now = app.clock()
    with app.database.reading() as connection:
        reader = subscriber_by_address(connection, address_key(normal_address(address)))
        if reader is None:
            raise click.ClickException(f"{address} is no reader: see `digest readers`")
        zone = reader.cadence.zone
        on = day.date() if day else Times(now.date(), zone).on(now)
        found = receipt_of(connection, reader, on, now)
    click.echo(f"{day_in_words(found.day)} ({zone})")
    for sentence in found.sentences:
        click.echo(f"  {sentence}")


def _list(*, as_json: bool) -> None:
    from rich.table import Table

    from digest.cli.context import open_app
    from digest.cli.output import out, print_json
    from digest.model.cadence import local_date
    from digest.pipeline.pausing import is_paused
    from digest.store.subscribers import all_subscribers
    from digest.store.suppressions import suppressed_subscribers

    app = open_app()
    now = app.clock()
    with app.database.reading() as connection:
        found = all_subscribers(connection)
        suppressed = suppressed_subscribers(connection)
    if as_json:
        print_json(
            [
                {
                    "id": each.id,
                    "address": each.address,
                    "state": each.state.value,
                    "suppressed": suppressed.get(each.id),
                    "keywords": [interest.expression for interest in each.interests],
                    "days": each.cadence.days.value,
                    "at": each.cadence.at.strftime("%H:%M"),
                    "zone": each.cadence.zone,
                    "language": each.language,
                    "quiet": each.quiet.value,
                    "paused_until": each.paused_until if is_paused(each, now) else None,
                    "next_due_at": each.next_due_at,
                }
                for each in found
            ]
        )
        return
    table = Table("reader", "state", "keywords", "when, language", "next due")
    for each in found:
        state = [each.state.value]
        if each.id in suppressed:
            state.append(f"(not written to: {suppressed[each.id]})")
        if each.paused_until is not None and is_paused(each, now):
            state.append(f"(paused until {local_date(each.paused_until, each.cadence.zone)})")
        table.add_row(
            each.address,
            "\n".join(state),
            "\n".join(interest.expression for interest in each.interests),
            f"{each.cadence.days.value} {each.cadence.at:%H:%M} {each.cadence.zone}\n{each.language}",
            f"{each.next_due_at:%Y-%m-%d %H:%M} UTC" if each.next_due_at else "-",
        )
    out.print(table)


readers.add_command(export_reader)
readers.add_command(erase_reader)
