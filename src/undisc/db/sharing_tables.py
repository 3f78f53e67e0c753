"""What patients agreed to, and the codes that prove who opens a link."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from undisc.db.columns import Moment
from undisc.db.tables import metadata

# Six digits that went to a phone or a mailbox; bound to the link and the browser that asked, used once.
link_codes = Table(
    "link_codes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("link_id", ForeignKey("links.id"), nullable=False, index=True),
    Column("browser_hash", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    # email | text
    Column("way", String(8), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("wrong", Integer, nullable=False, server_default="0"),
    Column("used_at", Moment),
)

# SMART Health Links. The key is sealed by the keyring; that of the address is kept as a link's secret is.
health_links = Table(
    "health_links",
    metadata,
    Column("link_id", ForeignKey("links.id"), primary_key=True),
    Column("sealed_key", Text, nullable=False),
    # Whether there is a file besides by which programs fetch the pictures.
    Column("with_access", Boolean, nullable=False),
)

# Where people check in: the address behind the QR code on the wall, or of a tablet.
check_in_places = Table(
    "check_in_places",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("made_by", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    # Which wording was signed, and in which language.
    Column("form_version", String(16), nullable=False),
    Column("language", String(16), nullable=False),
    # waiting (for the study) | attached | withdrawn | replaced
    Column("state", String(16), nullable=False),
    # What the form says of whom it is; "" where it says nothing.
    Column("patient_name", Text, nullable=False),
    Column("birth_date", String(8), nullable=False),
    Column("issuer", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("accession", Text, nullable=False),
    # Where the link goes.
    Column("email", Text, nullable=False),
    Column("phone", Text, nullable=False),
    # Words of email, text, print with commas between them.
    Column("ways", String(24), nullable=False),
    # Who may see the images: nobody-else | my-clinicians | whom-i-choose
    Column("choice", String(16), nullable=False),
    # Which clinicians, where the patient named them.
    Column("named", Text, nullable=False),
    Column("until", Moment),
    # Whether the risk of e-mail that anybody may read was explained and taken.
    Column("email_images", Boolean, nullable=False),
    Column("signed_name", Text, nullable=False),
    # self | parent | guardian | owner | other
    Column("signed_as", String(16), nullable=False),
    # JSON: the strokes of the drawn signature; "" where only the name was typed
    Column("signature", Text, nullable=False),
    Column("signed_at", Moment, nullable=False),
    # "check-in:<place>", "person:<id>" or "link:<id>"
    Column("entered_by", Text, nullable=False),
    Column("study_id", ForeignKey("studies.id", ondelete="SET NULL"), index=True),
    Column("attached_at", Moment),
    Column("attached_by", Text, nullable=False, server_default=""),
    Column("withdrawn_at", Moment),
    Column("withdrawn_by", Text, nullable=False, server_default=""),
    Index("ix_consents_accession", "accession", "state"),
    Index("ix_consents_patient", "patient_id", "issuer", "state"),
)
