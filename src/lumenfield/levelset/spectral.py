"""Cosine transforms and Gaussian fields on a grid; separate so that a prior and a drawing agree.

The grid ends in mirrors (Neumann), so a field is not tied to its value on the opposite side.
"""

import math
from collections.abc import Sequence

import torch

from lumenfield.tensors import Fields, Tensor

__all__ = [
    "along_axes",
    "cosine_basis",
    "dct",
    "draw_matern",
    "draw_rbf",
    "idct",
    "laplacian_eigenvalues",
    "matern_root",
]


def draw_matern(
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    *,
    spread: float,
    length: float,
    alpha: float = 3.0,
    generator: torch.Generator,
    batch: int = 1,
    dtype: torch.dtype = torch.float32,
) -> Fields:
    """Draw δ ~ N(0, C), C = σ²𝒩(I − ℓ²Δ)^(−α), as δ = C^½ ξ with ξ white.

    Args:
        spread: σ, the marginal standard deviation, in the unit δ shall have.
        length: ℓ, in the unit of the spacing.
        generator: the fields are made on its device.
    """
    root = matern_root(
        shape, spacing, spread=spread, length=length, alpha=alpha, device=generator.device
    )
    return idct(_white(root, generator, batch, dtype) * root.to(dtype))


def draw_rbf(
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    *,
    spread: float,
    length: float,
    generator: torch.Generator,
) -> Fields:
    """Draw a field with covariance σ² exp(−r²/2ℓ²) from border to border, as C = σ²𝒩 exp(ℓ²Δ/2).

    It is cut out of a grid whose mirrors are three lengths away on every side, and scaled by the
    variance far from any mirror, where a cosine of order zero counts half.
    """
    margin = [math.ceil(3 * length / h) for h in spacing]
    wide = tuple(n + 2 * m for n, m in zip(shape, margin, strict=True))
    power = torch.exp(
        -0.5 * length**2 * laplacian_eigenvalues(wide, spacing, device=generator.device)
    )
    weighed = power.clone()
    for axis in range(len(shape)):
        weighed.select(axis, 0).mul_(0.5)
    root = spread * torch.sqrt(power / weighed.mean())
    field = idct(_white(root, generator, 1, torch.float32) * root.float())
    for axis, (n, m) in enumerate(zip(shape, margin, strict=True), start=2):
        field = field.narrow(axis, m, n)
    return field.contiguous()


def _white(root: Tensor, generator: torch.Generator, batch: int, dtype: torch.dtype) -> Fields:
    shape = (batch, 1, *root.shape)
    return torch.randn(shape, generator=generator, dtype=dtype, device=generator.device)


