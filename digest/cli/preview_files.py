"""Where previews go: a file that somebody named, and the browser."""

from pathlib import Path

import click


def write_file(path: Path, content: bytes) -> None:
    """Write a file, and the folders it stands in if they are missing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise click.ClickException(
            f"{path} cannot be written ({reason}): name another place with --out"
        ) from error


def open_file(path: Path) -> None:
    """Show a file in the browser, or say that somebody has to."""
    if click.launch(str(path.resolve())):
        raise click.ClickException(f"no browser could be started: open {path.resolve()} in one")
