"""How bright each tissue is in a T1, a T2 and a FLAIR picture.

Inside the brain the template's T1 intensity is all there is to go by, so another contrast is a curve over it: fluid,
grey and white matter keep their order in T1 and get the brightness they have in that sequence, and what lies between
two of them is taken as a mixture. Values are shares of the sequence's brightest tissue.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from undisc.demo.head import CODES, MIXED, MIXED_STEPS, PER_MM, SHELL, SOFT, TISSUE, Tissue

# Template intensities of pure fluid, deep fluid mixtures, grey and white matter.
_FLUID, _GREY, _WHITE = 72, 158, 222


@dataclass(frozen=True, slots=True)
class Contrast:
    """A sequence: its brightness over the template's intensity, as (intensity, brightness), and that of each tissue."""

    brain: tuple[tuple[float, float], ...]
    tissues: dict[Tissue, float]


T1 = Contrast(
    brain=((45, 0.10), (_FLUID, 0.14), (110, 0.24), (_GREY, 0.45), (190, 0.56), (_WHITE, 0.69), (250, 0.76)),
    tissues={
        Tissue.AIR: 0.0, Tissue.BONE: 0.05, Tissue.MARROW: 0.66, Tissue.FAT: 0.98, Tissue.SKIN: 0.5,
        Tissue.MUSCLE: 0.38, Tissue.CSF: 0.13, Tissue.GREY: 0.47, Tissue.WHITE: 0.62, Tissue.VITREOUS: 0.14,
        Tissue.LENS: 0.42, Tissue.GLAND: 0.5,
    },
)  # fmt: skip
T2 = Contrast(
    brain=(
        (45, 0.98), (_FLUID, 0.96), (110, 0.76), (140, 0.56),
        (_GREY, 0.48), (190, 0.38), (_WHITE, 0.29), (250, 0.26),
    ),
    tissues={
        Tissue.AIR: 0.0, Tissue.BONE: 0.04, Tissue.MARROW: 0.34, Tissue.FAT: 0.62, Tissue.SKIN: 0.3,
        Tissue.MUSCLE: 0.17, Tissue.CSF: 0.97, Tissue.GREY: 0.48, Tissue.WHITE: 0.33, Tissue.VITREOUS: 1.0,
        Tissue.LENS: 0.14, Tissue.GLAND: 0.5,
    },
)  # fmt: skip
FLAIR = Contrast(
    brain=(
        (45, 0.05), (_FLUID, 0.09), (110, 0.40), (140, 0.64),
        (_GREY, 0.68), (190, 0.60), (_WHITE, 0.50), (250, 0.45),
    ),
    tissues={
        Tissue.AIR: 0.0, Tissue.BONE: 0.04, Tissue.MARROW: 0.32, Tissue.FAT: 0.58, Tissue.SKIN: 0.35,
        Tissue.MUSCLE: 0.28, Tissue.CSF: 0.07, Tissue.GREY: 0.68, Tissue.WHITE: 0.52, Tissue.VITREOUS: 0.08,
        Tissue.LENS: 0.3, Tissue.GLAND: 0.6,
    },
)  # fmt: skip

# From the brain's hull outwards: fluid, inner table, marrow, outer table. Millimetres.
_SHELLS = ((0.0, Tissue.CSF), (0.9, Tissue.BONE), (2.8, Tissue.MARROW), (5.2, Tissue.BONE), (7.0, Tissue.MUSCLE))
# From the skin inwards: skin, fat, and what lies below.
_SOFT = ((0.0, Tissue.SKIN), (1.8, Tissue.FAT), (5.6, Tissue.MUSCLE))


def brightness(contrast: Contrast) -> np.ndarray:
    """For every code of a head its brightness; float32, 0 to 1."""
    table = np.zeros(CODES, np.float32)
    intensities, values = zip(*contrast.brain, strict=True)
    table[1:SHELL] = np.interp(np.arange(1, SHELL), intensities, values)
    depth = np.arange(256) / PER_MM
    table[SHELL:SOFT] = _layers(depth, _SHELLS, contrast)
    table[SOFT:TISSUE] = _layers(depth, _SOFT, contrast)
    for tissue, value in contrast.tissues.items():
        table[TISSUE + tissue] = value
    lean, fat = contrast.tissues[Tissue.MUSCLE], contrast.tissues[Tissue.FAT]
    table[MIXED:] = np.linspace(lean, fat, MIXED_STEPS)
    return table


def _layers(depth: np.ndarray, layers: tuple[tuple[float, Tissue], ...], contrast: Contrast) -> np.ndarray:
    """Brightness over depth, one layer passing into the next over 0.8 mm, as it does within a voxel."""
    places, values = [0.0], [contrast.tissues[layers[0][1]]]
    for (_, before), (start, tissue) in pairwise(layers):
        places += [start - 0.4, start + 0.4]
        values += [contrast.tissues[before], contrast.tissues[tissue]]
    return np.interp(depth, places, values)
