"""Named anatomies are in one piece, as wide as they should be, and flat ones are slices."""

import numpy as np
import pytest
import torch
from scipy.ndimage import label

from lumenfield.errors import InputError
from lumenfield.geometry import (
    COMMUNICATING,
    Union,
    aortic_arch,
    carotid,
    circle_of_willis,
    coarctation,
    murray_tree,
    sample_bound,
)


def n_pieces(solid, ndim, voxel, n=72):
    phi = sample_bound(solid, (n,) * ndim, (voxel,) * ndim)
    return label((phi[0, 0] < 0).numpy())[1]


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize(
    ("make", "voxel"),
    [(aortic_arch, 4.4), (carotid, 3.0), (circle_of_willis, 1.0), (murray_tree, 1.0)],
)
def test_a_tree_is_in_one_piece(make, voxel, ndim):
    radius = {murray_tree: (4.0,)}.get(make, ())
    solid = make(*radius, ndim=ndim, **({} if make is aortic_arch else {"least_mm": 0.9 * voxel}))
    assert n_pieces(solid, ndim, voxel) == 1


def test_the_arch_has_three_heads_that_leave_upward():
    flat = aortic_arch(twist_mm=0.0, ndim=2)
    lumen = sample_bound(flat, (60, 96), (2.0, 2.0))[0, 0] < 0
    assert label(lumen[:, 85].numpy())[1] == 3
    assert label(lumen[:, 20].numpy())[1] == 2


def test_the_throat_of_a_coarctation_is_as_narrow_as_asked():
    line = aortic_arch(bulges=coarctation(0.6)).parts[0]
    places = line._line.pieces[:3].T
    throat = places[(line._line.pieces[12] / line.length_mm - line.bulges[0].at).abs().argmin()]
    assert -line.distance(throat[None]).item() == pytest.approx(0.4 * 12.7, rel=0.1)
    # Beyond the left subclavian artery, before the descending aorta.
    assert throat[0] > 25
    assert 0 < throat[1] < 30


def test_the_internal_carotid_thins_from_its_bulb_to_its_end():
    main = carotid(3.3).parts[0]
    widths = 2 * np.asarray(main.radii_mm)
    assert widths.max() == pytest.approx(7.6, abs=0.1)
    assert widths[8] == pytest.approx(4.6, abs=0.1)
    assert widths[-1] == pytest.approx(2.8, abs=0.1)


def test_communicating_arteries_decide_how_many_trees_there_are():
    assert len(circle_of_willis(missing=COMMUNICATING).parts) == 3
    both = circle_of_willis(missing=("left posterior", "anterior"))
    assert isinstance(both, Union)
    assert len(both.parts) == 2
    assert not isinstance(circle_of_willis(missing=("anterior",)), Union)


def test_a_murray_tree_splits_its_cube_of_radius():
    radii = sorted((v.radii_mm[0] for v in murray_tree(4.0, 2).parts), reverse=True)
    assert len(radii) == 7
    assert sum(r**3 for r in radii[1:3]) == pytest.approx(64.0)
    assert sum(r**3 for r in radii[3:]) == pytest.approx(64.0)


def test_daughters_thinner_than_the_least_are_left_out():
    radii = [v.radii_mm[0] for v in murray_tree(4.0, 5, least_mm=2.5).parts]
    assert min(radii) >= 2.5
    assert len(radii) < 2**6 - 1


def test_blends_reach_no_further_than_their_vessels():
    solid = circle_of_willis()
    far = solid.distance(torch.tensor([[200.0, 0.0, 0.0]]))
    assert far.item() == pytest.approx(200 - 15.0 * 2.2, rel=0.05)


def test_an_arch_tighter_than_its_aorta_is_refused():
    with pytest.raises(InputError, match=r"arch of 10\.0 mm on an aorta of 16\.0 mm with 3 head"):
        aortic_arch(16.0, arch_mm=10.0)


def test_a_fourth_head_vessel_is_refused():
    with pytest.raises(InputError, match=r"with 4 head vessels; .* three head vessels at most"):
        aortic_arch(heads_mm=(4.0,) * 4)


def test_an_unknown_artery_is_refused():
    with pytest.raises(InputError, match="missing middle; those that may be missing are anterior"):
        circle_of_willis(missing=("middle",))
