"""`digest readers export` and `erase`: what is kept about one reader, as a file, or gone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.app import App
    from digest.model.subscribers import Subscriber


@click.command("export")
@click.argument("address")
@click.option(
    "--out", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file."
)
def export_reader(*, address: str, path: Path | None) -> None:
    """Print all that is kept about a reader, as JSON: what they can download themselves."""
    from digest.cli.files import write_file
    from digest.pipeline.export import export

    app, reader = _found(address)
    pieces = export(app.database, app.clock, app.settings.site_name, reader.id)
    if path is None:
        for piece in pieces:
            click.echo(piece, nl=False)
        return
    write_file(path, "".join(pieces).encode())
    click.echo(f"all that is kept about {reader.address}: {path}")


@click.command("erase")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_reader(*, address: str, yes: bool) -> None:
    """Erase all that is kept about a reader, for good: what they can do themselves.

    A suppression of the address stays, or it would be written to again.
    """
    from digest.pipeline.erase import erase

    app, reader = _found(address)
    if not yes:
        click.confirm(f"Erase all that is kept about {reader.address}, for good?", abort=True)
    erase(app.database, reader.id)
    click.echo(f"{reader.address} is erased")


def _found(address: str) -> tuple[App, Subscriber]:
    from digest.cli.context import open_app
    from digest.delivery.address import address_key, normal_address
    from digest.store.subscribers import subscriber_by_address

    app = open_app()
    key = address_key(normal_address(address))
    with app.database.reading() as connection:
        reader = subscriber_by_address(connection, key)
    if reader is None:
        raise click.ClickException(f"{address} is no reader: see `digest readers`")
    return app, reader
