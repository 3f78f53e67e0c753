"""Every table, in the order in which a study passes through them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from undisc.db.columns import Moment, Sorted

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# What came in, file by file.
imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("files", BigInteger, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
)

import_items = Table(
    "import_items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("import_id", ForeignKey("imports.id"), nullable=False),
    Column("path", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("study_uid", String(64)),
    UniqueConstraint("import_id", "path"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sop_uid", String(64), index=True),
    Column("kept_at", Moment, nullable=False),
)

# What is kept.
studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_uid", String(64), nullable=False, unique=True),
    Column("patient_name", Text, nullable=False),
    Column("patient_id", Sorted, nullable=False, index=True),
    Column("issuer", Sorted, nullable=False),
    Column("birth_date", Sorted, nullable=False, index=True),
    Column("sex", String(16), nullable=False),
    Column("study_date", Sorted, nullable=False),
    Column("study_time", Sorted, nullable=False),
    Column("accession", Sorted, nullable=False, index=True),
    Column("description", Sorted, nullable=False),
    Column("institution", Sorted, nullable=False),
    Column("referring", Text, nullable=False),
    Column("study_id_text", Sorted, nullable=False, server_default=""),
    Column("timezone", String(16), nullable=False, server_default=""),
    # The state of its corrections, "" where there are none: what leaves of it are copies made for this state.
    Column("corrected", String(16), nullable=False, server_default=""),
    # Whether all that it had was rejected: then it is not shown.
    Column("emptied", Boolean, nullable=False, server_default=false()),
    Column("kept_at", Moment, nullable=False),
    # The order in which every list of studies is given.
    Index("ix_studies_newest", "study_date", "study_time", "id", "emptied"),
)

# What a study is found by when a person is asked for by name; archive.names tells the kinds.
study_names = Table(
    "study_names",
    metadata,
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("text", Sorted, primary_key=True),
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), primary_key=True, index=True),
)

series = Table(
    "series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id"), nullable=False),
    Column("series_uid", String(64), nullable=False, index=True),
    Column("modality", String(32), nullable=False),
    Column("number", Integer),
    Column("description", Sorted, nullable=False),
    Column("body_part", Sorted, nullable=False),
    Column("performed_date", Sorted, nullable=False, server_default=""),
    Column("performed_time", Sorted, nullable=False, server_default=""),
    # Of the first item of the Request Attributes Sequence.
    Column("scheduled_step", Sorted, nullable=False, server_default="", index=True),
    Column("requested_procedure", Sorted, nullable=False, server_default="", index=True),
    # How many instances the derived files of the series were made from; fewer than there are means: make them again.
    Column("derived_from", Integer, nullable=False, server_default="0"),
    # Counts what was rejected of it, and restored: what was derived before does not hold any more.
    Column("edition", Integer, nullable=False, server_default="0"),
    Column("emptied", Boolean, nullable=False, server_default=false()),
    # JSON: what archive.hanging found when the series was derived.
    Column("hanging", Text, nullable=False, server_default=""),
    UniqueConstraint("study_id", "series_uid"),
    # Which modalities a study has, and what is counted of it, without reading a row.
    Index("ix_series_counted", "study_id", "modality", "id", "emptied"),
)

# What was rejected, and whether it was purged. The entries outlive what they tell of.
rejections = Table(
    "rejections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_uid", String(64), nullable=False, index=True),
    Column("rejected_at", Moment, nullable=False),
    Column("rejected_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("purged_at", Moment),
    Column("purge_reason", Text, nullable=False, server_default=""),
)

# What was found to be wrong in a study's headers, and is put right in what leaves.
corrections = Table(
    "corrections",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), nullable=False, index=True),
    # JSON: keyword -> text; `before`: what the study's row said
    Column("changes", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("undone_by", Text, nullable=False, server_default=""),
    Column("undone_at", Moment),
)

instances = Table(
    "instances",
    metadata,
    Column("id", Integer, primary_key=True),
    # None where it was rejected: it is in no series then, so that whoever looks for it by its series finds nothing.
    Column("series_id", ForeignKey("series.id"), index=True),
    Column("rejected_from", ForeignKey("series.id"), index=True),
    Column("rejection_id", ForeignKey("rejections.id"), index=True),
    Column("sop_uid", String(64), nullable=False, unique=True),
    Column("sop_class", String(64), nullable=False),
    Column("transfer_syntax", String(64), nullable=False),
    Column("number", Integer),
    Column("rows", Integer),
    Column("columns", Integer),
    Column("bits_allocated", Integer),
    Column("frames", Integer, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("dataset_start", Integer, nullable=False),
    Column("wrapper_sha256", String(64), nullable=False),
    Column("dataset_sha256", String(64), nullable=False),
    # The corrected copy that leaves in its place, for which state of corrections; None where the original leaves.
    Column("corrected", String(16)),
    Column("corrected_size", BigInteger),
    Column("corrected_sha256", String(64)),
    Column("damage", Text, nullable=False),
    # pending | done | none (nothing to show) | failed
    Column("derived", String(8), nullable=False),
    Column("derive_note", Text, nullable=False, server_default=""),
    Column("kept_at", Moment, nullable=False),
    Index(
        "ix_instances_pending",
        "derived",
        sqlite_where=Column("derived") == "pending",
        postgresql_where=Column("derived") == "pending",
    ),
    # No number is given twice: browsers keep pictures by it.
    sqlite_autoincrement=True,
)

# Who may look.
links = Table(
    "links",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("secret_hash", String(64), nullable=False),
    Column("passcode_hash", Text),
    Column("passcode_digits", Boolean, nullable=False),
    Column("passcode_length", Integer, nullable=False),
    Column("may_download", Boolean, nullable=False),
    Column("may_annotate", Boolean, nullable=False, server_default=false()),
    Column("tries_taken", Integer, nullable=False, server_default="0"),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    # share | patient (theirs, proven by birth date and code) | viewing (of somebody signed in) | health (an shlink)
    Column("kind", String(12), nullable=False, server_default="share"),
    # As the trail names who made it.
    Column("made_by", Text, nullable=False, server_default="operator"),
    # For whom; all "" for whoever has it.
    Column("for_name", Text, nullable=False, server_default=""),
    Column("for_email", Text, nullable=False, server_default=""),
    Column("for_phone", Text, nullable=False, server_default=""),
    # Which the patient has to know, beside that of the studies: as they gave it at check-in.
    Column("birth_date", String(8), nullable=False, server_default=""),
    Column("with_report", Boolean, nullable=False, server_default=true()),
    Column("most_openings", Integer),
    Column("openings", Integer, nullable=False, server_default="0"),
    # "" | code (to for_email or for_phone) | clinician (signed in) | proof (birth date and code)
    Column("second_step", String(12), nullable=False, server_default=""),
    # Whose portal shows it, and with whose session it ends.
    Column("person_id", ForeignKey("people.id"), index=True),
    Column("person_session_id", ForeignKey("person_sessions.id"), index=True),
)

link_studies = Table(
    "link_studies",
    metadata,
    Column("link_id", ForeignKey("links.id"), primary_key=True),
    Column("study_id", ForeignKey("studies.id"), primary_key=True),
)

link_sessions = Table(
    "link_sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("link_id", ForeignKey("links.id"), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("opened_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("address", Text, nullable=False, server_default=""),
    Column("agent", Text, nullable=False, server_default=""),
    # Who it is, as far as that was proven: "", "patient", "person:<id>" or "recipient".
    Column("who", Text, nullable=False, server_default=""),
    Column("ended_at", Moment),
)

link_session_series = Table(
    "link_session_series",
    metadata,
    Column("session_id", ForeignKey("link_sessions.id"), primary_key=True),
    Column("series_id", ForeignKey("series.id"), primary_key=True),
)

# Which other systems are known.
tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("scopes", String(64), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Column("last_used_at", Moment),
)

# What was done.
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", String(32), nullable=False),
    Column("action", String(32), nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
    Column("seal", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
)

# Whom we know, and what went to and fro.
peers = Table(
    "peers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("ae_title", String(16), nullable=False, index=True),
    Column("host", Text, nullable=False),
    Column("port", Integer, nullable=False),
    Column("tls", Boolean, nullable=False),
    Column("web_url", Text, nullable=False),
    Column("token_file", Text, nullable=False),
    # What it may ask of our DICOM port: words of accounts.model.Service with commas between them.
    Column("services", String(64), nullable=False, server_default="find,retrieve,store"),
    Column("added_at", Moment, nullable=False),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", Integer, primary_key=True),
    # send | pull
    Column("direction", String(8), nullable=False),
    # A name and no reference: the account of what went where outlives the peer's entry.
    Column("peer", String(64), nullable=False),
    Column("study_uid", String(64), nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("ix_transfers_direction_peer_study_uid", "direction", "peer", "study_uid"),
)

transfer_items = Table(
    "transfer_items",
    metadata,
    Column("transfer_id", ForeignKey("transfers.id"), primary_key=True),
    Column("sop_uid", String(64), primary_key=True),
    # confirmed | failed
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

# What is to be done later.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    # JSON; UIDs and names of peers, nothing else that belongs to a patient
    Column("arguments", Text, nullable=False),
    Column("own_key", String(255)),
    # own_key until the job has ended: two that want the same are one
    Column("active_key", String(255), unique=True),
    # waiting | running | done | failed | cancelled
    Column("state", String(16), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("wanted_at", Moment, nullable=False),
    # From when on a runner may take it: for one that runs, when its lease is over.
    Column("due_at", Moment),
    Column("holder", String(32)),
    Column("attempts", Integer, nullable=False),
    # How many attempts in a row ended in a way that nobody had foreseen.
    Column("mishaps", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("ended_at", Moment),
    Index("ix_jobs_due_at", "due_at"),
)

# What left on media.
exports = Table(
    "exports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("made_at", Moment, nullable=False),
    Column("made_by", String(64), nullable=False),
    # folder | zip | iso | disc | browser
    Column("medium", String(16), nullable=False),
    # verified | failed | stopped | sent
    Column("outcome", String(16), nullable=False),
    # JSON; UIDs of studies and for whom they were, no patient's name
    Column("receipt", Text, nullable=False),
)

# What was published on hosts of files; the id is the package's own name. No key and no passphrase is kept.
publications = Table(
    "publications",
    metadata,
    Column("id", String(32), primary_key=True),
    # s3://bucket/prefix, or a folder
    Column("place", Text, nullable=False),
    # Under which people reach the place; "" where nobody said.
    Column("url", Text, nullable=False),
    # JSON; UIDs
    Column("studies", Text, nullable=False),
    # sending | published | removed
    Column("state", String(16), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("removed_at", Moment),
)

publication_files = Table(
    "publication_files",
    metadata,
    Column("publication_id", ForeignKey("publications.id"), primary_key=True),
    Column("path", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("sent", Boolean, nullable=False),
)
