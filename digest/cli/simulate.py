"""`digest simulate`: let everything go wrong on this machine, and count what came of it."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _faults(_: click.Context, __: click.Parameter, words: str) -> tuple[str, ...]:
    from digest.cli.simulation.faults import FAULTS

    if words in {"all", "none"}:
        return tuple(FAULTS) if words == "all" else ()
    names = tuple(word.strip() for word in words.split(",") if word.strip())
    if unknown := [name for name in names if name not in FAULTS]:
        raise click.BadParameter(f"no such fault: {unknown[0]}; there are {', '.join(FAULTS)}")
    return names


def _database(_: click.Context, __: click.Parameter, url: str) -> str:
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise click.BadParameter("write postgresql://user@host/name; for SQLite say --folder")
    return url


_OPTIONS: list[Any] = [
    click.option(
        "--readers",
        type=click.IntRange(1, 100_000),
        default=500,
        show_default=True,
        help="Readers who are due for a digest.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 32),
        default=2,
        show_default=True,
        help="Processes that send.",
    ),
    click.option(
        "--connections",
        type=click.IntRange(1, 100),
        default=4,
        show_default=True,
        help="Connections of each.",
    ),
    click.option(
        "--faults",
        default="all",
        show_default=True,
        callback=_faults,
        metavar="all|none|NAMES",
        help="What goes wrong, by name: kill,lost-reply,greylisted.",
    ),
    click.option(
        "--kills",
        type=click.IntRange(0, 1000),
        default=5,
        show_default=True,
        help="How often a worker is killed, if one is.",
    ),
    click.option(
        "--seed",
        type=int,
        default=1,
        show_default=True,
        help="Draws the faults; the same number draws the same.",
    ),
    click.option(
        "--limit",
        type=click.IntRange(1),
        default=120,
        show_default=True,
        help="Seconds after which it is over.",
    ),
]


def _terms(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command()
@_terms
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything in this new folder, to be looked at.",
)
@click.option(
    "--database-url",
    default="",
    callback=_database,
    metavar="URL",
    help="An empty PostgreSQL database to do it in; what is made there stays.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
def simulate(*, folder: Path | None, database_url: str, as_json: bool, **given: Any) -> None:  # noqa: ANN401  the terms
    """Send to a mail server that misbehaves, with workers that are killed, and count what arrives.

    Everything is made for it and stays on this machine: a database, readers, a mail server, and
    workers whose clock runs 600 times as fast. It ends when every mail has come to an end.

    Exits with 1 if a mail was lost, doubled without being marked, or changed.
    """
    from digest.cli.output import print_json, progress
    from digest.cli.simulation import report
    from digest.cli.simulation.trial import Terms, run

    terms = Terms(**given)
    with _place(folder) as place:
        outcome = run(terms, place, database_url, progress)
    if as_json:
        print_json(report.as_json(terms, outcome))
    else:
        report.show(terms, outcome)
        if folder:
            click.echo(f"everything is in {folder}: the ledger, received.txt and workers.log")
    if not outcome.is_good:
        sys.exit(1)


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    """Give a folder that is kept, or one that is not."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="digest-simulation-") as passing:
            yield Path(passing)
        return
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} holds other things: choose another with --folder")
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
