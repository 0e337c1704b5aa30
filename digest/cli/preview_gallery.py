"""`digest preview gallery`: all mails side by side, on one page."""

from pathlib import Path

import click

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
    """Write one page with every kind of mail: on a phone, on a desk, by day and by night.

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
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _PAGE
    path.write_text(render_gallery(app.settings.site_name, shown), encoding="utf-8")
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
        click.launch(str(path.resolve()))
