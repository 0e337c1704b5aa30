"""A digest in one row: its entries, and by reference the wishes and quotations it shares with others.

The release before goes on writing `digest_entries` and `digests.wishes`, which this one still reads. It
does not see the entries of digests that this one composes: workers are upgraded before what composes.
"""

import sqlalchemy as sa
from alembic import op

revision = "scale"
down_revision = "archive_search"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "wishes",
        sa.Column("subscriber_id", Id, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        # The release before erases readers and knows nothing of this table.
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_wishes_subscriber_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "revision", name=op.f("pk_wishes")),
    )
    op.create_table(
        "quotations",
        sa.Column("id", Id, nullable=False),
        sa.Column("paper_id", Id, nullable=False),
        sa.Column("fingerprint", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("field", sa.String(10), nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("spans", sa.JSON, nullable=False),
        sa.Column("used_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotations")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_quotations_fingerprint")),
    )
    op.create_index("ix_quotations_used_on", "quotations", ["used_on"])
    op.add_column("digests", sa.Column("entries", sa.JSON))
    op.add_column("digests", sa.Column("wishes_revision", sa.BigInteger))


def downgrade() -> None:
    op.drop_column("digests", "wishes_revision")
    op.drop_column("digests", "entries")
    op.drop_index("ix_quotations_used_on", "quotations")
    op.drop_table("quotations")
    op.drop_table("wishes")
