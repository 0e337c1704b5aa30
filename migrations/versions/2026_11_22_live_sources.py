"""Live sources: where each goes on, what a paper is called elsewhere, and what is incomplete.

Everything is added, so the code of the release before goes on beside it: it takes a list for a ranked
one, announces what was withdrawn, and tells nobody what is incomplete.
"""

import sqlalchemy as sa
from alembic import op

from digest.store.types import UtcDateTime

revision = "live_sources"
down_revision = "digests_by_window"
branch_labels = None
depends_on = None
oldest_code = "digests_by_window"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("next_look_at", UtcDateTime()),
        sa.Column("looked_at", UtcDateTime()),
        sa.Column("answered_at", UtcDateTime()),
        sa.Column("news_at", UtcDateTime()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcDateTime()),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("lacking", sa.JSON(none_as_null=True)),
    )
    op.create_table(
        "turns",
        sa.Column("host", sa.String(255), primary_key=True),
        sa.Column("next_at", sa.Float(), nullable=False),
    )
    op.create_table(
        "paper_titles",
        sa.Column("title_key", sa.String(500), primary_key=True),
        sa.Column(
            "paper_id", _ID, sa.ForeignKey("papers.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("title", sa.Text(), nullable=False),
    )
    op.create_index("ix_paper_titles_paper_id", "paper_titles", ["paper_id"])
    op.create_table(
        "observations",
        sa.Column(
            "paper_id", _ID, sa.ForeignKey("papers.id"), primary_key=True, autoincrement=False
        ),
        sa.Column("source", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("observed_on", sa.Date(), primary_key=True),
        sa.Column("value", sa.Float(), nullable=False),
    )
    op.add_column(
        "dumps", sa.Column("is_ranked", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    # A row a list: some thousand in years.
    op.create_index("ix_dumps_source_dated_on", "dumps", ["source", "dated_on"])
    op.add_column("papers", sa.Column("published_on", sa.Date()))
    op.add_column("papers", sa.Column("withdrawn_at", UtcDateTime()))
    op.add_column("papers", sa.Column("same_as", _ID))
    op.add_column("digests", sa.Column("lacking", sa.JSON(none_as_null=True)))


def downgrade() -> None:
    op.drop_column("digests", "lacking")
    op.drop_column("papers", "same_as")
    op.drop_column("papers", "withdrawn_at")
    op.drop_column("papers", "published_on")
    op.drop_index("ix_dumps_source_dated_on", "dumps")
    op.drop_column("dumps", "is_ranked")
    op.drop_table("observations")
    op.drop_table("paper_titles")
    op.drop_table("turns")
    op.drop_table("sources")
