"""The options that say which mails are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from digest.pipeline.operate import Wanted

_STATES = (
    "planned", "ready", "leased", "inflight", "accepted",
    "failed", "suppressed", "expired", "uncertain", "held",
)  # fmt: skip
FILTERS = (
    click.option(
        "--state", "states", multiple=True, type=click.Choice(_STATES), help="Repeat it for more."
    ),
    click.option("--domain", help="A domain, such as example.org, or a group, such as gmail."),
    click.option("--reader", default="", help="An address, or a part of it."),
    click.option("--transport", help="The transport it went by last, such as mail.example.org:25."),
)


def wanted(
    states: tuple[str, ...], domain: str | None, reader: str, transport: str | None
) -> Wanted:
    """Return what the options mean."""
    from digest.delivery.domains import meant_group
    from digest.model.deliveries import DeliveryState
    from digest.pipeline.operate import Wanted

    group = None if domain is None else meant_group(domain)
    return Wanted(tuple(map(DeliveryState, states)), group, reader, transport)
