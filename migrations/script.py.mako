"""${message}.

The code of the release before this one is still running while this is applied: add columns with a
default, create indexes before they are needed, and take away only what two releases no longer use.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None
# The oldest revision whose code goes on working beside this schema. Whoever only adds says the last one of
# the release before, which is not `down_revision` if this release has a migration already; whoever takes
# something away, the first that no longer uses it.
oldest_code = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
