"""Messages that go out, and when studies were complete."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

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

# Media that somebody ordered on a page: made by a job, kept for a day to be fetched.
ordered_media = Table(
    "ordered_media",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ordered_at", Moment, nullable=False),
    Column("ordered_by", String(64), nullable=False),
    # JSON: rows of studies
    Column("studies", Text, nullable=False),
    # zip | iso
    Column("medium", String(8), nullable=False),
    Column("is_sealed", Boolean, nullable=False),
    Column("with_reports", Boolean, nullable=False),
    Column("for_whom", Text, nullable=False),
    # What a sealed one's key is wrapped with, sealed by the keyring; "" as soon as it is made. No passphrase.
    Column("lock", Text, nullable=False),
    # waiting | making | ready | failed | cancelled | removed
    Column("state", String(12), nullable=False),
    # "" | converting | writing | reading, with how much of it is done
    Column("stage", String(12), nullable=False, server_default=""),
    Column("stage_at", Moment),
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger, nullable=False, server_default="0"),
    Column("images", Integer, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("receipt", ForeignKey("exports.id")),
    Column("note", Text, nullable=False, server_default=""),
    Column("until", Moment),
    Column("job", Integer),
    Index("ix_ordered_media_ordered_by", "ordered_by", "id"),
)

# How far the trail was sent to another place.
audit_sent = Table(
    "audit_sent",
    metadata,
    Column("place", String(64), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("at", Moment, nullable=False),
)
