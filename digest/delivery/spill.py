"""Verdicts that could not be written into the database before the process had to end.

One file a process, in the data folder: JSON lines, on the disk before the name is there. Whoever
starts next on this machine takes it by giving it another name, writes the verdicts down and removes
it; writing one down twice changes nothing, since a settled mail is settled under the fence it was
claimed with. What cannot be read or written stays beside as `*.bad`, for a person to look at.
"""

import dataclasses
import json
import logging
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.delivery.file import write_whole
from digest.delivery.owner import has_ended, this_process
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
_TAKEN = ".taken-"
_BAD = ".bad"
_MOMENTS = ("planned_at", "next_at", "deadline_at", "settled_at")


@dataclass(frozen=True, slots=True)
class Spilled:
    """A file that this process has taken: its verdicts, and what becomes of it.

    Without `is_whole` there are lines that could not be read.
    """

    path: Path
    settled: list[Settled]
    is_whole: bool

    def done(self) -> None:
        """Forget what is written down; lines that could not be read are kept."""
        if self.is_whole:
            self.path.unlink(missing_ok=True)
        else:
            self.put_aside()

    def put_aside(self) -> None:
        """Keep the file for a person: nobody takes it any more."""
        _rename(self.path, _BAD)

    def give_back(self) -> None:
        """Leave the file to whoever starts next."""
        _rename(self.path, "")


class Spill:
    """The folder of such files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, settled: Sequence[Settled]) -> Path:
        """Write verdicts to a file of their own, whole or not at all; raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{os.getpid()}-{secrets.token_hex(4)}-{settled[0].delivery.key}{_SUFFIX}"
        path = self._folder / name
        lines = [json.dumps(dataclasses.asdict(each), default=_written) for each in settled]
        write_whole(path, ("\n".join(lines) + "\n").encode())
        return path

    def take(self) -> Iterator[Spilled]:
        """Give the files with their verdicts, one by one; no other process gets the same ones.

        A file that cannot be taken or read is logged and left where it is.
        """
        for path in sorted(self._folder.glob(f"*{_SUFFIX}*")):
            if not _is_free(path):
                continue
            try:
                taken = _rename(path, f"{_TAKEN}{this_process()}")
                if taken is not None:
                    yield _read(taken)
            except OSError:
                logger.exception("%s cannot be taken", path)


def _is_free(path: Path) -> bool:
    """Tell whether a file waits: it is nobody's, or of a process that ended with it in its hands."""
    _, is_taken, process = path.name.rpartition(_TAKEN)
    return has_ended(process) if is_taken else path.name.endswith(_SUFFIX)


def _rename(path: Path, end: str) -> Path | None:
    """Give a file another end after its suffix; return None if it is gone."""
    to = path.with_name(path.name.partition(_SUFFIX)[0] + _SUFFIX + end)
    try:
        return path.rename(to)
    except FileNotFoundError:
        return None


def _read(path: Path) -> Spilled:
    found = []
    is_whole = True
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            found.append(_settled(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError):
            logger.exception("%s, line %d cannot be read", path, number)
            is_whole = False
    return Spilled(path, found, is_whole)


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
