"""Whoever holds a link that allows downloads gets the pictures as a disc would hold them, while the link is open."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pydicom
import pytest
from pydicom.uid import ImplicitVRLittleEndian
from sqlalchemy import select
from tests.door.running import serving
from tests.factories.discs import MadeDisc, make_disc

from undisc.app import App, build, build_receipts, build_web
from undisc.db.tables import audit_entries
from undisc.discs import open_source, survey
from undisc.settings import Settings
from undisc.sharing.model import NewLink


@dataclass
class Place:
    app: App
    disc: MadeDisc
    base: str

    def opened(self, *, may_download: bool = True) -> tuple[NewLink, httpx.Client]:
        link = self.app.sharing.create_link([self.app.archive.studies()[0].id], may_download=may_download)
        client = httpx.Client(base_url=f"{self.base}/s/{link.link.id}/", timeout=30)
        assert client.post("open", json={"secret": link.secret}).status_code == 200
        return link, client

    def actions(self) -> list[str]:
        with self.app.database.read() as connection:
            return list(connection.execute(select(audit_entries.c.action).order_by(audit_entries.c.seq)).scalars())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("disc")
    disc = make_disc(folder / "disc", slices=40, rows=512, columns=512, series=1)
    app = build(Settings(data_dir=folder / "data", workers=1, place_name="Riverside Imaging"))
    app.intake.take_in([folder / "disc"])
    with serving(build_web(app)) as base:
        yield Place(app, disc, base)
    app.close()


def test_disc_comes_as_a_zip_that_is_as_long_as_it_says_and_imports_whole(place: Place, tmp_path: Path) -> None:
    link, client = place.opened()
    answer = client.get("disc")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert 'filename="disc.zip"' in answer.headers["content-disposition"]
    assert int(answer.headers["content-length"]) == len(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {"INDEX.HTM", "README.TXT", "DICOMDIR", "MANIFEST.TXT"} <= set(archive.namelist())
    (tmp_path / "disc.zip").write_bytes(answer.content)
    found = survey(open_source(tmp_path / "disc.zip"), 1000)
    assert (len(found.listed), found.missing, found.unlisted_count) == (40, (), 0)
    receipt = build_receipts(place.app).all()[0]
    assert (receipt["outcome"], receipt["medium"], receipt["images"]) == ("sent", "browser", 40)
    assert receipt["made_by"] == f"link:{link.link.id}"
    assert place.actions()[-3:] == ["download-started", "download-finished", "exported"]


def test_disc_stops_when_its_link_is_revoked_and_has_no_receipt(place: Place) -> None:
    link, client = place.opened()
    before = len(build_receipts(place.app).all())
    with client.stream("GET", "disc") as answer:
        chunks = answer.iter_raw(1 << 16)
        taken = len(next(chunks))
        place.app.sharing.revoke(link.link.id)
        with pytest.raises(httpx.RemoteProtocolError):
            taken += sum(len(chunk) for chunk in chunks)
    assert taken < int(answer.headers["content-length"])
    assert len(build_receipts(place.app).all()) == before
    assert place.actions()[-1] == "revoked"
    assert client.get("disc").json()["type"] == "link-closed"


def test_link_for_looking_gives_no_disc(place: Place) -> None:
    _, client = place.opened(may_download=False)
    answer = client.get("disc")
    assert (answer.status_code, json.loads(answer.content)["type"]) == (403, "view-only")


def test_disc_leaves_as_it_is_stored_where_there_is_no_room_to_convert_it(tmp_path: Path) -> None:
    disc = make_disc(tmp_path / "disc", slices=3, series=1, with_dicomdir=False, viewer_junk=False)
    for path in [path for path in disc.folder.rglob("*") if path.is_file()]:
        dataset = pydicom.dcmread(path)
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        dataset.save_as(path, implicit_vr=True, little_endian=True)
    app = build(Settings(data_dir=tmp_path / "data", workers=1))
    app.intake.take_in([disc.folder])
    link = app.sharing.create_link([app.archive.studies()[0].id])
    app.close()
    short = build(Settings(data_dir=tmp_path / "data", workers=1, free_space_mb=10**9))
    with serving(build_web(short)) as base, httpx.Client(base_url=f"{base}/s/{link.link.id}/", timeout=30) as client:
        assert client.post("open", json={"secret": link.secret}).status_code == 200
        answer = client.get("disc")
    short.close()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sum(name.startswith("DICOM/") for name in archive.namelist()) == 3
        assert b"As they were stored" in archive.read("README.TXT")


def test_discs_that_are_given_up_leave_their_turn_to_others(place: Place) -> None:
    _, client = place.opened()
    for _ in range(6):
        with client.stream("GET", "disc") as answer:
            assert answer.status_code == 200
            next(answer.iter_raw(1 << 16))
        client.close()
        _, client = place.opened()
    assert not list((place.app.settings.data_dir / "scratch" / "export").iterdir())
