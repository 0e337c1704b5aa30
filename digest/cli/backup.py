"""`digest db backup`, `restore` and `prune`: everything Digest knows kept, put back, and thinned out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.app import App
    from digest.config import Settings

_FILE = click.Path(dir_okay=False, path_type=Path)
_ALL = 10**12
_resend = click.option(
    "--resend",
    is_flag=True,
    help="Send again what may have been sent since the backup, rather than never.",
)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--replace", is_flag=True, help="Replace a file of this name.")
def backup(file: Path, *, replace: bool) -> None:
    """Write the whole database to FILE while everything goes on; it is of one moment.

    For SQLite the key that signs links goes into it as well. PostgreSQL is written by its own
    pg_dump. Keep the file where nobody else reads it: it has the addresses of all readers.
    """
    from digest.config import read_settings
    from digest.errors import BackupError

    settings = read_settings()
    if file.exists() and not replace:
        raise BackupError(f"{file} is there already: choose another name, or say --replace")
    if not file.absolute().parent.is_dir():
        raise BackupError(f"there is no folder {file.absolute().parent}: make it first")
    has_key = _backup_sqlite(settings, file) if settings.is_embedded else _dump(settings, file)
    click.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
    click.echo(
        f"in it: the database{' and the key that signs links' if has_key else ''}; not in it: "
        f"{'' if has_key else 'DIGEST_SECRET and '}the other settings, the files they name (DKIM "
        f"keys, templates), and the folders {settings.dumps_path} and, if mail goes there, "
        f"{settings.data_path}"
    )


def _backup_sqlite(settings: Settings, file: Path) -> bool:
    from digest.cli.output import progress
    from digest.errors import BackupError
    from digest.store.sqlite_backup import copy_database

    source = _file_of(settings)
    if not source.is_file():
        raise BackupError(f"there is no database {source}: see DIGEST_DATA_DIR")
    if file.exists() and file.samefile(source):
        raise BackupError(f"{file} is the database itself: choose another name")
    key = settings.data_path / "secret.key"
    beside = {} if settings.secret or not key.is_file() else {key.name: key.read_text()}
    with progress("Copying", source.stat().st_size) as advance:
        copy_database(source, file, beside, advance)
    return bool(beside)


def _dump(settings: Settings, file: Path) -> bool:
    from digest.store.engine import Database
    from digest.store.postgres_backup import dump_database

    database = Database(settings.database)
    try:
        dump_database(database, file)
    finally:
        database.dispose()
    return False


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Set a SQLite database that is there aside.")
@_resend
def restore(file: Path, *, replace: bool, resend: bool) -> None:
    """Put back what `digest db backup` wrote; nothing of Digest may run meanwhile.

    Unless you say --resend, whatever was due between the backup and now counts as sent, so that
    nobody gets a mail twice. Who joined, left or changed their keywords since the backup is as they
    were then. PostgreSQL needs an empty database.
    """
    from digest.config import read_settings
    from digest.errors import BackupError
    from digest.store import postgres_backup, sqlite_backup

    settings = read_settings()
    is_fit = sqlite_backup.is_sqlite if settings.is_embedded else postgres_backup.is_dump
    if not is_fit(file):
        kind = "SQLite" if settings.is_embedded else "PostgreSQL"
        raise BackupError(f"{file} is no backup of {kind}, which DIGEST_DATABASE_URL names")
    if settings.is_embedded:
        _restore_sqlite(settings, file, replace=replace, resend=resend)
        return
    from digest.app import build_app

    app = build_app(settings)
    try:
        postgres_backup.restore_database(app.database, file)
        _take_up(app, resend=resend)
    finally:
        app.database.dispose()


def _restore_sqlite(settings: Settings, file: Path, *, replace: bool, resend: bool) -> None:
    from contextlib import ExitStack
    from datetime import UTC, datetime

    from digest.app import build_app
    from digest.cli.output import progress
    from digest.errors import BackupError
    from digest.store.sqlite_backup import put_back, set_aside

    target = _file_of(settings)
    is_there = target.is_file()
    if is_there and file.samefile(target):
        raise BackupError(f"{file} is the database itself: name a backup of it")
    if is_there and not replace:
        raise BackupError(f"{target} is there: say --replace to set it aside")
    with ExitStack() as stack:
        with progress("Putting back", file.stat().st_size) as advance:
            draft, beside = stack.enter_context(put_back(file, target, advance))
        _keep_key(settings, beside.get("secret.key", "").split())
        # All is done before the database is where others find it.
        app = build_app(_for(settings, draft))
        try:
            _take_up(app, resend=resend)
        finally:
            app.database.dispose()
        if is_there:
            name = f"{target.name}.before-{datetime.now(UTC):%Y%m%d-%H%M%S}"
            click.echo(f"the database that was there is now {set_aside(target, name)}")


@click.command("after-restore")
@_resend
def after_restore(*, resend: bool) -> None:
    """Go on with a database that was restored by other means; nothing of Digest may run meanwhile.

    Unless you say --resend, whatever was due before now counts as sent, as `digest db restore` does.
    """
    from digest.app import build_app
    from digest.config import read_settings

    app = build_app(read_settings())
    try:
        _take_up(app, resend=resend)
    finally:
        app.database.dispose()


@click.command()
def prune() -> None:
    """Delete all at once what is older than DIGEST_KEEP_DAYS, which is done by and by anyway.

    Worth it after that was lowered. Others go on meanwhile; what is interrupted goes on later.
    """
    from digest.cli.context import open_app
    from digest.pipeline.retention import forget_old
    from digest.rendering.environment import plural

    app = open_app()
    if app.settings.keep is None:
        click.echo("nothing is deleted: DIGEST_KEEP_DAYS is 0")
        return
    gone = forget_old(app.database, app.clock, app.settings.keep, most=_ALL)
    left = "" if gone.is_all else "; others had some of them in hand, which go the next time"
    click.echo(f"{plural(gone.mails, 'mail')} and {plural(gone.digests, 'digest')} deleted{left}")


def _take_up(app: App, *, resend: bool) -> None:
    from digest import jobs
    from digest.cli.output import progress
    from digest.pipeline.restore import take_up_again
    from digest.rendering.environment import plural

    jobs.migrate(app)
    with progress("Passing over what was due", None) as advance:
        done = take_up_again(
            app.database, app.settings.dumps_path, app.clock, advance, resend=resend
        )
    for problem in done.refused:
        click.echo(f"refused: {problem}", err=True)
    if resend:
        click.echo("ready; what may have been sent since the backup is sent again")
        return
    click.echo(
        f"ready: {plural(done.dumps, 'dump')} read again, {plural(done.mails, 'mail')} uncertain "
        f"(`digest deliveries --uncertain`), {plural(done.readers, 'digest')} counted as sent"
    )


def _keep_key(settings: Settings, keys: list[str]) -> None:
    """Let links of the backup's mails be good, and those of the key that is there as well."""
    path = settings.data_path / "secret.key"
    if settings.secret or not keys:
        return
    there = path.read_text().split() if path.is_file() else []
    # The newest signs: the backup's, as all links it knows of.
    wanted = [key for key in there if key not in keys] + keys
    if wanted != there:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name("secret.part")
        draft.touch(mode=0o600)
        draft.write_text("\n".join(wanted) + "\n")
        draft.replace(path)


def _file_of(settings: Settings) -> Path:
    return Path(settings.database.removeprefix("sqlite:///"))


def _for(settings: Settings, path: Path) -> Settings:
    from dataclasses import replace

    return replace(settings, database_url=f"sqlite:///{path}")
