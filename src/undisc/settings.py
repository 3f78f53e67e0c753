"""What an operator may set, all under UNDISC_; with nothing set, one process on SQLite and a local folder."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting has a default that is safe for a clinic with one machine."""

    model_config = SettingsConfigDict(env_prefix="UNDISC_", extra="ignore")

    data_dir: Path = Field(
        default=Path("undisc-data"), description="Folder that holds the database, the originals and what is derived."
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="postgresql+psycopg://user:password@host/name; SQLite in the data folder when unset.",
    )
    storage_url: str | None = Field(
        default=None,
        description="S3 bucket, as s3://bucket/prefix, reached by the AWS_* variables; the data folder when unset.",
    )
    audit_key_file: Path | None = Field(
        default=None,
        description="Key that seals the audit trail, one for all replicas; keys/audit.key of the data folder if unset.",
    )
    audit_head_file: Path | None = Field(
        default=None,
        description="File, best on another machine, to which the trail's last seal goes once a minute; none if unset.",
    )
    audit_syslog: str | None = Field(
        default=None,
        pattern=r"^[^\s:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$",
        description="Collector that gets the trail as DICOM audit messages by syslog over TLS, as host:port.",
    )
    audit_syslog_authorities: Path | None = Field(
        default=None, description="PEM file of who vouches for the collector; the machine's own authorities when unset."
    )
    audit_syslog_certificate: Path | None = Field(
        default=None, description="PEM file by which this archive shows the collector who it is."
    )
    audit_syslog_key: Path | None = Field(default=None, description="PEM file of that certificate's private key.")
    secrets_key_file: Path | None = Field(
        default=None,
        description="Key that seals what waits to be sent, one for all replicas; keys/secrets.key of the data folder "
        "if unset.",
    )
    time_zone: str = Field(
        default="UTC", description="Time zone of the place, such as Europe/Berlin: pages and letters tell time in it."
    )
    place_name: str = Field(default="this clinic", description="The sender's name as the holder of a link reads it.")
    public_url: str | None = Field(
        default=None,
        description="Address under which people reach the server, for links; http://localhost:8080 when unset.",
    )
    mail_url: SecretStr | None = Field(
        default=None,
        description="Mail server, as smtps://user:password@host:port, or smtp:// for one with STARTTLS; messages are "
        "printed on the server's console while neither this nor UNDISC_TEXT_URL is set.",
    )
    mail_from: str | None = Field(
        default=None, description="Sender of e-mail, as Name <pictures@clinic.example>; somebody should read there."
    )
    text_url: str | None = Field(
        default=None, description="Gateway for text messages, as https://host/path; each is one POST of JSON."
    )
    text_token_file: Path | None = Field(
        default=None, description="File with the token that the gateway for text messages is shown."
    )
    text_body: str = Field(
        default='{"to": "{to}", "text": "{text}"}',
        description="Body of a request to the gateway for text messages: JSON with {to}, {text} and {reference} in it.",
    )
    outgoing_authorities: Path | None = Field(
        default=None,
        description="PEM file of the authorities that vouch for the mail server and the gateway; the machine's own "
        "when unset.",
    )
    contact_line: str | None = Field(
        default=None, description="Whom to call or write to with questions, as it stands in letters and on print-outs."
    )
    quiet_minutes: int = Field(
        default=15,
        ge=0,
        le=1440,
        description="After how long without a new picture a study is taken for complete; never by itself with 0.",
    )
    reminder_days: int = Field(
        default=7,
        ge=0,
        le=365,
        description="After how long one reminder is sent where a patient's link was never opened; none with 0.",
    )
    behind_proxy: bool = Field(
        default=False,
        description="Believe the forwarded address and scheme; only where a proxy of your own sets them.",
    )
    link_days: int = Field(default=30, ge=1, le=3650, description="How long a new link lives when nothing is said.")
    session_minutes: int = Field(
        default=240, ge=5, description="How long a browser that opened a link may go on without opening it again."
    )
    work_idle_minutes: int = Field(
        default=30,
        ge=1,
        le=1440,
        description="How long somebody who works here stays signed in without doing anything.",
    )
    work_hours: int = Field(
        default=12, ge=1, le=168, description="How long somebody who works here stays signed in at the most."
    )
    patient_idle_hours: int = Field(
        default=12, ge=1, le=720, description="How long a patient stays signed in without doing anything."
    )
    patient_hours: int = Field(
        default=12, ge=1, le=720, description="How long a patient who came by a link stays signed in at the most."
    )
    passkey_days: int = Field(
        default=30, ge=1, le=365, description="How long a patient who came by a passkey stays signed in at the most."
    )
    glass_hours: int = Field(
        default=4, ge=1, le=72, description="How long staff may look at a patient's pictures in an emergency."
    )
    oidc_issuer: str = Field(
        default="", description="Provider of single sign-on by OpenID Connect, as it calls itself; none when empty."
    )
    oidc_client_id: str = Field(default="", description="Name under which the provider knows this server.")
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Secret by which the provider knows this server."
    )
    oidc_name: str = Field(default="your organisation", description="What the button for single sign-on says.")
    oidc_roles_claim: str = Field(
        default="", description="Claim of the provider that tells roles; invitations tell them when empty."
    )
    oidc_roles: str = Field(
        default="",
        description="What words of that claim mean here: film-room=staff, it=administrator; also clinician, privacy.",
    )
    workers: int = Field(default=2, ge=1, le=64, description="Processes that decode pictures.")
    worker_memory_mb: int = Field(
        default=1024, ge=256, description="Most memory one decoding process may take, in megabytes."
    )
    worker_seconds: float = Field(
        default=60.0, gt=0, description="Longest time one instance may take to decode before it is given up."
    )
    free_space_mb: int = Field(
        default=512, ge=0, description="Imports are refused when less than this many megabytes are free."
    )
    largest_file_mb: int = Field(
        default=8192, ge=1, description="A single file larger than this many megabytes is not taken in."
    )
    retention_days: int = Field(
        default=30, ge=1, le=36500, description="How long what was rejected is kept before a purge may delete it."
    )
    uploads: int = Field(default=16, ge=1, le=256, description="Most uploads over DICOMweb at once.")
    upload_seconds: float = Field(
        default=60.0, gt=0, description="Longest silence within an upload before it is given up."
    )
    viewer_origins: str | None = Field(
        default=None,
        description="Origins of viewers whose pages may use DICOMweb, such as https://viewer.example, with commas.",
    )
    most_results: int = Field(
        default=5000, ge=1, le=100_000, description="Most results that one search over DICOMweb gives at a time."
    )
    most_files: int = Field(default=1_000_000, ge=1, description="Most files that are looked at on one source.")
    background_jobs: int = Field(
        default=2,
        ge=0,
        le=16,
        description="Jobs that a server carries out at once, such as transfers that were put off; none with 0.",
    )
    ae_title: str = Field(
        default="UNDISC",
        pattern=r"^[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?$",
        description="The AE title under which other systems know this archive.",
    )
    dicom_echo_from_anyone: bool = Field(
        default=False, description="Answer C-ECHO of callers that are no peers; anything else stays for peers alone."
    )
    dicom_associations: int = Field(default=32, ge=1, le=400, description="Most associations at once.")
    dicom_associations_per_peer: int = Field(
        default=8, ge=1, le=400, description="Most associations at once from one address."
    )
    dicom_pdu_kb: int = Field(
        default=256,
        ge=4,
        le=1024,
        description="Longest PDU that is taken, in kilobytes; longer ones are fewer and faster.",
    )
    dicom_seconds: float = Field(
        default=60.0,
        gt=0,
        description="Longest silence within an association, and longest time for one PDU, before it is given up.",
    )
    dicom_acse_seconds: float = Field(
        default=30.0, gt=0, description="Longest wait for an association to be asked for, or answered."
    )
    dicom_dimse_seconds: float = Field(
        default=120.0, gt=0, description="Longest wait for another system's answer to a request."
    )
    dicom_tls_certificate: Path | None = Field(
        default=None,
        description="PEM file by which this archive shows who it is; set, the DICOM port speaks TLS alone.",
    )
    dicom_tls_key: Path | None = Field(default=None, description="PEM file of the certificate's private key.")
    dicom_tls_authorities: Path | None = Field(
        default=None,
        description="PEM file of the authorities that vouch for other systems; the machine's own when unset.",
    )
    dicom_tls_client_certificates: bool = Field(
        default=False, description="Callers must show a certificate that one of the authorities vouches for."
    )

    forms_wait_for_staff: bool = Field(
        default=False,
        description="A form that people filled in themselves finds its scan only after staff put it there: nobody can "
        "have a link sent to them by knowing somebody's order number and date of birth.",
    )
    hl7_allowed: str | None = Field(
        default=None,
        description="Addresses or networks that may send HL7, such as 10.1.2.3,10.2.0.0/16; nobody when unset.",
    )

    @field_validator("hl7_allowed")
    @classmethod
    def _are_networks(cls, text: str | None) -> str | None:
        for each in _listed(text):
            try:
                ip_network(each)
            except ValueError:
                raise ValueError("addresses are spelled 10.1.2.3, networks 10.1.0.0/16, with commas between") from None
        return text

    @property
    def hl7_allowed_list(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(each) for each in _listed(self.hl7_allowed))

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("a time zone is spelled as in the IANA list, such as Europe/Berlin")
        return name

    @field_validator("viewer_origins")
    @classmethod
    def _are_origins(cls, text: str | None) -> str | None:
        for each in _listed(text):
            if not _is_origin(each):
                raise ValueError("an origin is spelled https://host or https://host:port, in small letters")
        return text

    @property
    def viewer_origin_list(self) -> tuple[str, ...]:
        return tuple(_listed(self.viewer_origins))


def _listed(text: str | None) -> list[str]:
    return [each.strip() for each in (text or "").split(",") if each.strip()]


def _is_origin(text: str) -> bool:
    """Whether a browser would spell an origin so in its Origin header (RFC 6454 6.2)."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    plain = usual is not None and bool(parts.hostname) and text == f"{parts.scheme}://{parts.netloc}".lower()
    return plain and "@" not in parts.netloc and "*" not in text and port != usual and not text.endswith(":")
