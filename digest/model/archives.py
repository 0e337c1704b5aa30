"""The frozen statistics of older papers, which scores rest on."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class StoredArchive:
    """One freezing as the store knows it: what `papers` papers said up to `frozen_on`.

    `body` belongs to ranking; the store does not look inside.
    """

    id: int
    frozen_on: date
    papers: int
    body: bytes
