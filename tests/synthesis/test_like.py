"""What a scan was made with is measured back, and a recipe narrowed to it draws scans like it."""

from dataclasses import replace

import numpy as np
import pytest

from lumenfield.datatypes import Volume, scaling
from lumenfield.errors import InputError
from lumenfield.geometry import sample_bound
from lumenfield.synthesis import load_recipe, narrowed_recipe
from lumenfield.synthesis.appearance import draw_appearance, render
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.intensity import Intensity
from lumenfield.synthesis.phantom import carotid_anatomy
from lumenfield.synthesis.sample import draw_plan
from lumenfield.synthesis.scanner import Acquisition, apodisation_for
from lumenfield.synthesis.tissue import Tissue
from lumenfield.synthesis.traits import measure_scan

ANY = load_recipe("any")
SPACING = (0.8, 0.8, 0.8)
SOLID = carotid_anatomy()


def scanned(snr, kept, edge, *, family="phase_contrast"):
    """A carotid of known SNR, crop and edge; σ in its grey values, and its edges' width."""
    phi = sample_bound(SOLID, (72, 60, 56), SPACING)
    bath = ANY.families[family].inverted
    look = replace(
        draw_appearance(Draw(3), ANY.families[family], 3),
        lumen=0.4 if bath else 0.9,
        texture=0.03,
        wall_voxels=0.0,
        tissue=Tissue((0.9,) if bath else (0.3, 0.2, 0.4), 12.0, (), (), 0.2),
        acquisition=Acquisition(float(snr), (kept,) * 3, (apodisation_for(edge, kept),) * 3),
        intensity=Intensity(2000.0, integers=True),
    )
    image = render(phi, SPACING, look)
    sigma = image[phi < 0].mean().item() / snr
    return Volume(image[0, 0].numpy(), scaling(SPACING)), sigma, edge


@pytest.mark.parametrize(("snr", "kept", "edge"), [(8, 1.0, 2.0), (20, 0.67, 2.2), (40, 0.6, 2.5)])
def test_noise_edges_and_zero_filling_are_measured(snr, kept, edge):
    scan, sigma, width = scanned(snr, kept, edge)
    found = measure_scan(scan)
    assert found.sigma == pytest.approx(sigma, rel=0.25)
    assert found.edge_voxels == pytest.approx(width, rel=0.25)
    seen = [share for share in found.kept if share < 0.95]
    assert bool(seen) == (kept < 1)
    assert np.median(seen or [1.0]) == pytest.approx(kept, abs=0.07)
    assert found.integers
    assert found.spacing == pytest.approx(scan.spacing)


@pytest.mark.parametrize(("family", "dark"), [("phantom_bath", True), ("phantom_black", False)])
def test_contrast_is_known_by_its_sign(family, dark):
    assert measure_scan(scanned(15, 1.0, 2.0, family=family)[0]).inverted == dark


def test_a_narrowed_recipe_draws_what_it_was_narrowed_to():
    scan = scanned(20, 0.67, 2.2)[0]
    recipe = narrowed_recipe(ANY, scan)
    assert all(not recipe.families[name].inverted for name in recipe.weights)
    again = draw_plan(recipe, 1, 0, shape=scan.shape)
    assert min(again.spacing) == pytest.approx(min(scan.spacing), rel=0.11)
    assert 0.55 < min(again.look.acquisition.kept) < 0.8
    assert again.look.intensity.integers
    low, high = recipe.families["phase_contrast"].scanner.snr
    assert (low * high) ** 0.5 == pytest.approx(20, rel=0.5)


def test_a_recipe_without_the_contrast_is_refused():
    bright = replace(load_recipe("aorta"), weights={"phase_contrast": 1.0})
    scan = scanned(15, 1.0, 2.0, family="phantom_bath")[0]
    with pytest.raises(InputError, match=r"vessels darker than .*; recipe aorta has no such"):
        narrowed_recipe(bright, scan)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((20, 20), 3.0), "is 3 everywhere; noise and edges"),
        (np.full((20, 20), np.nan), "holds NaN"),
        (np.eye(8), "is 8×8; at least 16 voxels"),
    ],
)
def test_a_scan_that_tells_nothing_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        measure_scan(Volume(values, np.eye(4)))
