"""The look of a scan: mixed by volume, never negative, and the lumen never lost."""

import math
from dataclasses import replace

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.geometry import Ball, grid_points, sample_distance
from lumenfield.synthesis.appearance import Family, draw_appearance, occupancy, render
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.recipe import load_recipe

FAMILIES = load_recipe("any").families
SHAPE, SPACING, RADIUS = (34, 34, 34), (1.0, 1.0, 1.0), 8.0


def ball(shape=SHAPE, spacing=SPACING):
    return sample_distance(Ball(RADIUS).moved(*(0.2, -0.3, 0.1)[: len(shape)]), shape, spacing)


def clean(family, index, *, around):
    """A drawn look with one level around the lumen, without noise, texture or wall."""
    look = draw_appearance(Draw(3, index), family, 3)
    tissue = replace(look.tissue, levels=(around,), organs=(), sheets=(), air=0.0)
    quiet = replace(look.acquisition, snr=1e5, ghost=())
    return replace(
        look,
        texture=0.0,
        unevenness=0.0,
        inflow=0.0,
        dephasing=0.0,
        wall_voxels=0.0,
        coil=0.0,
        phase=0.0,
        scale=1.0,
        tissue=tissue,
        acquisition=quiet,
    )


def edge_width(image, phi):
    """Voxels over which the radial profile falls from 90 % to 10 % of its step."""
    bins = [(phi - at).abs() < 0.1 for at in torch.arange(-4, 4.01, 0.2)]
    profile = torch.stack([image[b].mean() for b in bins])
    share = (profile - profile[-4:].mean()) / (profile[:4].mean() - profile[-4:].mean())

    def crossing(level):
        last = int((share > level).nonzero()[-1])
        return last + float((share[last] - level) / (share[last] - share[last + 1]))

    return 0.2 * (crossing(0.1) - crossing(0.9))


def test_occupancy_is_the_share_of_a_voxel_inside():
    phi = ball()
    fine = Ball(RADIUS).moved(0.2, -0.3, 0.1)
    offsets = grid_points((5, 5, 5), (0.2, 0.2, 0.2)).reshape(-1, 3)
    points = grid_points(SHAPE, SPACING)
    near = (phi[0, 0].abs() < 1).nonzero()[::7]
    places = points[tuple(near.T)][:, None] + offsets
    counted = (fine.distance(places) < 0).float().mean(1)
    found = occupancy(phi, SPACING)[0, 0][tuple(near.T)]
    assert (found - counted).square().mean().sqrt() < 0.03
    assert (found - counted).mean().abs() < 0.01


@pytest.mark.parametrize("apodisation", [0.3, 0.8])
def test_an_edge_is_as_wide_as_voxel_and_filter_make_it(apodisation):
    look = clean(Family(), 0, around=0.2)
    sharp = replace(look.acquisition, kept=(1.0,) * 3, apodisation=(apodisation,) * 3)
    phi = ball()
    width = edge_width(render(phi, SPACING, replace(look, acquisition=sharp)), phi)
    assert width == pytest.approx(2.563 * math.sqrt(1 / 12 + apodisation**2), rel=0.1)


@pytest.mark.parametrize("family", FAMILIES)
def test_edges_are_a_few_voxels_wide(family):
    phi = ball()
    for index in range(6):
        around = 0.9 if FAMILIES[family].inverted else 0.1
        width = edge_width(render(phi, SPACING, clean(FAMILIES[family], index, around=around)), phi)
        assert 0.9 < width < 3.5


@pytest.mark.parametrize("family", FAMILIES)
def test_half_way_between_the_levels_is_the_wall(family):
    phi = ball()
    look = clean(FAMILIES[family], 1, around=0.9 if FAMILIES[family].inverted else 0.1)
    image = render(phi, SPACING, look)
    inside, outside = image[phi < -4].mean(), image[(phi > 4) & (phi < 6)].mean()
    at_wall = image[phi.abs() < 0.15].mean()
    assert ((at_wall - outside) / (inside - outside)).item() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_isointense_neighbour_is_kept_apart(family):
    phi = ball()
    for index in range(4):
        look = draw_appearance(Draw(5, index), FAMILIES[family], 3)
        worst = clean(FAMILIES[family], index, around=look.lumen)
        worst = replace(worst, lumen=look.lumen)
        image = render(phi, SPACING, worst)
        contrast = image[phi < -2].mean() - image[(phi > 1) & (phi < 2)].mean()
        sign = -1 if look.inverted else 1
        assert sign * contrast.item() > 0.6 * min(look.least_contrast, look.lumen)


def test_an_inverted_lumen_is_darker_than_its_surroundings():
    phi = ball()
    for index in range(8):
        look = replace(draw_appearance(Draw(1, index), FAMILIES["phantom_bath"], 3), coil=0.0)
        image = render(phi, SPACING, look)
        assert image[phi < -1.5].mean() < image[(phi > 1.5) & (phi < 3)].mean()


def test_magnitudes_are_never_negative_and_finite():
    phi = ball()
    for family in FAMILIES.values():
        image = render(phi, SPACING, draw_appearance(Draw(0, 7), family, 3))
        assert image.dtype == torch.float32
        assert image.min() >= 0
        assert torch.isfinite(image).all()


def test_the_same_look_gives_the_same_image():
    phi, look = ball(), draw_appearance(Draw(2), FAMILIES["time_of_flight"], 3)
    assert torch.equal(render(phi, SPACING, look), render(phi, SPACING, look))


def test_a_wall_ring_is_dark_beside_the_lumen():
    phi = ball()
    look = clean(FAMILIES["time_of_flight"], 0, around=0.4)
    ringed = replace(look, wall_voxels=3.0, wall_level=0.0)
    plain, dark = render(phi, SPACING, look), render(phi, SPACING, ringed)
    ring = (phi > 1) & (phi < 2)
    assert dark[ring].mean() < 0.4 * plain[ring].mean()
    torch.testing.assert_close(dark[phi > 6].mean(), plain[phi > 6].mean(), rtol=0.02, atol=0)


def test_slope_of_the_field_does_not_matter_near_the_wall():
    phi, look = ball(), clean(FAMILIES["phase_contrast"], 0, around=0.1)
    one, steep = render(phi, SPACING, look), render(2 * phi, SPACING, look)
    assert (one - steep)[phi.abs() < 2].abs().mean() < 0.02


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lumen": (1.0, 0.5)}, r"lumen = \[1\.0, 0\.5\]; a range"),
        ({"coil": (-1.0, 0.5)}, r"coil = \[-1\.0, 0\.5\]; .* starts at 0"),
        ({"texture_voxels": (0.0, 2.0)}, r"texture_voxels = .* starts at 0\.5"),
    ],
)
def test_a_family_that_cannot_be_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        Family(**changes)
