"""Delivery ledger: groups, attempts, workers, throttles, pauses, bounces, and frozen wishes.

The code of the release before this one is still running while this is applied: add columns with a
default, create indexes before they are needed, and take away only what two releases no longer use.
That release leases mails, this one leases workers; `deliveries.lease_until` stays for it.
"""

import sqlalchemy as sa
from alembic import op

revision = "delivery_ledger"
down_revision = "steering_and_archives"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default is written into no row: neither database copies the table for it.
    op.add_column("digests", sa.Column("wishes", sa.JSON(), nullable=True))
    op.add_column(
        "deliveries",
        sa.Column("domain_group", sa.String(length=80), nullable=False, server_default=""),
    )
    op.add_column("deliveries", sa.Column("transport", sa.String(length=120), nullable=True))
    op.add_column("deliveries", sa.Column("message_hash", sa.String(length=64), nullable=True))
    op.add_column(
        "suppressions",
        sa.Column("source", sa.String(length=20), nullable=False, server_default=""),
    )
    op.add_column("suppressions", sa.Column("detail", sa.Text(), nullable=False, server_default=""))
    op.create_index(
        "ix_deliveries_ready_by_group",
        "deliveries",
        ["domain_group", "next_at", "id"],
        postgresql_where=sa.text("state = 'ready'"),
        sqlite_where=sa.text("state = 'ready'"),
    )
    op.create_index(
        "ix_deliveries_overdue",
        "deliveries",
        ["deadline_at"],
        postgresql_where=sa.text("state IN ('planned', 'ready')"),
        sqlite_where=sa.text("state IN ('planned', 'ready')"),
    )
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["state", "id"],
        postgresql_where=sa.text("state IN ('planned', 'uncertain', 'held')"),
        sqlite_where=sa.text("state IN ('planned', 'uncertain', 'held')"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=True),
        sa.Column("transport", sa.String(length=120), nullable=True),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("enhanced", sa.String(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_attempts_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint(
            "delivery_id", "fence", "outcome", name=op.f("uq_attempts_delivery_id_fence_outcome")
        ),
    )
    op.create_index("ix_attempts_ended_at", "attempts", ["ended_at"])
    op.create_table(
        "workers",
        sa.Column("owner", sa.String(length=80), nullable=False),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_workers")),
    )
    op.create_table(
        "throttles",
        sa.Column("transport", sa.String(length=120), nullable=False),
        sa.Column("domain_group", sa.String(length=80), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("cooldown_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rate", sa.Float(), nullable=True),
        sa.Column("tokens", sa.Float(), nullable=True),
        sa.Column("refilled_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("transport", "domain_group", name=op.f("pk_throttles")),
    )
    op.create_table(
        "transports",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("down_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_transports")),
    )
    op.create_table(
        "pauses",
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "name", name=op.f("pk_pauses")),
    )
    op.create_table(
        "bounce_scores",
        sa.Column("address_key", sa.String(length=254), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_bounce_scores")),
    )
    op.create_table(
        "bounces",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_key", sa.String(length=64), nullable=False),
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("enhanced", sa.String(length=20), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_bounces_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounces")),
        sa.UniqueConstraint("event_key", name=op.f("uq_bounces_event_key")),
    )
    op.create_index("ix_bounces_delivery_id", "bounces", ["delivery_id"])


def downgrade() -> None:
    op.drop_table("bounces")
    op.drop_table("bounce_scores")
    op.drop_table("pauses")
    op.drop_table("transports")
    op.drop_table("throttles")
    op.drop_table("workers")
    op.drop_table("attempts")
    op.drop_index("ix_deliveries_waiting", "deliveries")
    op.drop_index("ix_deliveries_overdue", "deliveries")
    op.drop_index("ix_deliveries_ready_by_group", "deliveries")
    op.drop_column("suppressions", "detail")
    op.drop_column("suppressions", "source")
    op.drop_column("deliveries", "message_hash")
    op.drop_column("deliveries", "transport")
    op.drop_column("deliveries", "domain_group")
    op.drop_column("digests", "wishes")
