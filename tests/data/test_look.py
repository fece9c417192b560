"""Changes of looks: each does what its number says, in millimetres where it is a length."""

import pytest
import torch

from lumenfield.data.look import Look, apply_look


def _point(spacing):
    image = torch.zeros(1, 1, 33, 31, 29)
    image[0, 0, 16, 15, 14] = 1
    return apply_look(Look(blur_mm=1.5), image, spacing)[0, 0]


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 1.0, 2.0)])
def test_a_blur_has_its_width_in_millimetres_along_every_axis(spacing):
    point = _point(spacing)
    assert point.sum() == pytest.approx(1, abs=1e-4)
    for axis, h in enumerate(spacing):
        line = point.sum([a for a in range(3) if a != axis])
        places = h * torch.arange(len(line))
        mean = (line * places).sum()
        width = (line * (places - mean) ** 2).sum().sqrt()
        assert width == pytest.approx(1.5, rel=0.02)


def test_a_blur_leaves_an_even_image_alone():
    even = torch.full((1, 1, 7, 9), 3.0)
    torch.testing.assert_close(apply_look(Look(blur_mm=4.0), even, (1.0, 2.0)), even)


@pytest.mark.parametrize("size", [12, 13])
def test_coarse_voxels_keep_the_size_and_lose_what_alternates(size):
    image = torch.ones(1, 1, 5, size)
    image[..., ::2] = -1
    merged = apply_look(Look(coarse=2, coarse_axis=1), image, (1.0, 1.0))
    assert merged.shape == image.shape
    assert merged[..., : size - 2].abs().max() < 1e-6
    assert torch.equal(apply_look(Look(coarse=2, coarse_axis=0), image, (1.0, 1.0)), image)


def test_a_coil_is_smooth_and_of_its_strength():
    gains = torch.cat(
        [
            apply_look(Look(bias=0.3, seed=seed), torch.ones(1, 1, 24, 24), (1.0, 1.0)).log()
            for seed in range(200)
        ]
    )
    assert gains.std() == pytest.approx(0.3, rel=0.15)
    assert gains.diff(dim=2).std() < 0.05


def test_noise_is_of_its_spread_and_repeats_with_its_seed():
    image = torch.zeros(1, 1, 64, 64)
    one, again, other = (apply_look(Look(noise=0.2, seed=s), image, (1.0, 1.0)) for s in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert one.std() == pytest.approx(0.2, rel=0.05)
