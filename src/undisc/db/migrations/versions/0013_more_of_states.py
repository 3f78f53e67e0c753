"""Presentation states are told of anew: with their overlays, bitmap shutters, palettes and presentation LUTs"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was made is used until it is made again.
    op.execute("UPDATE series SET derived_from = -1 WHERE modality = 'PR' AND derived_from > 0")
