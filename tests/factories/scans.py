"""Whole scans to be laid out: a head in three planes and weightings, breasts in four views, loops, radiographs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import FileDataset
from pydicom.uid import (
    DigitalMammographyXRayImageStorageForPresentation,
    DigitalXRayImageStorageForPresentation,
    UltrasoundMultiFrameImageStorage,
)

from tests.factories.instances import ADA, Patient, Place, image, stable_uid

# Direction of a row, of a column, and from slice to slice.
PLANES = {
    "axial": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "coronal": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "sagittal": ((0, 1, 0), (0, 0, -1), (1, 0, 0)),
}
_HALF = 110.0  # mm from the middle of the head to the edge of the field of view
# Of skin, brain, ventricles and the lesion: how bright each is.
_WEIGHTINGS = {"T1": (900, 520, 120, 260), "T2": (500, 380, 1100, 950), "FLAIR": (420, 450, 60, 1050)}


def head(x: np.ndarray, y: np.ndarray, z: np.ndarray, weighting: str) -> np.ndarray:
    """Brightness at points of one head (mm from its middle; left, posterior, head): the same in every plane."""
    skin, brain, fluid, lesion = _WEIGHTINGS[weighting]
    outer = np.sqrt((x / 78) ** 2 + (y / 95) ** 2 + (z / 92) ** 2)
    folds = 1 + 0.12 * np.sin(x / 5 + 3 * np.sin(z / 19)) * np.sin(y / 6 + 2 * np.sin(x / 17))
    value = np.where(outer < 1, skin * 0.6, 0.0)
    value = np.where(outer < 0.93, 40.0, value)
    value = np.where(outer < 0.86, brain * folds, value)
    for side in (-1, 1):
        horn = np.sqrt(((x - side * 12) / 8) ** 2 + ((y + 4 + z * 0.2) / 34) ** 2 + ((z - 12) / 18) ** 2)
        value = np.where(horn < 1, fluid, value)
    spot = np.sqrt(((x - 34) / 9) ** 2 + ((y - 22) / 11) ** 2 + ((z - 20) / 8) ** 2)
    return np.where(spot < 1, lesion, value)


def head_series(
    place: Place, plane: str, weighting: str, *, date: str = "20261015", patient: Patient = ADA, pixels: int = 160
) -> list[FileDataset]:
    """An MR series of the head; all series of a study lie in one frame of reference."""
    row, column, step = (np.array(axis, dtype=float) for axis in PLANES[plane])
    spacing = 2 * _HALF / pixels
    at = (np.arange(pixels) - (pixels - 1) / 2) * spacing
    gap = 170.0 / place.slices
    made = []
    for number in range(1, place.slices + 1):
        middle = step * (number - (place.slices + 1) / 2) * gap
        x, y, z = (middle[axis] + row[axis] * at[None, :] + column[axis] * at[:, None] for axis in range(3))
        noise = np.random.default_rng([place.series, number]).normal(0, 14, (pixels, pixels))
        stored = np.clip(head(x, y, z, weighting) + 20 + noise, 0, 1400).astype("<u2")
        dataset = image(patient, Place(place.study, place.series, number, place.slices), rows=8, columns=8)
        first = middle + (row + column) * at[0]
        dataset.ImagePositionPatient = [f"{value:.3f}" for value in first]
        dataset.ImageOrientationPatient = [str(int(value)) for value in (*row, *column)]
        dataset.PixelSpacing = [f"{spacing:.4f}"] * 2
        dataset.SliceThickness = f"{gap:.2f}"
        dataset.SliceLocation = f"{float(middle @ step):.2f}"
        dataset.Rows = dataset.Columns = pixels
        dataset.PixelData = stored.tobytes()
        dataset.WindowCenter, dataset.WindowWidth = "500", "1100"
        dataset.SeriesDescription = f"{plane.title()} {weighting}"
        dataset.StudyDescription, dataset.StudyDate = "MR head", date
        dataset.BodyPartExamined = "HEAD"
        made.append(dataset)
    return made


def head_scan(study: int = 1, *, date: str = "20261015", patient: Patient = ADA, slices: int = 24) -> list[FileDataset]:
    """T1, T2 and FLAIR across, and T1 from the side."""
    series = [("axial", "T1"), ("axial", "T2"), ("axial", "FLAIR"), ("sagittal", "T1")]
    return [
        dataset
        for number, (plane, weighting) in enumerate(series, 1)
        for dataset in head_series(Place(study, number, 1, slices), plane, weighting, date=date, patient=patient)
    ]


def mammograms(study: int = 1, *, patient: Patient = ADA) -> list[FileDataset]:
    """LMLO, RCC, LCC and RMLO, each a series of its own, the chest wall at the side where it is on film."""
    return [_mammogram(study, number, side, view, patient) for number, (side, view) in enumerate(_FOUR, 1)]


_FOUR = (("L", "MLO"), ("R", "CC"), ("L", "CC"), ("R", "MLO"))


def _mammogram(study: int, number: int, side: str, view: str, patient: Patient) -> FileDataset:
    rows, columns = 480, 360
    y, x = np.mgrid[-1 : 1 : rows * 1j, 0 : 1 : columns * 1j]
    shape = np.sqrt((x / 0.8) ** 2 + ((y - (0.15 if view == "MLO" else 0)) / 0.75) ** 2)
    noise = np.random.default_rng([study, number]).normal(0, 1, (rows, columns))
    tissue = 900 + 500 * np.sin(14 * x + 3 * y) * np.sin(11 * y - 4 * x) * np.clip(1 - shape, 0, 1) + 70 * noise
    value = np.where(shape < 1, np.clip(tissue * (1.15 - 0.5 * shape), 100, 4000), 40)
    if view == "MLO":
        value = np.where(x + 1.1 * y < -0.45, 2400 + 120 * noise, value)  # the muscle of the chest
    if side == "R":
        value = value[:, ::-1]
    dataset = image(patient, Place(study, number, 1, 1), rows=8, columns=8)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = DigitalMammographyXRayImageStorageForPresentation
    dataset.Modality = "MG"
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "SliceLocation", "SliceThickness"):
        delattr(dataset, keyword)
    dataset.PatientOrientation = ["P", "L"] if side == "R" else ["A", "R"]
    dataset.ImageLaterality, dataset.ViewPosition = side, view
    dataset.SeriesDescription, dataset.StudyDescription = f"{side} {view}", "Mammography"
    dataset.BodyPartExamined = "BREAST"
    dataset.ImagerPixelSpacing = ["0.5", "0.5"]
    del dataset.PixelSpacing
    dataset.Rows, dataset.Columns = rows, columns
    dataset.PixelData = np.clip(value, 0, 4095).astype("<u2").tobytes()
    dataset.WindowCenter, dataset.WindowWidth = "1200", "2600"
    return dataset


def loops(study: int = 1, *, lengths: Sequence[int] = (24, 30), milliseconds: float = 40.0) -> list[FileDataset]:
    """One ultrasound series of several loops: a chamber that beats."""
    made = []
    for number, length in enumerate(lengths, 1):
        y, x = np.mgrid[0 : 1 : 240 * 1j, -1 : 1 : 320 * 1j]
        speckle = np.random.default_rng([study, number]).rayleigh(34, (240, 320))
        frames = []
        for index in range(length):
            beat = 0.30 + 0.09 * np.sin(2 * np.pi * index / length)
            chamber = np.hypot(x / 1.2, y - 0.55) < beat
            fan = (np.abs(np.arctan2(x, y + 0.05)) < 0.75) & (np.hypot(x, y) < 1.02)
            frames.append(np.where(fan, np.where(chamber, speckle * 0.25, speckle * 1.8), 0))
        dataset = image(ADA, Place(study, 1, number, len(lengths)), rows=8, columns=8)
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UltrasoundMultiFrameImageStorage
        dataset.Modality = "US"
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "SliceLocation", "SliceThickness"):
            delattr(dataset, keyword)
        del dataset.WindowCenter, dataset.WindowWidth, dataset.PixelSpacing
        dataset.NumberOfFrames, dataset.FrameTime = str(length), str(milliseconds)
        dataset.SeriesDescription, dataset.StudyDescription = "Heart, four chambers", "Echocardiography"
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
        dataset.Rows, dataset.Columns = 240, 320
        dataset.PixelData = np.clip(np.stack(frames), 0, 255).astype("u1").tobytes()
        made.append(dataset)
    return made


def radiographs(study: int = 1, *, date: str = "20261015", views: Sequence[str] = ("PA", "LL")) -> list[FileDataset]:
    """A chest from the front and from the side."""
    made = []
    for number, view in enumerate(views, 1):
        y, x = np.mgrid[-1 : 1 : 400 * 1j, -1 : 1 : 360 * 1j]
        lungs = sum(
            np.exp(-(((x - middle) / 0.28) ** 2) - ((y + 0.1) / 0.55) ** 2)
            for middle in ((-0.42, 0.42) if view == "PA" else (0.05,))
        )
        ribs = 0.09 * np.sin(22 * y + 5 * x**2)
        noise = np.random.default_rng([study, number]).normal(0, 0.012, x.shape)
        value = np.clip(0.85 - 0.6 * lungs + ribs * lungs + noise - 0.25 * (np.abs(x) > 0.93), 0, 1) * 4000
        dataset = image(ADA, Place(study, number, 1, 1), rows=8, columns=8)
        dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
        dataset.Modality = "DX"
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "SliceLocation", "SliceThickness"):
            delattr(dataset, keyword)
        dataset.ViewPosition, dataset.BodyPartExamined = view, "CHEST"
        dataset.SeriesDescription, dataset.StudyDescription = f"Chest {view}", "Chest X-ray"
        dataset.StudyDate, dataset.PixelSpacing = date, ["1", "1"]
        dataset.Rows, dataset.Columns = x.shape
        dataset.PixelData = value.astype("<u2").tobytes()
        dataset.WindowCenter, dataset.WindowWidth = "2000", "4000"
        made.append(dataset)
    return made


def write(folder: Path, *scans: Sequence[FileDataset]) -> Path:
    """All these instances as files of one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, dataset in enumerate((dataset for scan in scans for dataset in scan), 1):
        dataset.FrameOfReferenceUID = stable_uid(dataset.StudyInstanceUID, "frame of reference")
        dataset.save_as(folder / f"IM{number:05d}")
    return folder
