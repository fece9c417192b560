"""Finite differences on grids; separate because every level-set motion is built from them.

All take `batch channel *grid` tensors and one spacing for each grid axis. The grid goes on past its
border by linear extrapolation, so a straight front leaves the box undisturbed.
"""

from collections.abc import Callable, Sequence

import torch

from lumenfield.tensors import Fields, Tensor

__all__ = [
    "ONE_SIDED",
    "REACH",
    "OneSided",
    "curvature",
    "extended",
    "godunov",
    "gradient",
    "gradient_norm",
    "one_sided",
    "upwind_first",
    "upwind_weno5",
]

OneSided = Callable[[Sequence[Tensor]], tuple[Tensor, Tensor]]
"""Slopes between the voxels of a line around one voxel → its backward and forward derivative."""


def godunov(sides: Sequence[tuple[Tensor, Tensor]], speed: Tensor) -> Tensor:
    """Combine the one-sided derivatives of every axis to |∇φ| upwind of V.

    V > 0: Σ_a max(D⁻_a, 0)² + min(D⁺_a, 0)²; mirrored for V < 0. With max of the two squares
    instead of their sum this is Godunov's flux, exact for one-dimensional fronts.

    Source: Osher & Fedkiw, Level Set Methods (2003), §6.2.
    """
    grows, shrinks = torch.zeros_like(speed), torch.zeros_like(speed)
    for backward, forward in sides:
        grows += torch.maximum(backward.clamp(min=0) ** 2, forward.clamp(max=0) ** 2)
        shrinks += torch.maximum(backward.clamp(max=0) ** 2, forward.clamp(min=0) ** 2)
    return torch.where(speed > 0, grows, shrinks).sqrt()


def upwind_first(steps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Take first-order one-sided differences from the slopes before and after a voxel."""
    before, after = steps
    return before, after


def upwind_weno5(steps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Take fifth-order weighted essentially non-oscillatory differences from the six slopes around.

    Source: Jiang & Peng, SIAM J. Sci. Comput. 21 (2000) 2126.
    """
    a, b, c, d, e, f = steps
    return _weno(a, b, c, d, e), _weno(f, e, d, c, b)


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
REACH: dict[str, int] = {"first": 1, "weno5": 3}
"""Voxels that each scheme looks at on either side."""


def one_sided(phi: Tensor, axis: int, h: float, order: str) -> tuple[Tensor, Tensor]:
    """Take backward and forward derivatives along one axis, on the whole grid."""
    reach, n = REACH[order], phi.shape[axis + 2]
    steps = extended(phi, axis, reach).diff(dim=axis + 2) / h
    return ONE_SIDED[order]([steps.narrow(axis + 2, k, n) for k in range(2 * reach)])


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
