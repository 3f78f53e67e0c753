"""A running DIMSE door on a port of its own, and clients of pynetdicom's to knock at it with."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset, FileDataset
from pynetdicom import _config, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.presentation import build_context
from sqlalchemy import select
from tests.factories.servers import free_port

from undisc.app import App, build, build_dimse, open_reception
from undisc.db.tables import audit_entries
from undisc.delivery import policy
from undisc.delivery.associating import associated, reactor_paused
from undisc.delivery.directory import Directory
from undisc.delivery.model import Identity, Peer
from undisc.delivery.outgoing import Outgoing, store
from undisc.dimse import server
from undisc.intake.receiving import Reception
from undisc.settings import Settings

UNDISC = "UNDISC"
TESTER = "TESTER"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
VERIFICATION = "1.2.840.10008.1.1"
STUDY_FIND, STUDY_MOVE, STUDY_GET = (f"1.2.840.10008.5.1.4.1.2.2.{number}" for number in (1, 2, 3))
PATIENT_FIND, PATIENT_MOVE, PATIENT_GET = (f"1.2.840.10008.5.1.4.1.2.1.{number}" for number in (1, 2, 3))


@dataclass
class DicomDoor:
    """The door, and the rooms behind it."""

    port: int
    app: App
    reception: Reception
    directory: Directory

    @property
    def itself(self) -> Peer:
        """The door as a client's peer."""
        return Peer("undisc", UNDISC, "127.0.0.1", self.port)

    def keep(self, files: Iterable[bytes]) -> None:
        """Put Part 10 files in by the back door."""
        with self.reception.delivery("dimse", "test") as delivery:
            for count, data in enumerate(files, 1):
                delivery.receive(data)
                if count % 50 == 0:
                    delivery.finish()
            delivery.finish()

    def trail(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(action, actor, subject) of every entry, in order."""
        with self.app.database.read() as connection:
            rows = connection.execute(select(audit_entries).order_by(audit_entries.c.seq)).all()
        return [(row.action, row.actor, json.loads(row.subject)) for row in rows]

    def digests(self) -> dict[str, str]:
        """The digest of each stored data set, by SOP Instance UID."""
        return {
            row.names.instance: row.dataset_sha256
            for study in self.app.archive.studies()
            for series in self.app.archive.series_of(study.id)
            for row in self.app.archive.instances_of(series.id)
        }


@contextmanager
def dicom_door(
    folder: Path, peers: Sequence[str] = (TESTER,), *, port: int = 0, **settings: Any
) -> Iterator[DicomDoor]:
    """peers: AE titles, or whole addresses such as DEST@127.0.0.1:104, that are in the directory."""
    with ExitStack() as closing:
        app = build(Settings(data_dir=folder, workers=1, free_space_mb=0, **settings))
        closing.callback(app.close)
        reception = open_reception(app)
        closing.callback(reception.close)
        directory = Directory(app.trail)
        for each in peers:
            address = each if "@" in each else f"{each}@127.0.0.1:{free_port()}"
            directory.add(policy.peer_from(address.partition("@")[0], address, False, None, None))
        bound = closing.enter_context(server.opened(*build_dimse(app, reception, "127.0.0.1", port)))
        yield DicomDoor(bound, app, reception, directory)


@contextmanager
def calling(
    door: DicomDoor,
    contexts: Iterable[tuple[str, tuple[str, ...]]],
    *,
    title: str = TESTER,
    provides: Sequence[str] = (),
    handlers: Sequence[Any] = (),
) -> Iterator[Association]:
    """An association with the door. Raises PeerUnreachable where the door does not want it."""
    identity = Identity(title, connect_seconds=5, acse_seconds=10, dimse_seconds=30, network_seconds=30)
    with associated(door.itself, identity, contexts, provides=provides, handlers=handlers) as assoc:
        yield assoc


def dataset_bytes(dataset: FileDataset) -> bytes:
    """The data set alone, in its own transfer syntax, as C-STORE carries it."""
    from pynetdicom.dsutils import encode

    syntax = dataset.file_meta.TransferSyntaxUID
    data = encode(dataset, syntax.is_implicit_VR, syntax.is_little_endian)
    assert data is not None
    return data


def part10(dataset: FileDataset) -> bytes:
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def send_dataset(
    assoc: Association,
    data: bytes,
    *,
    sop_class: str,
    sop_instance: str,
    context_id: int | None = None,
) -> int | None:
    """C-STORE of these very bytes; gives the status."""
    if context_id is None:
        context_id = next(each.context_id for each in assoc.accepted_contexts if each.abstract_syntax == sop_class)
    assert context_id is not None
    with reactor_paused(assoc):
        return store(assoc, Outgoing(sop_class, sop_instance, context_id, data), 1)  # type: ignore[arg-type]


def send(assoc: Association, dataset: FileDataset) -> int | None:
    data = dataset_bytes(dataset)
    return send_dataset(assoc, data, sop_class=dataset.SOPClassUID, sop_instance=dataset.SOPInstanceUID)


def find(door: DicomDoor, model: str, **keys: Any) -> tuple[list[Dataset], int]:
    """The answers to a query, and the last status."""
    with calling(door, [(model, (EXPLICIT, IMPLICIT))]) as assoc:
        found, code = [], -1
        for status, identifier in assoc.send_c_find(identifier_of(**keys), model):
            code = status.get("Status", -1)
            if identifier is not None:
                found.append(identifier)
        return found, code


def identifier_of(**keys: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in keys.items():
        setattr(dataset, keyword, value)
    return dataset


@dataclass
class Collected:
    """What arrived by C-STORE: the digest of each data set by its SOP Instance UID, and its transfer syntax."""

    digests: dict[str, str] = field(default_factory=dict)
    syntaxes: dict[str, str] = field(default_factory=dict)
    originators: set[str] = field(default_factory=set)
    status: int = 0
    datasets: list[Any] | None = None
    """Where a test wants the data sets themselves."""

    def handler(self) -> tuple[Any, Callable[[Any], int]]:
        return evt.EVT_C_STORE, self._take

    def _take(self, event: Any) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        self.digests[uid] = hashlib.sha256(event.request.DataSet.getvalue()).hexdigest()
        self.syntaxes[uid] = str(event.context.transfer_syntax)
        if self.datasets is not None:
            self.datasets.append(event.dataset)
        self.originators.add(str(event.request.MoveOriginatorApplicationEntityTitle or "").strip())
        return self.status


@contextmanager
def destination(
    port: int, title: str = "DEST", contexts: Sequence[tuple[str, Sequence[str]]] = ()
) -> Iterator[Collected]:
    """A store SCP of pynetdicom's that takes everything, unless told which contexts it takes."""
    earlier = _config.UNRESTRICTED_STORAGE_SERVICE
    _config.UNRESTRICTED_STORAGE_SERVICE = not contexts
    collected = Collected()
    entity = ApplicationEntity(title)
    entity.supported_contexts = [build_context(VERIFICATION), *(build_context(each, list(ts)) for each, ts in contexts)]
    running = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[collected.handler()])
    try:
        yield collected
    finally:
        assert running is not None
        running.shutdown()
        _config.UNRESTRICTED_STORAGE_SERVICE = earlier
