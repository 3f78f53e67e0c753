"""Pixels with soft edges, structure and noise, so that codecs and windows meet something like a body."""

import numpy as np


def head_mr(rows: int, columns: int, depth: float, seed: int = 1) -> np.ndarray:
    """A slice through a head-like body: uint16 (rows, columns), 0 to about 1,200. depth: 0 (neck) to 1 (crown)."""
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    girth = 0.35 + 0.5 * np.sin(np.pi * min(max(depth, 0.02), 0.98)) ** 0.5
    radius = np.hypot(x / (girth * 0.8), y / girth)
    skull = np.exp(-((radius - 0.95) ** 2) / 0.002) * 500
    brain = np.clip((0.9 - radius) * 12, 0, 1) * (520 + 90 * np.sin(9 * x + 4 * depth) * np.cos(8 * y - 3 * depth))
    ventricle = np.exp(-((np.abs(x) - 0.13) ** 2 / 0.006 + (y + 0.05) ** 2 / 0.05)) * 520 * np.sin(np.pi * depth)
    noise = np.random.default_rng([seed, rows, int(depth * 1_000_000)]).normal(0, 9, (rows, columns))
    return np.clip(skull + brain + ventricle + 25 + noise, 0, 1200).astype(np.uint16)


class Thorax:
    """CT slices of one made-up thorax: int16 Hounsfield units, noise included, cheap enough for a thousand of them."""

    def __init__(self, rows: int, columns: int, seed: int) -> None:
        self._y, self._x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
        random = np.random.default_rng(seed)
        white = random.standard_normal((rows * 2, columns * 2), dtype=np.float32)
        # A reconstruction filter leaves neighbouring pixels alike; plain white noise would compress far too badly.
        smooth = (white + np.roll(white, 1, 0) + np.roll(white, 1, 1) + np.roll(white, (1, 1), (0, 1))) * 0.5
        self._noise = smooth * 16
        self._random = random
        self._seen = np.hypot(self._x, self._y) <= 1.0

    def slice(self, depth: float) -> np.ndarray:
        """One slice at a depth from 0 (shoulders) to 1 (belly)."""
        x, y = self._x, self._y
        width = np.float32(0.78 + 0.06 * np.sin(3 * depth))
        body = np.hypot(x / width, y / np.float32(0.58))
        value = np.where(body < 1, np.where(body > 0.9, np.float32(-95), np.float32(45)), np.float32(-1000))
        lung_size = np.float32(max(0.02, 0.30 * np.sin(np.pi * min(1.0, depth * 1.25)) ** 0.5))
        for side in (-1, 1):
            lung = np.hypot((x - side * np.float32(0.36)) / lung_size, y / (lung_size * np.float32(1.3)))
            vessels = np.float32(240) * np.sin(31 * x + 11 * np.float32(depth)) * np.sin(29 * y + side)
            value = np.where(lung < 1, np.float32(-850) + np.maximum(vessels, 0), value)
        heart = np.hypot((x - np.float32(0.1)) / 0.2, (y + np.float32(0.12)) / 0.22)
        value = np.where(heart < 1, np.float32(140), value)
        spine = np.hypot(x / 0.11, (y - np.float32(0.38)) / 0.1)
        value = np.where(spine < 1, np.float32(350) + 200 * np.sin(40 * spine), value)
        ribs = (np.abs(body - np.float32(0.86)) < 0.02) & (np.sin(16 * np.arctan2(y, x) + 40 * depth) > 0.5)
        value = np.where(ribs, np.float32(700), value)
        rows, columns = x.shape
        top, left = (int(start) for start in self._random.integers(0, (rows, columns)))
        value = value + self._noise[top : top + rows, left : left + columns]
        return np.where(self._seen, np.clip(value, -1024, 3071), -1024).astype(np.int16)
