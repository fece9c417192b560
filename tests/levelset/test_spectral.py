"""Laws of the cosine transform and of the Gaussian fields drawn with it."""

import math

import numpy as np
import pytest
import torch
from scipy.fft import dctn

from lumenfield.levelset.spectral import (
    along_axes,
    cosine_basis,
    dct,
    draw_matern,
    idct,
    laplacian_eigenvalues,
    matern_root,
)

SHAPES = [(7,), (8, 5), (6, 1, 9), (4, 5, 6)]


def white(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize("shape", SHAPES)
def test_agrees_with_scipy(shape):
    fields = white(2, 3, *shape)
    axes = tuple(range(2, fields.ndim))
    expected = dctn(fields.numpy(), type=2, norm="ortho", axes=axes)
    np.testing.assert_allclose(dct(fields).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("dtype", "atol"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_inverse_undoes_transform_and_keeps_the_norm(shape, dtype, atol):
    fields = white(1, 2, *shape, dtype=dtype)
    spectra = dct(fields)
    assert spectra.dtype == dtype
    torch.testing.assert_close(idct(spectra), fields, atol=atol, rtol=0)
    torch.testing.assert_close(spectra.norm(), fields.norm())


def test_basis_is_the_first_rows_of_the_transform():
    fields = white(1, 1, 9)
    torch.testing.assert_close(cosine_basis(9, 4) @ fields[0, 0], dct(fields)[0, 0, :4])


def test_bases_along_every_axis_are_the_low_block_of_the_transform():
    fields = white(2, 1, 6, 5, 7)
    low = along_axes(fields, [cosine_basis(n, 3) for n in (6, 5, 7)])
    torch.testing.assert_close(low, dct(fields)[..., :3, :3, :3])


def test_laplacian_is_diagonal_in_cosines():
    spacing, fields = (0.5, 2.0), white(1, 1, 6, 9)
    mirrored = torch.nn.functional.pad(fields, (1, 1, 1, 1), mode="replicate")[0, 0]
    middle = mirrored[1:-1, 1:-1]
    across = (mirrored[2:, 1:-1] + mirrored[:-2, 1:-1] - 2 * middle) / spacing[0] ** 2
    along = (mirrored[1:-1, 2:] + mirrored[1:-1, :-2] - 2 * middle) / spacing[1] ** 2
    spectral = idct(-laplacian_eigenvalues((6, 9), spacing) * dct(fields))[0, 0]
    torch.testing.assert_close(spectral, across + along)


def test_mean_marginal_variance_is_exactly_the_one_asked_for():
    root = matern_root((5, 6), (1.0, 2.0), spread=0.7, length=1.5)
    impulses = torch.eye(30, dtype=torch.float64).reshape(30, 1, 5, 6)
    covariance = idct(root**2 * dct(impulses)).reshape(30, 30)
    assert covariance.diagonal().mean().item() == pytest.approx(0.49)


def test_variance_over_draws_is_the_one_asked_for():
    generator = torch.Generator().manual_seed(1)
    draws = draw_matern(
        (24, 20, 16), (1.0, 1.2, 1.5), spread=0.5, length=2.0, generator=generator, batch=64
    )
    assert draws.std().item() == pytest.approx(0.5, rel=0.03)


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (0.5, 1.5)])
def test_covariance_length_is_in_units_of_the_spacing(spacing):
    generator = torch.Generator().manual_seed(2)
    draws = draw_matern((96, 96), spacing, spread=1.0, length=3.0, generator=generator, batch=96)[
        :, 0, 24:72, 24:72
    ]
    # In the plane, with α = 3, the correlation is ½ z² K₂(z), z = r/ℓ; at r = 3 it is 0.812.
    for axis, h in enumerate(spacing, start=1):
        shift = round(3.0 / h)
        lagged = (draws.narrow(axis, shift, 48 - shift) * draws.narrow(axis, 0, 48 - shift)).mean()
        assert (lagged / draws.square().mean()).item() == pytest.approx(0.812, abs=0.03)


def test_same_generator_same_field_and_batch_items_differ():
    first, second = (
        draw_matern(
            (8, 8),
            (1.0, 1.0),
            spread=1.0,
            length=1.0,
            batch=2,
            generator=torch.Generator().manual_seed(3),
        )
        for _ in range(2)
    )
    assert torch.equal(first, second)
    assert not torch.allclose(first[0], first[1])
    assert math.isfinite(first.sum().item())
