"""An index of digests by how far they reach, built while digests are written.

Alone in its migration: what it holds up, or interrupts, is nothing but itself.
"""

from alembic import op

from digest.store.large_indexes import create_beside_writers

revision = "digests_by_window"
down_revision = "rolling_upgrades"
branch_labels = None
depends_on = None
oldest_code = "rolling_upgrades"

_NAME = "ix_digests_subscriber_id_window_through"


def upgrade() -> None:
    create_beside_writers(_NAME, "digests", ["subscriber_id", "window_through"])


def downgrade() -> None:
    op.drop_index(_NAME, "digests")
