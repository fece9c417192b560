"""Values that know their geometry, and refuse to be made wrong."""

import dataclasses
import math

import numpy as np
import pytest

from lumenfield.datatypes import (
    BoundaryPrior,
    MaternField,
    Prediction,
    PriorMeta,
    Volume,
    scaling,
)
from lumenfield.errors import InputError


def oblique(spacing):
    """Axes turned about two world axes, one of them flipped, off the origin."""
    c, s = math.cos(0.4), math.sin(0.4)
    about_z = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
    about_x = np.array([[1.0, 0, 0], [0, c, -s], [0, s, c]])
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x @ np.diag([-1.0, 1.0, 1.0]) * np.asarray(spacing)
    affine[:3, 3] = (10.0, -20.0, 5.0)
    return affine


def test_spacing_is_read_from_an_oblique_affine():
    scan = Volume(np.zeros((3, 4, 5)), oblique((0.5, 1.25, 3.0)))
    assert scan.spacing == pytest.approx((0.5, 1.25, 3.0))
    assert scan.shape == (3, 4, 5)
    assert scan.ndim == 3


def test_a_plane_image_has_two_spacings():
    scan = Volume(np.zeros((3, 4)), oblique((0.5, 1.25, 3.0)))
    assert scan.spacing == pytest.approx((0.5, 1.25))
    assert scan.ndim == 2


def test_scaling_puts_the_spacing_on_the_diagonal():
    assert scaling((0.5, 2.0)).tolist() == np.diag([0.5, 2.0, 1.0, 1.0]).tolist()
    assert Volume(np.zeros((2, 2, 2)), scaling((1.0, 2.0, 3.0))).spacing == (1.0, 2.0, 3.0)


def test_like_keeps_the_grid():
    scan = Volume(np.zeros((3, 4)), oblique((1.0, 1.0, 1.0)))
    mask = scan.like(np.ones((3, 4), np.uint8))
    assert mask.same_grid(scan)
    assert mask.values.dtype == np.uint8


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 4)])
def test_places_in_the_world_are_found_again_in_voxels(shape):
    grid = Volume(np.zeros(shape), oblique((0.5, 1.0, 2.0)))
    index = np.array([[1.5, 2.2, 0.7], [4.9, 3.1, 2.9]])[:, : len(shape)]
    columns = grid.affine[:3, : len(shape)]
    found = grid.places_of(index @ columns.T + grid.affine[:3, 3])
    np.testing.assert_allclose(found, index, atol=1e-9)


def test_like_refuses_values_of_another_shape():
    with pytest.raises(InputError, match=r"values are \(2, 2\); the grid is \(3, 4\): resample"):
        Volume(np.zeros((3, 4)), np.eye(4)).like(np.zeros((2, 2)))


def test_grids_differ_by_shape_or_by_place():
    scan = Volume(np.zeros((3, 4)), np.eye(4))
    aside = np.eye(4)
    aside[0, 3] = 0.01
    assert not scan.same_grid(Volume(np.zeros((4, 3)), np.eye(4)))
    assert not scan.same_grid(Volume(np.zeros((3, 4)), aside))
    assert scan.same_grid(Volume(np.zeros((3, 4)), aside), tolerance=0.1)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((), r"grid is a single number \(0-D\); a volume has two or three axes"),
        ((4,), r"grid is 4 \(1-D\)"),
        ((2, 3, 4, 5), r"grid is 2×3×4×5 \(4-D\); .*: take one slice, channel or time point"),
        ((3, 0), r"grid is 3×0 \(2-D\); .* none of them empty"),
    ],
)
def test_a_grid_that_is_no_volume_is_refused(shape, message):
    with pytest.raises(InputError, match=message):
        Volume(np.zeros(shape), np.eye(4))


@pytest.mark.parametrize(
    "affine", [np.eye(3), np.diag([1.0, 1, 0, 1]), np.full((4, 4), np.nan), np.zeros((4, 4))]
)
def test_an_affine_that_places_nothing_is_refused(affine):
    with pytest.raises(InputError, match=r"affine is .*; .* invertible 4×4 matrix .*--spacing"):
        Volume(np.zeros((2, 2)), affine)


def test_values_are_frozen():
    scan = Volume(np.zeros((2, 2)), np.eye(4))
    with pytest.raises(dataclasses.FrozenInstanceError):
        scan.affine = np.eye(4)


def test_results_carry_their_field_and_no_warnings_by_default():
    scan = Volume(np.zeros((2, 2)), np.eye(4))
    prediction = Prediction(scan, scan, scan, MaternField(0.5, 3.0))
    assert prediction.field.alpha == 3.0
    assert prediction.warnings == ()
    prior = BoundaryPrior(scan, scan, (), prediction.field)
    assert prior.meta == PriorMeta()
