"""A table of whose code may run beside this schema: from now on an older process may start beside a newer one.

Expands only. The release before does not know the table: it still refuses to start once the database
is upgraded, and goes on if it is running.
"""

import sqlalchemy as sa
from alembic import op

revision = "rolling_upgrades"
down_revision = "scale"
branch_labels = None
depends_on = None
# None older reads the table this makes.
oldest_code = "rolling_upgrades"


def upgrade() -> None:
    op.create_table(
        "schema_fits",
        sa.Column("revision", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("revision", name=op.f("pk_schema_fits")),
    )


def downgrade() -> None:
    op.drop_table("schema_fits")
