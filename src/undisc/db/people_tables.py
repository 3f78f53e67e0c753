"""People who sign in or whom a link has proven, what they show, and to whom they belong."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from undisc.db.columns import Moment
from undisc.db.tables import metadata

people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    # As people type it, and in small letters for finding it; None where nobody gave one, or the account was deleted.
    Column("email", Text),
    Column("email_key", String(320), unique=True),
    Column("phone", Text, nullable=False, server_default=""),
    Column("language", String(16), nullable=False, server_default=""),
    # Words of accounts.people.model.Role with commas between them.
    Column("roles", String(80), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("closed_at", Moment),
)

# Of which patients somebody may see the pictures, and why.
relations = Table(
    "relations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("issuer", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    # self | parent | guardian | owner | other
    Column("kind", String(16), nullable=False),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
    Column("ended_at", Moment),
    Column("granted_by", Text, nullable=False),
    Index("ix_relations_patient", "patient_id", "issuer"),
)

passwords = Table(
    "passwords",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("hash", Text, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

# Generators of one-time codes. The seed is sealed by the keyring; last_step: no code is taken twice.
generators = Table(
    "generators",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("confirmed_at", Moment),
    Column("last_step", BigInteger, nullable=False, server_default="0"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("used_at", Moment),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    # base64url, as the browser gave it
    Column("credential_id", Text, nullable=False, unique=True),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("last_used_at", Moment),
)

# Accounts elsewhere that sign in here.
identities = Table(
    "identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
)

person_sessions = Table(
    "person_sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("method", String(16), nullable=False),
    Column("begun_at", Moment, nullable=False),
    # When the person last showed what only they have.
    Column("proven_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
)

# What a browser was asked and has to answer: of passkeys and of single sign-on. Used once.
challenges = Table(
    "challenges",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("purpose", String(24), nullable=False),
    Column("person_id", ForeignKey("people.id")),
    Column("sealed", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("roles", String(80), nullable=False),
    # Of which patient it makes somebody a proxy, until when; "" and None for who works here.
    Column("issuer", Text, nullable=False, server_default=""),
    Column("patient_id", Text, nullable=False, server_default=""),
    Column("relation", String(16), nullable=False, server_default=""),
    Column("relation_until", Moment),
    # Whose way of signing in it renews, for somebody who lost theirs.
    Column("person_id", ForeignKey("people.id")),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("revoked_at", Moment),
)

# Wrong tries of whatever is guessed at, for all replicas: by account, and by address.
tries = Table(
    "tries",
    metadata,
    # purpose and digest of what is tried or of who tries
    Column("key", String(96), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("shut_until", Moment),
)

glasses = Table(
    "glasses",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("issuer", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    # When the privacy officer had read of it.
    Column("seen_at", Moment),
    Column("seen_by", Text, nullable=False, server_default=""),
    Index("ix_glasses_patient", "patient_id", "issuer"),
)

# Patients at whom every look is told to the privacy officer.
watched_patients = Table(
    "watched_patients",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("added_by", Text, nullable=False),
    UniqueConstraint("issuer", "patient_id"),
)
