"""The DIMSE door as a whole: what it offers, within which limits, and its life from start to stop."""

import shutil
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from pynetdicom import _config, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.presentation import PresentationContext, build_context

from undisc.delivery.model import TlsFiles
from undisc.delivery.policy import EXPLICIT, IMPLICIT
from undisc.delivery.quiet import keep_quiet
from undisc.delivery.sop_classes import (
    COMMITMENT,
    PATIENT_FIND,
    PATIENT_GET,
    PATIENT_MOVE,
    STUDY_FIND,
    STUDY_GET,
    STUDY_MOVE,
    VERIFICATION,
)
from undisc.dicom.wrapper import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from undisc.dimse.access import Rejection
from undisc.dimse.association import ServedAssociation
from undisc.dimse.network import Limits, Server
from undisc.dimse.services import DimseServices

_OFFERED = (
    VERIFICATION,
    PATIENT_FIND,
    PATIENT_GET,
    PATIENT_MOVE,
    STUDY_FIND,
    STUDY_GET,
    STUDY_MOVE,
    COMMITMENT,
)
_REFUSED_FOR_NOW = Rejection(0x02, 0x01, 0x01, "the caller could not be checked")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Door:
    """How the door is set up. tls: None for plain TCP; client_certificates: whether callers must show one."""

    host: str
    port: int
    limits: Limits
    acse_seconds: float
    dimse_seconds: float
    tls: TlsFiles | None
    client_certificates: bool


@contextmanager
def opened(services: DimseServices, door: Door) -> Iterator[int]:
    """The door, open for as long as the block lasts; gives the port. Raises OSError where it cannot be had."""
    keep_quiet()
    _silence_threads()
    _config.UNRESTRICTED_STORAGE_SERVICE = True
    _empty(services.scratch)
    entity = ApplicationEntity(services.identity.ae_title)
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    entity.maximum_associations = door.limits.associations
    entity.maximum_pdu_size = door.limits.pdu_bytes
    entity.acse_timeout = door.acse_seconds
    entity.dimse_timeout = door.dimse_seconds
    entity.network_timeout = door.limits.seconds
    entity.require_called_aet = True
    tls = server_context(door.tls, door.client_certificates) if door.tls else None
    handlers: list[Any] = [(evt.EVT_REQUESTED, _requested)]
    server = Server(entity, (door.host, door.port), _contexts(), services, door.limits, tls, handlers)
    thread = threading.Thread(target=server.serve_forever, name="accept", kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    services.runner.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        for assoc in server.active_associations:
            assoc.abort()
        thread.join()
        services.runner.close()


def server_context(files: TlsFiles, client_certificates: bool) -> ssl.SSLContext:
    """TLS 1.2 or later (PS3.15 B.9); with client_certificates only for callers whom an authority vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if files.certificate:
        context.load_cert_chain(files.certificate, files.key)
    if client_certificates:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(files.authorities)
    return context


def _contexts() -> list[PresentationContext]:
    return [build_context(sop_class, [EXPLICIT, IMPLICIT]) for sop_class in _OFFERED]


def _requested(event: Any) -> None:
    """Let in or turn away, before anything else of the request is looked at; whatever fails here turns away."""
    assoc: ServedAssociation = event.assoc
    try:
        rejection = assoc.admit()
    except Exception as error:
        log.error("a caller could not be checked", kind=type(error).__name__)
        rejection = _REFUSED_FOR_NOW
    if rejection is not None:
        log.warning("association refused", address=assoc.requestor.address, reason=rejection.reason)
        assoc.acse.send_reject(rejection.result, rejection.source, rejection.diagnostic)
        assoc.is_rejected = True
        assoc.kill()


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _silence_threads() -> None:
    """An error that ends one of pynetdicom's threads may quote an element; its kind does not."""

    def tell(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_type is not SystemExit:
            log.error("a thread ended", kind=arguments.exc_type.__name__)

    threading.excepthook = tell
