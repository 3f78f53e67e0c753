"""What was derived is made anew: previews by lookup tables and sigmoid windows, and all that manifests tell since"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE instances SET derived = 'pending' WHERE derived = 'done'")
    # What was made is shown until it is made again.
    op.execute("UPDATE series SET derived_from = -1 WHERE derived_from > 0")
