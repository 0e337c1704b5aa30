"""Private feeds: which address of a reader's feed is good, and when it was last fetched.

Tables of their own: the release before knows nothing of them, composing never waits for a feed that
is fetched, and a reader who has no feed has no row. The index holds only the papers that were
completed after they were first read, which are few.
"""

import sqlalchemy as sa
from alembic import op

revision = "private_feeds"
down_revision = "delivery_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_papers_completed",
        "papers",
        ["updated_at"],
        postgresql_where=sa.text("updated_at > created_at"),
        sqlite_where=sa.text("updated_at > created_at"),
    )
    op.create_table(
        "private_feeds",
        sa.Column(
            "subscriber_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_private_feeds_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_private_feeds")),
    )
    op.create_table(
        "feed_fetches",
        sa.Column(
            "subscriber_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("fetched_on", sa.Date(), nullable=False),
        sa.Column("program", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_feed_fetches_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_feed_fetches")),
    )


def downgrade() -> None:
    op.drop_table("feed_fetches")
    op.drop_table("private_feeds")
    op.drop_index("ix_papers_completed", "papers")
