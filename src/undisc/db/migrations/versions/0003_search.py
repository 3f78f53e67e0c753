"""What studies, series and instances are searched by"""

import sqlalchemy as sa
from alembic import op

from undisc.db.columns import Sorted

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SORTED = {
    "studies": (
        "patient_id",
        "issuer",
        "birth_date",
        "study_date",
        "study_time",
        "accession",
        "description",
        "institution",
    ),
    "series": ("description", "body_part"),
}


def upgrade() -> None:
    op.drop_index("ix_studies_study_date", table_name="studies")
    with op.batch_alter_table("studies") as studies:
        for column in _SORTED["studies"]:
            studies.alter_column(column, type_=Sorted, existing_nullable=False)
        studies.add_column(sa.Column("study_id_text", Sorted, nullable=False, server_default=""))
        studies.add_column(sa.Column("timezone", sa.String(length=16), nullable=False, server_default=""))
    op.create_index("ix_studies_newest", "studies", ["study_date", "study_time", "id"])
    op.create_index(op.f("ix_studies_patient_id"), "studies", ["patient_id"])
    op.create_index(op.f("ix_studies_accession"), "studies", ["accession"])

    with op.batch_alter_table("series") as series:
        for column in _SORTED["series"]:
            series.alter_column(column, type_=Sorted, existing_nullable=False)
        for column in ("performed_date", "performed_time", "scheduled_step", "requested_procedure"):
            series.add_column(sa.Column(column, Sorted, nullable=False, server_default=""))
    for column in ("series_uid", "scheduled_step", "requested_procedure"):
        op.create_index(op.f(f"ix_series_{column}"), "series", [column])

    with op.batch_alter_table("instances") as instances:
        instances.add_column(sa.Column("bits_allocated", sa.Integer(), nullable=True))

    op.create_table(
        "study_names",
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", Sorted, nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_study_names_study_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kind", "text", "study_id", name=op.f("pk_study_names")),
    )
    op.create_index(op.f("ix_study_names_study_id"), "study_names", ["study_id"])
