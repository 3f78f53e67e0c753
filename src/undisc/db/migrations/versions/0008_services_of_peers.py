"""What each peer may ask; those that are known already may ask what they might before"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    everything = "find,retrieve,store"
    op.add_column("peers", sa.Column("services", sa.String(length=64), nullable=False, server_default=everything))
