"""Examinations that were asked for, as other systems told of them."""

from sqlalchemy import Column, Index, String, Table, Text

from undisc.db.columns import Moment, Sorted
from undisc.db.tables import metadata

orders = Table(
    "orders",
    metadata,
    Column("accession", Sorted, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("patient_name", Text, nullable=False),
    Column("birth_date", String(8), nullable=False),
    Column("sex", String(1), nullable=False),
    Column("phone", Text, nullable=False),
    Column("email", Text, nullable=False),
    # In the asking system's words.
    Column("what", Text, nullable=False),
    # A date and time as HL7 writes them.
    Column("planned_at", String(26), nullable=False),
    # ordered | begun | done | cancelled
    Column("state", String(12), nullable=False),
    Column("told_by", Text, nullable=False),
    Column("told_at", Moment, nullable=False),
    Index("ix_orders_patient", "patient_id", "issuer"),
)
