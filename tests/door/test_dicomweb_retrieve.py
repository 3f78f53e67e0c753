"""Proves that what WADO-RS gives is what was stored, in the form that was asked for, and that it refuses the rest."""

import gzip
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from io import BytesIO
from urllib.parse import urljoin

import httpx
import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from rle.utils import decode_frame
from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door, series_uid, study_uid
from tests.factories.instances import ADA, BERT, Place, image, stable_uid

from undisc.dicom import syntaxes

STUDY = study_uid(ADA, 1)
SERIES = series_uid(ADA, 1, 1)
ONE = f"studies/{STUDY}/series/{SERIES}/instances/{stable_uid(ADA.id, 1, 1, 1)}"
ANY = 'multipart/related; type="application/dicom"; transfer-syntax=*'
PIXELS = image(ADA, Place(1, 1, 1, 3), rows=16, columns=24).PixelData


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path_factory.mktemp("retrieve")) as running:
        yield running


def parts(answer: httpx.Response) -> list[tuple[str, bytes]]:
    """Content type and bytes of each part, as a mail program takes them apart."""
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + answer.content)
    boundary = f"--{message.get_boundary()}".encode()
    found = []
    for part in answer.content.split(boundary)[1:-1]:
        told, _, body = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in told.decode().split("\r\n"))
        found.append((headers["Content-Type"], body.removesuffix(b"\r\n")))
    assert answer.content.endswith(boundary + b"--\r\n")
    return found


def stored(door: DicomwebDoor, path: str = ONE) -> bytes:
    _, study, _, series, _, instance = path.split("/")
    return (door.app.settings.data_dir / "studies" / study / series / f"{instance}.dcm").read_bytes()


# -- instances --------------------------------------------------------------------------------------------------------


def test_a_study_comes_whole_with_every_instance_as_it_is_stored(door: DicomwebDoor) -> None:
    answer = door.get(f"studies/{STUDY}", headers={"Accept": ANY})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith('multipart/related; type="application/dicom"; boundary=')
    found = parts(answer)
    assert len(found) == 5
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert {kind for kind, _ in found} == {f"application/dicom; transfer-syntax={syntaxes.EXPLICIT}"}
    assert stored(door) in [data for _, data in found]


def test_a_series_holds_its_own_instances_only(door: DicomwebDoor) -> None:
    found = parts(door.get(f"studies/{STUDY}/series/{SERIES}", headers={"Accept": ANY}))
    assert [dcmread(BytesIO(data)).InstanceNumber for _, data in found] == [1, 2, 3]


@pytest.mark.parametrize(
    "accept",
    [
        "application/dicom",
        "application/dicom;transfer-syntax=*",
        'application/dicom; transfer-syntax="*"',
        f"application/dicom; transfer-syntax={syntaxes.EXPLICIT}",
        f'application/dicom;transfer-syntax="{syntaxes.EXPLICIT}"',
        f"image/jls, application/dicom; transfer-syntax={syntaxes.EXPLICIT};q=0.5",
    ],
)
def test_one_instance_comes_by_itself_where_that_is_asked_for(door: DicomwebDoor, accept: str) -> None:
    answer = door.get(ONE, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/dicom")
    assert answer.content == stored(door)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "*/*",
        "multipart/related",
        "multipart/related; type=application/dicom",
        'multipart/related; type="application/dicom"',
        'multipart/related;type="application/dicom";transfer-syntax=*',
        f"multipart/related; type=application/dicom; transfer-syntax={syntaxes.EXPLICIT}",
    ],
)
def test_every_way_of_asking_for_parts_is_understood(door: DicomwebDoor, accept: str | None) -> None:
    answer = door.get(ONE, headers={} if accept is None else {"Accept": accept})
    assert answer.status_code == 200
    assert [data for _, data in parts(answer)] == [stored(door)]


