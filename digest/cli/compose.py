"""`digest compose`: choose the papers of everybody who is due."""

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def compose(*, as_json: bool) -> None:
    """Choose the papers of every reader whose digest is due, and plan its mail."""
    from digest import jobs
    from digest.cli.context import open_app
    from digest.cli.output import print_json, progress

    app = open_app()
    with progress("Composing", None) as advance:
        report = jobs.compose(app, advance)
    if as_json:
        print_json({"composed": report.composed, "quiet": report.quiet})
    else:
        click.echo(f"{report.composed} digests composed, {report.quiet} readers without a match")
