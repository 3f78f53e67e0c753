"""What a frame should look like at its default window, by pydicom's own lookup functions."""

import warnings
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels.processing import (
    apply_color_lut,
    apply_modality_lut,
    apply_voi,
    apply_windowing,
    convert_color_space,
)
from pydicom.pixels.utils import pixel_array

from undisc.dicom.model import Scanned
from undisc.dicom.pixels.decode import decode
from undisc.dicom.pixels.describe import describe
from undisc.dicom.pixels.inflate import inflated
from undisc.dicom.pixels.model import PixelDescription
from undisc.dicom.scan import scan

_COPIED = [
    "ModalityLUTSequence",
    "RescaleSlope",
    "RescaleIntercept",
    "VOILUTSequence",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "PixelRepresentation",
    "BitsStored",
    "PhotometricInterpretation",
    "PresentationLUTShape",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
]


class Reference:
    """One file's frames as 8-bit pictures. by_pydicom: whether it decoded the pixels too, and not only showed them."""

    def __init__(self, dataset: Dataset, data: bytes) -> None:
        self._dataset = dataset
        self._data = data
        self.by_pydicom = True

    def picture(self, index: int, told: dict[str, Any]) -> tuple[np.ndarray, str]:
        """The picture, grey (rows, columns) or RGB, and what its window was: "table", "window", "none" or "colour"."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if told["samples"] == 3:
                return self._colour(index), "colour"
            return self._grey(self._stored(index), _of_frame(self._dataset, index), told)

    def _stored(self, index: int) -> np.ndarray:
        try:
            return pixel_array(self._dataset, raw=True, index=index)
        except Exception:  # what pydicom does not decode, other tests hold against other toolkits
            self.by_pydicom = False
            return self._decoded(index)[0]

    def _decoded(self, index: int) -> tuple[np.ndarray, str]:
        scanned = scan(self._data)
        assert isinstance(scanned, Scanned)
        description = describe(scanned)
        assert isinstance(description, PixelDescription)
        data = inflated(self._data, scanned) if scanned.inflated else self._data
        frame = decode(data, scanned, description, index)
        return frame.values, frame.photometric

    def _colour(self, index: int) -> np.ndarray:
        try:
            shown = pixel_array(self._dataset, index=index)
        except Exception:
            self.by_pydicom = False
            shown, photometric = self._decoded(index)
            if photometric.startswith("YBR"):
                shown = convert_color_space(shown, photometric, "RGB")
        if self._dataset.PhotometricInterpretation == "PALETTE COLOR":
            shown = apply_color_lut(shown, self._dataset)
        return (shown >> (8 * shown.dtype.itemsize - 8)).astype("u1")

    def _grey(self, stored: np.ndarray, said: Dataset, told: dict[str, Any]) -> tuple[np.ndarray, str]:
        values = apply_modality_lut(stored, said)
        if "VOILUTSequence" in said:
            shade = apply_voi(values, said) / (2 ** said.VOILUTSequence[0].LUTDescriptor[2] - 1)
            kind = "table"
        elif _has_window(said):
            black, white = _output_range(said)
            shade = (apply_windowing(values, said) - black) / (white - black)
            kind = "window"
        else:  # the file names none: the one that the viewer chose, by another's arithmetic all the same
            low, high = told["low"], told["high"]
            shade = np.clip((values.astype("f8") - low) / (high - low), 0, 1)
            kind = "none"
        inverse = said.PhotometricInterpretation == "MONOCHROME1" or said.get("PresentationLUTShape") == "INVERSE"
        shade = np.nan_to_num(1 - shade if inverse else shade)
        shade[_padding(stored, said)] = 0  # pydicom shows padding as if it were measured
        return np.rint(shade * 255).astype("u1"), kind


def _of_frame(dataset: Dataset, index: int) -> Dataset:
    """What the lookup functions look at, of the instance or of one frame of it."""
    said = Dataset()
    said.file_meta = dataset.file_meta
    shared = dataset.get("SharedFunctionalGroupsSequence") or [Dataset()]
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    groups = [shared[0], *per_frame[index : index + 1]]
    macros = [
        item
        for group in groups
        for keyword in ("FrameVOILUTSequence", "PixelValueTransformationSequence")
        for item in (group.get(keyword) or [])[:1]
    ]
    for source in (dataset, *macros):
        for keyword in _COPIED:
            value = source.get(keyword)
            if value is not None and value != "" and value != []:
                setattr(said, keyword, value)
    if "BitsStored" not in said:  # floating point
        said.BitsStored, said.PixelRepresentation = 16, 0
    return said


def _has_window(said: Dataset) -> bool:
    try:
        width = said.WindowWidth
        width = float(width if isinstance(width, int | float | str) else width[0])
        least = 1 if said.get("VOILUTFunction", "LINEAR") == "LINEAR" else 0
        return said.get("WindowCenter") is not None and width >= least and width > 0
    except (AttributeError, TypeError, ValueError):
        return False


def _output_range(said: Dataset) -> tuple[float, float]:
    """Between which values apply_windowing puts what it is given."""
    if "ModalityLUTSequence" in said:
        return 0.0, float(2 ** said.ModalityLUTSequence[0].LUTDescriptor[2] - 1)
    half = 2 ** (said.BitsStored - 1)
    black, white = (0, 2 * half - 1) if said.PixelRepresentation == 0 else (-half, half - 1)
    if "RescaleSlope" in said:
        slope, intercept = float(said.RescaleSlope), float(said.RescaleIntercept)
        return black * slope + intercept, white * slope + intercept
    return float(black), float(white)


def _padding(stored: np.ndarray, said: Dataset) -> np.ndarray:
    value = said.get("PixelPaddingValue")
    if value is None:
        return np.zeros(stored.shape, bool)
    limit = said.get("PixelPaddingRangeLimit", value)
    return (stored >= min(value, limit)) & (stored <= max(value, limit))
