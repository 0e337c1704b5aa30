"""The tables behind the pages: who is signed in, what is asked how often, what operators did."""

from sqlalchemy import BigInteger, Column, Date, Float, ForeignKey, Index, String, Table, Text

from digest.store.tables import Id
from digest.store.tables import metadata as metadata  # noqa: PLC0414  whole now: these tables too
from digest.store.types import UtcDateTime

operators = Table(
    "operators",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    # Argon2id in its own notation (RFC 9106; PHC string format).
    Column("password", String(255), nullable=False),
    Column("totp_secret", String(80), nullable=False),
    # The last time step whose code was used (RFC 6238, 5.2: none is good twice).
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    # The SHA-256, in hex, of what the browser or program shows: the table gives nobody in.
    Column("digest", String(64), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    # Whose it is: a reader's (kind "reader" or "api") or an operator's ("operator").
    Column("subscriber_id", Id, ForeignKey("subscribers.id")),
    Column("operator_id", Id, ForeignKey("operators.id")),
    Column("program", String(80), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_on", Date, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_sessions_subscriber_id", "subscriber_id"),
    Index("ix_sessions_operator_id", "operator_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    # Each is good once: its id is signed into the link of its mail.
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Index("ix_sign_ins_subscriber_id", "subscriber_id"),
    Index("ix_sign_ins_asked_at", "asked_at"),
)

address_changes = Table(
    "address_changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), nullable=False),
    Column("address", String(254), nullable=False),
    Column("address_key", String(254), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Index("ix_address_changes_subscriber_id", "subscriber_id"),
)

spent_ids = Table(
    "spent_ids",
    metadata,
    # Ids that erased rows had: links and return addresses that name them must mean nobody else.
    # Written on SQLite only, where the highest id is given anew once its row is gone.
    Column("name", String(40), primary_key=True),
    Column("through", Id, nullable=False),
)

rate_buckets = Table(
    "rate_buckets",
    metadata,
    # A keyed hash of what is limited: an address or a network that asked is not written down.
    Column("key", String(64), primary_key=True),
    Column("tokens", Float, nullable=False),
    Column("refilled_at", UtcDateTime, nullable=False),
    Index("ix_rate_buckets_refilled_at", "refilled_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("operator", String(80), nullable=False),
    Column("deed", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("done_at", UtcDateTime, nullable=False),
    Index("ix_audit_done_at", "done_at"),
)

tallies = Table(
    "tallies",
    metadata,
    # What was counted (store/tallies.py), of which day, under which name. Pages of operators read
    # these few rows: to count a million readers' mails takes seconds, and is done once an hour.
    Column("kind", String(20), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("counted_at", UtcDateTime, nullable=False),
)
