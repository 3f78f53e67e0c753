"""Proves that pictures are drawn as asked, old viewers served, and that each holder gets what is theirs alone."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from tests.door.dicomweb_door import DicomwebDoor, dicomweb_door, study_uid
from tests.door.test_dicomweb_retrieve import ANY, ONE, PIXELS, SERIES, STUDY, parts, stored
from tests.factories.instances import ADA, BERT, stable_uid

from undisc.dicom import syntaxes


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DicomwebDoor]:
    with dicomweb_door(tmp_path_factory.mktemp("drawn")) as running:
        yield running


# -- pictures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "decoder"),
    [
        ("image/jpeg", imagecodecs.jpeg8_decode),
        ("image/png", imagecodecs.png_decode),
        ("image/webp", imagecodecs.webp_decode),
        ("image/gif", imagecodecs.gif_decode),
    ],
)
def test_pictures_are_rendered_in_each_kind(door: DicomwebDoor, kind: str, decoder) -> None:
    answer = door.get(f"{ONE}/rendered", headers={"Accept": kind})
    assert answer.headers["content-type"] == kind
    assert decoder(answer.content).shape[:2] == (16, 24)


def test_a_window_and_a_viewport_shape_the_picture(door: DicomwebDoor) -> None:
    png = {"Accept": "image/png"}
    values = np.frombuffer(PIXELS, "<u2").reshape(16, 24)
    dark = imagecodecs.png_decode(door.get(f"{ONE}/rendered?window=60000,2,linear", headers=png).content)
    assert int(dark.max()) == 0
    middle = float(np.median(values))
    split = imagecodecs.png_decode(door.get(f"{ONE}/rendered?window={middle},1,linear-exact", headers=png).content)
    assert ((split > 127) == (values > middle)).mean() > 0.95
    large = imagecodecs.png_decode(door.get(f"{ONE}/rendered?viewport=48,48", headers=png).content)
    assert large.shape == (32, 48)
    part = imagecodecs.png_decode(door.get(f"{ONE}/rendered?viewport=8,8,4,4,8,8", headers=png).content)
    assert part.shape == (8, 8)
    mirrored = imagecodecs.png_decode(door.get(f"{ONE}/rendered?viewport=8,8,4,4,-8,8", headers=png).content)
    np.testing.assert_array_equal(mirrored, part[:, ::-1])
    written = imagecodecs.png_decode(door.get(f"{ONE}/rendered?annotation=patient,technique", headers=png).content)
    assert not np.array_equal(written, imagecodecs.png_decode(door.get(f"{ONE}/rendered", headers=png).content))


@pytest.mark.parametrize(
    "asked",
    [
        "window=1",
        "window=1,0,linear",
        "window=a,b,c",
        "window=nan,1,linear",
        "window=1,1,cubic",
        "viewport=0,0",
        "viewport=1",
        "viewport=99999999,1",
        "quality=0",
        "quality=101",
        "quality=x",
        "annotation=everything",
    ],
)
def test_pictures_that_cannot_be_drawn_are_refused(door: DicomwebDoor, asked: str) -> None:
    assert door.get(f"{ONE}/rendered?{asked}").status_code == 400


def test_thumbnails_are_small_at_every_level(door: DicomwebDoor) -> None:
    for path in (f"studies/{STUDY}", f"studies/{STUDY}/series/{SERIES}", ONE, f"{ONE}/frames/1"):
        answer = door.get(f"{path}/thumbnail")
        assert answer.headers["content-type"] == "image/jpeg"
        assert max(imagecodecs.jpeg8_decode(answer.content).shape[:2]) <= 128


def test_every_picture_of_a_series_comes_in_parts(door: DicomwebDoor) -> None:
    answer = door.get(
        f"studies/{STUDY}/series/{SERIES}/rendered", headers={"Accept": "multipart/related; type=image/png"}
    )
    assert [imagecodecs.png_decode(data).shape for _, data in parts(answer)] == [(16, 24)] * 3


# -- WADO-URI ---------------------------------------------------------------------------------------------------------

_WADO = f"wado?requestType=WADO&studyUID={STUDY}&seriesUID={SERIES}&objectUID={stable_uid(ADA.id, 1, 1, 1)}"


def test_old_viewers_get_files_and_pictures(door: DicomwebDoor) -> None:
    assert door.get(f"{_WADO}&contentType=application/dicom").content == stored(door)
    coded = door.get(f"{_WADO}&contentType=application%2Fdicom&transferSyntax={syntaxes.JPEG_LS}")
    assert dcmread(BytesIO(coded.content)).file_meta.TransferSyntaxUID == syntaxes.JPEG_LS
    shown = door.get(f"{_WADO}&rows=8&columns=8&windowCenter=500&windowWidth=1000&imageQuality=80&frameNumber=1")
    assert shown.headers["content-type"] == "image/jpeg"
    assert imagecodecs.jpeg8_decode(shown.content).shape == (5, 8)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("wado?requestType=WADO", 400),
        (_WADO.replace("WADO", "OTHER", 1), 400),
        (_WADO + "&frameNumber=0", 400),
        (_WADO + "&frameNumber=2", 404),
        (_WADO + "&contentType=text/html", 406),
        (_WADO + "&windowCenter=1", 400),
        (_WADO + "&rows=x", 400),
        (_WADO.replace(STUDY, "1.2.3"), 404),
    ],
)
def test_old_viewers_are_refused_what_makes_no_sense(door: DicomwebDoor, asked: str, status: int) -> None:
    assert door.get(asked).status_code == status


# -- who may --------------------------------------------------------------------------------------------------------


def test_a_links_holder_gets_its_study_and_no_other(door: DicomwebDoor) -> None:
    link = door.link(STUDY)
    holder = door.stranger(link.secret)
    below = f"/s/{link.link.id}/dicom-web"
    assert holder.get(f"{below}/{ONE}/frames/1", headers={"Accept": "application/octet-stream"}).content == PIXELS
    assert holder.get(f"{below}/studies/{STUDY}", headers={"Accept": ANY}).status_code == 200
    other = study_uid(BERT, 7)
    for path in (f"studies/{other}", f"studies/{other}/metadata", f"studies/{other}/rendered"):
        assert holder.get(f"{below}/{path}").status_code == 404
    inside = ONE.replace(STUDY, other)
    assert holder.get(f"{below}/{inside}").status_code == 404
    assert holder.get(f"{below}/{_WADO.replace(STUDY, other)}").status_code == 404


def test_a_link_for_looking_gives_frames_and_no_files(door: DicomwebDoor) -> None:
    link = door.link(STUDY, may_download=False)
    holder = door.stranger(link.secret)
    below = f"/s/{link.link.id}/dicom-web"
    assert holder.get(f"{below}/{ONE}/frames/1").status_code == 200
    assert holder.get(f"{below}/{ONE}/rendered").status_code == 200
    stretch = f"{ONE}/bulkdata?offset=400&length=100"
    for path in (ONE, f"studies/{STUDY}", f"{_WADO}&contentType=application/dicom", stretch):
        refused = holder.get(f"{below}/{path}")
        assert (refused.status_code, refused.json()["type"]) == (403, "view-only")


def test_nobody_gets_anything_without_a_token(door: DicomwebDoor) -> None:
    nobody = door.stranger()
    for path in (ONE, f"studies/{STUDY}", f"{ONE}/frames/1", f"{ONE}/metadata", f"{ONE}/rendered", _WADO):
        assert nobody.get(f"/dicom-web/{path}").status_code == 401


def test_the_trail_names_the_study_once(door: DicomwebDoor) -> None:
    secret = door.token("taker", "read")
    taker = door.stranger(secret)
    for _ in range(3):
        assert taker.get(f"/dicom-web/{ONE}/frames/1").status_code == 200
    from sqlalchemy import select

    from undisc.db.tables import audit_entries

    with door.app.database.read() as connection:
        rows = connection.execute(select(audit_entries).where(audit_entries.c.actor == "token:taker")).all()
    assert [(row.action, list(json.loads(row.subject))) for row in rows] == [("study-retrieved", ["study"])]


def test_pictures_that_are_not_made_ready_yet_are_given_from_the_original(tmp_path: Path) -> None:
    with dicomweb_door(tmp_path) as fresh:
        from sqlalchemy import update

        from undisc.db.tables import instances, series

        with fresh.app.database.write() as connection:
            connection.execute(update(instances).values(derived="pending"))
            connection.execute(update(series).values(derived_from=0))
        for path in (tmp_path / "data" / "derived").rglob("*"):
            if path.is_file():
                path.unlink()
        assert fresh.get(f"{ONE}/frames/1", headers={"Accept": "application/octet-stream"}).content == PIXELS
        coded = fresh.get(f"{ONE}/frames/1", headers={"Accept": "image/jphc"})
        assert imagecodecs.htj2k_decode(coded.content).astype("<u2").tobytes() == PIXELS
        models = fresh.get(f"studies/{STUDY}/metadata").json()
        assert len(models) == 5
        assert models[0]["7FE00010"]["BulkDataURI"].startswith("instances/")
        assert fresh.get(f"{ONE}/rendered").status_code == 200


def test_a_file_that_became_shorter_breaks_the_answer_off(tmp_path: Path) -> None:
    with dicomweb_door(tmp_path) as fresh:
        path = tmp_path / "data" / "studies" / STUDY / SERIES / f"{stable_uid(ADA.id, 1, 1, 2)}.dcm"
        path.write_bytes(path.read_bytes()[:-100])
        with pytest.raises(httpx.RemoteProtocolError):
            fresh.get(f"studies/{STUDY}", headers={"Accept": ANY})
        path.unlink()
        gone = ONE.replace(stable_uid(ADA.id, 1, 1, 1), stable_uid(ADA.id, 1, 1, 2))
        assert fresh.get(f"{gone}/frames/1").status_code == 404
        assert fresh.get(ONE).status_code == 200
