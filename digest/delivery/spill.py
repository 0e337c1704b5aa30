"""Verdicts that could not be written into the database before the process had to end.

One file a process, in the data folder: JSON lines, on the disk before the name is there. Whoever
starts next on this machine writes them down and removes the file; writing one down twice changes
nothing, since a settled mail is settled under the fence it was claimed with.
"""

import dataclasses
import json
import logging
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.delivery.file import write_whole
from digest.model.deliveries import (
    Delivery,
    DeliveryState,
    MailKind,
    Outcome,
    Settled,
    Settlement,
    Stage,
    Verdict,
)

logger = logging.getLogger(__name__)

_SUFFIX = ".jsonl"
_MOMENTS = ("planned_at", "next_at", "deadline_at", "settled_at")


class Spill:
    """The folder of such files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, settled: Sequence[Settled]) -> Path:
        """Write verdicts to a file of their own, whole or not at all; raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{os.getpid()}-{settled[0].delivery.key}{_SUFFIX}"
        lines = [json.dumps(dataclasses.asdict(each), default=_written) for each in settled]
        write_whole(path, ("\n".join(lines) + "\n").encode())
        return path

    def kept(self) -> list[tuple[Path, list[Settled]]]:
        """Return the files with their verdicts; a line that cannot be read is logged and left out."""
        if not self._folder.is_dir():
            return []
        return [(path, _read(path)) for path in sorted(self._folder.glob(f"*{_SUFFIX}"))]


def _read(path: Path) -> list[Settled]:
    found = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        try:
            found.append(_settled(json.loads(line)))
        except (ValueError, KeyError, TypeError):
            logger.exception("%s, line %d cannot be read", path, number)
    return found


def _settled(row: dict[str, Any]) -> Settled:
    delivery, settlement, verdict = row["delivery"], row["settlement"], row["verdict"]
    for name in _MOMENTS:
        delivery[name] = _moment(delivery[name])
    return Settled(
        delivery=Delivery(
            **{
                **delivery,
                "kind": MailKind(delivery["kind"]),
                "state": DeliveryState(delivery["state"]),
            }
        ),
        settlement=Settlement(
            **{
                **settlement,
                "state": DeliveryState(settlement["state"]),
                "next_at": _moment(settlement["next_at"]),
            }
        ),
        verdict=Verdict(
            **{
                **verdict,
                "outcome": Outcome(verdict["outcome"]),
                "stage": Stage(verdict["stage"]) if verdict["stage"] else None,
            }
        ),
        transport=row["transport"],
    )


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    message = f"{value!r} has no place in a verdict"
    raise TypeError(message)
