"""What became of every reader: the rows of the site against the ledger of the mail server."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from digest.store.engine import Database
from tests.hosts.mail_sink import Kept

# A lost reply makes one copy; the second time a person is asked.
_MOST_COPIES = 2
# What two hosts can have in hand when they go is less than the rest.
_CROWD = 0.95
_ROWS = text("""
    SELECT readers.id AS reader, digests.id AS digest, mails.id AS mail, mails.address, mails.key,
        mails.state, mails.is_maybe_duplicate, mails.message_hash, mails.settled_at, mails.attempts,
        readers.seen_through = digests.window_through AS is_seen,
        (SELECT count(*) FROM attempts WHERE attempts.delivery_id = mails.id
            AND attempts.outcome = 'uncertain') AS lost
    FROM subscribers AS readers
    LEFT JOIN digests ON digests.subscriber_id = readers.id
    LEFT JOIN deliveries AS mails
        ON mails.subscriber_id = readers.id AND mails.digest_id = digests.id
""")


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What was counted, once all that must hold holds.

    `longest` is how many seconds after the last obstacle the last reader was served; `wait` is how
    many of them after the crowd was, too.
    """

    readers: int
    mails: int
    copies: int
    flagged: int
    uncertain: int
    late: int
    longest: float
    wait: float

    def __str__(self) -> str:
        return (
            f"{self.readers} readers, {self.mails} mails, {self.copies} of them copies; "
            f"{self.flagged} rows flagged, {self.uncertain} left to a person; "
            f"{self.late} readers late; the last {self.longest:.1f} s after nothing was in the way, "
            f"{self.wait:.1f} s after the crowd"
        )


def reckon(database: Database, kept: Iterable[Kept], clear_at: float, lease: float) -> Reckoning:
    """Assert that everybody has one digest and what a mail may be (I1 to I4 and I6 of the faults).

    Late is who had to wait for longer than a lease from `clear_at` on, when nothing was in the way
    any more; but as long as the crowd is being served it is that which they wait for.
    """
    with database.reading() as connection:
        rows = connection.execute(_ROWS).all()
    copies: dict[str, list[Kept]] = defaultdict(list)
    for each in kept:
        copies[each.key].append(each)
    _everybody_has_one(rows)
    by_key = {row.key: row for row in rows}
    assert copies.keys() <= by_key.keys(), "I2: a mail that is none of ours"
    for key, row in by_key.items():
        _is_accounted_for(row, copies.get(key, []))
    served = sorted(_served(row, copies.get(row.key, [])) for row in rows)
    crowd_at = served[int(len(served) * _CROWD)]
    due_by = max(clear_at, crowd_at)
    return Reckoning(
        readers=len(rows),
        mails=sum(map(len, copies.values())),
        copies=sum(len(each) - 1 for each in copies.values()),
        flagged=sum(row.is_maybe_duplicate for row in rows),
        uncertain=sum(row.state == "uncertain" for row in rows),
        late=sum(moment > due_by + lease for moment in served),
        longest=served[-1] - clear_at,
        wait=served[-1] - due_by,
    )


def _everybody_has_one(rows: Sequence[Any]) -> None:
    """I1."""
    counts = Counter(row.reader for row in rows)
    doubled = [number for number, count in counts.items() if count > 1]
    assert not doubled, f"I1: {len(doubled)} readers have two, as {doubled[:9]}"
    without = [row.reader for row in rows if row.mail is None]
    assert not without, f"I1: {len(without)} readers have none, as {without[:9]}"


def _is_accounted_for(row: Any, copies: Sequence[Kept]) -> None:
    # What no worker knows is allowed only where a reply was lost twice.
    is_for_a_person = row.state == "uncertain" and row.is_maybe_duplicate and row.lost > 1
    assert row.state == "accepted" or is_for_a_person, f"I1: {row}"
    assert copies or is_for_a_person, f"I2: {row} never arrived"
    assert {each.recipient for each in copies} <= {row.address}, f"I2: {row} went elsewhere"
    if len(copies) > 1:
        most = min(1 + row.lost, _MOST_COPIES)
        assert row.is_maybe_duplicate, f"I3: {len(copies)} copies of {row}, which is not flagged"
        assert len(copies) <= most, f"I3: {len(copies)} copies of {row}"
    assert {each.sha256 for each in copies} <= {row.message_hash}, f"I4: {row}"
    assert row.is_seen, f"I6: the papers of {row} come once more"


def _served(row: Any, copies: Sequence[Kept]) -> float:
    """Return when a reader had their mail, or somebody was told that nobody knows."""
    return min(each.at for each in copies) if copies else float(row.settled_at.timestamp())
