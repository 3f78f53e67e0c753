"""What an operator may set, all under UNDISC_; with nothing set, one process on SQLite and a local folder."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every setting has a default that is safe for a clinic with one machine."""

    model_config = SettingsConfigDict(env_prefix="UNDISC_", extra="ignore")

    data_dir: Path = Field(
        default=Path("undisc-data"), description="Folder that holds the database, the originals and what is derived."
    )
    place_name: str = Field(default="this clinic", description="The sender's name as the holder of a link reads it.")
    public_url: str | None = Field(
        default=None,
        description="Address under which people reach the server, for links; http://localhost:8080 when unset.",
    )
    behind_proxy: bool = Field(
        default=False,
        description="Believe the forwarded address and scheme; only where a proxy of your own sets them.",
    )
    link_days: int = Field(default=30, ge=1, le=3650, description="How long a new link lives when nothing is said.")
    session_minutes: int = Field(
        default=240, ge=5, description="How long a browser that opened a link may go on without opening it again."
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
    most_results: int = Field(
        default=5000, ge=1, le=100_000, description="Most results that one search over DICOMweb gives at a time."
    )
    most_files: int = Field(default=1_000_000, ge=1, description="Most files that are looked at on one source.")
