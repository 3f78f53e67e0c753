"""Which links let their holder add notes to the pictures; none of those that are there already"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("may_annotate", sa.Boolean(), nullable=False, server_default=sa.false()))
