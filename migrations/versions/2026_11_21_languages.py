"""Languages: in which one each reader's mails are written.

The release before neither reads nor writes the column: whoever subscribes through it gets English,
and what it changes of a reader leaves their language alone. A digest keeps its reader's language
among its wishes, where the release before passes over it.
"""

import sqlalchemy as sa
from alembic import op

revision = "languages"
down_revision = "private_feeds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A constant default is written into no row: neither database copies the table for it.
    op.add_column(
        "subscribers",
        sa.Column("language", sa.String(length=20), nullable=False, server_default="en"),
    )


def downgrade() -> None:
    op.drop_column("subscribers", "language")
