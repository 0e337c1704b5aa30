"""Accounts and operators: sessions, sign-ins, limits, dumps that are held, pauses and quiet days.

The release before neither reads nor writes any of it: whoever subscribes through it is not paused
and hears nothing on a quiet day, as before; what it composes says nothing of hidden papers. It would
compose for a reader who is paused only if their next due time came, which a pause moves.
"""

import sqlalchemy as sa
from alembic import op

from digest.store.types import UtcDateTime

revision = "web_accounts"
down_revision = "languages"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    # Constant defaults are written into no row: neither database copies these tables.
    op.add_column(
        "subscribers",
        sa.Column("quiet", sa.String(length=10), nullable=False, server_default="skip"),
    )
    op.add_column("subscribers", sa.Column("paused_until", UtcDateTime))
    op.add_column("subscribers", sa.Column("paused_at", UtcDateTime))
    op.add_column("subscribers", sa.Column("resumed_at", UtcDateTime))
    op.add_column("subscribers", sa.Column("left_at", UtcDateTime))
    op.add_column("digests", sa.Column("excluded", sa.Integer))
    op.add_column(
        "digests", sa.Column("is_rest", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_table(
        "held_dumps",
        sa.Column("id", Id, nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("dated_on", sa.Date, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("held_at", UtcDateTime, nullable=False),
        sa.Column("outcome", sa.String(length=10)),
        sa.Column("settled_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_dumps")),
        sa.UniqueConstraint("source", "checksum", name=op.f("uq_held_dumps_source_checksum")),
    )
    op.create_index(
        "ix_held_dumps_waiting",
        "held_dumps",
        ["id"],
        postgresql_where=sa.text("outcome IS NULL"),
        sqlite_where=sa.text("outcome IS NULL"),
    )
    _create_operators()
    _create_sessions()
    _create_what_is_asked()


def _create_operators() -> None:
    op.create_table(
        "operators",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=False),
        sa.Column("totp_secret", sa.String(length=80), nullable=False),
        sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operators")),
        sa.UniqueConstraint("name", name=op.f("uq_operators_name")),
    )
    op.create_table(
        "audit",
        sa.Column("id", Id, nullable=False),
        sa.Column("operator", sa.String(length=80), nullable=False),
        sa.Column("deed", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("done_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_done_at", "audit", ["done_at"])
    op.create_table(
        "tallies",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
        sa.Column("counted_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("kind", "day", "name", name=op.f("pk_tallies")),
    )
    # An operator finds readers by how their address begins, which the unique index serves only
    # where letters are compared as bytes. Over a million readers it is built in two seconds, in
    # which nobody subscribes and no digest is composed; mails go on. (CONCURRENTLY takes no
    # transaction, and half an index may be left.)
    op.create_index(
        "ix_subscribers_address_key_beginning",
        "subscribers",
        ["address_key"],
        postgresql_ops={"address_key": "varchar_pattern_ops"},
    )
    # Those who never confirmed are looked for once an hour.
    is_unconfirmed = sa.text("state = 'unconfirmed' AND confirmed_at IS NULL")
    op.create_index(
        "ix_subscribers_never_confirmed",
        "subscribers",
        ["created_at"],
        postgresql_where=is_unconfirmed,
        sqlite_where=is_unconfirmed,
    )


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", Id, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subscriber_id", Id),
        sa.Column("operator_id", Id),
        sa.Column("program", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("used_on", sa.Date, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_sessions_subscriber_id")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name=op.f("fk_sessions_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
    )
    op.create_index("ix_sessions_subscriber_id", "sessions", ["subscriber_id"])
    op.create_index("ix_sessions_operator_id", "sessions", ["operator_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _create_what_is_asked() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_sign_ins_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
    )
    op.create_index("ix_sign_ins_subscriber_id", "sign_ins", ["subscriber_id"])
    op.create_index("ix_sign_ins_asked_at", "sign_ins", ["asked_at"])
    op.create_table(
        "address_changes",
        sa.Column("id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_key", sa.String(length=254), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_address_changes_subscriber_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_changes")),
    )
    op.create_index("ix_address_changes_subscriber_id", "address_changes", ["subscriber_id"])
    op.create_table(
        "spent_ids",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("through", Id, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_spent_ids")),
    )
    op.create_table(
        "rate_buckets",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("tokens", sa.Float, nullable=False),
        sa.Column("refilled_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_buckets")),
    )
    op.create_index("ix_rate_buckets_refilled_at", "rate_buckets", ["refilled_at"])


def downgrade() -> None:
    op.drop_index("ix_subscribers_never_confirmed", "subscribers")
    op.drop_index("ix_subscribers_address_key_beginning", "subscribers")
    for table in (
        "spent_ids",
        "tallies",
        "rate_buckets",
        "address_changes",
        "sign_ins",
        "sessions",
        "audit",
        "operators",
        "held_dumps",
    ):
        op.drop_table(table)
    op.drop_column("digests", "is_rest")
    op.drop_column("digests", "excluded")
    op.drop_column("subscribers", "left_at")
    op.drop_column("subscribers", "resumed_at")
    op.drop_column("subscribers", "paused_at")
    op.drop_column("subscribers", "paused_until")
    op.drop_column("subscribers", "quiet")
