"""Proves that the little numerics behind the modelled head compute what they promise."""

import numpy as np

from undisc.demo.field import between, box_blur, distance_to, smooth_field, stretch, weighed


def test_distance_is_that_to_the_nearest_voxel_of_the_mask() -> None:
    random = np.random.Generator(np.random.PCG64(5))
    mask = random.random((7, 9, 8)) > 0.97
    mask[3, 3, 3] = True
    inside = np.argwhere(mask)
    everywhere = np.argwhere(np.ones(mask.shape, bool))
    nearest = np.sqrt(((everywhere[:, None] - inside[None]) ** 2).sum(-1)).min(1).reshape(mask.shape)
    np.testing.assert_allclose(distance_to(mask, 3.0), nearest * 3, rtol=1e-6)


def test_blur_is_the_mean_over_the_box() -> None:
    volume = np.random.Generator(np.random.PCG64(2)).random((6, 7, 8))
    np.testing.assert_allclose(box_blur(volume, 3)[2, 3, 4], volume[1:4, 2:5, 3:6].mean(), rtol=1e-6)
    np.testing.assert_allclose(box_blur(np.full((4, 4), 2.5), 5), 2.5)


def test_interpolation_meets_the_samples_and_is_straight_between_them() -> None:
    line = np.array([1.0, 3.0, -2.0], np.float32)
    np.testing.assert_allclose(between(np.array([0, 0.5, 1, 1.25, 2]), 3) @ line, [1, 2, 3, 1.75, -2])
    np.testing.assert_allclose(between(np.array([-1.0, 3.0]), 3) @ line, [0, 0])


def test_weights_go_to_their_own_axes() -> None:
    volume = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    picked = weighed(volume, np.eye(2, dtype=np.float32)[[1]], np.eye(3, dtype=np.float32)[[2, 0]], np.eye(4)[[3]])
    np.testing.assert_array_equal(picked, volume[[1]][:, [2, 0]][:, :, [3]])


def test_stretching_goes_on_with_the_last_value() -> None:
    np.testing.assert_allclose(stretch(np.array([0.0, 2.0]), 2, (5,)), [0, 1, 2, 2, 2])


def test_smooth_field_has_the_promised_spread_and_repeats() -> None:
    fields = [smooth_field((60, 60, 60), 12, np.random.Generator(np.random.PCG64(9))) for _ in range(2)]
    np.testing.assert_array_equal(fields[0], fields[1])
    assert abs(fields[0].mean()) < 0.3
    assert 0.5 < fields[0].std() < 1.2
    assert np.abs(np.diff(fields[0], axis=0)).max() < 1
