"""Several frames as one film in MP4, where a library that writes films is installed (`undisc[video]`). For worker
processes only, but for `can_film`."""

import os
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.model import FrameUndecodable

_USUAL, _SLOWEST, _FASTEST = 10.0, 1.0, 60.0  # frames a second


@cache
def can_film() -> bool:
    return find_spec("cv2") is not None


def pace(scanned: Scanned) -> float:
    """How many frames a second the header wants to be shown (PS3.3 C.7.6.5, C.7.6.14); ten where it does not say."""
    for keyword in ("RecommendedDisplayFrameRate", "CineRate", "FrameTime"):
        try:
            said = float(scanned.text(keyword))
        except ValueError:
            continue
        if 0 < said < 1e6:
            wanted = 1000 / said if keyword == "FrameTime" else said
            return min(max(wanted, _SLOWEST), _FASTEST)
    return _USUAL


def film(pictures: Iterable[np.ndarray], beside: Path, frames_a_second: float) -> bytes:
    """Pictures of one size, u1 grey or RGB, as VP9 in MP4. beside: a file whose folder may be written to. Raises
    FrameUndecodable."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one thread, as the pool has a worker for each processor
    cv2: Any = import_module("cv2")
    cv2.setNumThreads(1)
    with TemporaryDirectory(dir=beside.parent) as folder:
        place = Path(folder) / "film.mp4"
        writer = None
        try:
            for picture in pictures:
                shown = _even(picture)
                if writer is None:
                    size = (shown.shape[1], shown.shape[0])
                    code = cv2.VideoWriter.fourcc(*"vp09")
                    writer = cv2.VideoWriter(str(place), cv2.CAP_FFMPEG, code, frames_a_second, size)
                    if not writer.isOpened():
                        raise FrameUndecodable("No film can be made of frames of this size.")
                writer.write(shown[:, :, ::-1] if shown.ndim == 3 else np.repeat(shown[:, :, None], 3, axis=2))
        finally:
            if writer is not None:
                writer.release()
        return place.read_bytes()


def _even(picture: np.ndarray) -> np.ndarray:
    """With even sides, as films must have: the last row or column is there twice where they were odd."""
    rows, columns = picture.shape[0] % 2, picture.shape[1] % 2
    edges = ((0, rows), (0, columns), *((0, 0) for _ in picture.shape[2:]))
    return np.pad(picture, edges, mode="edge") if rows or columns else picture
