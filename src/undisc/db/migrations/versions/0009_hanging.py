"""What a viewer must know of a series to place it beside others; filled in when a series is derived again"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("series", sa.Column("hanging", sa.Text(), nullable=False, server_default=""))
