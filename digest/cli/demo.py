"""`digest demo`: the whole way, from dumps to mails and feeds, in a folder of its own."""

from __future__ import annotations

import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from rich.text import Text

    from digest.app import App
    from digest.config import Settings
    from digest.delivery.sink import Received
    from digest.model.deliveries import Delivery
    from digest.model.digests import Digest
    from digest.model.subscribers import Subscriber, Wishes

_MARKER = ".digest-demo"


class _Persona(NamedTuple):
    address: str
    keywords: tuple[str, ...]
    days: str
    at: str
    zone: str
    weekday: str = "Monday"


_READERS = (
    _Persona(
        "ada@example.org",
        ("graph neural networks", "molecul* + generation", "GNN", "-survey"),
        "daily", "07:00", "Europe/Berlin",
    ),
    _Persona(
        "kenji@example.org",
        ("large language models^0.5", "multimodal", "retrieval augmented generation", "RAG"),
        "weekdays", "06:30", "Asia/Tokyo",
    ),
    _Persona(
        "maria@example.org",
        ("diffusion models", "title:quantization", "medical imag*", "fairness | privacy"),
        "weekly", "08:15", "America/Sao_Paulo", "Thursday",
    ),
)  # fmt: skip


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--out",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("digest-demo"),
    show_default=True,
    help="Where everything is written.",
)
def demo(paths: tuple[Path, ...], folder: Path) -> None:
    """Show the whole way on example dumps, or on your own: PATHS are files or folders of them.

    Three readers in three time zones subscribe, their digests are composed and sent by SMTP to a
    mail server that this command starts, which files them in a Maildir; the feeds are written.
    Nothing leaves this machine.
    """
    from digest import jobs
    from digest.cli.feeds import write_feeds
    from digest.cli.ingest import dump_files, ingest_files
    from digest.delivery.sink import Sink
    from digest.resources import resource_folder

    files = dump_files(paths or (resource_folder("examples") / "dumps",))
    if not files:
        raise click.ClickException(f"no *.txt or *.html in {', '.join(map(str, paths))}")
    _make_room(folder)
    with Sink() as sink:
        app = _open(folder, sink.port)
        reports = ingest_files(app, files, anyway=True)
        if all("refused" in report for report in reports):
            sys.exit(1)
        _subscribe_readers(app)
        jobs.publish_feeds(app)
        jobs.compose(app)
        jobs.deliver(app)
        mails = list(sink.mails)
        dialogue = len(sink.commands)
    _file_mails(folder, mails)
    write_feeds(app, folder / "feeds")
    _print_table(app)
    click.echo(
        f"{len(mails)} mails went over SMTP ({dialogue} commands) into the Maildir {folder / 'mail'}"
    )
    for path in sorted((folder / "mails").glob("*.html")):
        click.echo(f"  open {path}")
    for path in sorted((folder / "feeds").glob("*.*")):
        click.echo(f"  feed {path}")
    click.echo("To follow the links in them, and subscribe yourself:")
    click.echo(f"  DIGEST_DATA_DIR={folder / 'data'} ./run.sh serve")


def _make_room(folder: Path) -> None:
    """Empty the folder of an earlier demo; never one that is somebody's."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARKER).is_file():
            raise click.ClickException(f"{folder} holds other things: choose another with --out")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARKER).touch()


def _settings(folder: Path, port: int) -> Settings:
    from digest.config import Settings

    return Settings(
        data_dir=str(folder / "data"),
        mail=f"smtp://127.0.0.1:{port}",
        starttls="never",
        mail_from="digest@example.org",
    )


def _open(folder: Path, port: int) -> App:
    from digest.app import build_app
    from digest.store.schema import upgrade

    app = build_app(_settings(folder, port))
    upgrade(app.database)
    return app


def _subscribe_readers(app: App) -> None:
    """Let the readers have subscribed eight days ago, so that even a weekly digest is due now."""
    from dataclasses import replace

    from digest.pipeline.subscribe import enrol

    eight_days_ago = app.clock() - timedelta(days=8)
    registry = replace(app.registry, clock=lambda: eight_days_ago)
    for persona in _READERS:
        enrol(registry, persona.address, _wishes(persona))


def _wishes(persona: _Persona) -> Wishes:
    from digest.model.subscribers import Wishes
    from digest.pipeline.wishes import read_cadence, read_interests

    cadence = read_cadence(persona.days, persona.at, persona.zone, persona.weekday)
    return Wishes(read_interests(persona.keywords), cadence, papers_per_digest=8)


def _file_mails(folder: Path, mails: list[Received]) -> None:
    """Do what a mail server does with accepted mail; and lay the HTML out for a browser."""
    from email import message_from_bytes, policy

    from digest.delivery.maildir import MaildirTransport
    from digest.delivery.transports import OutgoingMail

    maildir = MaildirTransport(folder / "mail")
    (folder / "mails").mkdir()
    for mail in mails:
        message = message_from_bytes(mail.message, policy=policy.default)
        key = str(message["X-Digest-Key"])
        maildir.deliver(OutgoingMail(key, mail.sender, mail.recipient, mail.message))
        name = mail.recipient.partition("@")[0]
        (folder / "mails" / f"{name}.eml").write_bytes(mail.message)
        body = message.get_body(("html",))
        if body is not None:
            (folder / "mails" / f"{name}.html").write_text(body.get_content(), encoding="utf-8")


def _print_table(app: App) -> None:
    from rich.table import Table

    from digest.cli.output import out
    from digest.store.deliveries import deliveries_of
    from digest.store.digests import digests_by_id
    from digest.store.papers import count_papers
    from digest.store.subscribers import all_subscribers

    with app.database.reading() as connection:
        papers = count_papers(connection)
        readers = all_subscribers(connection)
        mails = {reader.id: deliveries_of(connection, reader.id, 1) for reader in readers}
        numbers = [m.digest_id for found in mails.values() for m in found if m.digest_id]
        digests = digests_by_id(connection, numbers)
    table = Table(title=f"{papers} different papers, three readers", show_lines=True)
    for name in ("reader", "matched", "chosen"):
        table.add_column(name, no_wrap=True)
    table.add_column("why the first", ratio=1)
    table.add_column("verdict", no_wrap=True)
    for reader in readers:
        mail = mails[reader.id][0] if mails[reader.id] else None
        digest = digests.get(mail.digest_id or 0) if mail else None
        table.add_row(*_row(reader, digest, mail))
    out.print(table)


def _row(
    reader: Subscriber, digest: Digest | None, mail: Delivery | None
) -> tuple[str | Text, ...]:
    who = (
        f"{reader.address}\n{reader.cadence.days} {reader.cadence.at:%H:%M}\n{reader.cadence.zone}"
    )
    if digest is None or mail is None:
        return who, "0", "0", "", "nothing to send"
    code = f" {mail.code}" if mail.code else ""
    return (
        who,
        f"{digest.matched} of {digest.considered}",
        str(len(digest.entries)),
        _why(digest),
        f"{mail.state}{code}",
    )


def _why(digest: Digest) -> Text:
    """Return the sentence that matched, with the words that did marked, and the keyword."""
    from rich.text import Text

    reason = digest.entries[0].reasons[0]
    text = Text(reason.sentence)
    for start, end in reason.spans:
        text.stylize("bold underline", start, end)
    return text + Text(f"  [{reason.expression}]", style="dim")
