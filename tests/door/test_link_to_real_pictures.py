"""Proves that the door gives what the real archive keeps: a disc taken in, shared, opened, looked at, downloaded."""

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from pydicom.uid import UID, generate_uid
from sqlalchemy import select
from tests.door.running import serving
from tests.factories.discs import MadeDisc, make_disc, pdf

from undisc.app import App, build, build_web
from undisc.db.tables import audit_entries
from undisc.settings import Settings
from undisc.sharing.model import NewLink

ENCAPSULATED_PDF = UID("1.2.840.10008.5.1.4.1.1.104.1")
PDF = pdf("Nothing unusual was seen.") + b"\n" * (len(pdf("Nothing unusual was seen.")) % 2)


@dataclass
class Shared:
    disc: MadeDisc
    app: App
    link: NewLink
    client: httpx.Client
    manifest: dict[str, Any]

    def get(self, path: str) -> httpx.Response:
        answer = self.client.get(f"/s/{self.link.link.id}/{path}")
        assert answer.status_code == 200, path
        return answer


def add_report(beside: Path, path: Path) -> None:
    """A report as an Encapsulated PDF (PS3.3 A.45.1) of the same study."""
    report = pydicom.dcmread(beside, stop_before_pixels=True)
    for keyword in ("Rows", "Columns", "SeriesDescription"):
        delattr(report, keyword)
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = ENCAPSULATED_PDF
    report.SOPInstanceUID = report.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    report.SeriesInstanceUID = generate_uid()
    report.Modality = "DOC"
    report.MIMETypeOfEncapsulatedDocument = "application/pdf"
    report.EncapsulatedDocument = PDF
    report.save_as(path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    folder = tmp_path_factory.mktemp("real")
    disc = make_disc(folder / "disc", studies=1, series=2, slices=5, rows=64, columns=48)
    app = build(Settings(data_dir=folder / "data", workers=1))
    add_report(folder / "disc" / disc.images[0], folder / "disc" / "REPORT.DCM")
    app.intake.take_in([folder / "disc"])
    link = app.sharing.create_link([app.archive.studies()[0].id], passcode="auto")
    with serving(build_web(app)) as base, httpx.Client(base_url=base, timeout=30) as client:
        opened = client.post(f"/s/{link.link.id}/open", json={"secret": link.secret, "passcode": link.passcode})
        assert opened.status_code == 200
        yield Shared(disc, app, link, client, opened.json())
    app.close()


def frames(shared: Shared, series: dict[str, Any]) -> list[dict[str, Any]]:
    manifest = shared.get(f"series/{series['id']}").json()
    return [{**manifest["common"], **frame} for frame in manifest["frames"]]


def of_kind(shared: Shared, kind: str) -> list[dict[str, Any]]:
    return [series for study in shared.manifest["studies"] for series in study["series"] if series["kind"] == kind]


def test_first_answer_shows_a_picture_of_the_first_series(shared: Shared) -> None:
    first = shared.manifest["first"]
    assert first["series"] == shared.manifest["series"]["id"]
    assert first["preview"].startswith("data:image/webp;base64,")
    assert shared.manifest["patient"]["id"]


def test_every_series_has_its_manifest_strip_thumbnail_and_metadata(shared: Shared) -> None:
    listed = of_kind(shared, "images")
    assert len(listed) == 2
    for series in listed:
        assert len(frames(shared, series)) == series["count"] == 5
        strip = shared.get(f"series/{series['id']}/strip").content
        assert strip[:8] == b"USTRIP1\0"
        count, *lengths = struct.unpack_from("<6I", strip, 8)
        assert count == 5
        assert len(strip) == 12 + 4 * count + sum(lengths)
        assert shared.get(f"series/{series['id']}/thumbnail").content[8:12] == b"WEBP"
        metadata = shared.get(f"series/{series['id']}/metadata").json()
        assert {instance["00080018"]["Value"][0] for instance in metadata} <= set(shared.disc.sop_uids)


def test_every_frame_comes_whole_and_as_a_preview(shared: Shared) -> None:
    for series in of_kind(shared, "images"):
        for frame in frames(shared, series):
            whole = shared.get(f"frames/{frame['i']}/{frame['n']}")
            if frame["wire"] == "htj2k":
                assert whole.headers["content-type"] == "image/jphc"
                assert len(whole.content) == frame["bytes"]
            else:
                assert len(whole.content) >= frame["rows"] * frame["columns"]
            assert shared.get(f"previews/{frame['i']}/{frame['n']}").content[8:12] == b"WEBP"


def test_report_comes_as_the_pdf_that_was_put_in(shared: Shared) -> None:
    (document,) = of_kind(shared, "document")
    assert shared.get(f"documents/{document['instance']}").content == PDF


def test_originals_leave_as_they_came(shared: Shared) -> None:
    came = {pydicom.dcmread(shared.disc.folder / path).SOPInstanceUID: path for path in shared.disc.images}
    answer = shared.get("download")
    assert int(answer.headers["content-length"]) == len(answer.content)
    patient = shared.manifest["patient"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert found.testzip() is None
        names = found.namelist()
        assert len(names) == len(came) + 1
        for name in names:
            assert name.startswith("STUDY1/SERIES")
            for told in (patient["id"], *patient["name"].split("^")):
                assert told not in name
            kept = pydicom.dcmread(io.BytesIO(found.read(name)))
            if kept.SOPInstanceUID in came:
                assert kept == pydicom.dcmread(shared.disc.folder / came.pop(kept.SOPInstanceUID))
    assert came == {}


def test_single_original_is_a_dicom_file(shared: Shared) -> None:
    frame = frames(shared, of_kind(shared, "images")[0])[0]
    answer = shared.get(f"instances/{frame['i']}")
    assert answer.headers["content-type"] == "application/dicom"
    assert answer.content[128:132] == b"DICM"


def test_unknown_numbers_are_not_found(shared: Shared) -> None:
    frame = frames(shared, of_kind(shared, "images")[0])[0]
    for path in ("series/999", "frames/999/0", f"frames/{frame['i']}/9", f"documents/{frame['i']}", "instances/999"):
        answer = shared.client.get(f"/s/{shared.link.link.id}/{path}")
        assert (answer.status_code, answer.json()["type"]) == (404, "not-found"), path


def test_trail_holds_and_names_nobody(shared: Shared) -> None:
    assert type(shared.app.trail.verify()).__name__ == "Intact"
    with shared.app.database.read() as connection:
        entries = json.dumps([row._asdict() for row in connection.execute(select(audit_entries))])
    for told in (shared.manifest["patient"]["id"], shared.link.secret, str(shared.link.passcode)):
        assert told not in entries
