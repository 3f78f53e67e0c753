"""A DICOMweb door that takes uploads, on an empty archive; and bodies to send to it."""

import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from pydicom.dataset import FileDataset
from sqlalchemy import select
from tests.door.running import TestClock, serving
from tests.factories.instances import ADA, Place, image

from undisc.app import App, build, build_web, open_reception
from undisc.db.tables import audit_entries
from undisc.intake.receiving import Reception
from undisc.settings import Settings

BOUNDARY = "a-boundary"
MULTIPART = f'multipart/related; type="application/dicom"; boundary={BOUNDARY}'
MODEL = "application/dicom+json"


@dataclass
class StoringDoor:
    """`client` shows the token of a system that may read, write and delete."""

    base: str
    app: App
    reception: Reception
    clock: TestClock
    client: httpx.Client
    folder: Path

    def store(
        self, body: bytes | Iterable[bytes], path: str = "studies", content_type: str = MULTIPART, **headers: str
    ) -> httpx.Response:
        given = {"Content-Type": content_type, "Accept": MODEL} | headers
        return self.client.post(f"/dicom-web/{path}", content=body, headers=given)

    def originals(self) -> list[Path]:
        return sorted((self.folder / "studies").rglob("*.dcm"))

    def staged(self) -> list[Path]:
        """What is left in the place where files wait before they are kept."""
        return list((self.folder / "incoming").rglob("*"))

    def acts(self) -> list[tuple[str, str, dict[str, Any]]]:
        with self.app.database.read() as connection:
            rows = connection.execute(select(audit_entries).order_by(audit_entries.c.seq)).all()
        return [(row.action, row.actor, json.loads(row.subject)) for row in rows]


@contextmanager
def storing_door(folder: Path, **settings: Any) -> Iterator[StoringDoor]:
    clock = TestClock()
    given = {"data_dir": folder, "workers": 1, "public_url": "http://pictures.example"} | settings
    app = build(Settings(**given), clock)
    reception = open_reception(app)
    secret = app.accounts.create_token("pacs", ["read", "write", "delete"]).secret
    with (
        serving(build_web(app, reception)) as base,
        httpx.Client(base_url=base, headers={"Authorization": f"Bearer {secret}"}, timeout=60) as client,
    ):
        yield StoringDoor(base, app, reception, clock, client, folder)
    reception.close()
    app.close()


def picture(study: int = 1, series: int = 1, number: int = 1, *, rows: int = 16, columns: int = 16) -> FileDataset:
    return image(ADA, Place(study, series, number, 9), rows=rows, columns=columns)


def as_bytes(dataset: FileDataset) -> bytes:
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def multipart(*contents: bytes, kind: str = "application/dicom") -> bytes:
    return b"".join(part(each, f"Content-Type: {kind}") for each in contents) + f"--{BOUNDARY}--\r\n".encode()


def part(content: bytes, *header: str) -> bytes:
    return "\r\n".join((f"--{BOUNDARY}", *header, "", "")).encode() + content + b"\r\n"


def codes(answer: httpx.Response, sequence: str) -> list[int]:
    """The failure reasons of a sequence in a response."""
    return [item["00081197"]["Value"][0] for item in answer.json().get(sequence, {"Value": []})["Value"]]


FAILED, REFERENCED, OTHERS = "00081198", "00081199", "0008119A"
