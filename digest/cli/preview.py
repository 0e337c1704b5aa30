"""`digest preview`: what a keyword would have found."""

import click


@click.command()
@click.argument("expressions", nargs=-1, required=True)
@click.option("--dumps", "count", default=5, show_default=True, help="How many dumps to look back.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def preview(expressions: tuple[str, ...], count: int, *, as_json: bool) -> None:
    """Show how many of the last papers each EXPRESSION matches, and which are the best."""
    from rich.markup import escape

    from digest.cli.context import open_app
    from digest.cli.output import out, print_json
    from digest.pipeline.preview import preview_interests

    app = open_app()
    previews = preview_interests(app.database, expressions, app.clock, count)
    if as_json:
        print_json(
            [
                {
                    "expression": each.expression,
                    "matched": each.matched,
                    "per_dump": each.per_dump,
                    "warning": each.warning,
                    "examples": [example.paper.title for example in each.examples],
                }
                for each in previews
            ]
        )
        return
    for each in previews:
        rate = f"{each.per_dump:.1f} a dump"
        papers = "1 paper" if each.matched == 1 else f"{each.matched} papers"
        out.print(f"[bold]{escape(each.expression)}[/bold]: {papers}, about {rate}")
        if each.warning:
            out.print(f"  [yellow]{escape(each.warning)}[/yellow]")
        for example in each.examples:
            why = example.reason.sentence if example.reason else ""
            out.print(
                f"  {escape(example.paper.title)}\n    [dim]{escape(why)}[/dim]", highlight=False
            )
