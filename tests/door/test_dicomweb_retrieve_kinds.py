"""Proves that unusual instances can be retrieved too: many frames, cut short, without pictures, in other encodings."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian
from tests.door.running import serving
from tests.door.test_dicomweb_retrieve import parts
from tests.factories.instances import ADA, Place, image, stable_uid

from undisc.app import build, build_web
from undisc.dicom import syntaxes
from undisc.settings import Settings

ROWS, COLUMNS, FRAMES = 16, 24, 8
SIZE = ROWS * COLUMNS * 2
VALUES = np.random.default_rng(3).integers(0, 4095, (FRAMES, ROWS, COLUMNS)).astype("<u2")
ANY = 'multipart/related; type="application/dicom"; transfer-syntax=*'
OCTETS = 'multipart/related; type="application/octet-stream"'


def _frames(study: int, slice_number: int = 1) -> FileDataset:
    dataset = image(ADA, Place(study, 1, slice_number, 3), rows=ROWS, columns=COLUMNS)
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.NumberOfFrames = FRAMES
    dataset.PixelData = VALUES.tobytes()
    return dataset


def _bytes(dataset: FileDataset) -> bytes:
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _files() -> Iterator[bytes]:
    yield _bytes(_frames(1))
    yield _bytes(_frames(2))[: -SIZE - SIZE // 2]
    implicit = _frames(3)
    implicit.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    yield _bytes(implicit)
    deflated = _frames(4)
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    yield _bytes(deflated)
    yield _bytes(_frames(5))
    report = _frames(5, 2)
    del report.PixelData, report.NumberOfFrames, report.Rows, report.Columns
    yield _bytes(report)
    colour = image(ADA, Place(6, 1, 1, 1), rows=ROWS, columns=COLUMNS)
    colour.SamplesPerPixel, colour.PhotometricInterpretation, colour.PlanarConfiguration = 3, "RGB", 1
    colour.BitsAllocated, colour.BitsStored, colour.HighBit, colour.NumberOfFrames = 8, 8, 7, 2
    colour.PixelData = (np.arange(ROWS * COLUMNS * 6) % 251).astype("u1").tobytes()
    yield _bytes(colour)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("kinds")
    source = folder / "source"
    source.mkdir()
    for number, data in enumerate(_files()):
        (source / f"IM{number}").write_bytes(data)
    app = build(Settings(data_dir=folder / "data", workers=1))
    app.intake.take_in([source])
    secret = app.accounts.create_token("pacs", ["read"]).secret
    headers = {"Authorization": f"Bearer {secret}"}
    with serving(build_web(app)) as base, httpx.Client(base_url=base, headers=headers, timeout=60) as made:
        yield made
    app.close()


def _one(study: int, slice_number: int = 1) -> str:
    series = f"/dicom-web/studies/{stable_uid(ADA.id, study)}/series/{stable_uid(ADA.id, study, 1)}"
    return f"{series}/instances/{stable_uid(ADA.id, study, 1, slice_number)}"


@pytest.mark.parametrize("study", [1, 3, 4])
@pytest.mark.parametrize("asked", ["1,3,7", "8,1", "1,2,3,4,5,6,7,8"])
def test_frames_come_in_the_order_in_which_they_are_named(client: httpx.Client, study: int, asked: str) -> None:
    answer = client.get(f"{_one(study)}/frames/{asked}", headers={"Accept": OCTETS})
    assert answer.status_code == 200, answer.text
    expected = [VALUES[int(number) - 1].tobytes() for number in asked.split(",")]
    assert [data for _, data in parts(answer)] == expected


@pytest.mark.parametrize("kind", ["image/jls", "image/jp2", "image/jphc"])
def test_many_frames_come_compressed(client: httpx.Client, kind: str) -> None:
    decoder = {
        "image/jls": imagecodecs.jpegls_decode,
        "image/jp2": imagecodecs.jpeg2k_decode,
        "image/jphc": imagecodecs.htj2k_decode,
    }[kind]
    answer = client.get(f"{_one(1)}/frames/2,5", headers={"Accept": f'multipart/related; type="{kind}"'})
    for (told, data), index in zip(parts(answer), (1, 4), strict=True):
        assert told.startswith(kind)
        np.testing.assert_array_equal(decoder(data), VALUES[index])


def test_several_frames_do_not_fit_one_part(client: httpx.Client) -> None:
    refused = client.get(f"{_one(1)}/frames/1,2", headers={"Accept": "application/octet-stream"})
    assert refused.status_code == 406


def test_a_file_that_was_cut_short_gives_what_it_has(client: httpx.Client) -> None:
    whole = client.get(f"{_one(2)}/frames/6", headers={"Accept": "application/octet-stream"})
    assert whole.content == VALUES[5].tobytes()
    cut = client.get(f"{_one(2)}/frames/7", headers={"Accept": "application/octet-stream"})
    assert cut.content == VALUES[6].tobytes()[: SIZE // 2].ljust(SIZE, b"\0")
    assert client.get(f"{_one(2)}/frames/8").status_code == 404
    original = client.get(_one(2), headers={"Accept": "application/dicom; transfer-syntax=*"})
    assert original.content == _bytes(_frames(2))[: -SIZE - SIZE // 2]


def test_implicit_files_become_explicit_whatever_is_asked_for(client: httpx.Client) -> None:
    for accept in ("application/dicom; transfer-syntax=*", "application/dicom"):
        answer = client.get(_one(3), headers={"Accept": accept})
        made = dcmread(BytesIO(answer.content))
        assert made.file_meta.TransferSyntaxUID == syntaxes.EXPLICIT
        assert made.PixelData == VALUES.tobytes()
    refused = client.get(_one(3), headers={"Accept": f"application/dicom; transfer-syntax={syntaxes.IMPLICIT}"})
    assert refused.status_code == 406


def test_deflated_files_go_as_they_are_or_inflated(client: httpx.Client) -> None:
    stored = client.get(_one(4), headers={"Accept": "application/dicom; transfer-syntax=*"})
    assert stored.content == _bytes_deflated()
    plain = dcmread(BytesIO(client.get(_one(4), headers={"Accept": "application/dicom"}).content))
    assert plain.file_meta.TransferSyntaxUID == syntaxes.EXPLICIT
    assert plain.PixelData == VALUES.tobytes()
    model = client.get(f"{_one(4)}/metadata").json()[0]
    where = f"{_one(4)}/{model['7FE00010']['BulkDataURI']}"
    assert client.get(where, headers={"Accept": "application/octet-stream"}).content == VALUES.tobytes()


def _bytes_deflated() -> bytes:
    dataset = _frames(4)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return _bytes(dataset)


def test_a_study_of_which_a_part_cannot_be_compressed_says_so(client: httpx.Client) -> None:
    study = f"/dicom-web/studies/{stable_uid(ADA.id, 5)}"
    compressed = f'multipart/related; type="application/dicom"; transfer-syntax="{syntaxes.JPEG_LS}"'
    answer = client.get(study, headers={"Accept": compressed})
    assert answer.status_code == 206
    assert [told for told, _ in parts(answer)] == [f"application/dicom; transfer-syntax={syntaxes.JPEG_LS}"]
    assert len(parts(client.get(study, headers={"Accept": ANY}))) == 2


def test_what_has_no_pictures_has_no_frames(client: httpx.Client) -> None:
    assert client.get(f"{_one(5, 2)}/frames/1").status_code == 404
    for below in ("rendered", "thumbnail"):
        assert client.get(f"{_one(5, 2)}/{below}").status_code == 406


def test_many_frames_become_an_animation(client: httpx.Client) -> None:
    for study, frames in ((1, FRAMES), (6, 2)):
        answer = client.get(f"{_one(study)}/rendered", headers={"Accept": "image/gif"})
        assert np.asarray(imagecodecs.gif_decode(answer.content)).shape[:3] == (frames, ROWS, COLUMNS)


def test_colour_by_plane_is_given_as_it_lies_and_shown_as_it_is(client: httpx.Client) -> None:
    pixels = (np.arange(ROWS * COLUMNS * 6) % 251).astype("u1").tobytes()
    size = ROWS * COLUMNS * 3
    second = client.get(f"{_one(6)}/frames/2", headers={"Accept": "application/octet-stream"})
    assert second.content == pixels[size:]
    shown = imagecodecs.png_decode(client.get(f"{_one(6)}/rendered", headers={"Accept": "image/png"}).content)
    planes = np.frombuffer(pixels[:size], "u1").reshape(3, ROWS, COLUMNS)
    np.testing.assert_array_equal(shown, planes.transpose(1, 2, 0))


def test_ten_thousand_frames_at_once_are_too_many(client: httpx.Client, tmp_path: Path) -> None:
    asked = ",".join(str(number) for number in range(1, 10_500))
    assert client.get(f"{_one(1)}/frames/{asked}").status_code in (400, 414)
