"""Tokens of systems"""

import sqlalchemy as sa
from alembic import op

import undisc.db.tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(length=64), nullable=False),
        sa.Column("made_at", undisc.db.tables.Moment(timezone=True), nullable=False),
        sa.Column("expires_at", undisc.db.tables.Moment(timezone=True), nullable=True),
        sa.Column("revoked_at", undisc.db.tables.Moment(timezone=True), nullable=True),
        sa.Column("last_used_at", undisc.db.tables.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("name", name=op.f("uq_tokens_name")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_tokens_secret_hash")),
    )
