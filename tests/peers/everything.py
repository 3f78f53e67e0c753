"""All the real files taken in, and every door through which they leave again."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx
from tests.door.dicom_door import DicomDoor, dicom_door
from tests.door.running import serving
from tests.shared_data import SHARED

from undisc.app import build_web
from undisc.archive.model import InstanceRow
from undisc.dicom.model import Scanned
from undisc.dicom.scan import scan
from undisc.intake.model import Outcome


@dataclass(frozen=True)
class CameIn:
    """A file as it came: where it lies, and the digest of its data set, also with the byte that makes it even."""

    path: Path
    digest: str
    even_digest: str


class Everything:
    """`came`: what was kept, by SOP Instance UID, as it lies in the shared data."""

    def __init__(self, door: DicomDoor, client: httpx.Client, came: dict[str, CameIn]) -> None:
        self.door = door
        self.client = client
        self.came = came

    @cached_property
    def rows(self) -> list[InstanceRow]:
        archive = self.door.app.archive
        return [
            row
            for study in archive.studies()
            for series in archive.series_of(study.id)
            for row in archive.instances_of(series.id)
        ]

    def one_of_each_kind(self) -> list[InstanceRow]:
        """The smallest instance of each SOP class and transfer syntax that there is."""
        found: dict[tuple[str, str], InstanceRow] = {}
        for row in sorted(self.rows, key=lambda row: row.size, reverse=True):
            found[row.sop_class, row.transfer_syntax] = row
        return list(found.values())

    def by_web(self, row: InstanceRow, transfer_syntax: str) -> bytes | None:
        """WADO-RS of one instance; None where it cannot be had in this transfer syntax."""
        address = f"/dicom-web/studies/{row.names.study}/series/{row.names.series}/instances/{row.names.instance}"
        accept = f"application/dicom; transfer-syntax={transfer_syntax}"
        answer = self.client.get(address, headers={"Accept": accept})
        assert answer.status_code in (200, 406), answer.text
        return answer.content if answer.status_code == 200 else None

    def downloads(self) -> Iterator[bytes]:
        """The files of the ZIPs that the links to all studies give."""
        sharing = self.door.app.sharing
        for study in {row.study_id for row in self.rows}:
            link = sharing.create_link([study])
            with httpx.Client(base_url=self.client.base_url, timeout=120) as browser:
                opened = browser.post(f"/s/{link.link.id}/open", json={"secret": link.secret})
                assert opened.status_code == 200
                answer = browser.get(f"/s/{link.link.id}/download")
            assert answer.status_code == 200
            with zipfile.ZipFile(io.BytesIO(answer.content)) as package:
                for name in package.namelist():
                    data = package.read(name)
                    if data[128:132] == b"DICM" and not name.endswith("DICOMDIR"):
                        yield data


@contextmanager
def everything(folder: Path, peers: tuple[str, ...]) -> Iterator[Everything]:
    """peers: AE titles, or whole addresses, of those who may ask over DICOM."""
    assert SHARED is not None
    with dicom_door(folder, peers) as door:
        ledger = door.app.intake.take_in([SHARED])
        came = {}
        for item in ledger.items:
            if item.outcome in (Outcome.STORED, Outcome.DUPLICATE):
                data = (SHARED / item.path).read_bytes()
                uid, digest = identity(data)
                came[uid] = CameIn(SHARED / item.path, digest, _even_digest(data))
        bearer = {"Authorization": f"Bearer {door.app.accounts.create_token('peer', ['read']).secret}"}
        with (
            serving(build_web(door.app)) as base,
            httpx.Client(base_url=base, headers=bearer, timeout=120) as client,
        ):
            yield Everything(door, client, came)


def identity(data: bytes) -> tuple[str, str]:
    """The SOP Instance UID of a file, and the digest of its data set."""
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    return scanned.text("SOPInstanceUID"), hashlib.sha256(data[scanned.dataset_start :]).hexdigest()


def _even_digest(data: bytes) -> str:
    scanned = scan(data)
    assert isinstance(scanned, Scanned)
    dataset = data[scanned.dataset_start :]
    return hashlib.sha256(dataset + b"\0" * (len(dataset) % 2)).hexdigest()
