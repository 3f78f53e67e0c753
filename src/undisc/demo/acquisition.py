"""Scanning the head: slices with a thickness, an uneven coil and noise, and where they lie in the scanner."""

from dataclasses import dataclass

import numpy as np

from undisc.demo.contrast import Contrast, brightness
from undisc.demo.field import between, smooth_field, weighed
from undisc.demo.head import ORIGIN, SHAPE, Head

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Plane:
    """An orientation in the head's own axes: which axis columns, rows and slices run along, and in which sense."""

    name: str
    columns: tuple[int, int]
    rows: tuple[int, int]
    slices: tuple[int, int]


# (axis, sense) in the template's axes: x right, y front, z crown. Rows run down the picture.
AXIAL = Plane("axial", (0, -1), (1, -1), (2, 1))
SAGITTAL = Plane("sagittal", (1, -1), (2, -1), (0, 1))
CORONAL = Plane("coronal", (0, -1), (2, -1), (1, -1))


@dataclass(frozen=True, slots=True)
class Prescription:
    """What the technologist sets: centre in the head's millimetres, pixel size, slices and their distances."""

    plane: Plane
    centre: Vector
    matrix: int
    pixel: float
    slices: int
    thickness: float
    spacing: float


@dataclass(frozen=True, slots=True)
class Pose:
    """How the head lies in the scanner: turned about the patient's three axes (degrees), then moved (mm)."""

    pitch: float
    roll: float
    yaw: float
    shift: Vector

    def rotation(self) -> np.ndarray:
        """3 x 3, from the head's axes to the patient axes of DICOM (left, posterior, head; PS3.3 C.7.6.2.1.1)."""
        p, r, y = np.radians([self.pitch, self.roll, self.yaw])
        about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
        about_y = np.array([[np.cos(r), 0, np.sin(r)], [0, 1, 0], [-np.sin(r), 0, np.cos(r)]])
        about_z = np.array([[np.cos(y), -np.sin(y), 0], [np.sin(y), np.cos(y), 0], [0, 0, 1]])
        return about_z @ about_y @ about_x @ np.diag([-1.0, -1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Stack:
    """A scanned series.

    pixels: uint16 (slices, rows, columns), 12 bits used. positions: of each slice's first pixel, and along_row and
    along_column: unit vectors, all in patient axes and millimetres.
    """

    pixels: np.ndarray
    positions: tuple[Vector, ...]
    along_row: Vector
    along_column: Vector


def acquire(
    head: Head, contrast: Contrast, prescription: Prescription, pose: Pose, *, noise: float, gain: float, seed: int
) -> Stack:
    """Scan the head. `noise` is the standard deviation of each channel as a share of full brightness."""
    random = np.random.Generator(np.random.PCG64(seed))
    plane = prescription.plane
    signal = brightness(contrast).take(head.codes)
    weights = [np.empty(0)] * 3
    weights[plane.columns[0]] = _samples(plane.columns, prescription.centre, prescription.matrix, prescription.pixel, 1)
    weights[plane.rows[0]] = _samples(plane.rows, prescription.centre, prescription.matrix, prescription.pixel, 1)
    weights[plane.slices[0]] = _samples(
        plane.slices, prescription.centre, prescription.slices, prescription.spacing, prescription.thickness
    )
    # The axis with the fewest samples goes first: everything after it is cheaper.
    order = (plane.slices[0], plane.rows[0], plane.columns[0])
    volume = weighed(np.transpose(signal, order), *[weights[axis] for axis in order])
    volume *= _coil(volume.shape, prescription, random)
    first = volume + random.standard_normal(volume.shape, np.float32) * np.float32(noise)
    second = random.standard_normal(volume.shape, np.float32) * np.float32(noise)
    # The magnitude of a complex signal: noise is Rician, so air is dark grey and never negative.
    pixels = np.clip(np.rint(np.hypot(first, second) * np.float32(gain)), 0, 4095).astype(np.uint16)
    return Stack(pixels, *_geometry(prescription, pose))


def _offsets(count: int, step: float) -> np.ndarray:
    return (np.arange(count) - (count - 1) / 2) * step


def _samples(axis: tuple[int, int], centre: Vector, count: int, step: float, thickness: float) -> np.ndarray:
    """Weights that average a box of `thickness` round each sample along one axis of the head."""
    number, sense = axis
    middle = centre[number] + sense * _offsets(count, step) - ORIGIN[number]
    parts = max(1, round(thickness))
    within = _offsets(parts, thickness / parts)
    return np.stack([between(middle + part, SHAPE[number]) for part in within]).mean(axis=0)


def _coil(shape: tuple[int, ...], prescription: Prescription, random: np.random.Generator) -> np.ndarray:
    """How much of the signal is heard: gently uneven, and fading towards the neck, where a head coil ends."""
    uneven = 1 + np.float32(0.045) * smooth_field(shape, max(shape) * 0.45, random)
    plane = prescription.plane
    order = (plane.slices, plane.rows, plane.columns)
    steps = (prescription.spacing, prescription.pixel, prescription.pixel)
    for position, ((axis, sense), step) in enumerate(zip(order, steps, strict=True)):
        if axis != 2:
            continue
        z = prescription.centre[2] + sense * _offsets(shape[position], step)
        fading = 1 / (1 + np.exp(-(z + 112) / 11))
        along = [1, 1, 1]
        along[position] = -1
        uneven = uneven * fading.astype(np.float32).reshape(along)
    return uneven


def _geometry(prescription: Prescription, pose: Pose) -> tuple[tuple[Vector, ...], Vector, Vector]:
    plane = prescription.plane
    rotation = pose.rotation()
    units = np.eye(3)
    columns, rows, slices = (sense * units[axis] for axis, sense in (plane.columns, plane.rows, plane.slices))
    edge = _offsets(prescription.matrix, prescription.pixel)[0]
    corner = np.array(prescription.centre) + edge * columns + edge * rows
    positions = tuple(
        _vector(rotation @ (corner + offset * slices) + np.array(pose.shift))
        for offset in _offsets(prescription.slices, prescription.spacing)
    )
    return positions, _vector(rotation @ columns), _vector(rotation @ rows)


def _vector(values: np.ndarray) -> Vector:
    x, y, z = (float(value) for value in values)
    return x, y, z
