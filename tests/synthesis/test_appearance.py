import math
from dataclasses import replace

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.geometry import Ball, grid_points
from lumenfield.synthesis import load_recipe
from lumenfield.synthesis.appearance import draw_appearance, render, signal_magnitude
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.family import Family
from lumenfield.synthesis.flow import Flow
from lumenfield.synthesis.scanner import Acquisition, edge_width

FAMILIES = load_recipe("any").families
SHAPE, SPACING, RADIUS = (34, 34, 34), (1.0, 1.0, 1.0), 8.0
INVERTED = [name for name, family in FAMILIES.items() if family.inverted]


def ball(radius=RADIUS, shape=SHAPE, spacing=SPACING):
    solid = Ball(radius).moved(*(0.2, -0.3, 0.1)[: len(shape)])
    return solid.distance(grid_points(shape, spacing))[None, None]


def clean(family, index, *, around, **changes):
    """A drawn look with one level around the lumen, without noise, texture or wall."""
    look = draw_appearance(Draw(3, index), family, 3)
    tissue = replace(look.tissue, levels=(around,), organs=(), sheets=(), air=0.0)
    quiet = replace(look.acquisition, snr=1e5, ghost=(), averages=1)
    usual = {
        "texture": 0.0,
        "unevenness": 0.0,
        "inflow": 0.0,
        "graded": 0.0,
        "wall_voxels": 0.0,
        "coil": 0.0,
        "flow": Flow(),
        "tissue": tissue,
        "acquisition": quiet,
    }
    return replace(look, **(usual | changes))


def far_level(family):
    return 0.9 if family.inverted else 0.1


def seen_width(image, phi):
    """Voxels over which the radial profile falls from 90 % to 10 % of its step."""
    bins = [(phi - at).abs() < 0.1 for at in torch.arange(-4, 4.01, 0.2)]
    profile = torch.stack([image[b].mean() for b in bins])
    share = (profile - profile[-4:].mean()) / (profile[:4].mean() - profile[-4:].mean())

    def crossing(level):
        last = int((share > level).nonzero()[-1])
        return last + float((share[last] - level) / (share[last] - share[last + 1]))

    return 0.2 * (crossing(0.1) - crossing(0.9))


@pytest.mark.parametrize(("kept", "apodisation"), [(1.0, 0.5), (1.0, 1.1), (0.7, 0.6)])
def test_an_edge_is_as_wide_as_voxel_crop_and_filter_make_it(kept, apodisation):
    sharp = Acquisition(1e5, (kept,) * 3, (apodisation,) * 3)
    look = clean(Family(), 0, around=0.2, acquisition=sharp)
    width = seen_width(signal_magnitude(ball(), SPACING, look), ball())
    assert width == pytest.approx(edge_width(kept, apodisation), rel=0.1)


@pytest.mark.parametrize("family", FAMILIES)
def test_edges_are_one_and_a_half_to_three_and_a_half_voxels_wide(family):
    phi = ball()
    for index in range(6):
        look = clean(FAMILIES[family], index, around=far_level(FAMILIES[family]))
        assert 1.35 < seen_width(signal_magnitude(phi, SPACING, look), phi) < 3.85


@pytest.mark.parametrize("family", FAMILIES)
def test_half_way_between_the_levels_is_the_wall(family):
    phi = ball()
    sharp = Acquisition(1e5, (1.0,) * 3, (0.6,) * 3)
    look = clean(FAMILIES[family], 1, around=far_level(FAMILIES[family]), acquisition=sharp)
    image = signal_magnitude(phi, SPACING, look)
    inside, outside = image[phi < -4].mean(), image[(phi > 4) & (phi < 6)].mean()
    at_wall = image[phi.abs() < 0.15].mean()
    assert ((at_wall - outside) / (inside - outside)).item() == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("family", FAMILIES)
def test_an_isointense_neighbour_is_kept_apart(family):
    phi = ball()
    for index in range(4):
        look = draw_appearance(Draw(3, index), FAMILIES[family], 3)
        sharp = Acquisition(1e5, (1.0,) * 3, (0.5,) * 3)
        worst = clean(FAMILIES[family], index, around=look.lumen, acquisition=sharp)
        image = signal_magnitude(phi, SPACING, worst)
        contrast = image[phi < -2].mean() - image[(phi > 1) & (phi < 2)].mean()
        sign = -1 if look.inverted else 1
        assert sign * contrast.item() > 0.8 * min(look.least_contrast, look.lumen)


@pytest.mark.parametrize("family", INVERTED)
def test_an_inverted_lumen_is_darker_than_its_surroundings(family):
    phi = ball()
    for index in range(8):
        look = draw_appearance(Draw(1, index), FAMILIES[family], 3)
        look = replace(look, coil=0.0, wall_voxels=0.0)
        image = signal_magnitude(phi, SPACING, look)
        assert image[phi < -1.5].mean() < image[(phi > 1.5) & (phi < 3)].mean()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_scan_turned_over_is_bright_where_it_was_dark(family):
    phi = ball()
    look = clean(FAMILIES[family], 0, around=far_level(FAMILIES[family]))
    over = replace(look, turned_over=True)
    image, turned = (signal_magnitude(phi, SPACING, one) for one in (look, over))
    assert turned.min() > 0
    whole = torch.full_like(image, 1.05 * image.max())
    torch.testing.assert_close(image + turned, whole, rtol=0, atol=2e-4)


