"""`digest compose`: choose the papers of everybody who is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.app import App

_MOST_SHOWN = 50


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show who would get how many papers.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def compose(*, dry_run: bool, as_json: bool) -> None:
    """Choose the papers of every reader whose digest is due, and plan its mail.

    With DIGEST_REVIEW=on the mails wait for `digest deliveries release`.
    """
    from dataclasses import asdict

    from digest import jobs
    from digest.cli.context import open_app
    from digest.cli.output import print_json, progress

    app = open_app()
    if dry_run:
        _foresee(app, as_json=as_json)
        return
    with progress("Composing", None) as advance:
        report = jobs.compose(app, advance)
    if as_json:
        print_json(asdict(report))
        return
    waiting = f", {report.waiting} wait for more papers" if report.waiting else ""
    click.echo(
        f"{report.composed} digests composed, {report.quiet} readers without a match{waiting}"
    )
    if report.broken:
        click.echo(f"{report.broken} cannot be composed (the log says why); they are due still")
    if report.composed and app.settings.review == "on":
        click.echo("they wait for `digest deliveries release --state planned`")


def _foresee(app: App, *, as_json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from digest.cli.output import out, print_json, progress
    from digest.model.quiet import Turn
    from digest.pipeline.foresee import foresee_due

    rows = []
    turns = []
    has_priors = app.settings.priors == "on"
    with progress("Looking", None) as advance:
        for each in foresee_due(app.database, app.archives, app.clock, has_priors=has_priors):
            papers = each.papers if each.turn is Turn.MAIL else 0
            rows.append((each.subscriber.address, papers, each.digest.matched))
            turns.append(each.turn)
            advance(1)
    if as_json:
        names = ("address", "papers", "matched")
        print_json([dict(zip(names, row, strict=True)) for row in rows])
        return
    table = Table("reader", "papers", "of matching")
    for address, papers, matched in rows[:_MOST_SHOWN]:
        table.add_row(Text(address), str(papers), str(matched))
    if rows:
        out.print(table)
    if len(rows) > _MOST_SHOWN:
        click.echo(f"and {len(rows) - _MOST_SHOWN} more (all with --json)")
    composed, waiting = turns.count(Turn.MAIL), turns.count(Turn.WAIT)
    more = f", {waiting} would wait for more papers" if waiting else ""
    click.echo(
        f"{composed} digests would be composed, "
        f"{turns.count(Turn.QUIET)} readers without a match{more}"
    )
