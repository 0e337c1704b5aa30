"""Steering and archives: feedback, mutes, frozen statistics, and what entries and papers gained.

The code of the release before this one is still running while this is applied: add columns with a
default, create indexes before they are needed, and take away only what two releases no longer use.
"""

import sqlalchemy as sa
from alembic import op

revision = "steering_and_archives"
down_revision = "first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default is written into no row: neither database copies the table for it.
    op.add_column("papers", sa.Column("categories", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column(
        "digest_entries", sa.Column("folded", sa.JSON(), nullable=False, server_default="[]")
    )
    op.add_column(
        "digest_entries", sa.Column("topic", sa.Text(), nullable=False, server_default="")
    )
    op.add_column(
        "subscribers", sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_table(
        "feedback",
        sa.Column(
            "subscriber_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "paper_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_feedback_subscriber_id")
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["papers.id"], name=op.f("fk_feedback_paper_id")),
        sa.PrimaryKeyConstraint("subscriber_id", "paper_id", name=op.f("pk_feedback")),
    )
    op.create_table(
        "mutes",
        sa.Column(
            "subscriber_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("expression", sa.String(length=80), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_mutes_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "expression", name=op.f("pk_mutes")),
    )
    op.create_table(
        "archives",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frozen_on", sa.Date(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archives")),
        sa.UniqueConstraint("frozen_on", "papers", name=op.f("uq_archives_frozen_on_papers")),
    )


def downgrade() -> None:
    op.drop_table("archives")
    op.drop_table("mutes")
    op.drop_table("feedback")
    op.drop_column("subscribers", "revision")
    op.drop_column("digest_entries", "topic")
    op.drop_column("digest_entries", "folded")
    op.drop_column("papers", "categories")
