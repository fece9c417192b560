from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io.placement import LPS_TO_RAS, Placement

PATH = Path("a.nii")


def test_the_columns_come_back(all_affines: list[NDArray[np.float64]]) -> None:
    for affine in all_affines:
        placement = Placement.of(affine[:3, :3], np.ones(3), affine[:3, 3])
        np.testing.assert_allclose(placement.affine(PATH, 3), affine, rtol=1e-14)


def test_the_length_of_a_direction_belongs_to_the_spacing() -> None:
    placement = Placement.of(np.diag([2.0, 3.0, 4.0]), [5.0, 6.0, 7.0], np.zeros(3))
    np.testing.assert_array_equal(placement.spacing, (10, 18, 28))
    np.testing.assert_array_equal(placement.direction, np.eye(3))


def test_lps_and_ras_share_only_the_feet_to_head_axis() -> None:
    np.testing.assert_array_equal(LPS_TO_RAS @ (1, 2, 3), (-1, -2, 3))
    np.testing.assert_array_equal(LPS_TO_RAS @ LPS_TO_RAS, np.eye(3))


def test_an_image_without_a_normal_gets_one_of_a_millimetre() -> None:
    slanted = np.array([[3, 1, 0], [0, 2, 0], [4, 0, 0.0]])
    normal = Placement.of(slanted, np.ones(3), np.zeros(3)).affine(PATH, 2)[:3, 2]
    np.testing.assert_allclose(normal @ slanted[:, :2], 0, atol=1e-15)
    assert np.linalg.norm(normal) == pytest.approx(1)
    assert np.linalg.det(np.column_stack([slanted[:, :2], normal])) > 0


@pytest.mark.parametrize("size", [0.0, -1.0, np.nan, np.inf, 1e-5, 1e5])
def test_a_voxel_size_no_scanner_has_is_refused(size: float) -> None:
    placement = Placement.of(np.eye(3), [1.0, size, 1.0], np.zeros(3))
    with pytest.raises(InputError, match=r"a\.nii has a voxel size of 1×.* mm; every edge must be"):
        placement.affine(PATH, 3)
    assert placement.affine(PATH, 3, (1.0, 2.0, 3.0))[1, 1] == 2


def test_axes_that_span_no_space_are_refused() -> None:
    flat = Placement.of([[1, 1, 0], [0, 1e-9, 0], [0, 0, 1]], np.ones(3), np.zeros(3))
    with pytest.raises(InputError, match=r"a\.nii has directions .*; its axes must be finite and"):
        flat.affine(PATH, 3)


@pytest.mark.parametrize("edge", [0.0, -1.0, float("nan")])
def test_a_spacing_that_the_user_gave_is_not_blamed_on_the_file(edge: float) -> None:
    placement = Placement.of(np.eye(3), np.ones(3), np.zeros(3))
    with pytest.raises(InputError, match=r"^--spacing 1 1 .*; every edge must be a positive"):
        placement.affine(PATH, 3, (1.0, 1.0, edge))
