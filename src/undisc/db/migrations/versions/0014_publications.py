"""What was published on hosts of files, and which files are to be removed again"""

import sqlalchemy as sa
from alembic import op

import undisc.db.tables

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publications",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("studies", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", undisc.db.tables.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", undisc.db.tables.Moment(timezone=True), nullable=True),
        sa.Column("removed_at", undisc.db.tables.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publications")),
    )
    op.create_table(
        "publication_files",
        sa.Column("publication_id", sa.String(length=32), nullable=False),
        sa.Column("path", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"],
            ["publications.id"],
            name=op.f("fk_publication_files_publication_id_publications"),
        ),
        sa.PrimaryKeyConstraint("publication_id", "path", name=op.f("pk_publication_files")),
    )
