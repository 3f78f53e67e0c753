"""The order of studies, with all that passing over a page of them needs to look at"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_studies_newest", table_name="studies")
    op.create_index("ix_studies_newest", "studies", ["study_date", "study_time", "id", "emptied"])
