"""A chunk of readers at one moment: whose slot is due, and what becomes of what was chosen for it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from digest.model.cadence import next_slot, slot_due
from digest.model.due import DueReader
from digest.model.quiet import Turn
from digest.model.subscribers import Cadence, Slot
from digest.pipeline.chosen import Chosen
from digest.pipeline.matter import Matter
from digest.store.digests import NewDigests
from digest.store.lacking import lacking_to_json


class Composed(NamedTuple):
    """A digest that is to be stored, and when its reader's next one is due."""

    chosen: Chosen
    period: date
    next_due_at: datetime


@dataclass(slots=True)
class Chunk:
    """What the digests of a chunk have in common, papers up to the dump `through` among it.

    Slots are found once for all who have the same.
    """

    matter: Matter
    through: int
    now: datetime
    _slots: dict[tuple[Cadence, datetime], tuple[Slot, Slot]] = field(default_factory=dict)

    def slots(self, reader: DueReader) -> tuple[Slot, Slot]:
        """Return the slot that is due for a reader, and the one after it."""
        key = (reader.wishes.cadence, reader.next_due_at)
        found = self._slots.get(key)
        if found is None:
            slot = slot_due(*key, self.now)
            found = self._slots[key] = (slot, next_slot(key[0], self.now, slot.period))
        return found

    def sort_out(
        self, chosen: Sequence[Chosen], done: Collection[tuple[int, date]]
    ) -> tuple[list[Composed], list[Composed], int]:
        """Return the digests with papers, those of quiet days, and how many readers are to wait.

        Who is `done` has a digest for the period already, and gets no other.
        """
        mails: list[Composed] = []
        quiet: list[Composed] = []
        waiting = 0
        for each in chosen:
            slot, following = self.slots(each.reader)
            if (each.reader.id, slot.period) in done:
                continue
            match self.matter.turn_of(each.reader, each.shown, slot.period):
                case Turn.MAIL:
                    mails.append(Composed(each, slot.period, following.due_at))
                case Turn.QUIET:
                    quiet.append(Composed(each, slot.period, following.due_at))
                case Turn.WAIT:
                    waiting += 1
        return mails, quiet, waiting

    def new_digests(self, composed: Sequence[Composed]) -> NewDigests:
        """Return digests as the store takes them."""
        chosen = [each.chosen for each in composed]
        return NewDigests(
            composed_at=self.now,
            window_through=self.through,
            subscriber_ids=[each.reader.id for each in chosen],
            periods=[each.period for each in composed],
            window_after=[each.reader.seen_through for each in chosen],
            revisions=[each.reader.revision for each in chosen],
            considered=[each.considered for each in chosen],
            matched=[each.matched for each in chosen],
            excluded=[each.excluded for each in chosen],
            is_rest=[each.is_rest for each in chosen],
            entries=[each.entries for each in chosen],
            lacking=lacking_to_json(self.matter.lacking),
        )
