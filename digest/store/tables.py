"""The tables, in the order of the flow. Migrations are tested to build exactly these."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from digest.store.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only for a column of exactly INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")

site = Table(
    "site",
    metadata,
    # One row. Feed ids are made of it, so it outlives any change of address.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("authority", String(255), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
)

# The revisions whose code may run beside this schema, its own among them (store/fitting.py).
schema_fits = Table(
    "schema_fits",
    metadata,
    Column("revision", String(32), primary_key=True),
)

dumps = Table(
    "dumps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", String(40), nullable=False),
    Column("name", String(255), nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("dated_on", Date, nullable=False),
    Column("date_origin", String(10), nullable=False),
    Column("layout", String(20), nullable=False),
    Column("papers", Integer, nullable=False),
    Column("new_papers", Integer, nullable=False),
    Column("ingested_at", UtcDateTime, nullable=False),
    # Whether it lists the best papers first, rather than as they came.
    Column("is_ranked", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("source", "checksum"),
    Index("ix_dumps_dated_on", "dated_on"),
    # What a source lists by the day: what is usual is learned from it.
    Index("ix_dumps_source_dated_on", "source", "dated_on"),
)

# The services that papers come from, each with where it goes on and how it is.
sources = Table(
    "sources",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("title", Text, nullable=False),
    Column("cursor", Text, nullable=False),
    # Whoever asks a source moves it on first: so nobody else does meanwhile.
    Column("next_look_at", UtcDateTime),
    Column("looked_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Column("news_at", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("failing_since", UtcDateTime),
    Column("problem", Text, nullable=False),
    # In what it is incomplete so far; NULL: in nothing.
    Column("lacking", JSON(none_as_null=True)),
)

# When a host may be asked again, by all processes together; in seconds of the lease clock.
turns = Table(
    "turns",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("next_at", Float, nullable=False),
)

held_dumps = Table(
    "held_dumps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", String(40), nullable=False),
    Column("name", String(255), nullable=False),
    Column("checksum", String(64), nullable=False),
    # The bytes as they came: what is published later is read from them, not from a file that went.
    Column("body", LargeBinary, nullable=False),
    Column("dated_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Column("held_at", UtcDateTime, nullable=False),
    # What an operator decided, and when; NULL: nobody has.
    Column("outcome", String(10)),
    Column("settled_at", UtcDateTime),
    UniqueConstraint("source", "checksum"),
    # Asked at every look at the site's health, which is not to read the bodies.
    Index(
        "ix_held_dumps_waiting",
        "id",
        postgresql_where=text("outcome IS NULL"),
        sqlite_where=text("outcome IS NULL"),
    ),
)

papers = Table(
    "papers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(80), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("original_title", Text, nullable=False),
    Column("original_abstract", Text, nullable=False),
    Column("links", JSON, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("is_truncated", Boolean, nullable=False),
    Column("title_key", String(500), nullable=False),
    # Where it was first listed: what a reader's window and a feed's order are made of.
    Column("first_dump_id", Id, ForeignKey("dumps.id"), nullable=False),
    Column("first_position", Integer, nullable=False),
    Column("first_dated_on", Date, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("categories", JSON, nullable=False, server_default="[]"),
    # The paper's own date, where a source told it.
    Column("published_on", Date),
    # When its source took it back; NULL: it stands.
    Column("withdrawn_at", UtcDateTime),
    # The older paper that it turned out to be; NULL: it is one of its own.
    Column("same_as", Id),
    Index("ix_papers_title_key", "title_key"),
    Index("ix_papers_first_dump_id_first_position", "first_dump_id", "first_position"),
    # The few that were completed later: whether there is one is asked at every fetch of a feed.
    Index(
        "ix_papers_completed",
        "updated_at",
        postgresql_where=text("updated_at > created_at"),
        sqlite_where=text("updated_at > created_at"),
    ),
)

paper_ids = Table(
    "paper_ids",
    metadata,
    Column("scheme", String(20), primary_key=True),
    Column("value", String(255), primary_key=True),
    Column("paper_id", Id, ForeignKey("papers.id"), nullable=False),
    Index("ix_paper_ids_paper_id", "paper_id"),
)

# The titles a paper came under besides its own, in other versions and lists.
paper_titles = Table(
    "paper_titles",
    metadata,
    Column("title_key", String(500), primary_key=True),
    Column("paper_id", Id, ForeignKey("papers.id"), primary_key=True, autoincrement=False),
    # As it stood there; "" for its own without the subtitle, by which it is found only.
    Column("title", Text, nullable=False),
    Index("ix_paper_titles_paper_id", "paper_id"),
)

# What a service said of a paper on a day, in numbers, such as its upvotes by then.
observations = Table(
    "observations",
    metadata,
    Column("paper_id", Id, ForeignKey("papers.id"), primary_key=True, autoincrement=False),
    Column("source", String(40), primary_key=True),
    Column("name", String(20), primary_key=True),
    Column("observed_on", Date, primary_key=True),
    Column("value", Float, nullable=False),
)

# What papers are searched by. The index itself is the migration's: `search_index` is a virtual table
# in SQLite, kept by triggers, and an index in PostgreSQL.
paper_marks = Table(
    "paper_marks",
    metadata,
    Column("paper_id", Id, ForeignKey("papers.id"), primary_key=True, autoincrement=False),
    # Of the analysis that made them, and of the paper that they were made of.
    Column("version", Integer, nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
    Column("marks", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
    Index("ix_paper_marks_version", "version"),
)

paper_bands = Table(
    "paper_bands",
    metadata,
    Column("band", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Id, ForeignKey("papers.id"), primary_key=True, autoincrement=False),
    Index("ix_paper_bands_paper_id", "paper_id"),
)

listings = Table(
    "listings",
    metadata,
    Column("dump_id", Id, ForeignKey("dumps.id"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Id, ForeignKey("papers.id"), nullable=False),
    Index("ix_listings_paper_id", "paper_id"),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("address", String(254), nullable=False),
    Column("address_key", String(254), nullable=False, unique=True),
    Column("state", String(20), nullable=False),
    Column("days", String(10), nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("local_time", Time, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("papers_per_digest", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("next_due_at", UtcDateTime),
    Column("seen_through", Id),
    Column("token_version", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("language", String(20), nullable=False, server_default="en"),
    # What a day without a match brings (model.subscribers.QuietDays).
    Column("quiet", String(10), nullable=False, server_default="skip"),
    # No digest is due before it; NULL: not paused.
    Column("paused_until", UtcDateTime),
    # When the newest pause began, and when its reader ended it early: what receipts tell.
    Column("paused_at", UtcDateTime),
    Column("resumed_at", UtcDateTime),
    # When they unsubscribed, while that can be undone; NULL: they have not, or complained.
    Column("left_at", UtcDateTime),
    # For `LIKE 'ada%'` on PostgreSQL whatever its collation (store/finding.py).
    Index(
        "ix_subscribers_address_key_beginning",
        "address_key",
        postgresql_ops={"address_key": "varchar_pattern_ops"},
    ),
    Index(
        "ix_subscribers_next_due_at_id",
        "next_due_at",
        "id",
        postgresql_where=text("state = 'active'"),
        sqlite_where=text("state = 'active'"),
    ),
    # Who never confirmed, oldest first: few among many readers (store/sign_ups.py).
    Index(
        "ix_subscribers_never_confirmed",
        "created_at",
        postgresql_where=text("state = 'unconfirmed' AND confirmed_at IS NULL"),
        sqlite_where=text("state = 'unconfirmed' AND confirmed_at IS NULL"),
    ),
)

interests = Table(
    "interests",
    metadata,
    Column(
        "subscriber_id", Id, ForeignKey("subscribers.id"), primary_key=True, autoincrement=False
    ),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("expression", String(80), nullable=False),
    Column("weight", Float, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column(
        "subscriber_id", Id, ForeignKey("subscribers.id"), primary_key=True, autoincrement=False
    ),
    Column("paper_id", Id, ForeignKey("papers.id"), primary_key=True, autoincrement=False),
    Column("kind", String(10), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
)

mutes = Table(
    "mutes",
    metadata,
    Column(
        "subscriber_id", Id, ForeignKey("subscribers.id"), primary_key=True, autoincrement=False
    ),
    Column("expression", String(80), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
)

archives = Table(
    "archives",
    metadata,
    Column("id", Id, primary_key=True),
    Column("frozen_on", Date, nullable=False),
    Column("papers", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # Two processes that freeze at once freeze the same papers.
    UniqueConstraint("frozen_on", "papers"),
)

digests = Table(
    "digests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), nullable=False),
    Column("period", Date, nullable=False),
    Column("window_after", Id, nullable=False),
    Column("window_through", Id, nullable=False),
    Column("considered", Integer, nullable=False),
    Column("matched", Integer, nullable=False),
    Column("composed_at", UtcDateTime, nullable=False),
    # What it was composed for; the release before wrote it whole into each digest, the one before
    # that not at all.
    Column("wishes", JSON(none_as_null=True)),
    # How many met an interest but were hidden; NULL from a release that did not keep it.
    Column("excluded", Integer),
    # Whether nothing matched and the entries are the best of the rest.
    Column("is_rest", Boolean, nullable=False, server_default=false()),
    # What was chosen (store/entries.py); NULL: the release before has it in `digest_entries`.
    Column("entries", JSON(none_as_null=True)),
    # What it was composed for: the row of `wishes` with this revision.
    Column("wishes_revision", BigInteger),
    # Which sources were incomplete when it was composed; NULL: none.
    Column("lacking", JSON(none_as_null=True)),
    UniqueConstraint("subscriber_id", "period"),
    # What is beyond a reader's mark is looked for at every digest, among all they ever had.
    Index("ix_digests_subscriber_id_window_through", "subscriber_id", "window_through"),
)

# A reader's wishes at a revision: never changed, and the same for all digests that were composed so.
wishes = Table(
    "wishes",
    metadata,
    # With its reader goes a row also where the release before deletes them, which does not know of it.
    Column(
        "subscriber_id",
        Id,
        ForeignKey("subscribers.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("body", JSON, nullable=False),
)

# The sentences that show why: written once for all whom they are shown to.
quotations = Table(
    "quotations",
    metadata,
    Column("id", Id, primary_key=True),
    # Papers are never deleted: a key would be looked up for each of a million rows to say so.
    Column("paper_id", Id, nullable=False),
    # Of everything but the last day on which a digest was composed with it.
    Column("fingerprint", String(32), nullable=False, unique=True),
    Column("kind", String(10), nullable=False),
    Column("field", String(10), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("spans", JSON, nullable=False),
    Column("used_on", Date, nullable=False),
    Index("ix_quotations_used_on", "used_on"),
)

digest_entries = Table(
    "digest_entries",
    metadata,
    Column("digest_id", Id, ForeignKey("digests.id"), primary_key=True, autoincrement=False),
    Column("rank", Integer, primary_key=True, autoincrement=False),
    Column("paper_id", Id, ForeignKey("papers.id"), nullable=False),
    Column("score", Float, nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("folded", JSON, nullable=False, server_default="[]"),
    Column("topic", Text, nullable=False, server_default=""),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscriber_id", Id, ForeignKey("subscribers.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("period", String(40), nullable=False),
    Column("digest_id", Id, ForeignKey("digests.id")),
    Column("address", String(254), nullable=False),
    Column("key", String(64), nullable=False, unique=True),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("owner", String(80)),
    # Written by the release before only: a lease is the worker's now.
    Column("lease_until", UtcDateTime),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("deadline_at", UtcDateTime, nullable=False),
    Column("is_maybe_duplicate", Boolean, nullable=False),
    Column("code", Integer),
    Column("enhanced", String(20)),
    Column("text", Text, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("domain_group", String(80), nullable=False, server_default=""),
    Column("transport", String(120)),
    Column("message_hash", String(64)),
    UniqueConstraint("subscriber_id", "kind", "period"),
    # The order of the claim and of the index are one: a sort of a million rows is 2,500 times dearer.
    Index(
        "ix_deliveries_ready",
        "next_at",
        "id",
        postgresql_where=text("state = 'ready'"),
        sqlite_where=text("state = 'ready'"),
    ),
    Index(
        "ix_deliveries_leased",
        "lease_until",
        postgresql_where=text("state IN ('leased', 'inflight')"),
        sqlite_where=text("state IN ('leased', 'inflight')"),
    ),
    Index("ix_deliveries_digest_id", "digest_id"),
    # A claim goes straight to the open groups, past any number of mails of closed ones.
    Index(
        "ix_deliveries_ready_by_group",
        "domain_group",
        "next_at",
        "id",
        postgresql_where=text("state = 'ready'"),
        sqlite_where=text("state = 'ready'"),
    ),
    Index(
        "ix_deliveries_overdue",
        "deadline_at",
        postgresql_where=text("state IN ('planned', 'ready')"),
        sqlite_where=text("state IN ('planned', 'ready')"),
    ),
    Index(
        "ix_deliveries_waiting",
        "state",
        "id",
        postgresql_where=text("state IN ('planned', 'uncertain', 'held')"),
        sqlite_where=text("state IN ('planned', 'uncertain', 'held')"),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("delivery_id", Id, ForeignKey("deliveries.id"), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("stage", String(20)),
    Column("transport", String(120)),
    Column("code", Integer),
    Column("enhanced", String(20)),
    Column("text", Text, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    # Written again after a COMMIT whose answer was lost, an attempt is still one.
    UniqueConstraint("delivery_id", "fence", "outcome"),
    Index("ix_attempts_ended_at", "ended_at"),
)

workers = Table(
    "workers",
    metadata,
    Column("owner", String(80), primary_key=True),
    # Seconds of the lease clock (store/workers.py), which is not the wall clock.
    Column("lease_until", Float, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
)

throttles = Table(
    "throttles",
    metadata,
    Column("transport", String(120), primary_key=True),
    Column("domain_group", String(80), primary_key=True),
    Column("concurrency", Integer, nullable=False),
    Column("strikes", Integer, nullable=False),
    Column("cooldown_until", UtcDateTime),
    Column("rate", Float),
    # The token bucket that all processes share, refilled by the lease clock; NULL: never used.
    Column("tokens", Float),
    Column("refilled_at", Float),
)

transports = Table(
    "transports",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("down_until", UtcDateTime),
    Column("problem", Text, nullable=False),
)

pauses = Table(
    "pauses",
    metadata,
    Column("scope", String(20), primary_key=True),
    Column("name", String(120), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_key", String(254), primary_key=True),
    Column("reason", String(40), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("source", String(20), nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
)

bounce_scores = Table(
    "bounce_scores",
    metadata,
    Column("address_key", String(254), primary_key=True),
    Column("score", Float, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

bounces = Table(
    "bounces",
    metadata,
    Column("id", Id, primary_key=True),
    Column("event_key", String(64), nullable=False, unique=True),
    Column("delivery_id", Id, ForeignKey("deliveries.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("enhanced", String(20)),
    Column("text", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index("ix_bounces_delivery_id", "delivery_id"),
)

feed_snapshots = Table(
    "feed_snapshots",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("format", String(10), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("body_gzip", LargeBinary, nullable=False),
    Column("etag", String(80), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

private_feeds = Table(
    "private_feeds",
    metadata,
    Column(
        "subscriber_id", Id, ForeignKey("subscribers.id"), primary_key=True, autoincrement=False
    ),
    # Part of what the address is signed of; it only goes up, so no old address is ever good again.
    Column("version", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
)

feed_fetches = Table(
    "feed_fetches",
    metadata,
    Column(
        "subscriber_id", Id, ForeignKey("subscribers.id"), primary_key=True, autoincrement=False
    ),
    Column("fetched_on", Date, nullable=False),
    Column("program", String(40), nullable=False),
)
