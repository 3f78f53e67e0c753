"""Frames as pictures for people, as PS3.18 8.3.5.1 lets them be asked for. For worker processes only."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import imagecodecs
import numpy as np

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.colour import Palette, is_colour, read_palette, to_rgb8
from undisc.dicom.pixels.decode import Buffer, decode
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.lettering import inscribe
from undisc.dicom.pixels.model import FrameUndecodable, PixelDescription, Rendering, Undecodable, Window, Written
from undisc.dicom.pixels.opening import opened
from undisc.dicom.pixels.preview import render_preview
from undisc.dicom.pixels.tables import read_lookups
from undisc.dicom.pixels.video import film, pace
from undisc.dicom.pixels.window import default_window, edges_of, is_inverted, padding_of, rescale_of

_LARGEST_SIDE = 8192
_MOST_GIF_BYTES = 512 << 20


def render(
    source: Path,
    output: Path,
    wanted: Sequence[int],
    rendering: Rendering,
    frame_done: Callable[[], None] = lambda: None,
) -> Written | Undecodable:
    """Write the wanted frames (from 0; none means all) as pictures, one after the other; GIF and MP4 hold them all."""
    with opened(source) as found:
        if isinstance(found, Undecodable):
            return found
        _, data, scanned = found
        description = describe(scanned)
        if isinstance(description, Undecodable):
            return description
        try:
            frames = _Frames(data, scanned, description, rendering)
            with output.open("wb") as out:
                indexes = wanted or range(description.frames)
                if rendering.kind == "gif":
                    return Written((out.write(_gif(frames, indexes, scanned, frame_done)),))
                if rendering.kind == "mp4":
                    pictures = _shown(frames, indexes, frame_done)
                    return Written((out.write(film(pictures, output, pace(scanned))),))
                lengths = []
                for index in indexes:
                    lengths.append(out.write(_coded(frames.picture(index), rendering)))
                    frame_done()
                return Written(tuple(lengths))
        except FrameUndecodable as reason:
            return Undecodable(str(reason))


def _shown(frames: "_Frames", indexes: Sequence[int] | range, frame_done: Callable[[], None]) -> Iterator[np.ndarray]:
    for index in indexes:
        yield frames.picture(index)
        frame_done()


class _Frames:
    def __init__(self, data: Buffer, scanned: Scanned, description: PixelDescription, rendering: Rendering) -> None:
        self._data = data
        self._scanned = scanned
        self._description = description
        self._rendering = rendering
        self._lookups = read_lookups(data, scanned, description)
        self._palette: Palette | None = None
        if description.photometric == "PALETTE COLOR":
            self._palette = read_palette(data, scanned, description)

    def picture(self, index: int) -> np.ndarray:
        """u1 grey (rows, columns) or RGB (rows, columns, 3), at the size that was asked for."""
        values, photometric = decode(self._data, self._scanned, self._description, index)
        if is_colour(photometric):
            shown = to_rgb8(values, photometric, self._description, self._palette)
        else:
            shown = self._grey(values, index, is_inverted(self._scanned, photometric))
        region = self._rendering.region
        if region is not None:
            shown = cropped(shown, region)
        if self._rendering.viewport is not None:
            shown = fitted(shown, *self._rendering.viewport)
        if self._rendering.annotation:
            shown = inscribe(shown, _lines(self._scanned, self._rendering.annotation))
        return np.ascontiguousarray(shown)

    def _grey(self, stored: np.ndarray, index: int, inverted: bool) -> np.ndarray:
        asked = self._rendering.window
        whole = max(stored.shape[:2])
        scanned, lookups = self._scanned, self._lookups
        values = lookups.modality_values(stored, padding_of(scanned))
        padding = padding_of(scanned, lookups)
        if asked is None:
            window, curve = default_window(scanned, index, values, lookups)
            return render_preview(values, window, inverted, whole, curve, padding)
        slope, intercept = rescale_of(scanned, index, lookups)
        centre, width, function = asked
        if function == "linear":
            width = max(width, 1.0)
        edges = edges_of(centre, width, function.upper().replace("-", "_"))
        if edges is None:  # never: a linear width is at least 1, and others have edges whatever their width
            raise FrameUndecodable("That window shows nothing.")
        window = Window((edges.low - intercept) / slope, (edges.high - intercept) / slope)
        return render_preview(values, window, inverted, whole, edges.curve, padding)


def cropped(shown: np.ndarray, region: tuple[float, float, float, float]) -> np.ndarray:
    """A part of the picture, mirrored where its width or height is negative. Raises FrameUndecodable."""
    left, top, width, height = region
    right, bottom = min(round(left + abs(width)), shown.shape[1]), min(round(top + abs(height)), shown.shape[0])
    part = shown[max(round(top), 0) : bottom, max(round(left), 0) : right]
    if not part.size:
        raise FrameUndecodable("That part lies outside the picture.")
    return part[:: -1 if height < 0 else 1, :: -1 if width < 0 else 1]


def fitted(shown: np.ndarray, width: int, height: int) -> np.ndarray:
    """As large as fits into the viewport, the ratio of the sides kept."""
    rows, columns = shown.shape[:2]
    scale = min(width / columns, height / rows)
    goal = max(1, min(round(rows * scale), _LARGEST_SIDE)), max(1, min(round(columns * scale), _LARGEST_SIDE))
    if goal == (rows, columns):
        return shown
    return _resampled(np.swapaxes(_resampled(np.swapaxes(shown, 0, 1), goal[1]), 0, 1), goal[0])


def _resampled(picture: np.ndarray, count: int) -> np.ndarray:
    """The first axis in `count` steps: the mean of what each covers when smaller, interpolated when larger."""
    size = picture.shape[0]
    if count == size:
        return picture
    if count < size:
        edges = np.arange(count + 1) * size / count
        total = np.concatenate(
            (np.zeros((1, *picture.shape[1:]), np.float32), np.cumsum(picture, axis=0, dtype=np.float32))
        )
        low = np.minimum(np.floor(edges).astype(np.intp), size - 1)
        shape = (count + 1,) + (1,) * (picture.ndim - 1)
        at = total[low] + (edges - low).astype(np.float32).reshape(shape) * picture[low]
        return np.clip(np.rint(np.diff(at, axis=0) * (count / size)), 0, 255).astype("u1")
    centres = np.clip((np.arange(count) + 0.5) * size / count - 0.5, 0, size - 1)
    low = np.floor(centres).astype(np.intp)
    share = (centres - low).astype(np.float32).reshape((count,) + (1,) * (picture.ndim - 1))
    mixed = picture[low] * (1 - share) + picture[np.minimum(low + 1, size - 1)] * share
    return np.rint(mixed).astype("u1")


def _coded(picture: np.ndarray, rendering: Rendering) -> bytes:
    if rendering.kind == "png":
        return bytes(imagecodecs.png_encode(picture, 1, strategy=3, filter=16))
    if rendering.kind == "webp":
        rgb = picture if picture.ndim == 3 else np.repeat(picture[:, :, None], 3, axis=2)
        coded = imagecodecs.webp_encode(
            np.ascontiguousarray(rgb), rendering.quality, lossless=False, method=0, numthreads=1
        )
        return bytes(coded)
    return bytes(imagecodecs.jpeg8_encode(picture, rendering.quality))


def _gif(frames: _Frames, indexes: Sequence[int] | range, scanned: Scanned, frame_done: Callable[[], None]) -> bytes:
    """All frames as one animation; colour in a fixed palette of 256."""
    pictures = []
    held = 0
    colour = False
    for index in indexes:
        picture = frames.picture(index)
        held += picture.nbytes
        if held > _MOST_GIF_BYTES:
            raise FrameUndecodable("It is too long for one animation.")
        colour = picture.ndim == 3
        if colour:
            picture = picture[:, :, 0] & 0xE0 | (picture[:, :, 1] & 0xE0) >> 3 | picture[:, :, 2] >> 6
        pictures.append(picture)
        frame_done()
    values = np.arange(256)
    fixed = np.stack((values >> 5, values >> 2 & 7, (values & 3) * 7 // 3), axis=1) * 255 // 7
    grey = np.repeat(values[:, None], 3, axis=1)
    table = (fixed if colour else grey).astype("u1")
    return bytes(imagecodecs.gif_encode(np.stack(pictures), colormap=table))


def _lines(scanned: Scanned, annotation: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What is written at the upper and at the lower edge (PS3.18 8.3.5.1.1)."""
    upper: list[str] = []
    lower: list[str] = []
    if "patient" in annotation:
        name = scanned.text("PatientName").split("=")[0].replace("^", " ").strip()
        upper = [name, f"ID {scanned.text('PatientID')}", scanned.text("PatientBirthDate"), scanned.text("PatientSex")]
    if "technique" in annotation:
        lower = [
            scanned.text("Modality"),
            scanned.text("SeriesDescription"),
            f"{scanned.text('StudyDate')} {scanned.text('StudyTime')[:6]}",
            f"Image {scanned.text('InstanceNumber')}",
        ]
    return [line for line in upper if line.strip()], [line for line in lower if line.strip()]
