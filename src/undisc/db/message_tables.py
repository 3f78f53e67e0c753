"""Messages that go out, and when studies were complete."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from undisc.db.columns import Moment
from undisc.db.tables import metadata

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    # email | text
    Column("way", String(8), nullable=False),
    # link | code | reminder | invitation | opened | alert | …
    Column("purpose", String(16), nullable=False),
    # JSON of address, subject and text, sealed by the keyring; "" as soon as it is sent or given up
    Column("sealed", Text, nullable=False),
    # As it may be shown: "j···@example.org", "···42"
    Column("shown_to", Text, nullable=False),
    Column("link_id", ForeignKey("links.id"), index=True),
    Column("person_id", ForeignKey("people.id"), index=True),
    # waiting | sent | failed | cancelled
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # Why the last attempt failed, in a plain sentence.
    Column("note", Text, nullable=False, server_default=""),
    Column("made_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Index("ix_messages_state", "state", "made_at"),
)

# Studies of which all has come, by the quiet or by somebody's word, and what was done then.
completions = Table(
    "completions",
    metadata,
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True),
    # quiet | said | hl7
    Column("by", String(16), nullable=False),
    Column("complete_at", Moment, nullable=False),
    # When a link went to the patient, or was printed; and which.
    Column("given_at", Moment),
    Column("link_id", ForeignKey("links.id")),
    # waiting (nobody to send it to) | sent | printed | dismissed
    Column("state", String(16), nullable=False),
    Index("ix_completions_state", "state", "complete_at"),
)

# By what an entry of the trail is found: studies, links, people, patients' studies.
audit_marks = Table(
    "audit_marks",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("value", String(80), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# What the privacy officer is told.
alerts = Table(
    "alerts",
    metadata,
    Column("id", Integer, primary_key=True),
    # volume | codes | watched | glass | trail
    Column("kind", String(16), nullable=False),
    # JSON: what it is about; no name
    Column("subject", Text, nullable=False),
    # While one with this key is unseen, no second is made.
    Column("key", String(96), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("seen_at", Moment),
    Column("seen_by", Text, nullable=False, server_default=""),
)

# How far the trail was sent to another place.
audit_sent = Table(
    "audit_sent",
    metadata,
    Column("place", String(64), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)
