"""What a delivery would send now, counted, and what holds the rest back; nothing changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.model.deliveries import (
    DeliveryState,
    MailKind,
    PauseScope,
    Throttle,
    TransportHealth,
)
from digest.pipeline.outgoing import Sender
from digest.store import deliveries, outlook, pauses, throttles


@dataclass(frozen=True, slots=True)
class Expected:
    """How many mails of a kind are due in a domain group, and what holds them back ("": nothing)."""

    domain_group: str
    kind: MailKind
    count: int
    obstacle: str = ""


def expect(sender: Sender, subscriber_id: int | None = None) -> list[Expected]:
    """Return what a worker would do now: every mail that is due is in one of the counts."""
    now = sender.clock()
    with sender.database.reading() as connection:
        found = outlook.count_due(connection, now, subscriber_id)
        paused = {(each.scope, each.name): each.reason for each in pauses.pauses(connection)}
        health = {
            each.name: throttles.load_transport(connection, each.name) for each in sender.transports
        }
        closed = {
            each.name: why
            for each in sender.transports
            if (why := _why_closed(each.name, paused, health[each.name], now))
        }
        open_names = [each.name for each in sender.transports if each.name not in closed]
        known = {
            group: throttle
            for (_, group), throttle in throttles.load_throttles(connection, open_names[:1]).items()
        }
    common = "everything is paused" if (PauseScope.SITE, "") in paused else ""
    if not open_names:
        common = common or "; ".join(closed.values())
    return [
        Expected(
            each.domain_group,
            each.kind,
            each.count,
            (common or _why_waiting(each.domain_group, paused, known, now))
            if each.may_go
            else "the reader has left or paused, or is suppressed",
        )
        for each in found
    ]


def count_planned(sender: Sender) -> int:
    """Return how many mails wait for an operator's release."""
    with sender.database.reading() as connection:
        return deliveries.count_deliveries(connection).get(DeliveryState.PLANNED, 0)


def _why_closed(
    name: str,
    paused: Mapping[tuple[PauseScope, str], str],
    health: TransportHealth,
    now: datetime,
) -> str:
    if (PauseScope.TRANSPORT, name) in paused:
        return f"{name} is paused"
    if health.down_until and health.down_until > now:
        return f"{name} is left alone until {_moment(health.down_until)}: {health.problem}"
    return ""


def _why_waiting(
    group: str,
    paused: Mapping[tuple[PauseScope, str], str],
    known: Mapping[str, Throttle],
    now: datetime,
) -> str:
    if (PauseScope.DOMAIN, group) in paused:
        return "paused: " + (paused[PauseScope.DOMAIN, group] or "no reason given")
    until = known[group].cooldown_until if group in known else None
    return f"throttled until {_moment(until)}" if until and until > now else ""


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
