"""`digest deliver`: send what is due."""

import sys

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def deliver(*, as_json: bool) -> None:
    """Send every mail that is due, and record how each ended."""
    from digest import jobs
    from digest.cli.context import open_app
    from digest.cli.output import print_json, progress
    from digest.model.deliveries import DeliveryState

    app = open_app()
    with progress("Sending", None) as advance:
        report = jobs.deliver(app, advance=advance)
    counts = {state.value: count for state, count in sorted(report.states.items())}
    if as_json:
        print_json({**counts, "recovered": report.recovered})
    else:
        click.echo(
            ", ".join(f"{count} {state}" for state, count in counts.items()) or "nothing is due"
        )
    if report.states[DeliveryState.FAILED] or report.states[DeliveryState.READY]:
        sys.exit(1)
