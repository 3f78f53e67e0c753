"""Builds every object once; the only wiring."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from undisc.accounts.service import Accounts
from undisc.archive.service import Archive
from undisc.audit.trail import Trail, trail_key
from undisc.clock import Clock, SystemClock
from undisc.db.engine import Database, open_sqlite
from undisc.db.schema import bring_up_to_date
from undisc.dicom.pixels.pool import DecodePool
from undisc.errors import DataFolderUnusable
from undisc.intake.background import BackgroundDeriving
from undisc.intake.receiving import Reception
from undisc.intake.service import Intake
from undisc.settings import Settings
from undisc.sharing.model import Terms
from undisc.sharing.reach import Reaches
from undisc.sharing.service import Sharing
from undisc.storage.local import LocalFolder

if TYPE_CHECKING:
    from fastapi import FastAPI

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class App:
    """Everything a door needs, on one data folder."""

    settings: Settings
    clock: Clock
    database: Database
    storage: LocalFolder
    trail: Trail
    archive: Archive
    intake: Intake
    sharing: Sharing
    accounts: Accounts
    reaches: Reaches

    def close(self) -> None:
        self.storage.close()
        self.database.close()


def build(settings: Settings, clock: Clock | None = None) -> App:
    """Open (or make) the data folder and wire everything to it. Raises ArchiveTooNew and DataFolderUnusable."""
    try:
        return _wired(settings, clock or SystemClock())
    except OSError as error:
        raise DataFolderUnusable(f"The data folder cannot be used: {error.strerror or 'it cannot be read'}.") from error
    except DBAPIError as error:
        raise DataFolderUnusable(f"The database in the data folder cannot be used: {error.orig}.") from error


def _wired(settings: Settings, clock: Clock) -> App:
    root: Path = settings.data_dir
    storage = LocalFolder(root)
    database = open_sqlite(root / "undisc.db")
    bring_up_to_date(database)
    trail = Trail(database, clock, trail_key(root / "keys" / "audit.key"))

    def make_pool(low_priority: bool) -> DecodePool:
        return DecodePool(
            settings.workers, settings.worker_memory_mb, settings.worker_seconds, low_priority=low_priority
        )

    archive = Archive(storage, trail, make_pool, settings.free_space_mb * _MB)
    intake = Intake(archive, trail, most_files=settings.most_files, largest_file=settings.largest_file_mb * _MB)
    terms = Terms(
        place_name=settings.place_name,
        public_url=public_url(settings),
        link_days=settings.link_days,
        session_minutes=settings.session_minutes,
    )
    sharing = Sharing(trail, archive, clock, terms)
    return App(
        settings,
        clock,
        database,
        storage,
        trail,
        archive,
        intake,
        sharing,
        Accounts(trail, clock),
        Reaches(trail, clock),
    )


def open_reception(app: App) -> Reception:
    """The way in for what comes over the network; close it before the application."""
    background = BackgroundDeriving(app.archive, app.settings.data_dir / "scratch" / "deriving.lock")
    background.wake()  # for what an earlier process kept and did not derive
    return Reception(app.archive, app.trail, background)


def public_url(settings: Settings) -> str:
    """The address under which people reach the server, without a slash at the end."""
    return (settings.public_url or "http://localhost:8080").rstrip("/")


def build_web(app: App) -> "FastAPI":
    """The web door on this application, with the DICOMweb door beside it."""
    # Loaded here, since most commands never open these doors and the framework takes a third of their start.
    from undisc.dicomweb.app import LINK, SYSTEMS, create_dicomweb
    from undisc.dicomweb.services import DicomwebServices
    from undisc.web.app import create_web
    from undisc.web.services import WebServices

    settings = app.settings
    web = create_web(WebServices(app.sharing, app.archive, settings.place_name, public_url(settings)))
    dicomweb = create_dicomweb(
        DicomwebServices(
            accounts=app.accounts,
            sharing=app.sharing,
            reaches=app.reaches,
            archive=app.archive,
            public_url=public_url(settings),
            most_results=settings.most_results,
        )
    )
    for place in (SYSTEMS, LINK):
        web.mount(place, dicomweb)
    return web
