"""`digest config`: every setting and its value."""

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def config(*, as_json: bool) -> None:
    """Show every setting: the variable, its value, and what it is for. Secrets are masked."""
    from rich.table import Table

    from digest.cli.output import out, print_json
    from digest.config import read_settings, rows

    table = rows(read_settings())
    if as_json:
        print_json({name: value for name, value, _default, _sentence in table})
        return
    shown = Table("variable", "value", "what it is for")
    for name, value, default, sentence in table:
        shown.add_row(name, value if value == default else f"[bold]{value}[/bold]", sentence)
    out.print(shown)
