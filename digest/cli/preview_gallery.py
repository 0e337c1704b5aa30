"""`digest preview gallery`: all mails side by side, on one page."""

from pathlib import Path

import click

from digest.cli.files import open_file, write_file

_PAGE = "gallery.html"


@click.command()
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("digest-gallery"),
    show_default=True,
    help="The folder for the page.",
)
@click.option("--open", "is_opened", is_flag=True, help="Show it in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print subjects and sizes as JSON.")
def gallery(*, folder: Path, is_opened: bool, as_json: bool) -> None:
    """Write one page with every kind of mail, narrow and wide, light, dark and plain.

    The readers and their days are invented, and some mean harm; no database is needed. The page
    fetches nothing and runs nothing.
    """
    import os

    from digest.app import build_app
    from digest.cli.output import print_json, progress
    from digest.config import read_settings
    from digest.pipeline.gallery import NAMES, exhibits
    from digest.rendering.gallery import render_gallery

    app = build_app(read_settings(os.environ))
    shown = []
    with progress("Rendering", len(NAMES)) as advance:
        for each in exhibits(app.sender()):
            shown.append(each)
            advance(1)
    path = folder / _PAGE
    write_file(path, render_gallery(app.settings.site_name, shown).encode())
    if as_json:
        print_json(
            {
                "file": path,
                "mails": [
                    {
                        "name": each.name,
                        "subject": each.subject,
                        "bytes": each.raw_size,
                        "html_bytes": each.html_size,
                    }
                    for each in shown
                ],
            }
        )
    else:
        click.echo(f"{len(shown)} mails on one page: {path}")
    if is_opened:
        open_file(path)
