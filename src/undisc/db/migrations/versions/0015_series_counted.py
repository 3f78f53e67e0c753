"""Which modalities a study has, and what is counted of it, from an index alone"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_series_counted", "series", ["study_id", "modality", "id", "emptied"])
