"""`digest load`: readers and papers that are made up, for tests and measurements."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.app import App
    from digest.pipeline.popular import Vocabulary

_OPTIONS: list[Any] = [
    click.option(
        "--readers",
        type=click.IntRange(0, 9_999_999),
        default=1000,
        show_default=True,
        help="Readers in all; those of them that are there already stay as they are.",
    ),
    click.option(
        "--phrases",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="What they ask for: one expression a line, the most popular first; otherwise phrases "
        "of the papers in the database.",
    ),
    click.option(
        "--papers",
        type=click.IntRange(0, 1_000_000),
        default=0,
        help="Also take in so many papers, made up of those in the database or of the examples.",
    ),
    click.option(
        "--days",
        type=click.IntRange(1, 3650),
        default=1,
        show_default=True,
        help="Spread these papers over the lists of so many days, the last one today's.",
    ),
    click.option(
        "--due",
        type=click.Choice(["morning", "now"]),
        default="morning",
        show_default=True,
        help="When digests are due: each reader's next local hour, or all at once.",
    ),
    click.option(
        "--all-active",
        is_flag=True,
        help="Nobody who has left, has paused, has yet to confirm, or is not written to.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, 999_999_999),
        default=1,
        show_default=True,
        help="The same number draws the same readers; another number, others beside them.",
    ),
    click.option("--forget", is_flag=True, help="Delete all readers that were made up instead."),
    click.option("--yes", is_flag=True, help="Even where there are real readers."),
]


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command()
@_options
def load(**given: Any) -> None:  # noqa: ANN401  the options
    """Fill the database with made-up readers who live and read as researchers do.

    For tests and measurements: 3 to 8 interests each, some phrases far more popular than others;
    time zones, hours and providers in the shares that there are. All addresses end in .load.test,
    which no mail can ever reach: let DIGEST_MAIL be a folder or a sink, as a server returns it all.

    Interrupted or killed, the same command goes on where it stopped.
    """
    from digest.cli.context import open_app

    app = open_app()
    if given["forget"]:
        _forget(app)
        return
    _refuse_among_real(app, is_sure=given["yes"])
    if given["papers"]:
        _load_papers(app, given["papers"], given["days"], given["seed"])
    if given["readers"]:
        _load_readers(app, given)


def _refuse_among_real(app: App, *, is_sure: bool) -> None:
    from digest.store.made_readers import count_real_readers

    with app.database.reading() as connection:
        real = count_real_readers(connection)
    if real and not is_sure:
        who = f"{real} real readers" if real > 1 else "a real reader"
        raise click.ClickException(
            f"this database has {who}: a made-up crowd delays their mail, and made-up papers come in it; "
            "name another in DIGEST_DATABASE_URL or DIGEST_DATA_DIR, or say --yes"
        )


def _load_papers(app: App, count: int, days: int, seed: int) -> None:
    from digest.cli.output import progress
    from digest.jobs import publish_feeds
    from digest.pipeline.load import load_papers
    from digest.resources import resource_folder

    examples = sorted((resource_folder("examples") / "dumps").glob("*.txt"))
    with progress("Making papers", count) as advance:
        new = load_papers(
            app.database, examples, app.clock, count=count, days=days, seed=seed, advance=advance
        )
    publish_feeds(app)
    click.echo(f"{new} new papers" if new else "these papers were there already")


def _load_readers(app: App, given: dict[str, Any]) -> None:
    from digest.cli.output import progress
    from digest.pipeline.habits import ALL_ACTIVE, Habits
    from digest.pipeline.load import load_readers, papers_rated
    from digest.pipeline.made_interests import MadeInterests
    from digest.pipeline.population import Population

    population = Population(
        given["seed"],
        MadeInterests(_vocabulary(app, given["phrases"])),
        app.clock(),
        ALL_ACTIVE if given["all_active"] else Habits(),
        papers_rated(app.database),
        is_due=given["due"] == "now",
    )
    count, began = given["readers"], time.monotonic()
    try:
        with progress("Making readers", count) as advance:
            loaded = load_readers(app.database, population, count, advance)
    except KeyboardInterrupt:
        click.echo("stopped half way: the same command goes on where this one stopped", err=True)
        raise
    seconds = time.monotonic() - began
    rate = f", {loaded.added / seconds:,.0f} a second" if loaded.added else ""
    known = f", {loaded.known} were there already" if loaded.known else ""
    click.echo(f"{loaded.added} readers added{known} ({seconds:.1f} s{rate})")


def _vocabulary(app: App, path: Path | None) -> Vocabulary:
    from digest.pipeline.load import vocabulary_of
    from digest.pipeline.popular import vocabulary_of_lines

    if path is None:
        return vocabulary_of(app.database)
    try:
        with path.open(encoding="utf-8") as lines:
            return vocabulary_of_lines(lines)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path} is not UTF-8: save it as that") from error


def _forget(app: App) -> None:
    from digest.cli.output import progress
    from digest.pipeline.load import forget_readers
    from digest.store.made_readers import count_made_readers

    with app.database.reading() as connection:
        count = count_made_readers(connection)
    with progress("Forgetting", count) as advance:
        gone = forget_readers(app.database, advance)
    click.echo(f"{gone} made-up readers deleted; papers stay")
