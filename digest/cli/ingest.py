"""`digest ingest`: take dumps in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from datetime import date, datetime

    from digest.app import App

_ORIGINS = {"stated": "as it says", "option": "as you say", "file": "by the date of the file"}


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--dated", type=click.DateTime(["%Y-%m-%d"]), help="The day of the dumps, if they do not say."
)
@click.option(
    "--anyway", is_flag=True, help="Also take in what is far smaller than the last dumps."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def ingest(paths: tuple[Path, ...], dated: datetime | None, *, anyway: bool, as_json: bool) -> None:
    """Take in saved pages of trending papers: files, or folders of *.txt and *.html.

    Without a path, the watched folder. A dump is taken in whole or not at all; the same one again
    changes nothing.
    """
    from digest.cli.context import open_app
    from digest.cli.output import print_json
    from digest.jobs import publish_feeds

    app = open_app()
    files = dump_files(paths or (app.settings.dumps_path,))
    if not files:
        where = ", ".join(map(str, paths)) or str(app.settings.dumps_path)
        raise click.ClickException(
            f"no *.txt or *.html in {where}: save a page of trending papers there"
        )
    day = dated.date() if dated else None
    reports = ingest_files(app, files, day, anyway=anyway, is_quiet=as_json)
    publish_feeds(app)
    if as_json:
        print_json(reports)
    if any("refused" in report for report in reports):
        sys.exit(1)


def dump_files(paths: tuple[Path, ...]) -> list[Path]:
    """Return the files among `paths` and the saved pages in the folders among them, in order of name."""
    from digest.sources.dumps.saved_pages import pages_in

    found: list[Path] = []
    for path in paths:
        found += pages_in(path) if path.is_dir() else [path]
    return found


def ingest_files(
    app: App,
    files: list[Path],
    dated: date | None = None,
    *,
    anyway: bool = False,
    is_quiet: bool = False,
) -> list[dict[str, object]]:
    """Take files in one by one, saying of each how it went; a refused one stops no other."""
    return [_ingest_one(app, path, dated, anyway=anyway, is_quiet=is_quiet) for path in files]


def _ingest_one(
    app: App, path: Path, dated: date | None, *, anyway: bool, is_quiet: bool
) -> dict[str, object]:
    from digest.cli.output import progress
    from digest.errors import HeldError, SourceError
    from digest.pipeline.held import take_file

    try:
        with progress(f"Reading {path.name}", None) as advance:
            report = take_file(
                app.database, path, app.clock, advance, dated_on=dated, anyway=anyway
            )
    except HeldError as error:
        click.echo(
            f"{error}; if it is whole, say `digest ingest --anyway {path}`, see `digest dumps`",
            err=True,
        )
        return {"name": path.name, "refused": error.problem, "is_held": True, "line": None}
    except SourceError as error:
        click.echo(f"refused, nothing of it was kept: {error}", err=True)
        return {"name": path.name, "refused": error.problem, "line": error.line}
    for warning in report.warnings:
        click.echo(warning.at(path.name), err=True)
    if not is_quiet:
        counts = (
            "known, nothing changed"
            if report.is_known
            else f"{report.papers} papers, {report.new_papers} new"
        )
        origin = _ORIGINS[report.dump.date_origin.value]
        click.echo(
            f"{path.name}: {counts} (layout {report.dump.layout}, {report.dump.dated_on} {origin})"
        )
    return {
        "name": path.name,
        "papers": report.papers,
        "new_papers": report.new_papers,
        "is_known": report.is_known,
        "dated_on": report.dump.dated_on,
        "date_origin": report.dump.date_origin.value,
        "layout": report.dump.layout,
        "warnings": [{"line": w.line, "problem": w.problem} for w in report.warnings],
    }
