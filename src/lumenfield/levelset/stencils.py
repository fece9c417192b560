"""Finite differences on grids; separate because every level-set motion is built from them.

All take `batch channel *grid` tensors and one spacing for each grid axis. The grid goes on past its
border by linear extrapolation, so a straight front leaves the box undisturbed.
"""

from collections.abc import Callable

import torch

from lumenfield.tensors import Fields, Tensor

__all__ = [
    "ONE_SIDED",
    "OneSided",
    "curvature",
    "extended",
    "gradient",
    "gradient_norm",
    "upwind_first",
    "upwind_norm",
    "upwind_weno5",
]

OneSided = Callable[[Tensor, int, float], tuple[Tensor, Tensor]]
"""(phi, axis, spacing) → backward and forward derivative along that axis."""


def upwind_norm(phi: Fields, speed: Fields, spacing: tuple[float, ...], side: OneSided) -> Fields:
    """Compute |∇φ| upwind of a front moving with V along its normal.

    V > 0: Σ_a max(D⁻_a, 0)² + min(D⁺_a, 0)²; mirrored for V < 0. With max of the two squares
    instead of their sum this is Godunov's flux, exact for one-dimensional fronts.

    Source: Osher & Fedkiw, Level Set Methods (2003), §6.2.
    """
    grows = torch.zeros_like(phi)
    shrinks = torch.zeros_like(phi)
    for axis, h in enumerate(spacing):
        backward, forward = side(phi, axis, h)
        grows += torch.maximum(backward.clamp(min=0) ** 2, forward.clamp(max=0) ** 2)
        shrinks += torch.maximum(backward.clamp(max=0) ** 2, forward.clamp(min=0) ** 2)
    return torch.where(speed > 0, grows, shrinks).sqrt()


def upwind_first(phi: Tensor, axis: int, h: float) -> tuple[Tensor, Tensor]:
    """Take first-order one-sided differences."""
    wide = extended(phi, axis, 1)
    steps = wide.diff(dim=axis + 2) / h
    n = phi.shape[axis + 2]
    return steps.narrow(axis + 2, 0, n), steps.narrow(axis + 2, 1, n)


def upwind_weno5(phi: Tensor, axis: int, h: float) -> tuple[Tensor, Tensor]:
    """Take fifth-order weighted essentially non-oscillatory one-sided differences.

    Source: Jiang & Peng, SIAM J. Sci. Comput. 21 (2000) 2126.
    """
    steps = extended(phi, axis, 3).diff(dim=axis + 2) / h
    n = phi.shape[axis + 2]
    d = [steps.narrow(axis + 2, k, n) for k in range(6)]
    return _weno(d[0], d[1], d[2], d[3], d[4]), _weno(d[5], d[4], d[3], d[2], d[1])


def _weno(a: Tensor, b: Tensor, c: Tensor, d: Tensor, e: Tensor) -> Tensor:
    s1 = 13 / 12 * (a - 2 * b + c) ** 2 + (a - 4 * b + 3 * c) ** 2 / 4
    s2 = 13 / 12 * (b - 2 * c + d) ** 2 + (b - d) ** 2 / 4
    s3 = 13 / 12 * (c - 2 * d + e) ** 2 + (3 * c - 4 * d + e) ** 2 / 4
    # Smoothness is judged relative to the slope, so that mm and metres give the same weights.
    floor = 1e-6 * torch.stack([x * x for x in (a, b, c, d, e)]).amax(0) + 1e-30
    w1, w2, w3 = 0.1 / (s1 + floor) ** 2, 0.6 / (s2 + floor) ** 2, 0.3 / (s3 + floor) ** 2
    p1 = a / 3 - 7 * b / 6 + 11 * c / 6
    p2 = -b / 6 + 5 * c / 6 + d / 3
    p3 = c / 3 + 5 * d / 6 - e / 6
    return (w1 * p1 + w2 * p2 + w3 * p3) / (w1 + w2 + w3)


ONE_SIDED: dict[str, OneSided] = {"first": upwind_first, "weno5": upwind_weno5}


def gradient(phi: Fields, spacing: tuple[float, ...]) -> tuple[Tensor, ...]:
    """Take central differences, one tensor like `phi` for each axis."""
    return tuple(_central(phi, axis, h) for axis, h in enumerate(spacing))


def gradient_norm(phi: Fields, spacing: tuple[float, ...]) -> Fields:
    """Compute |∇φ| by central differences."""
    return torch.stack([g * g for g in gradient(phi, spacing)]).sum(0).sqrt()


def curvature(phi: Fields, spacing: tuple[float, ...]) -> Fields:
    """Compute κ = ∇·(∇φ/|∇φ|), per mm, clipped at the grid's resolution Σ 1/h.

    Positive where the lumen is convex: (ndim − 1)/R on a ball.
    """
    slopes = gradient(phi, spacing)
    norm = torch.stack([g * g for g in slopes]).sum(0).sqrt().clamp(min=1e-6)
    parts = [
        _central(g / norm, axis, h) for axis, (g, h) in enumerate(zip(slopes, spacing, strict=True))
    ]
    limit = sum(1 / h for h in spacing)
    return torch.stack(parts).sum(0).clamp(-limit, limit)


def extended(phi: Tensor, axis: int, width: int) -> Tensor:
    """Continue a grid past both ends of one axis along its end slopes, φ₋₁ = 2φ₀ − φ₁.

    An axis of one voxel repeats it.
    """
    dim = axis + 2
    n, inner = phi.shape[dim], min(1, phi.shape[axis + 2] - 1)
    first, last = phi.narrow(dim, 0, 1), phi.narrow(dim, n - 1, 1)
    steps = torch.arange(1, width + 1, device=phi.device, dtype=phi.dtype)
    steps = steps.reshape([-1 if d == dim else 1 for d in range(phi.ndim)])
    before = first + steps.flip(dim) * (first - phi.narrow(dim, inner, 1))
    after = last + steps * (last - phi.narrow(dim, n - 1 - inner, 1))
    return torch.cat([before, phi, after], dim)


def _central(phi: Tensor, axis: int, h: float) -> Tensor:
    wide = extended(phi, axis, 1)
    n = phi.shape[axis + 2]
    return (wide.narrow(axis + 2, 2, n) - wide.narrow(axis + 2, 0, n)) / (2 * h)
