"""One invented head: the brain of the MNI152 template, made a little less average, in a modelled skull and face.

The template ends at the surface of the brain. What lies around it is modelled here as distances and ellipsoids, well
enough that the pictures read as a head; none of it is measured from anybody. Coordinates are the template's, in
millimetres: x to the right, y to the front, z to the crown, the anterior commissure at the origin.
"""

import io
import lzma
from dataclasses import dataclass
from enum import IntEnum
from importlib import resources

import numpy as np

from undisc.demo.field import box_blur, distance_to, smooth_field, stretch

# The grid that everything is put together on: 1 mm voxels, whose first one is centred here.
ORIGIN = (-100, -145, -140)
SHAPE = (201, 256, 246)
# Where the stored half of the template begins; x ends at 0, and the other half is its mirror image.
_TEMPLATE_ORIGIN = (-72, -107, -72)
# Step of the coarse grid on which distances are computed, in millimetres.
_COARSE = 3

# Codes: the template's intensity, tenths of a millimetre outside the brain's hull or inside the skin, then tissues.
SHELL = 256
SOFT = 512
TISSUE = 768
# Muscle with fat between its strands: from lean to all fat in this many steps.
MIXED = 800
MIXED_STEPS = 32
CODES = MIXED + MIXED_STEPS
PER_MM = 10


class Tissue(IntEnum):
    """What a voxel outside the brain is made of."""

    AIR = 0
    BONE = 1
    MARROW = 2
    FAT = 3
    SKIN = 4
    MUSCLE = 5
    CSF = 6
    GREY = 7
    WHITE = 8
    VITREOUS = 9
    LENS = 10
    GLAND = 11


@dataclass(frozen=True, slots=True)
class Head:
    """codes: uint16 (x, y, z) on the 1 mm grid at ORIGIN; `contrast` says how bright each code is in a picture."""

    codes: np.ndarray


def make_head(seed: int) -> Head:
    """The same seed gives the same head, to the voxel."""
    random = np.random.Generator(np.random.PCG64(seed))
    brain = _sharpened(_individual(_template(), random))
    volume = np.zeros(SHAPE, np.uint8)
    corner = [_TEMPLATE_ORIGIN[axis] - ORIGIN[axis] for axis in range(3)]
    inside = tuple(slice(corner[axis], corner[axis] + brain.shape[axis]) for axis in range(3))
    volume[inside] = brain

    hull = _hull_distance(volume)
    skin = _skin_distance(hull, random)
    grain = smooth_field(SHAPE, 9, random)
    codes = _soft_tissue(skin, grain)
    _put_skull(codes, hull, smooth_field(SHAPE, 40, random) * np.float32(0.12) + 1)
    _paint(codes, hull, skin, grain)
    codes[volume > 0] = volume[volume > 0]
    return Head(codes)


def _template() -> np.ndarray:
    """The whole template's T1 intensities, 0 outside the brain; uint8 (x, y, z), 1 mm."""
    packed = resources.files("undisc.demo").joinpath("data/mni152_t1_left.npy.xz").read_bytes()
    differences = np.load(io.BytesIO(lzma.decompress(packed)))
    left = np.cumsum(differences, axis=0, dtype=np.uint8)
    return np.concatenate([left, left[-2::-1]])


