"""What was rejected, and how long it is kept"""

import sqlalchemy as sa
from alembic import op

import undisc.db.tables

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rejections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_uid", sa.String(length=64), nullable=False),
        sa.Column("rejected_at", undisc.db.tables.Moment(timezone=True), nullable=False),
        sa.Column("rejected_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("purged_at", undisc.db.tables.Moment(timezone=True), nullable=True),
        sa.Column("purge_reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejections")),
    )
    op.create_index(op.f("ix_rejections_study_uid"), "rejections", ["study_uid"])

    op.add_column("studies", sa.Column("emptied", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("series", sa.Column("edition", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("series", sa.Column("emptied", sa.Boolean(), nullable=False, server_default=sa.false()))
    # No number of an instance is to be given twice; SQLite would, to the last one, after a purge.
    numbered = {"sqlite_autoincrement": True}
    with op.batch_alter_table("instances", table_kwargs=numbered) as instances:
        instances.alter_column("series_id", existing_type=sa.Integer(), nullable=True)
        instances.add_column(sa.Column("rejected_from", sa.Integer(), nullable=True))
        instances.add_column(sa.Column("rejection_id", sa.Integer(), nullable=True))
        instances.create_foreign_key(op.f("fk_instances_rejected_from"), "series", ["rejected_from"], ["id"])
        instances.create_foreign_key(op.f("fk_instances_rejection_id"), "rejections", ["rejection_id"], ["id"])
    op.create_index(op.f("ix_instances_rejected_from"), "instances", ["rejected_from"])
    op.create_index(op.f("ix_instances_rejection_id"), "instances", ["rejection_id"])
