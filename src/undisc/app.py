"""Builds every object once; the only wiring."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError

from undisc.accounts.people.policy import Ends
from undisc.accounts.people.service import People
from undisc.accounts.people.tries import Tries
from undisc.accounts.service import Accounts
from undisc.archive.arrivals import Arrivals
from undisc.archive.service import Archive
from undisc.archive.shelf import Shelf
from undisc.audit.trail import Trail
from undisc.clock import Clock, SystemClock
from undisc.db import locks
from undisc.db.engine import Database, open_database
from undisc.db.schema import bring_up_to_date
from undisc.dicom.pixels.pool import DecodePool
from undisc.dicom.pixels.processes import Spares
from undisc.errors import DataFolderUnusable
from undisc.intake.service import Intake
from undisc.jobs.service import Jobs
from undisc.keyring import Keyring, key_in
from undisc.messaging.carriers import carriers_of
from undisc.messaging.service import Messaging
from undisc.settings import Settings
from undisc.sharing.completion import Completions
from undisc.sharing.consents import Consents
from undisc.sharing.model import Terms
from undisc.sharing.reach import Reaches
from undisc.sharing.service import Sharing
from undisc.storage.local import LocalFolder
from undisc.storage.port import Storage

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from undisc.accounts.people.entrance import Entrance
    from undisc.accounts.people.model import PatientKey
    from undisc.archive.model import InstanceRow
    from undisc.delivery.jobs import Orders
    from undisc.delivery.model import Identity
    from undisc.delivery.outgoing import Transcode
    from undisc.delivery.service import Delivering
    from undisc.dimse.server import Door
    from undisc.dimse.services import DimseServices
    from undisc.disclosures.rounds import Rounds
    from undisc.export.handing import Handing
    from undisc.export.making import Making
    from undisc.export.ordering import Ordering
    from undisc.export.publishing import Publishing
    from undisc.export.receipts import Receipts
    from undisc.export.service import Exporting
    from undisc.hl7.handling import Handling
    from undisc.intake.receiving import Reception
    from undisc.jobs.runner import Runner
    from undisc.sharing.health_links import HealthLinks

_MB = 1024 * 1024
_TRIES_KEPT = timedelta(days=2)  # longer than anything is shut for


@dataclass(frozen=True, slots=True)
class App:
    """Everything a door needs, on one database and one place for blobs."""

    settings: Settings
    clock: Clock
    database: Database
    storage: Storage
    trail: Trail
    archive: Archive
    shelf: Shelf
    intake: Intake
    sharing: Sharing
    accounts: Accounts
    reaches: Reaches
    consents: Consents
    jobs: Jobs
    keyring: Keyring
    people: People
    tries: Tries
    messaging: Messaging
    completions: Completions

    def close(self) -> None:
        self.archive.retrieving.close()
        self.storage.close()
        self.database.close()


def build(settings: Settings, clock: Clock | None = None, spares: Spares | None = None) -> App:
    """Open (or make) the data folder and wire everything to it. Raises ArchiveTooNew and DataFolderUnusable.

    spares: workers that are started already, with the limit on memory that these settings give.
    """
    try:
        return _wired(settings, clock or SystemClock(), spares)
    except OSError as error:
        raise DataFolderUnusable(f"The data folder cannot be used: {error.strerror or 'it cannot be read'}.") from error
    except DBAPIError as error:
        place = "at UNDISC_DATABASE_URL" if settings.database_url else "in the data folder"
        raise DataFolderUnusable(f"The database {place} cannot be used: {_first_line(error)}.") from error


def _wired(settings: Settings, clock: Clock, spares: Spares | None) -> App:
    root: Path = settings.data_dir
    storage = _open_storage(settings)
    database = _open_database(settings)
    bring_up_to_date(database)
    trail = Trail(database, clock, key_in(settings.audit_key_file or root / "keys" / "audit.key"))
    if trail.has_other_key():
        raise DataFolderUnusable(
            "The audit key is not the one that this archive's trail is sealed with. Give all replicas the same "
            "UNDISC_AUDIT_KEY_FILE, and after a restore the key from the backup."
        )

    def make_pool(low_priority: bool, backlog: int) -> DecodePool:
        return DecodePool(
            settings.workers,
            settings.worker_memory_mb,
            settings.worker_seconds,
            low_priority=low_priority,
            backlog=backlog,
            spares=spares,
        )

    archive = Archive(storage, trail, make_pool, settings.free_space_mb * _MB, settings.retention_days)
    intake = Intake(archive, trail, most_files=settings.most_files, largest_file=settings.largest_file_mb * _MB)
    terms = Terms(
        place_name=settings.place_name,
        public_url=public_url(settings),
        link_days=settings.link_days,
        session_minutes=settings.session_minutes,
        time_zone=settings.time_zone,
    )
    jobs = Jobs(database, clock)
    keyring = Keyring(settings.secrets_key_file or root / "keys" / "secrets.key")
    people = People(trail, clock, keyring, _ends(settings), settings.glass_hours)
    messaging = _open_messaging(settings, trail, clock, jobs, keyring)
    sharing = Sharing(trail, archive, clock, terms, keyring, people, messaging)
    people.when_session_ends(sharing.end_viewing)
    arrivals = Arrivals(jobs, timedelta(minutes=settings.quiet_minutes) if settings.quiet_minutes else None)
    archive.keeper.arrived = arrivals.came
    consents = Consents(trail, clock, arrivals.consented, unseen_find_scans=not settings.forms_wait_for_staff)
    return App(
        settings,
        clock,
        database,
        storage,
        trail,
        archive,
        Shelf(trail),
        intake,
        sharing,
        Accounts(trail, clock),
        Reaches(trail, clock),
        consents,
        jobs,
        keyring,
        people,
        Tries(keyring),
        messaging,
        _open_completions(settings, trail, clock, consents, sharing, messaging),
    )


def _ends(settings: Settings) -> Ends:
    return Ends(
        work_idle=timedelta(minutes=settings.work_idle_minutes),
        work=timedelta(hours=settings.work_hours),
        idle=timedelta(hours=settings.patient_idle_hours),
        by_link=timedelta(hours=settings.patient_hours),
        by_key=timedelta(days=settings.passkey_days),
    )


def _open_storage(settings: Settings) -> Storage:
    if settings.storage_url is None:
        return LocalFolder(settings.data_dir)
    # Loaded here, since a local folder needs no client for buckets.
    from undisc.storage.bucket import Bucket

    try:
        return Bucket(settings.storage_url, settings.data_dir / "scratch")
    except ValueError as error:
        raise DataFolderUnusable(f"UNDISC_STORAGE_URL cannot be used: {error}.") from error
    except OSError as error:
        raise DataFolderUnusable(f"UNDISC_STORAGE_URL cannot be used: {error.strerror}.") from error


def _open_database(settings: Settings) -> Database:
    url = settings.database_url.get_secret_value() if settings.database_url else None
    try:
        return open_database(url, settings.data_dir)
    except ValueError as error:
        raise DataFolderUnusable(f"UNDISC_DATABASE_URL cannot be used: {error}.") from None


def _open_messaging(settings: Settings, trail: Trail, clock: Clock, jobs: Jobs, keyring: Keyring) -> Messaging:
    try:
        return Messaging(trail, clock, jobs, keyring, carriers_of(settings))
    except ValueError as error:
        raise DataFolderUnusable(f"{error}.") from None


def _open_completions(
    settings: Settings, trail: Trail, clock: Clock, consents: Consents, sharing: Sharing, messaging: Messaging
) -> Completions:
    return Completions(
        trail,
        clock,
        consents,
        sharing,
        messaging,
        place=settings.place_name,
        contact=settings.contact_line,
        zone=ZoneInfo(settings.time_zone),
        quiet=timedelta(minutes=settings.quiet_minutes) if settings.quiet_minutes else None,
        remind_after=timedelta(days=settings.reminder_days) if settings.reminder_days else None,
    )


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0].rstrip(".") if str(error.orig).strip() else "it gave no reason"


def open_reception(app: App) -> "Reception":
    """The way in for what comes over the network; close it before the application."""
    # Loaded here, since most commands receive nothing and write no log.
    from undisc.intake.background import BackgroundDeriving
    from undisc.intake.receiving import Reception

    lock = app.settings.data_dir / "scratch" / "deriving.lock"
    background = BackgroundDeriving(app.archive, lock, lambda: locks.turn(app.database.engine, locks.DERIVING))
    background.wake()  # for what an earlier process kept and did not derive
    return Reception(app.archive, app.trail, background)


def public_url(settings: Settings) -> str:
    """The address under which people reach the server, without a slash at the end."""
    return (settings.public_url or "http://localhost:8080").rstrip("/")


def build_web(app: App, reception: "Reception | None" = None) -> "FastAPI":
    """The web door on this application, with the DICOMweb door beside it, which stores what is sent to it by way of
    the reception."""
    # Loaded here, since most commands never open these doors and the framework takes a third of their start.
    from undisc.archive.lookup import Lookup
    from undisc.dicomweb.app import LINK, SYSTEMS, create_dicomweb
    from undisc.dicomweb.services import DicomwebServices
    from undisc.disclosures.service import Privacy
    from undisc.disclosures.verification import Verification
    from undisc.fhir.health_links import create_health_links
    from undisc.reports.service import Reports
    from undisc.sharing.check_in import CheckIn
    from undisc.sharing.desk import Desk
    from undisc.web.app import create_web
    from undisc.web.services import PortalServices, PrivacyServices, StaffServices, WebServices

    settings = app.settings
    reports = Reports(app.archive, Lookup(app.trail))
    annotating = None
    if reception is not None:
        from undisc.annotations.service import Annotating

        annotating = Annotating(app.archive, reception, app.clock)
    health_links = build_health_links(app)
    web = create_web(
        WebServices(
            app.sharing,
            app.archive,
            reports,
            settings.place_name,
            public_url(settings),
            annotating,
            build_handing(app),
            ordering=build_ordering(app),
            consents=app.consents,
            check_in=CheckIn(app.trail, app.clock, app.keyring, app.tries, app.consents),
            people=app.people,
            entrance=build_entrance(app),
            patient_of=_patient_of(app),
            time_zone=settings.time_zone,
            staff=StaffServices(
                Desk(
                    app.trail,
                    app.clock,
                    app.sharing,
                    app.messaging,
                    app.completions,
                    place=settings.place_name,
                    contact=settings.contact_line or None,
                    zone=ZoneInfo(settings.time_zone),
                ),
                app.shelf,
                app.sharing,
                app.consents,
                app.completions,
                app.messaging,
                build_ordering(app),
                app.people,
                app.keyring,
                settings.contact_line or "",
            ),
            portal=PortalServices(app.shelf, app.archive, app.archive.retrieving, app.consents, app.tries),
            health=health_links,
            privacy=PrivacyServices(
                Privacy(app.trail, app.clock),
                Verification(app.trail, app.clock),
                bool(settings.audit_head_file),
                settings.ae_title,
            ),
        )
    )
    dicomweb = create_dicomweb(
        DicomwebServices(
            accounts=app.accounts,
            sharing=app.sharing,
            reaches=app.reaches,
            archive=app.archive,
            public_url=public_url(settings),
            most_results=settings.most_results,
            reception=reception,
            largest_file=settings.largest_file_mb * _MB,
            uploads=settings.uploads,
            upload_seconds=settings.upload_seconds,
            viewer_origins=settings.viewer_origin_list,
        )
    )
    web.include_router(create_health_links(health_links))
    for place in (SYSTEMS, LINK):
        web.mount(place, dicomweb)
    return web


def build_entrance(app: App) -> "Entrance":
    """All ways in for people. Raises DataFolderUnusable for settings of single sign-on that make no sense."""
    # Loaded here, since most commands let nobody in.
    from undisc.accounts.people.entrance import open_entrance
    from undisc.accounts.people.single_sign_on import read_provider

    settings = app.settings
    secret = settings.oidc_client_secret
    try:
        provider = read_provider(
            settings.oidc_issuer,
            settings.oidc_client_id,
            secret.get_secret_value() if secret else "",
            settings.oidc_name,
            settings.oidc_roles_claim,
            settings.oidc_roles,
        )
    except ValueError as error:
        raise DataFolderUnusable(f"{error}.") from None
    return open_entrance(app.people, app.tries, public_url(settings), settings.place_name, app.messaging, provider)


def _patient_of(app: App) -> "Callable[[int], PatientKey | None]":
    shelf = Shelf(app.trail)

    def patient_of(study_id: int) -> "PatientKey | None":
        study = shelf.study(study_id)
        return study.patient if study else None

    return patient_of


def build_delivering(app: App) -> "Delivering":
    """Sending to peers and pulling from them."""
    # Loaded here, since most commands call nobody and the DICOM network library takes half a second.
    from undisc.archive.lookup import Lookup
    from undisc.delivery.service import Delivering

    settings = app.settings
    largest = settings.largest_file_mb * _MB
    return Delivering(app.trail, app.archive, Lookup(app.trail), _identity(settings), _transcode(app), largest)


def build_exporting(app: App) -> "Exporting":
    """Packages of studies for discs, sticks, ZIP files and static hosts."""
    # Loaded here, since most commands export nothing.
    from undisc.archive.lookup import Lookup
    from undisc.export.service import Exporting
    from undisc.reports.service import Reports

    settings = app.settings
    return Exporting(
        app.archive,
        Reports(app.archive, Lookup(app.trail)),
        app.clock,
        settings.data_dir / "scratch" / "export",
        settings.place_name,
        settings.public_url or "",
        settings.free_space_mb * _MB,
    )


def build_ordering(app: App) -> "Ordering":
    """Media that are ordered on pages, and made by jobs."""
    from undisc.export.ordering import Ordering

    return Ordering(
        app.trail,
        app.jobs,
        app.clock,
        app.keyring,
        app.storage,
        lambda: build_making(app),
        app.archive.derive_pending,
    )


def build_publishing(app: App) -> "Publishing":
    """Sealed packages on hosts of files."""
    from undisc.export.publishing import Publishing

    return Publishing(app.trail, app.jobs, app.settings.data_dir / "scratch" / "publish")


def build_making(app: App) -> "Making":
    """Discs, images, ZIP files and folders of studies, each with its receipt."""
    from undisc.export.making import Making

    scratch = app.settings.data_dir / "scratch" / "export"
    return Making(build_exporting(app), build_receipts(app), app.archive.study_uid, app.clock, scratch)


def build_handing(app: App) -> "Handing":
    """Packages straight to those who hold links."""
    from undisc.export.handing import Handing

    scratch = app.settings.data_dir / "scratch" / "export"
    return Handing(build_exporting(app), app.sharing, build_receipts(app), app.archive.study_uid, app.clock, scratch)


def build_receipts(app: App) -> "Receipts":
    """What left on media."""
    from undisc.export.receipts import Receipts

    return Receipts(app.trail, app.storage.put_derived)


def build_orders(app: App) -> "Orders":
    """Transfers that are put off, and whatever else is in line."""
    from undisc.delivery.jobs import Orders

    return Orders(app.trail, app.jobs, app.archive)


def build_runner(app: App, reception: "Reception") -> "Runner":
    """What carries out the jobs of every kind; start it, and close it before the reception."""
    from undisc.delivery.directory import Directory
    from undisc.delivery.jobs import kinds
    from undisc.dimse import commitment
    from undisc.export import ordering, publishing
    from undisc.jobs.runner import Runner
    from undisc.messaging import jobs as messages
    from undisc.sharing import completion

    delivering = build_delivering(app)
    transfers = kinds(delivering, lambda actor: reception.delivery("pull", actor))
    reports = commitment.kind(Directory(app.trail), _identity(app.settings))
    # 0 keeps a server from having it beside itself; who asks for it by name gets it.
    others = [publishing.kind(build_publishing(app)), messages.kind(app.messaging), completion.kind(app.completions)]
    others += ordering.kinds(build_ordering(app))
    others += [build_rounds(app).kind()]
    return Runner(app.jobs, [*transfers, reports, *others], max(1, app.settings.background_jobs))


def build_health_links(app: App) -> "HealthLinks":
    """SMART Health Links."""
    from undisc.sharing.ground import Ground
    from undisc.sharing.health_links import HealthLinks
    from undisc.sharing.passcodes import Passcodes

    settings = app.settings
    terms = Terms(settings.place_name, public_url(settings), settings.link_days, settings.session_minutes)
    ground = Ground(app.trail, app.archive, app.clock, terms, app.keyring, Passcodes(), app.people)
    return HealthLinks(ground, app.archive.document)


def build_rounds(app: App) -> "Rounds":
    """What is done with new entries of the trail: alerts, the seal noted elsewhere, the collector."""
    from undisc.disclosures.rounds import Elsewhere, Rounds
    from undisc.disclosures.syslog import Collector

    settings = app.settings
    collector = None
    if settings.audit_syslog:
        host, _, port = settings.audit_syslog.rpartition(":")
        shown = settings.audit_syslog_certificate, settings.audit_syslog_key
        collector = Collector(host.strip("[]"), int(port), settings.audit_syslog_authorities, *shown)
    elsewhere = Elsewhere(settings.audit_head_file, collector, settings.ae_title, settings.place_name)
    return Rounds(app.trail, app.clock, app.jobs, elsewhere, lambda work: app.tries.tidy(work, _TRIES_KEPT))


def build_hl7(app: App) -> "Handling":
    """What is done with the HL7 messages of other systems."""
    from undisc.hl7.handling import Handling
    from undisc.patients.service import Orders

    return Handling(app.trail, Orders(app.trail), app.completions)


def build_dimse(app: App, reception: "Reception", host: str, port: int) -> "tuple[DimseServices, Door]":
    """The DIMSE door on this application: what stands behind it, and how it is set up."""
    from undisc.archive.lookup import Lookup
    from undisc.archive.search import Search
    from undisc.delivery.directory import Directory
    from undisc.dimse import commitment
    from undisc.dimse.network import Limits
    from undisc.dimse.server import Door
    from undisc.dimse.services import DimseServices
    from undisc.jobs.runner import Runner

    settings = app.settings
    identity = _identity(settings)
    directory = Directory(app.trail)
    services = DimseServices(
        directory=directory,
        reaches=app.reaches,
        reception=reception,
        archive=app.archive,
        lookup=Lookup(app.trail),
        search=Search(app.storage, app.trail),
        trail=app.trail,
        jobs=app.jobs,
        runner=Runner(app.jobs, [commitment.kind(directory, identity)], threads=1),
        identity=identity,
        scratch=settings.data_dir / "scratch" / "dimse",
        largest_file=settings.largest_file_mb * _MB,
        echo_from_anyone=settings.dicom_echo_from_anyone,
        transcode=_transcode(app),
    )
    limits = Limits(
        associations=settings.dicom_associations,
        per_address=settings.dicom_associations_per_peer,
        pdu_bytes=settings.dicom_pdu_kb * 1024,
        seconds=settings.dicom_seconds,
    )
    door = Door(
        host=host,
        port=port,
        limits=limits,
        acse_seconds=settings.dicom_acse_seconds,
        dimse_seconds=settings.dicom_dimse_seconds,
        tls=identity.tls if settings.dicom_tls_certificate else None,
        client_certificates=settings.dicom_tls_client_certificates,
    )
    return services, door


def _identity(settings: Settings) -> "Identity":
    from undisc.delivery.model import Identity, TlsFiles

    tls = TlsFiles(settings.dicom_tls_certificate, settings.dicom_tls_key, settings.dicom_tls_authorities)
    return Identity(
        ae_title=settings.ae_title,
        tls=tls,
        acse_seconds=settings.dicom_acse_seconds,
        dimse_seconds=settings.dicom_dimse_seconds,
        network_seconds=settings.dicom_seconds,
        pdu_bytes=settings.dicom_pdu_kb * 1024,
    )


def _transcode(app: App) -> "Transcode":
    """How an instance is made anew for a peer that does not take it as it is stored."""
    from undisc.archive.retrieving import Made
    from undisc.dicom.pixels.pool import Busy

    retrieving = app.archive.retrieving

    def transcode(row: "InstanceRow", syntax: str) -> "BinaryIO | None":
        held = retrieving.one(row.names.study, row.names.series, row.names.instance)
        try:
            made = retrieving.transcoded(held, syntax) if held else None
        except (Busy, FileNotFoundError):
            return None
        return made.file if isinstance(made, Made) else None

    return transcode
