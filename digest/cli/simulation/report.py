"""What came of a simulation, for people and for scripts."""

import click
from rich.table import Table

from digest.cli.output import out
from digest.cli.simulation.faults import FAULTS
from digest.cli.simulation.trial import Outcome, Terms

_NAMED = 10  # of the mails that are not as they should be, so many are named


def show(terms: Terms, outcome: Outcome) -> None:
    """Print what went wrong and what came of it, and name the mails that are not as they should be."""
    faults = Table("fault", "", "played", title=f"what went wrong (seed {terms.seed})")
    faults.columns[2].justify = "right"
    for name in terms.faults:
        faults.add_row(name, FAULTS[name].says, str(outcome.played.get(name, 0)))
    if terms.faults:
        out.print(faults)
    mails = Table("mails", "", title=f"what came of it, in {outcome.seconds:.0f} s")
    mails.columns[1].justify = "right"
    for what, count in _rows(outcome):
        mails.add_row(what, str(count))
    out.print(mails)
    account = outcome.account
    named = {
        "lost": account.lost,
        "recorded as not sent": account.denied,
        "none of ours": account.strangers,
        "altered": account.altered,
    }
    for what, who in named.items():
        if who:
            click.echo(f"{what}: {', '.join(who[:_NAMED])}{', ...' if len(who) > _NAMED else ''}")
    if not outcome.is_over:
        click.echo(f"{account.waiting} mails were still waiting after {terms.limit} s: see --limit")


def as_json(terms: Terms, outcome: Outcome) -> dict[str, object]:
    """Return all of it as a script wants it."""
    account = outcome.account
    return {
        "seed": terms.seed,
        "wanted": account.wanted,
        "states": {state.value: count for state, count in account.states.items()},
        "lost": account.lost,
        "denied": account.denied,
        "strangers": account.strangers,
        "copies": account.copies,
        "flagged": account.flagged,
        "explained": outcome.explained,
        "altered": account.altered,
        "fallen": outcome.fallen,
        "faults": {name: outcome.played.get(name, 0) for name in terms.faults},
        "is_over": outcome.is_over,
        "is_good": outcome.is_good,
        "seconds": round(outcome.seconds, 1),
    }


def _rows(outcome: Outcome) -> list[tuple[str, object]]:
    """Return what is told, in the order in which it is asked for."""
    account = outcome.account
    states = {state.value: count for state, count in account.states.items()}
    ends = ("accepted", "failed", "suppressed", "expired", "uncertain")
    return [
        ("wanted", account.wanted),
        *((name, states.pop(name, 0)) for name in ends),
        *states.items(),
        ("lost", len(account.lost)),
        ("arrived, recorded as not sent", len(account.denied)),
        ("arrived, none of ours", len(account.strangers)),
        ("copies", account.copies),
        ("  of them flagged", account.flagged),
        ("  at most, by the faults played", outcome.explained),
        ("same bytes", "no" if account.altered else "yes"),
        ("workers that fell over", outcome.fallen),
    ]
