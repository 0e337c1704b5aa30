"""The entries of a digest as JSON in its row, small enough to keep a million of them a day.

An entry is `[paper, score, [reason, ...]]`, and where papers are folded under it `folded, topic`
follow; a reason is `[interest, quotation, share]`. Score and share are in thousandths. The interest is
its place among the digest's wishes, or the words themselves where it is none of these, as a liked
paper's title. The sentence is in `quotations`.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Text, bindparam, cast, select

from digest.model.digests import Entry, Field, MatchKind, Quoted, Reason
from digest.store.quotations import quotations_by_id
from digest.store.tables import digest_entries

UNIT = 1000


def entries_to_json(
    entries: Iterable[Entry], expressions: Sequence[str], numbers: Mapping[Quoted, int]
) -> str:
    """Return entries as they are stored; `numbers` has every quotation of theirs (`quoted_in`)."""
    stored = [
        [
            entry.paper_id,
            round(entry.score * UNIT),
            [
                [
                    _place(reason.expression, expressions),
                    numbers[_quoted(entry.paper_id, reason)],
                    round(reason.share * UNIT),
                ]
                for reason in entry.reasons
            ],
            *((list(entry.folded), entry.topic) if entry.folded or entry.topic else ()),
        ]
        for entry in entries
    ]
    return json.dumps(stored, separators=(",", ":"))


def quoted_in(entries: Iterable[Entry]) -> Iterator[Quoted]:
    """Return the quotations that entries show."""
    return (_quoted(entry.paper_id, reason) for entry in entries for reason in entry.reasons)


def flat_entries_to_json(  # noqa: PLR0913, PLR0917  arrays of one thing
    starts: Sequence[int],
    papers: Sequence[int],
    scores: Sequence[int],
    reason_starts: Sequence[int],
    interests: Sequence[int],
    quotations: Sequence[int],
    shares: Sequence[int],
) -> list[str]:
    """Return the entries of many digests as they are stored, none of them folded.

    Those of digest n stand from `starts[n]` to `starts[n + 1]`, the reasons of an entry likewise;
    scores and shares are in thousandths.
    """
    reasons = [
        f"[{interest},{quotation},{share}]"
        for interest, quotation, share in zip(interests, quotations, shares, strict=True)
    ]
    entries = [
        f"[{paper},{score},[{','.join(reasons[begin:end])}]]"
        for paper, score, (begin, end) in zip(papers, scores, pairwise(reason_starts), strict=True)
    ]
    return [f"[{','.join(entries[begin:end])}]" for begin, end in pairwise(starts)]


def entries_from_json(
    connection: Connection, stored: Sequence[tuple[str, Sequence[str]]]
) -> list[tuple[Entry, ...]]:
    """Return the entries of digests: of each what is stored, and the expressions of its wishes."""
    read = json.loads(f"[{','.join(text for text, _ in stored)}]")
    wanted = {number for entries in read for entry in entries for _, number, _ in entry[2]}
    quoted = quotations_by_id(connection, wanted)
    return [
        tuple([_entry(entry, expressions, quoted) for entry in entries])
        for entries, (_, expressions) in zip(read, stored, strict=True)
    ]


def papers_in(stored: str) -> list[tuple[int, Sequence[int]]]:
    """Return the papers of stored entries, best first, each with those folded under it."""
    return [(entry[0], entry[3] if len(entry) > _PLAIN else ()) for entry in json.loads(stored)]


def entries_of_before(
    connection: Connection, digest_ids: Collection[int]
) -> dict[int, tuple[Entry, ...]]:
    """Return the entries that the release before stored, a row each, by the ids of their digests."""
    if not digest_ids:
        return {}
    rows = connection.execute(_ENTRIES, {"numbers": list(digest_ids)}).all()
    found: dict[int, tuple[Entry, ...]] = {}
    told = json.loads(f"[{','.join(row[4] for row in rows)}]")
    under = json.loads(f"[{','.join(row[5] for row in rows)}]")
    for row, reasons, folded in zip(rows, told, under, strict=True):
        digest_id, paper_id, score, topic, _, _ = row
        entry = Entry(paper_id, score, tuple(map(_reason_of_before, reasons)), tuple(folded), topic)
        found[digest_id] = (*found.get(digest_id, ()), entry)
    return found


def _place(expression: str, expressions: Sequence[str]) -> int | str:
    return expressions.index(expression) if expression in expressions else expression


def _quoted(paper_id: int, reason: Reason) -> Quoted:
    return Quoted(paper_id, reason.kind, reason.field, reason.sentence, reason.spans)


def _entry(stored: Any, expressions: Sequence[str], quoted: Mapping[int, Quoted]) -> Entry:  # noqa: ANN401  JSON
    paper, score, reasons, *more = stored
    folded, topic = more or ((), "")
    return Entry(
        paper,
        score / UNIT,
        tuple(
            [
                _reason(each, expressions, quoted)
                for each in reasons
                if each[1] in quoted and _is_there(each[0], expressions)
            ]
        ),
        tuple(folded),
        topic,
    )


def _is_there(interest: int | str, expressions: Sequence[str]) -> bool:
    return isinstance(interest, str) or interest < len(expressions)


def _reason(stored: Any, expressions: Sequence[str], quoted: Mapping[int, Quoted]) -> Reason:  # noqa: ANN401  JSON
    interest, number, share = stored
    expression = interest if isinstance(interest, str) else expressions[interest]
    _, kind, field, sentence, spans = quoted[number]
    return Reason(expression, kind, field, sentence, spans, share / UNIT)


def _reason_of_before(stored: dict[str, Any]) -> Reason:
    return Reason(
        stored["expression"],
        MatchKind(stored["kind"]),
        Field(stored["field"]),
        stored["sentence"],
        tuple([(start, end) for start, end in stored["spans"]]),
        stored["share"],
    )


_PLAIN = 3
# What is JSON comes as text: one reading of all of it costs a fifth of one for every row.
_ENTRIES = (
    select(
        digest_entries.c.digest_id,
        digest_entries.c.paper_id,
        digest_entries.c.score,
        digest_entries.c.topic,
        cast(digest_entries.c.reasons, Text),
        cast(digest_entries.c.folded, Text),
    )
    .where(digest_entries.c.digest_id.in_(bindparam("numbers", expanding=True)))
    .order_by(digest_entries.c.digest_id, digest_entries.c.rank)
)
