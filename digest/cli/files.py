"""Where commands write what somebody asked to have: a file that they named, and the browser."""

import os
from contextlib import suppress
from pathlib import Path

import click


def write_file(path: Path, content: bytes) -> None:
    """Write a file, and the folders it stands in if they are missing.

    Whoever reads it meanwhile, such as a web server, sees the old one, or all of the new one.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        reason = error.strerror or type(error).__name__
        raise click.ClickException(
            f"{path} cannot be written ({reason}): name another place with --out"
        ) from error


def open_file(path: Path) -> None:
    """Show a file in the browser, or say that somebody has to."""
    if click.launch(str(path.resolve())):
        raise click.ClickException(f"no browser could be started: open {path.resolve()} in one")
