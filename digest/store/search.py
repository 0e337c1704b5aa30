"""Which papers have the marks that are asked for: FTS5 on SQLite, a GIN index on PostgreSQL.

Nothing but marks is ever looked for, each written as one quoted word of the database's language; what
a reader typed does not come here. Who has the marks may match; the caller decides.
"""

from collections.abc import Sequence

from sqlalchemy import (
    Connection,
    Select,
    Text,
    cast,
    column,
    func,
    literal,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from digest.model.archive_search import AllOf, AnyOf, Candidates, Mark, Marks, Needed
from digest.store.tables import paper_marks, papers
from digest.store.upsert import insert_or_replace

# What only one kind of database has: a virtual table here, an index there. The model has neither.
INDEX = "search_index"
# To look into a vector costs far more than the planner thinks: it lies apart from its row.
_BY_INDEX = text("SET LOCAL enable_seqscan = off")
_index = table(INDEX, column("rowid"), column(INDEX))


def papers_to_mark(connection: Connection, version: int, limit: int) -> list[int]:
    """Return papers without marks of this version, or completed since, at most `limit`.

    The release before writes papers and no marks.
    """
    marked = papers.outerjoin(paper_marks, paper_marks.c.paper_id == papers.c.id)
    is_completed = papers.c.updated_at > papers.c.created_at  # as their index has it
    ways: list[Select[int]] = [
        select(papers.c.id).select_from(marked).where(paper_marks.c.paper_id.is_(None)),
        select(paper_marks.c.paper_id).where(paper_marks.c.version < version),
        select(papers.c.id)
        .select_from(marked)
        .where(is_completed, paper_marks.c.read_at < papers.c.updated_at),
    ]
    found: set[int] = set()
    for way in ways:
        found.update(connection.execute(way.limit(limit)).scalars())
    return sorted(found)[:limit]


def count_unmarked(connection: Connection, version: int) -> int:
    """Return how many papers have no marks of this version; two counts of an index, not a join."""
    marked = select(func.count()).where(paper_marks.c.version >= version)
    stored = select(func.count()).select_from(papers)
    return connection.execute(stored).scalar_one() - connection.execute(marked).scalar_one()


def keep_marks(connection: Connection, marked: Sequence[Marks]) -> None:
    """Have papers found by these marks from now on, and by no others."""
    if not marked:
        return
    written = " ".join if connection.dialect.name == "sqlite" else _as_vector
    rows = [
        {
            "paper_id": each.paper_id,
            "version": each.version,
            "read_at": each.read_at,
            "marks": written(sorted(each.marks)),
        }
        for each in marked
    ]
    connection.execute(insert_or_replace(connection, paper_marks), rows)


def papers_with(connection: Connection, needed: Needed, limit: int) -> Candidates:
    """Return the newest papers that have what is needed, at most `limit`."""
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        connection.execute(_BY_INDEX)
    statement = with_marks(needed, is_sqlite=is_sqlite).limit(limit + 1)
    numbers = tuple(connection.execute(statement).scalars())
    return Candidates(numbers[:limit], is_cut=len(numbers) > limit)


def with_marks(needed: Needed, *, is_sqlite: bool) -> Select[int]:
    """Return the statement that asks for papers by their marks, the newest first."""
    if is_sqlite:
        found = select(_index.c.rowid)
        return found.where(_index.c[INDEX].op("MATCH")(for_fts5(needed))).order_by(
            _index.c.rowid.desc()
        )
    asked = cast(literal(for_tsquery(needed), Text), TSQUERY)
    found = select(paper_marks.c.paper_id).where(paper_marks.c.marks.op("@@")(asked))
    # Not in the order of the primary key: that would read vectors until there are enough papers.
    return found.order_by((paper_marks.c.paper_id + 0).desc())


def for_fts5(needed: Needed) -> str:
    """Return what is needed in the language of FTS5."""
    match needed:
        case Mark():
            return _quoted(needed.text, '"') + ("*" if needed.is_prefix else "")
        case AllOf():
            return f"({' AND '.join(map(for_fts5, needed.parts))})"
        case AnyOf():
            return f"({' OR '.join(map(for_fts5, needed.parts))})"


def for_tsquery(needed: Needed) -> str:
    """Return what is needed in the language of PostgreSQL's tsquery."""
    match needed:
        case Mark():
            return _quoted(needed.text.replace("\\", "\\\\"), "'") + (
                ":*" if needed.is_prefix else ""
            )
        case AllOf():
            return f"({' & '.join(map(for_tsquery, needed.parts))})"
        case AnyOf():
            return f"({' | '.join(map(for_tsquery, needed.parts))})"


def _as_vector(marks: Sequence[str]) -> str:
    return " ".join(_quoted(mark.replace("\\", "\\\\"), "'") for mark in marks)


def _quoted(mark: str, quote: str) -> str:
    return f"{quote}{mark.replace(quote, quote * 2)}{quote}"
