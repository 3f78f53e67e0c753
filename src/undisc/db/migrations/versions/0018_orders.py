"""Examinations that were asked for, as other systems told of them"""

import sqlalchemy as sa
from alembic import op

from undisc.db.columns import Moment, Sorted

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("accession", Sorted(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("patient_name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.String(length=8), nullable=False),
        sa.Column("sex", sa.String(length=1), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("planned_at", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("told_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("accession", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_patient", "orders", ["patient_id", "issuer"])
