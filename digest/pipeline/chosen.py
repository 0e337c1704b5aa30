"""What ranking chose for readers, made ready to be stored."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from digest.model.digests import Quoted
from digest.model.due import DueReader
from digest.ranking.choices import Choices
from digest.store.engine import Database
from digest.store.entries import UNIT, entries_to_json, flat_entries_to_json, quoted_in
from digest.store.quotations import keep_quotations

# What a day's digests of a million readers quote, several times over.
_MOST_KNOWN = 400_000


class Chosen(NamedTuple):
    """What a reader's digest shows: `shown` entries, as the store writes them, of so many papers."""

    reader: DueReader
    considered: int
    matched: int
    excluded: int
    is_rest: bool
    shown: int
    entries: str


class KeptQuotations:
    """The numbers under which quotations are stored; each is written once a day and process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[Quoted, int] = {}
        self._day = date.min

    def numbers(self, quoted: Collection[Quoted], today: date) -> dict[Quoted, int]:
        """Return the number of each quotation, all of which are stored by now."""
        if today != self._day or len(self._known) > _MOST_KNOWN:
            self._known, self._day = {}, today
        known = self._known
        new = [each for each in quoted if each not in known]
        if new:
            # Kept before the digests that name them: whoever is killed between leaves some that
            # nobody names, and nothing else.
            with self._database.writing() as connection:
                stored = keep_quotations(connection, new, today)
            known.update(stored)
        return known


def chosen_of(
    readers: Sequence[DueReader], choices: Choices, quotations: KeptQuotations, today: date
) -> list[Chosen]:
    """Return what was chosen for each of these readers, in their order."""
    quoted = [
        Quoted(paper_id, each.kind, each.field, each.sentence, each.spans)
        for paper_id, each in choices.quotations
    ]
    told = choices.told
    more = {each for found in told.values() for each in quoted_in(found.entries)}
    numbers = quotations.numbers(more.union(quoted), today)
    number_of = np.array([numbers[each] for each in quoted], np.int64)
    starts: list[int] = choices.starts.tolist()
    entries = flat_entries_to_json(
        starts,
        choices.papers.tolist(),
        np.rint(choices.scores * UNIT).astype(np.int64).tolist(),
        choices.reason_starts.tolist(),
        choices.interests.tolist(),
        number_of[choices.quoted].tolist() if quoted else (),
        np.rint(choices.shares * UNIT).astype(np.int64).tolist(),
    )
    counts = zip(
        choices.considered.tolist(),
        choices.matched.tolist(),
        choices.excluded.tolist(),
        strict=True,
    )
    chosen = [
        Chosen(reader, *count, is_rest=False, shown=end - begin, entries=text)
        for reader, count, begin, end, text in zip(
            readers, counts, starts[:-1], starts[1:], entries, strict=True
        )
    ]
    for place, found in told.items():
        expressions = [each.expression for each in readers[place].wishes.interests]
        chosen[place] = chosen[place]._replace(
            is_rest=found.is_rest,
            shown=len(found.entries),
            entries=entries_to_json(found.entries, expressions, numbers),
        )
    return chosen
