"""Proves on real data that what was stored comes back from WADO-RS: the same data set, and the same pixels."""

import hashlib
import warnings
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from pydicom import config, dcmread
from pydicom.pixels.utils import pixel_array
from tests.door.running import serving
from tests.door.test_dicomweb_retrieve import parts
from tests.shared_data import SHARED, needs_shared

from undisc.app import App, build, build_web
from undisc.archive.retrieving import Held, Layout
from undisc.dicom import syntaxes
from undisc.settings import Settings

pytestmark = [needs_shared, pytest.mark.slow]

_LARGEST = 4 << 20
_OF_A_FOLDER = 12
ANY = "application/dicom; transfer-syntax=*"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, httpx.Client]]:
    """An archive of some files of each folder of the shared data, small ones."""
    assert SHARED is not None
    folder = tmp_path_factory.mktemp("real")
    source = folder / "source"
    source.mkdir()
    taken: dict[Path, int] = {}
    for path in sorted(SHARED.rglob("*")):
        if not path.is_file() or path.stat().st_size > _LARGEST or "taichi" in str(path):
            continue
        taken[path.parent] = taken.get(path.parent, 0) + 1
        if taken[path.parent] <= _OF_A_FOLDER or "charset" in str(path) or "pydicom" in str(path):
            (source / f"F{len(list(source.iterdir())):05d}").symlink_to(path)
    copies = folder / "copies"
    copies.mkdir()
    for link in source.iterdir():
        (copies / link.name).write_bytes(link.read_bytes())
    app = build(Settings(data_dir=folder / "data", workers=2))
    app.intake.take_in([copies])
    secret = app.accounts.create_token("pacs", ["read"]).secret
    with (
        serving(build_web(app)) as base,
        httpx.Client(base_url=base, headers={"Authorization": f"Bearer {secret}"}, timeout=120) as client,
    ):
        yield app, client
    app.close()


def _all(app: App) -> list[Held]:
    return [held for study in app.archive.studies() for held in app.archive.retrieving.many(study.study_uid)]


def _address(held: Held) -> str:
    names = held.names
    return f"/dicom-web/studies/{names.study}/series/{names.series}/instances/{names.instance}"


def _stored(app: App, held: Held) -> bytes:
    with app.archive.retrieving.open(held) as file:
        return file.read()


def test_every_kept_file_comes_back_with_the_digest_of_its_data_set(real: tuple[App, httpx.Client]) -> None:
    app, client = real
    instances = _all(app)
    assert len(instances) > 100
    for held in instances:
        answer = client.get(_address(held), headers={"Accept": ANY})
        assert answer.status_code == 200, held.transfer_syntax
        if held.transfer_syntax in syntaxes.NEVER_ON_THE_WEB:
            assert answer.headers["content-type"].endswith(f"={syntaxes.EXPLICIT}")
            continue
        digest = hashlib.sha256(answer.content[held.dataset_start :]).hexdigest()
        assert digest == held.digest


def test_what_may_not_go_over_the_web_says_the_same_in_explicit_little_endian(
    real: tuple[App, httpx.Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, client = real
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)
    for held in _all(app):
        if held.transfer_syntax not in syntaxes.NEVER_ON_THE_WEB:
            continue
        before, after = tmp_path / "before.dcm", tmp_path / "after.dcm"
        before.write_bytes(_stored(app, held))
        after.write_bytes(client.get(_address(held), headers={"Accept": ANY}).content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one, other = dcmread(before, force=True), dcmread(after)
            assert len(one) - sum(element.tag.element == 0 for element in one) == len(other)
            for element in one:
                if element.tag.element == 0 or element.VR in ("UN", "SQ") or element.keyword == "PixelData":
                    continue
                found = other[element.tag].value
                assert found == element.value or str(found) == str(element.value), element.tag


@pytest.mark.parametrize("accept", ["application/octet-stream", "image/jls", "image/jp2", "image/jphc"])
def test_frames_are_the_pixels_that_pydicom_reads(real: tuple[App, httpx.Client], tmp_path: Path, accept: str) -> None:
    import imagecodecs

    app, client = real
    decoders = {
        "image/jls": imagecodecs.jpegls_decode,
        "image/jp2": imagecodecs.jpeg2k_decode,
        "image/jphc": imagecodecs.htj2k_decode,
    }
    compared = 0
    for held in _all(app):
        layout = app.archive.retrieving.layout(held) if held.frames else None
        if not isinstance(layout, Layout) or layout.description.photometric.startswith("YBR"):
            continue
        described = layout.description
        if held.derived == "failed" or described.damage or described.allocated < 8 or described.floating:
            continue
        path = tmp_path / "stored.dcm"
        path.write_bytes(_stored(app, held))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                expected = pixel_array(path, index=0, raw=True)
        except Exception:
            continue
        answer = client.get(f"{_address(held)}/frames/1", headers={"Accept": accept})
        if answer.status_code == 406 and accept != "application/octet-stream":
            continue
        assert answer.status_code == 200, answer.text
        stored_lossy = held.transfer_syntax not in (*syntaxes.MADE, *syntaxes.NATIVE)
        if accept in decoders:
            values = np.asarray(decoders[accept](answer.content))
        else:
            values = np.frombuffer(answer.content, f"<{described.dtype}", expected.size)
            if described.planar and not described.encapsulated:
                values = values.reshape(3, -1).T
        if values.dtype.itemsize > expected.dtype.itemsize or stored_lossy:
            values = values.astype(expected.dtype)
        bits = (1 << described.stored) - 1
        same = (values.reshape(-1).astype(np.int64) & bits) == (expected.reshape(-1).astype(np.int64) & bits)
        assert same.all(), (held.transfer_syntax, accept)
        compared += 1
    assert compared > 30


def test_whole_studies_come_as_they_are_stored(real: tuple[App, httpx.Client]) -> None:
    app, client = real
    for study in app.archive.studies()[:40]:
        held = app.archive.retrieving.many(study.study_uid)
        wanted = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        answer = client.get(f"/dicom-web/studies/{study.study_uid}", headers={"Accept": wanted})
        assert answer.status_code == 200
        assert len(parts(answer)) == len(held)