def test_a_scan_turned_over_keeps_its_noise():
    phi = ball()
    loud = Acquisition(20.0, (1.0,) * 3, (0.5,) * 3)
    look = clean(Family(), 0, around=0.3, acquisition=loud)
    image, turned = (
        signal_magnitude(phi, SPACING, replace(look, turned_over=over)) for over in (False, True)
    )
    far = phi > 3
    assert turned[far].std().item() == pytest.approx(image[far].std().item(), rel=0.1)


def test_being_turned_over_is_by_chance_and_changes_no_other_draw():
    sometimes = replace(FAMILIES["time_of_flight"], turned_over=0.5)
    turns = []
    for index in range(40):
        look = draw_appearance(Draw(3, index), FAMILIES["time_of_flight"], 3)
        other = draw_appearance(Draw(3, index), sometimes, 3)
        assert replace(other, turned_over=False) == look
        turns.append(other.turned_over)
    assert 10 < sum(turns) < 30


@pytest.mark.parametrize("level", [0.1, 0.3, 0.6])
def test_a_dark_wall_stays_darker_than_a_dark_lumen_and_a_bright_bath(level):
    phi = ball()
    sharp = Acquisition(1e5, (1.0,) * 3, (0.5,) * 3)
    changes = {"lumen": 0.3, "wall_voxels": 3.0, "wall_level": level, "acquisition": sharp}
    look = clean(FAMILIES["phantom_bath"], 0, around=0.9, **changes)
    image = signal_magnitude(phi, SPACING, look)
    wall, lumen, bath = (
        image[part].mean().item()
        for part in ((phi > 1) & (phi < 2), phi < -2, (phi > 7) & (phi < 9))
    )
    assert wall < lumen - 0.15
    assert lumen < bath - 0.3


def test_a_bright_wall_lies_above_a_black_lumen():
    phi = ball()
    family = FAMILIES["black_blood"]
    look = clean(family, 0, around=0.5, wall_voxels=3.0, wall_level=0.1)
    image = signal_magnitude(phi, SPACING, look)
    assert image[(phi > 1) & (phi < 2)].mean() > image[phi < -2].mean() + 0.2


def test_a_wall_ring_is_dark_beside_the_lumen():
    phi = ball()
    look = clean(FAMILIES["time_of_flight"], 0, around=0.4)
    ringed = replace(look, wall_voxels=3.0, wall_level=0.0)
    plain, dark = (signal_magnitude(phi, SPACING, one) for one in (look, ringed))
    ring = (phi > 1.5) & (phi < 2.5)
    assert dark[ring].mean() < 0.5 * plain[ring].mean()
    torch.testing.assert_close(dark[phi > 8].mean(), plain[phi > 8].mean(), rtol=0.03, atol=0)


@pytest.mark.parametrize("family", FAMILIES)
def test_noise_is_the_lumen_mean_over_the_snr(family):
    phi = ball(12.0)
    plain = Acquisition(30.0, (1.0,) * 3, (0.5,) * 3)
    changes = {"around": far_level(FAMILIES[family]), "acquisition": plain, "lumen": 0.5}
    look = clean(FAMILIES[family], 2, **changes)
    still = signal_magnitude(phi, SPACING, replace(look, acquisition=replace(plain, snr=1e6)))
    noise = (signal_magnitude(phi, SPACING, look) - still)[phi < -4]
    assert noise.std().item() == pytest.approx(still[phi < 0].mean().item() / 30, rel=0.04)


def test_noise_never_hides_the_vessel():
    phi = ball()
    loud = Acquisition(0.5, (1.0,) * 3, (0.5,) * 3)
    look = clean(Family(), 0, around=0.2, acquisition=loud, lumen=0.4)
    image = signal_magnitude(phi, SPACING, look)
    assert image[phi < 0].mean() > image[(phi > 0.5) & (phi < 2.5)].mean() + 0.05


def test_a_graded_lumen_fades_along_the_flow_and_turns_with_its_sense():
    phi = ball(14.0)
    for sense in (1, -1):
        flow = Flow(axis=1, sense=sense)
        look = clean(FAMILIES["time_of_flight"], 0, around=0.1, graded=0.5, flow=flow)
        image = signal_magnitude(phi, SPACING, look)[0, 0]
        first, last = image[17, 7, 17], image[17, 27, 17]
        assert (first > 1.2 * last) if sense > 0 else (last > 1.2 * first)


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


def test_slope_of_the_field_does_not_matter_near_the_wall():
    phi, look = ball(), clean(FAMILIES["phase_contrast"], 0, around=0.1)
    one, steep = (signal_magnitude(k * phi, SPACING, look) for k in (1, 2))
    assert (one - steep)[phi.abs() < 2].abs().mean() < 0.02


def test_a_flat_disc_looks_the_same_in_anisotropic_voxels():
    look = clean(Family(), 0, around=0.1, acquisition=Acquisition(1e5, (1.0,) * 2, (0.0,) * 2))
    phi = ball(9.0, (48, 24), (0.5, 1.0))
    area = (signal_magnitude(phi, (0.5, 1.0), look) - 0.1).clamp(min=0) / (look.lumen - 0.1)
    assert area.sum().item() * 0.5 == pytest.approx(math.pi * 81, rel=0.03)


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