def matern_root(
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    *,
    spread: float,
    length: float,
    alpha: float = 3.0,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Give the square roots of the eigenvalues of C = σ²𝒩(I + ℓ²λ)^(−α), in cosine order.

    𝒩 makes the variance averaged over the grid σ²: the eigenvalues' mean is σ². The variance on
    the border is larger, up to 2^ndim times in a corner, as mirrors make it.

    Returns:
        float64 of `shape`; multiply a spectrum by it and transform back.
    """
    eigenvalues = laplacian_eigenvalues(shape, spacing, device=device)
    power = (1 + length**2 * eigenvalues) ** (-alpha)
    return spread * torch.sqrt(power / power.mean())


def laplacian_eigenvalues(
    shape: tuple[int, ...], spacing: tuple[float, ...], *, device: torch.device | str = "cpu"
) -> Tensor:
    """Give the eigenvalues of −Δ with mirrored ends: λ_k = Σ_a (2 − 2cos(πk_a/n_a))/h_a².

    Returns:
        float64 of `shape`, per square unit of the spacing.
    """
    total = torch.zeros(shape, dtype=torch.float64, device=device)
    for axis, (n, h) in enumerate(zip(shape, spacing, strict=True)):
        k = torch.arange(n, dtype=torch.float64, device=device)
        line = (2 - 2 * torch.cos(math.pi * k / n)) / h**2
        total += line.reshape([n if a == axis else 1 for a in range(len(shape))])
    return total


def dct(fields: Fields) -> Fields:
    """Transform every grid to its orthonormal cosine coefficients (DCT-II along each axis).

    X_k = c_k Σ_j x_j cos(πk(2j+1)/2n), c_0 = n^(−½), else (2/n)^½; through a real FFT of the
    samples taken evens first, odds backwards (Makhoul 1980).
    """
    for axis in range(2, fields.ndim):
        fields = _forward(fields.movedim(axis, -1)).movedim(-1, axis)
    return fields.contiguous()


def idct(spectra: Fields) -> Fields:
    """Undo `dct`, which is also its transpose."""
    for axis in range(2, spectra.ndim):
        spectra = _backward(spectra.movedim(axis, -1)).movedim(-1, axis)
    return spectra.contiguous()


def cosine_basis(n: int, kept: int, *, dtype: torch.dtype = torch.float64) -> Tensor:
    """Give the first `kept` orthonormal cosines on n samples, one a row.

    For smooth fields a product with a few rows is cheaper than the whole transform.
    """
    k = torch.arange(kept, dtype=torch.float64)[:, None]
    j = torch.arange(n, dtype=torch.float64)[None, :]
    rows = torch.cos(math.pi * k * (2 * j + 1) / (2 * n)) * math.sqrt(2 / n)
    rows[0] /= math.sqrt(2)
    return rows.to(dtype)


def along_axes(fields: Tensor, matrices: Sequence[Tensor]) -> Tensor:
    """Multiply each grid axis of `batch channel *grid` by its matrix, one a grid axis."""
    *others, last = matrices
    # Rows times the last matrix is one large product; columns would be many thin ones.
    fields = fields @ last.T
    for axis, matrix in enumerate(others, start=2):
        shape = fields.shape
        slabs = fields.reshape(-1, shape[axis], math.prod(shape[axis + 1 :]))
        fields = (matrix @ slabs).reshape(*shape[:axis], matrix.shape[0], *shape[axis + 1 :])
    return fields


def _forward(lines: Tensor) -> Tensor:
    n = lines.shape[-1]
    ordered = torch.cat([lines[..., ::2], lines[..., 1::2].flip(-1)], dim=-1)
    turned = torch.fft.rfft(ordered) * _twiddle(n, lines)
    # The upper coefficients are hidden in the imaginary parts of the lower ones.
    upper = -turned.imag[..., 1 : (n + 1) // 2].flip(-1)
    return torch.cat([turned.real, upper], dim=-1) * _scale(n, lines)


def _backward(lines: Tensor) -> Tensor:
    n = lines.shape[-1]
    plain = lines / _scale(n, lines)
    mirrored = torch.cat([torch.zeros_like(plain[..., :1]), plain[..., 1:].flip(-1)], dim=-1)
    half = n // 2 + 1
    turned = torch.complex(plain[..., :half], -mirrored[..., :half])
    ordered = torch.fft.irfft(turned * _twiddle(n, lines).conj(), n=n)
    result = torch.empty_like(ordered)
    result[..., ::2] = ordered[..., : (n + 1) // 2]
    result[..., 1::2] = ordered[..., (n + 1) // 2 :].flip(-1)
    return result


def _twiddle(n: int, like: Tensor) -> Tensor:
    angle = -math.pi * torch.arange(n // 2 + 1, dtype=torch.float64, device=like.device) / (2 * n)
    return torch.polar(torch.ones_like(angle), angle).to(like.dtype.to_complex())


def _scale(n: int, like: Tensor) -> Tensor:
    scale = torch.full((n,), math.sqrt(2 / n), dtype=like.dtype, device=like.device)
    scale[0] = math.sqrt(1 / n)
    return scale
