"""Search of the archive: the marks of every paper, and an index of them; days of dumps.

The release before writes papers without marks, and completes some: the pipeline makes the marks that
are missing or old, those of the papers that are there now among them, after every list it takes in
and when it starts. SQLite keeps its index by triggers, so whoever changes marks changes both.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from digest.store.types import UtcDateTime

revision = "archive_search"
down_revision = "web_accounts"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# The marks are words already: nothing is to be cut, and of where they stand nothing is kept.
_INDEX = (
    "CREATE VIRTUAL TABLE search_index USING fts5(marks, content='paper_marks', "
    "content_rowid='paper_id', detail='none', columnsize=0, "
    "tokenize=\"ascii tokenchars '+#=:^.-'\")"
)
_ADD = "INSERT INTO search_index (rowid, marks) VALUES (new.paper_id, new.marks);"
_TAKE = (
    "INSERT INTO search_index (search_index, rowid, marks) "
    "VALUES ('delete', old.paper_id, old.marks);"
)
_TRIGGERS = {"INSERT": _ADD, "DELETE": _TAKE, "UPDATE": f"{_TAKE} {_ADD}"}


def upgrade() -> None:
    op.create_table(
        "paper_marks",
        sa.Column("paper_id", Id, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("read_at", UtcDateTime, nullable=False),
        sa.Column("marks", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name=op.f("fk_paper_marks_paper_id")),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_paper_marks")),
    )
    op.create_index("ix_paper_marks_version", "paper_marks", ["version"])
    op.create_index("ix_dumps_dated_on", "dumps", ["dated_on"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX search_index ON paper_marks USING gin (marks)")
        return
    op.execute(_INDEX)
    for deed, what in _TRIGGERS.items():
        op.execute(
            f"CREATE TRIGGER search_index_{deed.lower()} AFTER {deed} ON paper_marks "
            f"BEGIN {what} END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    op.drop_index("ix_dumps_dated_on", "dumps")
    op.drop_table("paper_marks")
