"""Many frames as a film, where the library for films is installed, and a plain answer where they cannot be one."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from tests.door.running import serving
from tests.factories.instances import ADA, Place, image

from undisc.app import build, build_web
from undisc.dicom.pixels.video import can_film
from undisc.settings import Settings

ROWS, COLUMNS, FRAMES = 33, 47, 12
MP4 = {"Accept": "video/mp4"}
needs_films = pytest.mark.skipif(not can_film(), reason="the extra undisc[video] is not installed")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A door on three instances: grey frames that grow brighter, one frame alone, and frames in colour."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "in").mkdir()
    cine = image(ADA, Place(1), rows=ROWS, columns=COLUMNS)
    cine.NumberOfFrames, cine.CineRate = FRAMES, "25"
    cine.WindowCenter, cine.WindowWidth = "128", "256"
    cine.PixelData = b"".join(np.full((ROWS, COLUMNS), 20 * n, "<u2").tobytes() for n in range(FRAMES))
    colour = image(ADA, Place(3), rows=ROWS, columns=COLUMNS)
    colour.SamplesPerPixel, colour.PhotometricInterpretation, colour.PlanarConfiguration = 3, "RGB", 0
    colour.BitsAllocated, colour.BitsStored, colour.HighBit, colour.NumberOfFrames = 8, 8, 7, 2
    red = np.zeros((2, ROWS, COLUMNS, 3), "u1")
    red[..., 0] = 200
    colour.PixelData = red.tobytes() + b"\0" * (red.size % 2)
    for name, dataset in (("cine", cine), ("one", image(ADA, Place(2), rows=ROWS, columns=COLUMNS)), ("red", colour)):
        dataset.save_as(folder / "in" / name, enforce_file_format=True)
    app = build(Settings(data_dir=folder / "data", workers=1, free_space_mb=0))
    app.intake.take_in([folder / "in"])
    secret = app.accounts.create_token("viewer", ["read"]).secret
    bearer = {"Authorization": f"Bearer {secret}"}
    with serving(build_web(app)) as base, httpx.Client(base_url=base, headers=bearer, timeout=60) as opened:
        yield opened
    app.close()


def _rendered(study: int, below: str = "") -> str:
    dataset = image(ADA, Place(study))
    series = f"/dicom-web/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    return f"{series}/instances/{dataset.SOPInstanceUID}{below}/rendered"


def _frames(answer: httpx.Response, tmp_path: Path) -> tuple[float, list[Any]]:
    """The frames a second of a film, and its frames as red, green and blue."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "video/mp4"
    (tmp_path / "film.mp4").write_bytes(answer.content)
    cv2: Any = import_module("cv2")
    film = cv2.VideoCapture(str(tmp_path / "film.mp4"))
    found = []
    while (read := film.read())[0]:
        found.append(read[1][:, :, ::-1])
    return film.get(cv2.CAP_PROP_FPS), found


@needs_films
def test_many_frames_become_a_film_at_the_pace_of_the_header(client: httpx.Client, tmp_path: Path) -> None:
    pace, frames = _frames(client.get(_rendered(1), headers=MP4), tmp_path)
    assert pace == 25
    assert len(frames) == FRAMES
    assert frames[0].shape == (ROWS + 1, COLUMNS + 1, 3)
    for number, frame in enumerate(frames):
        assert abs(float(frame.mean()) - 20 * number) < 6


@needs_films
def test_colour_stays_what_it_is(client: httpx.Client, tmp_path: Path) -> None:
    _, frames = _frames(client.get(_rendered(3), headers=MP4), tmp_path)
    assert len(frames) == 2
    assert np.abs(frames[1].mean(axis=(0, 1)) - (200, 0, 0)).max() < 12


@needs_films
def test_a_film_has_the_size_and_window_that_are_asked_for(client: httpx.Client, tmp_path: Path) -> None:
    asked = {"viewport": "90,90", "window": "64,128"}
    pace, frames = _frames(client.get(_rendered(1), headers=MP4, params=asked), tmp_path)
    assert (pace, len(frames), frames[0].shape) == (25, FRAMES, (64, 90, 3))
    assert float(frames[-1].mean()) > 245


def test_what_is_no_film_is_refused_with_what_can_be_had(client: httpx.Client) -> None:
    refused = [_rendered(2), _rendered(1, "/frames/1,2")]
    refused += [] if can_film() else [_rendered(1)]
    for path in refused:
        answer = client.get(path, headers=MP4)
        assert answer.status_code == 406
        assert answer.json()["detail"] == "It can be had as image/jpeg, image/png, image/webp or image/gif."


def test_whoever_takes_anything_gets_a_picture(client: httpx.Client) -> None:
    for accept in ("*/*", "image/*", "video/mp4;q=0.1, image/jpeg"):
        assert client.get(_rendered(1), headers={"Accept": accept}).headers["content-type"] == "image/jpeg"
