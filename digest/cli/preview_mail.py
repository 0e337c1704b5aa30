"""`digest preview mail`: one mail, before anybody gets it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.app import App
    from digest.pipeline.specimens import Specimen

# Here, and not asked of what defines them, because `digest --help` imports nothing.
ACCOUNT_MAILS = ("confirm", "already", "welcome", "goodbye")
SAMPLES = ("usual", "many", "quiet", "hostile")


@click.command()
@click.option("--reader", metavar="ADDRESS", help="Whose mail; otherwise an invented reader's.")
@click.option(
    "--kind",
    type=click.Choice(["digest", *ACCOUNT_MAILS, *SAMPLES]),
    default="digest",
    show_default=True,
    help="Which mail; the last four are digests of sample papers.",
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
    form: str | None,
    path: Path | None,
    is_opened: bool,
    as_json: bool,
) -> None:
    """Show a mail as it would be sent now: its text, or as --as says.

    A reader's digest is their newest, byte by byte, or the one that would be composed now. The
    links in it are the reader's own and work. Nothing is sent, and nothing is changed.
    """
    from digest.cli.context import open_app
    from digest.cli.output import print_json

    if is_opened and form not in {None, "html"}:
        raise click.UsageError("--open shows HTML in a browser: leave --as out")
    specimen = _specimen(open_app(), kind, reader)
    form = form or ("html" if is_opened else "text")
    content = {
        "html": specimen.html.encode(),
        "text": specimen.text.encode(),
        "raw": specimen.message,
    }[form]
    if is_opened and path is None:
        path = Path(tempfile.mkdtemp(prefix="digest-")) / f"{kind}.html"
    if path is not None:
        path.write_bytes(content)
    if as_json:
        print_json(_as_data(specimen, path))
    elif path is not None:
        click.echo(f"{specimen.shows}, to {specimen.recipient}: {path}")
    else:
        click.echo(content, nl=False)
    if is_opened and path is not None:
        click.launch(str(path.resolve()))


def _specimen(app: App, kind: str, address: str | None) -> Specimen:
    from digest.cli.testsend import foresight
    from digest.model.deliveries import MailKind
    from digest.pipeline import samples, specimens

    sender, now = app.sender(), app.clock()
    reader = specimens.find_reader(sender, address) if address else None
    if kind in ACCOUNT_MAILS:
        about = reader or samples.sample_reader(now)
        return specimens.account_specimen(sender, MailKind(kind), about)
    if kind == MailKind.DIGEST and reader is not None:
        return specimens.digest_specimen(sender, reader, foresight(app))
    sample = samples.SAMPLES["usual" if kind == MailKind.DIGEST else kind](now)
    return specimens.sample_specimen(sender, sample.of(reader) if reader else sample)


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
