"""`digest readers`: who is subscribed."""

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def readers(*, as_json: bool) -> None:
    """List the readers by mail, their keywords, and when their next digest is due."""
    from rich.table import Table

    from digest.cli.context import open_app
    from digest.cli.output import out, print_json
    from digest.store.subscribers import all_subscribers
    from digest.store.suppressions import suppressed_subscribers

    app = open_app()
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
                    "next_due_at": each.next_due_at,
                }
                for each in found
            ]
        )
        return
    table = Table("reader", "state", "keywords", "when, language", "next due")
    for each in found:
        table.add_row(
            each.address,
            f"{each.state.value}\n(not written to: {suppressed[each.id]})"
            if each.id in suppressed
            else each.state.value,
            "\n".join(interest.expression for interest in each.interests),
            f"{each.cadence.days.value} {each.cadence.at:%H:%M} {each.cadence.zone}\n{each.language}",
            f"{each.next_due_at:%Y-%m-%d %H:%M} UTC" if each.next_due_at else "-",
        )
    out.print(table)
