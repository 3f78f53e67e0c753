"""Proves that the demonstration's slices lie where their headers say, the right way up, and agree with each other."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from undisc.demo import DemoDisc

SERIES = ["ST000001/SE000002", "ST000001/SE000003", "ST000001/SE000004", "ST000002/SE000002", "ST000002/SE000003"]
AXIAL, SAGITTAL, CORONAL = SERIES[:3]


def slices(demo: DemoDisc, series: str) -> list[Dataset]:
    return [dcmread(path) for path in sorted((demo.folder / "DICOM" / Path(series)).iterdir())]


def frame(ds: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """First pixel's position, and the unit vectors along a row, along a column and along the normal."""
    row, column = np.array(ds.ImageOrientationPatient[:3], float), np.array(ds.ImageOrientationPatient[3:], float)
    return np.array(ds.ImagePositionPatient, float), row, column, np.cross(row, column)


def volume(read: list[Dataset]) -> np.ndarray:
    return np.stack([ds.pixel_array for ds in read]).astype(float)


@pytest.mark.parametrize("series", SERIES)
def test_slices_lie_evenly_along_their_normal(demo: DemoDisc, series: str) -> None:
    read = slices(demo, series)
    _, row, column, normal = frame(read[0])
    np.testing.assert_allclose([row @ row, column @ column, row @ column], [1, 1, 0], atol=1e-5)
    steps = np.diff([frame(ds)[0] for ds in read], axis=0)
    np.testing.assert_allclose(steps, np.tile(normal * float(read[0].SpacingBetweenSlices), (len(steps), 1)), atol=1e-4)
    for ds in read:
        assert ds.ImageOrientationPatient == read[0].ImageOrientationPatient
        assert float(ds.SliceLocation) == pytest.approx(frame(ds)[0] @ normal, abs=1e-3)
    assert [ds.InstanceNumber for ds in read] == list(range(1, len(read) + 1))


@pytest.mark.parametrize(
    ("series", "row", "column"),
    [(AXIAL, (1, 0, 0), (0, 1, 0)), (SAGITTAL, (0, 1, 0), (0, 0, -1)), (CORONAL, (1, 0, 0), (0, 0, -1))],
)
def test_planes_are_seen_as_radiologists_see_them(
    demo: DemoDisc, series: str, row: tuple[int, ...], column: tuple[int, ...]
) -> None:
    _, along_row, along_column, _ = frame(slices(demo, series)[0])
    assert along_row @ np.array(row) > 0.98
    assert along_column @ np.array(column) > 0.98


def test_prior_lies_differently_in_the_scanner(demo: DemoDisc) -> None:
    present, prior = slices(demo, AXIAL)[0], slices(demo, SERIES[3])[0]
    assert present.FrameOfReferenceUID != prior.FrameOfReferenceUID
    assert frame(present)[3] @ frame(prior)[3] < 0.995


def test_three_planes_show_the_same_head_at_the_same_place(demo: DemoDisc) -> None:
    """Bright or dark, tissue stands out from air: the same points in the patient are tissue in all three series."""
    random = np.random.Generator(np.random.PCG64(1))
    axial = slices(demo, AXIAL)
    position, row, column, normal = frame(axial[0])
    # Points between the brain's base and its top, all over the axial field of view.
    points = (
        position
        + random.uniform(20, 220, (4000, 1)) * row
        + random.uniform(20, 220, (4000, 1)) * column
        + random.uniform(50, 130, (4000, 1)) * normal
    )
    seen = [tissue_at(slices(demo, series), points) for series in (AXIAL, SAGITTAL, CORONAL)]
    known = np.all([~np.isnan(one) for one in seen], axis=0)
    assert known.sum() > 1500
    tissue = [one[known] > 150 for one in seen]
    assert 0.3 < tissue[0].mean() < 0.95
    # T2 bone, FLAIR fluid and T1 bone are dark inside the head, hence not all.
    assert (tissue[0] == tissue[1]).mean() > 0.85
    assert (tissue[0] == tissue[2]).mean() > 0.85


def tissue_at(read: list[Dataset], points: np.ndarray) -> np.ndarray:
    """Mean of the 5 x 5 pixels round each point; NaN where the series does not reach."""
    position, row, column, normal = frame(read[0])
    spacing = float(read[0].PixelSpacing[0])
    away = points - position
    index = np.rint(
        np.stack([away @ normal / float(read[0].SpacingBetweenSlices), away @ column / spacing, away @ row / spacing])
    ).astype(int)
    pixels = volume(read)
    found = np.full(len(points), np.nan)
    for number, (k, j, i) in enumerate(index.T):
        if 0 <= k < pixels.shape[0] and 2 <= j < pixels.shape[1] - 2 and 2 <= i < pixels.shape[2] - 2:
            found[number] = pixels[k, j - 2 : j + 3, i - 2 : i + 3].mean()
    return found


def test_eyes_are_at_the_top_of_axial_slices_and_at_the_left_of_sagittal_ones(demo: DemoDisc) -> None:
    """Fluid in the eyes is bright in T2: 40 mm below the brain's middle there is one on each side, in front only."""
    low = volume(slices(demo, AXIAL))[8:11].mean(axis=0) > 1200
    for side in (low[:, :128], low[:, 128:]):
        # An eye is a disc of 12 mm radius, about 500 pixels; fluid round the brain is a thin rim.
        assert side[20:75].sum() > 250
        assert side[181:236].sum() < 150
    # In T1 the nose reaches further left than the back of the head reaches right below the crown's middle.
    middle = volume(slices(demo, SAGITTAL))[24:26].mean(axis=0)
    profile = (middle[140:180] > 200).sum(axis=0)
    assert np.flatnonzero(profile)[0] < 256 - np.flatnonzero(profile)[-1]


def test_air_is_noise_and_never_clipped(demo: DemoDisc) -> None:
    for series in SERIES:
        pixels = volume(slices(demo, series))
        corner = pixels[:, :12, :12]
        assert 10 < corner.mean() < 80
        assert corner.std() > 5
        assert pixels.max() < 4095


def test_fluid_is_dark_in_t1_and_flair_and_bright_in_t2(demo: DemoDisc) -> None:
    """The lateral ventricles, found as the brightest T2 pixels near the middle of the head, are dark in FLAIR."""
    axial = slices(demo, AXIAL)
    position, row, column, normal = frame(axial[0])
    pixels = volume(axial)
    centre = pixels[28:31, 90:150, 108:148]
    k, j, i = np.unravel_index(np.argsort(centre, axis=None)[-200:], centre.shape)
    points = (
        position
        + (k + 28)[:, None] * 3.0 * normal
        + (j + 90)[:, None] * 0.9375 * column
        + (i + 108)[:, None] * 0.9375 * row
    )
    flair = tissue_at(slices(demo, CORONAL), points)
    t1 = tissue_at(slices(demo, SAGITTAL), points)
    assert np.nanmedian(tissue_at(axial, points)) > 1000
    assert np.nanmedian(flair) < 600
    assert np.nanmedian(t1) < 500