def _individual(brain: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The brain bent by a smooth field of a few millimetres: the template is symmetric, and people are not."""
    bends = [
        smooth_field(brain.shape, 36, random) * np.float32(1.5)
        + smooth_field(brain.shape, 14, random) * np.float32(0.7)
        for _ in range(3)
    ]
    corners, weights = [], []
    for axis, bend in enumerate(bends):
        along = [1, 1, 1]
        along[axis] = -1
        place = bend + np.arange(brain.shape[axis], dtype=np.float32).reshape(along)
        np.clip(place, 0, brain.shape[axis] - 1.001, out=place)
        low = place.astype(np.int32)
        corners.append(low)
        weights.append(place - low)
    strides = (brain.shape[1] * brain.shape[2], brain.shape[2], 1)
    first = sum(low * np.int32(stride) for low, stride in zip(corners, strides, strict=True))
    flat = brain.ravel()
    bent = np.zeros(brain.shape, np.float32)
    for corner in range(8):
        steps = (corner >> 2 & 1, corner >> 1 & 1, corner & 1)
        share = np.float32(1)
        for step, weight in zip(steps, weights, strict=True):
            share = share * (weight if step else 1 - weight)
        bent += share * flat.take(first + sum(s * t for s, t in zip(steps, strides, strict=True)))
    return bent


def _sharpened(brain: np.ndarray) -> np.ndarray:
    """Averaging 152 people blurs the folds; unsharp masking brings their fluid back. uint8, 0 outside the brain."""
    mask = brain > 40
    filled = np.where(mask, brain, np.float32(110))
    detail = filled - box_blur(filled, 9)
    sharp = np.clip(filled + detail * np.float32(0.9), 45, 252)
    return np.where(mask, sharp, 0).astype(np.uint8)


def _hull_distance(volume: np.ndarray) -> np.ndarray:
    """Millimetres outside the brain's hull (its folds and clefts closed), negative inside; float32 on the full grid."""
    coarse = volume[::_COARSE, ::_COARSE, ::_COARSE] > 0
    closing = 9.0
    grown = distance_to(coarse, _COARSE) < closing
    closed = distance_to(~grown, _COARSE) > closing - _COARSE / 2
    signed = distance_to(closed, _COARSE) - distance_to(~closed, _COARSE)
    return stretch(box_blur(box_blur(signed, 5), 3), _COARSE, SHAPE)


def _skin_distance(hull: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """About how many millimetres outside the skin, negative inside; float32 on the full grid."""
    skin = hull - np.float32(14.5)
    for centre, radii, blend in _OUTLINE:
        skin = _joined(skin, _ellipsoid(centre, radii), blend)
    return skin + smooth_field(SHAPE, 30, random)


def _soft_tissue(skin: np.ndarray, grain: np.ndarray) -> np.ndarray:
    """Codes of skin and fat by their depth, and below them muscle, parted by fat where the grain is high."""
    codes = _steps(skin, SOFT, away=-1)
    codes[skin > 0] = TISSUE + Tissue.AIR
    deep = skin < -6
    strands = (MIXED_STEPS - 1) / (1 + np.exp(np.float32(5.6) - grain[deep] * np.float32(3.4)))
    codes[deep] = strands.astype(np.uint16) + np.uint16(MIXED)
    return codes


def _put_skull(codes: np.ndarray, hull: np.ndarray, thickness: np.ndarray) -> None:
    """Everything within the skull, brain included, as a distance from the brain's hull; thickness is 1 on average."""
    within = hull < 7 * thickness
    codes[within] = _steps(hull[within] / thickness[within], SHELL, away=1)


def _joined(one: np.ndarray, other: np.ndarray, blend: float) -> np.ndarray:
    """The smaller of two distances, rounded where they meet over `blend` millimetres."""
    near = np.clip(np.float32(blend) - np.abs(one - other), 0, None)
    return np.minimum(one, other) - near * near / np.float32(4 * blend)


def _axes() -> list[np.ndarray]:
    axes = []
    for axis in range(3):
        along = [1, 1, 1]
        along[axis] = -1
        axes.append((np.arange(SHAPE[axis], dtype=np.float32) + ORIGIN[axis]).reshape(along))
    return axes


def _ellipsoid(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> np.ndarray:
    """About how many millimetres outside an ellipsoid; exact enough near its surface."""
    square = np.float32(0)
    for place, middle, radius in zip(_axes(), centre, radii, strict=True):
        square = square + ((place - np.float32(middle)) / np.float32(radius)) ** 2
    reach = np.sqrt(square, dtype=np.float32)
    return (reach - 1) * np.float32(min(radii))


def _steps(distance: np.ndarray, base: int, *, away: int) -> np.ndarray:
    """Distances as codes from `base` on, in tenths of a millimetre; `away` is the sign in which they grow."""
    return np.clip(distance * np.float32(away * PER_MM), 0, 255).astype(np.uint16) + np.uint16(base)


def _paint(codes: np.ndarray, hull: np.ndarray, skin: np.ndarray, grain: np.ndarray) -> None:
    """Put in what the skull's base, the face and the neck are known by."""
    outside = (hull > 0) & (skin < -3.5)
    for centre, radii, tissue, everywhere in _PARTS:
        part, ratio = _bounded(centre, radii)
        # Sinus walls and muscle edges are not ellipsoids: the grain makes them wander by a few per cent.
        here = ratio < 1 + (grain[part] * np.float32(0.06) if tissue in _UNEVEN else 0)
        if not everywhere:
            here &= outside[part]
        codes[part][here] = TISSUE + tissue


def _bounded(
    centre: tuple[float, float, float], radii: tuple[float, float, float]
) -> tuple[tuple[slice, slice, slice], np.ndarray]:
    """The box round an ellipsoid, and in it the squared distance from the centre as a share of the radius."""
    part = []
    square = np.float32(0)
    for axis, (place, middle, radius) in enumerate(zip(_axes(), centre, radii, strict=True)):
        low = max(0, int(middle - 1.2 * radius) - ORIGIN[axis] - 1)
        high = min(SHAPE[axis], int(middle + 1.2 * radius) - ORIGIN[axis] + 2)
        part.append(slice(low, high))
        bounds = [slice(None)] * 3
        bounds[axis] = slice(low, high)
        square = square + ((place[tuple(bounds)] - np.float32(middle)) / np.float32(radius)) ** 2
    return (part[0], part[1], part[2]), np.asarray(square)


_Part = tuple[tuple[float, float, float], tuple[float, float, float], Tissue, bool]
_UNEVEN = frozenset({Tissue.AIR, Tissue.MUSCLE, Tissue.MARROW, Tissue.FAT, Tissue.BONE, Tissue.GLAND})


def _both(centre: tuple[float, float, float], radii: tuple[float, float, float], tissue: Tissue) -> list[_Part]:
    x, y, z = centre
    return [((-x, y, z), radii, tissue, False), ((x, y, z), radii, tissue, False)]


def _spine() -> list[_Part]:
    """Cord, its fluid, and the first vertebrae, downwards from where the template cuts the brain stem."""
    parts: list[_Part] = []
    for step in range(16):
        z = -70.0 - 5 * step
        y = -42.0 - 0.9 * step
        parts.append(((0, y, z), (9.5, 8.5, 5), Tissue.CSF, True))
    for step in range(16):
        z = -70.0 - 5 * step
        y = -42.0 - 0.9 * step
        parts.append(((0, y, z), (6.2, 4.8, 5), Tissue.WHITE, True))
    parts += [
        ((0, -23, -86), (6, 5.5, 14), Tissue.BONE, False),
        ((0, -23, -86), (4.8, 4.3, 12.5), Tissue.MARROW, False),
    ]
    for step in range(3):
        z = -106.0 - 16 * step
        parts.append(((0, -27 - 2.0 * step, z), (11, 9, 8.6), Tissue.BONE, False))
        parts.append(((0, -27 - 2.0 * step, z), (10, 8, 7), Tissue.MARROW, False))
    return parts


# What the skin goes round besides the skull: neck, face, jaw, bridge of the nose, nose; and how softly they meet (mm).
_OUTLINE = (
    ((0, -30, -170), (58, 62, 130), 14),
    ((0, 28, -70), (67, 66, 78), 14),
    ((0, 48, -112), (46, 46, 34), 10),
    ((0, 80, -38), (11, 15, 22), 8),
    ((0, 90, -58), (14, 17, 22), 6),
)
# In the order in which they are painted: what comes later lies on what came before.
_PARTS: tuple[_Part, ...] = (
    # skull base: clivus and petrous bone, cells of the mastoid
    ((0, -12, -52), (9, 8, 20), Tissue.MARROW, False),
    *_both((34, -22, -47), (24, 9, 8), Tissue.BONE),
    *_both((52, -32, -52), (10, 12, 15), Tissue.BONE),
    *_both((54, -30, -56), (6, 8, 10), Tissue.AIR),
    *_both((22, -24, -45), (4, 3, 3), Tissue.CSF),
    # muscles of chewing, of the neck, and the tongue
    *_both((46, 18, -78), (9, 20, 34), Tissue.MUSCLE),
    *_both((30, 8, -80), (9, 14, 16), Tissue.MUSCLE),
    *_both((22, -78, -104), (16, 16, 44), Tissue.MUSCLE),
    *_both((58, -8, -82), (9, 14, 24), Tissue.GLAND),
    ((0, 40, -106), (24, 30, 20), Tissue.MUSCLE, False),
    ((0, 46, -82), (26, 28, 3), Tissue.BONE, False),
    # upper and lower teeth and jaw
    ((0, 78, -95), (22, 6, 13), Tissue.BONE, False),
    ((0, 78, -118), (20, 7, 10), Tissue.MARROW, False),
    # orbits
    *_both((30, 46, -40), (18, 26, 17), Tissue.FAT),
    *_both((22, 42, -40), (2, 20, 5), Tissue.MUSCLE),
    *_both((39, 42, -40), (2, 18, 5), Tissue.MUSCLE),
    *_both((29, 42, -28), (5, 20, 2), Tissue.MUSCLE),
    *_both((29, 42, -52), (5, 20, 2), Tissue.MUSCLE),
    *_both((26, 34, -39), (2.6, 20, 2.6), Tissue.WHITE),
    *_both((31, 60, -40), (13, 13, 13), Tissue.MUSCLE),
    *_both((31, 60, -40), (12, 12, 12), Tissue.VITREOUS),
    *_both((31, 68.5, -40), (4.8, 2.4, 4.8), Tissue.LENS),
    # air: nose with its septum and turbinates, sinuses, throat
    *_both((7, 56, -62), (6, 32, 19), Tissue.AIR),
    *_both((9, 54, -70), (3, 24, 5), Tissue.GLAND),
    *_both((9, 54, -60), (2.5, 22, 4), Tissue.GLAND),
    *_both((7, 46, -40), (6, 20, 8), Tissue.AIR),
    *_both((30, 46, -68), (14, 17, 15), Tissue.AIR),
    *_both((9, 18, -44), (8, 13, 9), Tissue.AIR),
    ((0, 6, -70), (11, 9, 14), Tissue.AIR, False),
    ((0, 0, -100), (10, 6, 34), Tissue.AIR, False),
    ((0, 44, -87), (15, 24, 2), Tissue.AIR, False),
    # pituitary
    ((0, 3, -33), (6, 4.5, 4), Tissue.GREY, False),
    *_spine(),
)
