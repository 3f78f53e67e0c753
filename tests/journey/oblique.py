"""A volume that lies oblique in the patient and whose values are known at every point."""

from pathlib import Path

import numpy as np
from tests.factories.instances import Place, image, stable_uid

_TURN, _TIP = 0.4, 0.25
ROW = np.array([np.cos(_TURN), np.sin(_TURN), 0.0])
COLUMN = np.array([-np.sin(_TURN) * np.cos(_TIP), np.cos(_TURN) * np.cos(_TIP), np.sin(_TIP)])
GAP, SPACING = 3.0, 1.25


def field(point: np.ndarray) -> np.ndarray:
    """Hounsfield units that run in a straight line through the patient, so that interpolating them is exact."""
    return 200 + point @ np.array([3.0, -2.0, 1.5])


def write_oblique(folder: Path, *, series: int = 1, missing: int | None = None) -> None:
    folder.mkdir(parents=True)
    normal = np.cross(ROW, COLUMN)
    columns, rows = np.meshgrid(np.arange(64), np.arange(64))
    for number in range(1, 25):
        if number == missing:
            continue
        first = np.array([-40.0, -40.0, -36.0]) + normal * GAP * number
        at = first + (columns[..., None] * ROW + rows[..., None] * COLUMN) * SPACING
        dataset = image(place=Place(series=series, slice=number, slices=24), modality="CT", rows=64, columns=64)
        dataset.ImagePositionPatient = [f"{value:.5f}" for value in first]
        dataset.ImageOrientationPatient = [f"{value:.7f}" for value in (*ROW, *COLUMN)]
        dataset.PixelSpacing = [SPACING, SPACING]
        dataset.SliceThickness = dataset.SpacingBetweenSlices = GAP
        dataset.FrameOfReferenceUID = stable_uid("volume", series)
        dataset.SeriesDescription = "OBLIQUE" if missing is None else "ONE MISSING"
        dataset.PixelData = np.round(field(at) + 1024).astype("<u2").tobytes()
        dataset.save_as(folder / f"{number:02d}.dcm", enforce_file_format=True)
