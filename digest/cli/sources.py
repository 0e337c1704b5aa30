"""`digest sources`: the services that papers come from, how each is, and what it answers."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.app import App
    from digest.pipeline.checked import Checked
    from digest.pipeline.harvest import LookReport
    from digest.pipeline.watched import Watched
    from digest.sources.base import Source, SourceWarning

_NONE = "none yet: name some in DIGEST_SOURCES, `digest sources kinds` shows how"


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_context
def sources(context: click.Context, *, as_json: bool) -> None:
    """Show the services that papers come from, and how each is; ask none of them."""
    if context.invoked_subcommand is not None:
        return
    from digest.cli.context import open_app
    from digest.cli.output import print_json
    from digest.pipeline.watched import look_over

    app = open_app()
    found = look_over(app.database, app.sources(), app.clock)
    if as_json:
        print_json([_as_json(each) for each in found])
    elif found:
        _show(found)
    else:
        click.echo(_NONE)


@sources.command()
@click.argument("names", nargs=-1)
@click.option("--fresh", is_flag=True, help="As if it was never asked, not from where it stands.")
@click.option(
    "--answers",
    type=click.IntRange(1, 1000),
    default=3,
    show_default=True,
    help="Answers that each is asked for at most.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what they answered as JSON.")
def check(names: tuple[str, ...], answers: int, *, fresh: bool, as_json: bool) -> None:
    """Ask each source, or those of NAMES, and show what it answers; nothing is stored.

    Exits with 1 if any does not answer as it should.
    """
    from digest.cli.context import open_app
    from digest.cli.output import print_json, progress
    from digest.pipeline.checked import check_source

    app = open_app()
    found: list[Checked] = []
    for each in _named(app, names):
        with progress(f"Asking {each.name}", None) as advance:
            checked = check_source(
                app.database, each, app.clock, advance, most=answers, is_fresh=fresh
            )
        found.append(checked)
        if not as_json:
            _tell(checked)
    if as_json:
        print_json([{**asdict(each), "is_good": each.is_good} for each in found])
    if not all(each.is_good for each in found):
        sys.exit(1)


@sources.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def kinds(*, as_json: bool) -> None:
    """Name the kinds of sources there are, and how each is written in DIGEST_SOURCES."""
    from rich.table import Table
    from rich.text import Text

    from digest.cli.output import out, print_json
    from digest.sources.registry import KINDS

    if as_json:
        print_json(
            [
                {"kind": name, "example": kind.example, "sentence": kind.sentence}
                for name, kind in KINDS.items()
            ]
        )
        return
    table = Table("kind", "for example", "what it is")
    for name, kind in KINDS.items():
        table.add_row(name, Text(kind.example), Text(kind.sentence))
    out.print(table)


@sources.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--anyway", is_flag=True, help="Also one that is left alone after a failure.")
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
def look(names: tuple[str, ...], *, anyway: bool, as_json: bool) -> None:
    """Ask the sources of NAMES now, take in what is new, and rebuild the feeds.

    Exits with 1 if any does not answer as it should.
    """
    from digest.cli.context import open_app
    from digest.cli.output import print_json
    from digest.jobs import publish_feeds

    app = open_app()
    reports = [_look(app, each, anyway=anyway, is_quiet=as_json) for each in _named(app, names)]
    if any(report and report.has_news for report in reports):
        publish_feeds(app)
    if as_json:
        print_json([asdict(report) for report in reports if report])
    if not all(report and not report.problem for report in reports):
        sys.exit(1)


def _look(app: App, source: Source, *, anyway: bool, is_quiet: bool) -> LookReport | None:
    from digest.cli.deliveries import moment
    from digest.cli.output import progress
    from digest.pipeline.harvest import look_at
    from digest.store.sources import look_soon, source_states

    with app.database.reading() as connection:
        known = source_states(connection, [source.name])
    state = known[0] if known else None
    now = app.clock()
    if state and state.failures and state.next_look_at and state.next_look_at > now and not anyway:
        click.echo(
            f"{source.name}: left alone until {moment(state.next_look_at)}, as {state.problem}; "
            "`--anyway` asks at once",
            err=True,
        )
        return None
    with app.database.writing() as connection:
        look_soon(connection, source.name, now)
    with progress(f"Asking {source.name}", None) as advance:
        report = look_at(app.database, source, app.clock, advance=advance)
    if report is None:
        click.echo(f"{source.name}: another process asks it at this moment", err=True)
        return None
    _warn(source.name, report.warnings)
    if report.problem:
        click.echo(f"{source.name}: {report.problem}", err=True)
    if not is_quiet:
        counts = f"{report.papers} papers, {report.new_papers} new, {report.completed} completed"
        click.echo(f"{source.name}: {counts}")
    return report


def _named(app: App, names: Sequence[str]) -> list[Source]:
    """Return the sources of these names, all of the settings if there are none."""
    known = {each.name: each for each in app.sources()}
    if not known:
        raise click.ClickException(_NONE)
    for name in names:
        if name not in known:
            raise click.ClickException(f"there is no source {name}; there are {', '.join(known)}")
    return [known[name] for name in names] or list(known.values())


def _tell(checked: Checked) -> None:
    counts = f"{checked.papers} papers in {checked.answers} answers"
    newest = f", the newest of {checked.newest}" if checked.newest else ""
    more = ", and there may be more" if checked.has_more else ""
    gone = f", {checked.withdrawn} withdrawn" if checked.withdrawn else ""
    mark = click.style("good", fg="green") if checked.is_good else click.style("BAD ", fg="red")
    click.echo(f"{mark}  {checked.name}: {counts}{newest}{gone}{more}; {checked.seconds:.1f} s")
    for title in checked.titles:
        click.echo(f"        {title}")
    _warn(checked.name, checked.warnings)
    if checked.problem:
        click.echo(f"      {checked.problem}", err=True)


def _warn(name: str, warnings: Sequence[SourceWarning]) -> None:
    for warning in warnings:
        click.echo(warning.at(name), err=True)


def _show(found: Sequence[Watched]) -> None:
    from digest.cli.deliveries import moment
    from digest.pipeline.watched import in_a_word

    for each in found:
        state = each.state
        click.echo(f"{state.name}: {in_a_word(each)}{_newest(each)}")
        moments = {
            "answered": state.answered_at,
            "last news": state.news_at,
            "next look": state.next_look_at,
        }
        if told := [f"{what} {moment(when)}" for what, when in moments.items() if when]:
            click.echo(f"    {', '.join(told)}")
        if state.problem:
            times = f", {state.failures} times" if state.failures > 1 else ""
            click.echo(f"    {state.problem}{times}")


def _newest(watched: Watched) -> str:
    if watched.newest is None:
        return ""
    day, papers = watched.newest
    usual = f", usually {watched.usual}" if watched.usual is not None else ""
    return f", {papers} papers of {day}{usual}"


def _as_json(watched: Watched) -> dict[str, object]:
    from digest.pipeline.watched import in_a_word

    state, newest = watched.state, watched.newest
    return {
        "name": state.name,
        "title": state.title,
        "state": in_a_word(watched),
        "looked_at": state.looked_at,
        "answered_at": state.answered_at,
        "news_at": state.news_at,
        "next_look_at": state.next_look_at,
        "failures": state.failures,
        "failing_since": state.failing_since,
        "problem": state.problem,
        "newest_day": newest[0] if newest else None,
        "papers": newest[1] if newest else None,
        "usual": watched.usual,
    }
