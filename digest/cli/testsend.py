"""`digest test-send`: a real mail, now."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from digest.app import App
    from digest.model.deliveries import Verdict
    from digest.model.digests import Digest
    from digest.model.subscribers import Subscriber


@click.command("test-send")
@click.argument("address")
@click.option("--reader", metavar="ADDRESS", help="Whose digest; otherwise ADDRESS's own.")
@click.option("--json", "as_json", is_flag=True, help="Print what was said as JSON.")
def test_send(address: str, reader: str | None, *, as_json: bool) -> None:
    """Send one mail to ADDRESS now, and show what the mail server said.

    It shows the newest digest of the reader, or what they would get now, or a sample text. It
    counts for nothing: no digest is used up by it, and it waits for no pause. In another's digest
    the links to their own pages do nothing.
    """
    from digest.cli.context import open_app
    from digest.cli.output import print_json
    from digest.model.deliveries import Outcome
    from digest.pipeline.trial import make_trial, send_trial

    app = open_app()
    sender = app.sender()
    trial = make_trial(sender, address, reader, foresight(app))
    if not as_json:
        click.echo(f"{trial.shows}, {len(trial.mail.message):,} bytes")
        click.echo(f"Message-ID {trial.message_id}")
    said = []
    for name, verdict in send_trial(sender, trial):
        said.append((name, verdict))
        if not as_json:
            click.echo(f"{name}: {_words(verdict)}")
    if as_json:
        print_json(
            {
                "shows": trial.shows,
                "message_id": trial.message_id,
                "bytes": len(trial.mail.message),
                "said": [_as_data(name, verdict) for name, verdict in said],
            }
        )
    if said[-1][1].outcome is not Outcome.ACCEPTED:
        sys.exit(1)


def foresight(app: App) -> Callable[[Subscriber], Digest | None]:
    """Return what composes the digest a reader would get now, None if that is nothing."""
    from digest.pipeline.foresee import foresee

    def look_ahead(reader: Subscriber) -> Digest | None:
        has_priors = app.settings.priors == "on"
        found = foresee(app.database, app.archives, [reader], app.clock, has_priors=has_priors)
        return found[0].digest if found and found[0].digest.entries else None

    return look_ahead


def _words(verdict: Verdict) -> str:
    code = f" {verdict.code}" if verdict.code and str(verdict.code) not in verdict.text else ""
    return f"{verdict.outcome}{code}: {verdict.text}"


def _as_data(name: str, verdict: Verdict) -> dict[str, object]:
    from dataclasses import asdict

    return {"transport": name, **asdict(verdict)}
