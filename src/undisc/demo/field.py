"""Smooth fields on a regular grid, and distances in them, with numpy alone."""

import numpy as np


def box_blur(volume: np.ndarray, width: int) -> np.ndarray:
    """The mean over a box of `width` voxels (odd) along every axis; float32, borders extended."""
    blurred = volume.astype(np.float32)
    half = width // 2
    for axis in range(blurred.ndim):
        padding = [(0, 0)] * blurred.ndim
        padding[axis] = (half + 1, half)
        sums = np.cumsum(np.pad(blurred, padding, mode="edge"), axis=axis, dtype=np.float64)
        upper = np.take(sums, np.arange(width, sums.shape[axis]), axis=axis)
        lower = np.take(sums, np.arange(0, sums.shape[axis] - width), axis=axis)
        blurred = ((upper - lower) / width).astype(np.float32)
    return blurred


def between(places: np.ndarray, count: int) -> np.ndarray:
    """Weights of linear interpolation: float32 (len(places), count); places in voxels, outside 0."""
    nearness = 1 - np.abs(np.asarray(places, np.float64)[:, None] - np.arange(count)[None, :])
    return np.clip(nearness, 0, None).astype(np.float32)


def weighed(volume: np.ndarray, *weights: np.ndarray) -> np.ndarray:
    """The volume with each axis n replaced by weights[n] @ axis, the axes staying in their order."""
    for axis, matrix in enumerate(weights):
        volume = np.moveaxis(np.tensordot(matrix, volume, axes=(1, axis)), 0, axis)
    return np.ascontiguousarray(volume)


def stretch(coarse: np.ndarray, step: float, shape: tuple[int, ...]) -> np.ndarray:
    """A coarse field, one voxel every `step`, interpolated onto `shape`; the last value goes on to the border."""
    weights = [
        between(np.minimum(np.arange(size) / step, count - 1), count)
        for size, count in zip(shape, coarse.shape, strict=True)
    ]
    return weighed(coarse.astype(np.float32), *weights)


def smooth_field(shape: tuple[int, ...], scale: float, random: np.random.Generator) -> np.ndarray:
    """Random hills about `scale` voxels wide, of mean 0 and standard deviation 1; float32."""
    step = scale / 2
    coarse = random.standard_normal([int(size / step) + 3 for size in shape])
    coarse = box_blur(coarse, 3)
    coarse = (coarse - coarse.mean()) / coarse.std()
    return stretch(coarse, step, shape)


def distance_to(mask: np.ndarray, step: float) -> np.ndarray:
    """Distance from each voxel to the nearest one in the mask, between their centres; float32, in units of `step`.

    One axis after the other, as squared distances add up.
    """
    square = np.where(mask, np.float32(0), np.float32(1e6))
    for axis in range(mask.ndim):
        moved = np.moveaxis(square, axis, 0)
        nearest = np.full_like(moved, np.inf)
        offsets = np.arange(moved.shape[0], dtype=np.float32).reshape(-1, *[1] * (mask.ndim - 1))
        for index in range(moved.shape[0]):
            np.minimum(nearest, moved[index] + (offsets - index) ** 2, out=nearest)
        square = np.moveaxis(nearest, 0, axis)
    return np.sqrt(square, dtype=np.float32) * np.float32(step)