@pytest.mark.parametrize("syntax", sorted(syntaxes.MADE - {syntaxes.EXPLICIT}))
def test_an_instance_comes_in_the_transfer_syntax_that_is_asked_for(door: DicomwebDoor, syntax: str) -> None:
    answer = door.get(ONE, headers={"Accept": f"application/dicom; transfer-syntax={syntax}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"application/dicom; transfer-syntax={syntax}"
    made = dcmread(BytesIO(answer.content))
    assert made.file_meta.TransferSyntaxUID == syntax
    assert made.PatientName == ADA.name
    if syntax != syntaxes.HTJ2K_LOSSLESS:
        assert made.pixel_array.astype("<u2").tobytes() == PIXELS


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "image/jpeg",
        f"application/dicom; transfer-syntax={syntaxes.JPEG_LS_LOSSY}",
        "application/dicom; transfer-syntax=1.2.3",
        "multipart/related; type=image/png",
    ],
)
def test_what_cannot_be_had_is_not_acceptable(door: DicomwebDoor, accept: str) -> None:
    answer = door.get(ONE, headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.json()["type"] == "not-acceptable"


@pytest.mark.parametrize(
    "path",
    [
        "studies/1.2.3",
        f"studies/{STUDY}/series/1.2.3",
        f"studies/{STUDY}/series/{SERIES}/instances/1.2.3",
        f"studies/{study_uid(BERT, 7)}/series/{SERIES}/instances/{stable_uid(ADA.id, 1, 1, 1)}",
        f"studies/{STUDY}/series/{series_uid(ADA, 1, 2)}/instances/{stable_uid(ADA.id, 1, 1, 1)}",
        "studies/..%2f..%2fetc/series/1/instances/passwd",
        "studies/1'%20OR%20'1'='1",
    ],
)
@pytest.mark.parametrize("below", ["", "/metadata", "/rendered", "/thumbnail"])
def test_what_is_not_here_is_not_found(door: DicomwebDoor, path: str, below: str) -> None:
    answer = door.get(path + below)
    assert answer.status_code == 404
    assert answer.json()["type"] == "not-found"


def test_a_head_tells_what_a_get_would(door: DicomwebDoor) -> None:
    for path, accept in ((ONE, "application/dicom"), (f"studies/{STUDY}", ANY), (f"{ONE}/frames/1", "*/*")):
        told = door.client.head(f"/dicom-web/{path}", headers={"Accept": accept})
        given = door.get(path, headers={"Accept": accept})
        assert told.status_code == given.status_code == 200
        assert told.content == b""
        assert told.headers["content-length"] == given.headers["content-length"]


# -- ranges and conditions --------------------------------------------------------------------------------------------


def _single(door: DicomwebDoor, **headers: str) -> httpx.Response:
    return door.get(
        ONE, headers={"Accept": "application/dicom", **{k.replace("_", "-"): v for k, v in headers.items()}}
    )


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=0-9", 0, 9), ("bytes=100-", 100, None), ("bytes=-7", -7, None)]
)
def test_a_part_of_an_instance_is_given(door: DicomwebDoor, asked: str, first: int, last: int | None) -> None:
    answer = _single(door, Range=asked)
    whole = stored(door)
    assert answer.status_code == 206
    assert answer.content == whole[first : None if last is None else last + 1]
    assert answer.headers["content-range"].endswith(f"/{len(whole)}")


def test_bytes_that_are_not_there_cannot_be_had(door: DicomwebDoor) -> None:
    answer = _single(door, Range="bytes=99999999-")
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(stored(door))}"


@pytest.mark.parametrize("asked", ["bytes=9-1", "bytes=a-b", "lines=1-2", "bytes=0-1,5-9", "bytes=-"])
def test_a_range_that_makes_no_sense_is_not_heeded(door: DicomwebDoor, asked: str) -> None:
    assert _single(door, Range=asked).status_code == 200


def test_conditions_are_heeded(door: DicomwebDoor) -> None:
    tag = _single(door).headers["etag"]
    unchanged = _single(door, If_None_Match=f'"other", {tag}')
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert _single(door, If_None_Match='"other"').status_code == 200
    assert _single(door, If_Match=tag).status_code == 200
    assert _single(door, If_Match='"other"').status_code == 412
    assert _single(door, If_Range=tag, Range="bytes=0-1").status_code == 206
    assert _single(door, If_Range='"other"', Range="bytes=0-1").status_code == 200


def test_no_shared_cache_may_keep_it(door: DicomwebDoor) -> None:
    for path in (ONE, f"{ONE}/frames/1", f"{ONE}/metadata", f"{ONE}/rendered"):
        kept = door.get(path).headers["cache-control"]
        assert "private" in kept
        assert "no-cache" in kept


# -- frames -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept",
    [
        "application/octet-stream",
        "application/octet-stream; transfer-syntax=*",
        f"application/octet-stream;transfer-syntax={syntaxes.EXPLICIT}",
    ],
)
def test_a_frame_by_itself_is_its_bytes(door: DicomwebDoor, accept: str) -> None:
    answer = door.get(f"{ONE}/frames/1", headers={"Accept": accept})
    assert answer.content == PIXELS
    assert answer.headers["content-type"].startswith("application/octet-stream")


