"""Corrections of headers, and the copies that leave in place of the originals"""

import sqlalchemy as sa
from alembic import op

from undisc.db.columns import Moment

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", Moment(timezone=True), nullable=False),
        sa.Column("undone_by", sa.Text(), server_default="", nullable=False),
        sa.Column("undone_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name=op.f("fk_corrections_study_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_study_id"), "corrections", ["study_id"])
    op.add_column("studies", sa.Column("corrected", sa.String(length=16), server_default="", nullable=False))
    op.add_column("instances", sa.Column("corrected", sa.String(length=16), nullable=True))
    op.add_column("instances", sa.Column("corrected_size", sa.BigInteger(), nullable=True))
    op.add_column("instances", sa.Column("corrected_sha256", sa.String(length=64), nullable=True))
