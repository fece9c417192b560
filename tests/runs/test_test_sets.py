"""The frozen test sets are what their manifests say, and each scan what its stratum says."""

import hashlib
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

RUNS = Path(__file__).parents[2] / "runs" / "test_sets"
sys.path.insert(0, str(RUNS))

from scenes import clean_scan, contrast_of, noisy_scan  # noqa: E402
from sets import RADII, SETS, Line, lines_of, make, recipe  # noqa: E402
from strangers import STRANGERS, draw_stranger  # noqa: E402

from lumenfield.synthesis.draws import Draw  # noqa: E402

FROZEN = [name for name in SETS if (RUNS / f"{name}.toml").is_file()]


def manifest(name: str) -> list[dict[str, str]]:
    scans: list[dict[str, str]] = tomllib.loads((RUNS / f"{name}.toml").read_text())["scan"]
    return scans


def ball(radius: float) -> torch.Tensor:
    """Signed distance of a ball in 40³ voxels of 1 mm."""
    axes = torch.meshgrid(*[torch.arange(40.0) - 19.6] * 3, indexing="ij")
    return (torch.stack(axes).square().sum(0).sqrt() - radius)[None, None]


@pytest.mark.parametrize("name", FROZEN)
def test_a_manifest_lists_every_scan_of_its_set(name: str) -> None:
    assert [scan["name"] for scan in manifest(name)] == [line.name for line in lines_of(name)]


def test_no_two_sets_share_a_draw() -> None:
    assert len({chosen.seed for chosen in SETS.values()}) == len(SETS)


@pytest.mark.parametrize("at", [0, 25])
def test_a_line_gives_the_scan_that_was_frozen(at: int) -> None:
    line, then = lines_of("choose")[at], manifest("choose")[at]
    scan = make(line)
    mask = (scan.distance.values < 0).astype(np.uint8)
    assert hashlib.sha256(mask.tobytes()).hexdigest() == then["mask_sha256"]
    assert scan.magnitude.values.mean(dtype=np.float64) == pytest.approx(float(then["mean"]), 1e-3)


def test_a_twin_has_the_same_truth_and_the_opposite_contrast() -> None:
    line = next(line for line in lines_of("choose") if line.size == "R 3-6" and line.inverted)
    twin, upright = make(line), make(replace(line, inverted=False))
    np.testing.assert_array_equal(twin.distance.values, upright.distance.values)
    assert contrast(upright.magnitude.values, upright.distance.values) > 0
    assert contrast(twin.magnitude.values, twin.distance.values) < 0


def contrast(values: np.ndarray, phi: np.ndarray) -> float:
    return float(np.median(values[phi < 0]) - np.median(values[(phi > 1) & (phi < 4)]))


def test_the_noise_gives_the_contrast_over_noise_that_was_asked_for() -> None:
    phi, spacing = ball(12.0), (1.0, 1.0, 1.0)
    look, clean = clean_scan(Draw(3), recipe().families["phantom_black"], phi, spacing)
    plain = replace(look, intensity=replace(look.intensity, integers=False, offset=0.0))
    low, high = (noisy_scan(plain, clean, phi, spacing, cnr) for cnr in (5.0, 1e6))
    scale = np.median(low.magnitude.values[phi[0, 0] < -2]) / float(clean[phi < -2].median())
    still = high.magnitude.values / high.magnitude.values.max() * float(clean.max())
    noise = (low.magnitude.values / scale - still)[phi[0, 0].numpy() < -2].std()
    assert contrast_of(clean, phi, 1.0) / noise == pytest.approx(5.0, rel=0.2)


def test_the_class_of_radius_is_that_of_the_vessel() -> None:
    for size in ("R 1.5-3", "R 6-12"):
        line = Line("one", 5, 2, "contrast_enhanced", size, "CNR 8-30")
        scan = make(line)
        deepest = -float(scan.distance.values.min()) / max(scan.magnitude.spacing)
        low, high = RADII[size]
        # A rough wall adds a little, a sac and the place where branches part up to two radii.
        assert 0.7 * low < deepest < 2.2 * high


@pytest.mark.parametrize("kind", STRANGERS)
def test_strangers_are_scans_that_vary(kind: str) -> None:
    scan = draw_stranger(kind, 1, size=24)
    assert np.isfinite(scan.values).all()
    assert np.ptp(scan.values) > 0
    np.testing.assert_array_equal(scan.values, draw_stranger(kind, 1, size=24).values)