@pytest.mark.parametrize(
    ("accept", "decoder"),
    [
        ("image/jphc", imagecodecs.htj2k_decode),
        ("image/jls", imagecodecs.jpegls_decode),
        ("image/jp2", imagecodecs.jpeg2k_decode),
        (f"image/jphc; transfer-syntax={syntaxes.HTJ2K_LOSSLESS}", imagecodecs.htj2k_decode),
    ],
)
@pytest.mark.parametrize("several", [False, True])
def test_frames_come_compressed_without_loss(door: DicomwebDoor, accept: str, decoder, several: bool) -> None:
    wanted = f"multipart/related; type={accept}" if several else accept
    answer = door.get(f"{ONE}/frames/1", headers={"Accept": wanted})
    assert answer.status_code == 200, answer.text
    data = parts(answer)[0][1] if several else answer.content
    assert np.asarray(decoder(data)).astype("<u2").tobytes() == PIXELS


def test_a_frame_made_for_the_viewer_is_sent_without_decoding_anything(door: DicomwebDoor) -> None:
    pack = next((door.app.settings.data_dir / "derived").rglob(f"{stable_uid(ADA.id, 1, 1, 1)}.frames")).read_bytes()
    assert door.get(f"{ONE}/frames/1", headers={"Accept": "image/jphc"}).content in pack


def test_run_length_frames_are_made(door: DicomwebDoor) -> None:
    answer = door.get(f"{ONE}/frames/1", headers={"Accept": "image/dicom-rle"})
    assert answer.headers["content-type"] == f"image/dicom-rle; transfer-syntax={syntaxes.RLE}"
    assert bytes(decode_frame(answer.content, 16 * 24, 16, "<")) == PIXELS


@pytest.mark.parametrize("accept", ["image/jpeg", "video/mp4", "text/plain", "application/dicom"])
def test_frames_of_kinds_that_would_lose_something_are_refused(door: DicomwebDoor, accept: str) -> None:
    assert door.get(f"{ONE}/frames/1", headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("2", 404),
        ("1000000000", 400),
        ("999999999", 404),
        ("0", 400),
        ("-1", 400),
        ("1,1", 400),
        (",".join(["1"] * 10_000), 400),
        (",".join(str(number) for number in range(1, 11_000)), 400),
        ("1,", 400),
        ("one", 400),
        ("1;2", 400),
        ("٣", 400),
        ("1e3", 400),
    ],
)
def test_frames_that_make_no_sense_are_refused(door: DicomwebDoor, asked: str, status: int) -> None:
    for below in ("", "/rendered"):
        assert door.get(f"{ONE}/frames/{asked}{below}").status_code == status


# -- metadata and bulk data -------------------------------------------------------------------------------------------


def test_metadata_of_each_level_tell_of_the_same_instances(door: DicomwebDoor) -> None:
    levels = (f"studies/{STUDY}", f"studies/{STUDY}/series/{SERIES}", ONE)
    found = [door.get(f"{level}/metadata", headers={"Accept": "application/dicom+json"}).json() for level in levels]
    assert [len(models) for models in found] == [5, 3, 1]
    for models in found:
        assert {model["00100010"]["Value"][0]["Alphabetic"] for model in models} == {ADA.name}


def test_a_series_metadata_leave_as_they_were_made(door: DicomwebDoor) -> None:
    path = f"studies/{STUDY}/series/{SERIES}/metadata"
    with door.client.stream("GET", f"/dicom-web/{path}", headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    made = door.app.settings.data_dir / "derived" / STUDY / SERIES / "metadata.json.gz"
    assert sent == made.read_bytes()
    plain = door.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == gzip.decompress(sent)
    again = door.get(path, headers={"If-None-Match": plain.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("level", [f"studies/{STUDY}", f"studies/{STUDY}/series/{SERIES}", ONE])
def test_the_addresses_of_bulk_data_lead_to_them(door: DicomwebDoor, level: str) -> None:
    answer = door.get(f"{level}/metadata")
    for model in answer.json():
        where = urljoin(str(answer.url), model["7FE00010"]["BulkDataURI"])
        held = dcmread(BytesIO(door.get(where.partition("/dicom-web/")[2]).content), force=True)
        assert held is not None
        given = door.client.get(where, headers={"Accept": "application/octet-stream"})
        number = model["00200013"]["Value"][0]
        series = model["00200011"]["Value"][0]
        assert given.content == image(ADA, Place(1, series, number, 4 - series), rows=16, columns=24).PixelData
        some = door.client.get(where, headers={"Accept": "application/octet-stream", "Range": "bytes=4-7"})
        assert (some.status_code, some.content) == (206, given.content[4:8])


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("offset=0&length=10", 404),
        ("offset=400&length=99999999999", 404),
        ("offset=-1&length=4", 400),
        ("offset=400", 400),
        ("", 400),
        ("offset=1e3&length=4", 400),
    ],
)
def test_bulk_data_outside_the_data_set_are_not_given(door: DicomwebDoor, asked: str, status: int) -> None:
    assert door.get(f"{ONE}/bulkdata?{asked}").status_code == status
