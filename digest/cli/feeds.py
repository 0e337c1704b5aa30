"""`digest feeds`: rebuild the stored feeds, and write them out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.app import App


@click.command()
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also write the public feeds into this folder, to be served at /feeds.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def feeds(folder: Path | None, *, as_json: bool) -> None:
    """Rebuild the feeds from what was ingested; unchanged papers give unchanged bytes."""
    from digest import jobs
    from digest.cli.context import open_app
    from digest.cli.output import print_json
    from digest.rendering.environment import plural

    app = open_app()
    changed = jobs.publish_feeds(app)
    written = write_feeds(app, folder) if folder else []
    if as_json:
        print_json({"changed": changed, "written": written})
        return
    click.echo(f"{plural(changed, 'document')} of the feeds changed")
    for path in written:
        click.echo(path)


def write_feeds(app: App, folder: Path) -> list[Path]:
    """Write what is stored of the public feeds, each where its address has it; return the files."""
    from digest.cli.files import write_file
    from digest.model.feeds import FeedFormat
    from digest.pipeline.public_feeds import DAILY, TRENDING
    from digest.store.feeds import read_snapshot, snapshot_names

    written = []
    with app.database.reading() as connection:
        for feed in (TRENDING, DAILY):
            for document in (feed, *snapshot_names(connection, feed)):
                for format_ in FeedFormat:
                    snapshot = read_snapshot(connection, document, format_)
                    if snapshot:
                        path = folder / f"{document}.{format_.value}"
                        write_file(path, snapshot.body)
                        written.append(path)
    return written
