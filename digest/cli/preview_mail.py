"""`digest preview mail`: one mail, before anybody gets it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.files import open_file, write_file

if TYPE_CHECKING:
    from digest.pipeline.specimens import Specimen

# Here, and not asked of what defines them, because `digest --help` imports nothing.
ACCOUNT_MAILS = ("confirm", "already", "welcome", "sign-in", "move", "moved", "goodbye")
SAMPLES = ("usual", "many", "quiet", "rest", "catch-up", "incomplete", "hostile", "oversized")


@click.command()
@click.option("--reader", metavar="ADDRESS", help="Whose mail; otherwise an invented reader's.")
@click.option(
    "--kind",
    type=click.Choice(["digest", *ACCOUNT_MAILS, *SAMPLES]),
    default="digest",
    show_default=True,
    help="Which mail; from `usual` on they are digests of sample papers.",
)
@click.option(
    "--language",
    metavar="CODE",
    help="Language of an invented reader's mail, en or de; readers have their own.",
)
@click.option(
    "--as",
    "form",
    type=click.Choice(["html", "text", "raw"]),
    help="HTML, the text part, or the mail's bytes as they would be sent.",
)
@click.option(
    "--out", "path", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file."
)
@click.option("--open", "is_opened", is_flag=True, help="Show the HTML in the browser.")
@click.option("--json", "as_json", is_flag=True, help="Print what it is, and its sizes, as JSON.")
def mail(  # noqa: PLR0913  the options
    *,
    reader: str | None,
    kind: str,
    language: str | None,
    form: str | None,
    path: Path | None,
    is_opened: bool,
    as_json: bool,
) -> None:
    """Show a mail as it would be sent now: its text, or as --as says.

    A reader's digest is their newest, byte by byte, or the one that would be composed now. The
    links in it are the reader's own and work. Nothing is sent, and nothing is changed.
    """
    from digest.cli.output import print_json

    if is_opened and form not in {None, "html"}:
        raise click.UsageError("--open shows HTML in a browser: leave --as out")
    if reader and language:
        raise click.UsageError(f"{reader} has a language of their own: leave --language out")
    specimen = _own(kind, reader) if reader else _invented(kind, language)
    form = form or ("html" if is_opened else "text")
    content = {
        "html": specimen.html.encode(),
        "text": specimen.text.encode(),
        "raw": specimen.message,
    }[form]
    if is_opened and path is None:
        path = Path(tempfile.mkdtemp(prefix="digest-")) / f"{kind}.html"
    if path is not None:
        write_file(path, content)
    if as_json:
        print_json(_as_data(specimen, path))
    elif path is not None:
        click.echo(f"{specimen.shows}, to {specimen.recipient}: {path}")
    else:
        click.echo(content, nl=False)
    if is_opened and path is not None:
        open_file(path)


def _own(kind: str, address: str) -> Specimen:
    from digest.cli.context import open_app
    from digest.cli.testsend import foresight
    from digest.model.deliveries import MailKind
    from digest.pipeline import samples, specimens

    app = open_app()
    sender = app.sender()
    reader = specimens.find_reader(sender, address)
    if kind in ACCOUNT_MAILS:
        return specimens.account_specimen(sender, MailKind(kind), reader)
    if kind == MailKind.DIGEST:
        return specimens.digest_specimen(sender, reader, foresight(app))
    return specimens.sample_specimen(sender, samples.SAMPLES[kind](app.clock()).of(reader))


def _invented(kind: str, language: str | None) -> Specimen:
    """Return a mail to a reader who does not exist: no database is asked, or made."""
    import os
    from dataclasses import replace

    from digest.app import build_app
    from digest.config import read_settings
    from digest.model.deliveries import MailKind
    from digest.model.languages import DEFAULT_LANGUAGE
    from digest.pipeline import samples, specimens
    from digest.pipeline.wishes import read_language

    written = read_language(language or DEFAULT_LANGUAGE)
    sender = build_app(read_settings(os.environ)).sender()
    now = sender.clock()
    if kind in ACCOUNT_MAILS:
        about = replace(samples.sample_reader(now), language=written)
        return specimens.account_specimen(sender, MailKind(kind), about)
    sample = samples.SAMPLES["usual" if kind == MailKind.DIGEST else kind](now)
    reader = replace(sample.reader, language=written)
    return specimens.sample_specimen(sender, sample.of(reader))


def _as_data(specimen: Specimen, path: Path | None) -> dict[str, object]:
    return {
        "kind": specimen.kind.value,
        "shows": specimen.shows,
        "to": specimen.recipient,
        "subject": specimen.subject,
        "bytes": len(specimen.message),
        "html_bytes": specimen.html_size,
        "file": path,
    }
