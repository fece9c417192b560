"""The viscous-Eikonal field of a wall; separate because only some flow solvers ask for it."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError

__all__ = ["viscous_eikonal"]

_LEAST_GAP = 1e-3
"""No voxel is nearer to the wall along an axis than this part of an edge."""


def viscous_eikonal(distance: Volume, epsilon_mm: float) -> Volume:
    """Compute ψ = −ε log w of both sides of the wall, signed like the distance.

    ε²Δw = w, w = 1 on the wall, ∂w/∂n = 0 at the border; |∇ψ|² − εΔψ = 1, so ψ is a distance
    that is smooth everywhere but on the wall. Along each axis the scheme is exact for e^(±x/ε),
    with the wall where φ crosses zero between two voxels. Solved for w e^(|φ|/ε), which is near
    one, so that nothing underflows far from the wall.

    Args:
        epsilon_mm: ε, at least half a voxel; a few are usual.

    Raises:
        InputError: ε is not positive or under half a voxel, or there is no wall.

    Source: Varadhan, Commun. Pure Appl. Math. 20 (1967) 431.
    """
    if not epsilon_mm >= 0.5 * max(distance.spacing):
        raise InputError(
            f"ε is {epsilon_mm:g} mm",
            f"the grid resolves half a voxel, {0.5 * max(distance.spacing):g} mm",
            "ask for more",
        )
    phi = distance.values.astype(np.float64)
    if not (phi < 0).any() or not (phi >= 0).any():
        raise InputError("the distance has one sign", "ψ needs a wall", "check the mask")
    matrix, right = _system(phi, distance.spacing, epsilon_mm)
    scale = np.abs(phi).ravel() / epsilon_mm
    scaled = _solved(matrix, right, scale)
    psi = epsilon_mm * (scale - np.log(scaled))
    signed = np.where(phi < 0, -1.0, 1.0) * psi.reshape(phi.shape)
    return distance.like(signed.astype(np.float32))


def _solved(
    matrix: csr_array, right: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Solve A w = b for v = e^scale w, by BiCGSTAB on e^scale A e^(−scale)."""
    from scipy.sparse.linalg import LinearOperator, bicgstab

    coo = matrix.tocoo()
    rows, columns = coo.coords
    similar = csr_array(
        (coo.data * np.exp(scale[rows] - scale[columns]), (rows, columns)), shape=matrix.shape
    )
    inverse = 1 / matrix.diagonal()
    jacobi = LinearOperator(matrix.shape, matvec=lambda v: inverse * v)
    start = np.ones(len(right))
    found, info = bicgstab(
        similar, right * np.exp(scale), x0=start, rtol=1e-9, atol=0.0, maxiter=4000, M=jacobi
    )
    if info != 0:
        raise InputError(
            "ψ did not converge",
            "ε must not be much wider than the vessels",
            "ask for a smaller ε",
        )
    return np.asarray(np.maximum(found, 1e-12))


def _system(
    phi: NDArray[np.float64], spacing: tuple[float, ...], epsilon: float
) -> tuple[csr_array, NDArray[np.float64]]:
    """Build (1 + Σγ) w − Σ(α w_before + β w_after) = Σ of those that are on the wall."""
    size = phi.size
    number = np.arange(size).reshape(phi.shape)
    diagonal, right = np.ones(size), np.zeros(size)
    matrix = csr_array((size, size))
    for axis, h in enumerate(spacing):
        before, after = (_gaps(phi, axis, h, turn) for turn in (-1, 1))
        alpha, beta = _weights(before[0] / epsilon, after[0] / epsilon)
        for weight, (_, wall, ends), turn in ((alpha, before, -1), (beta, after, 1)):
            diagonal += np.where(ends, 0.0, weight).ravel()
            right += np.where(wall, weight, 0.0).ravel()
            link = ~wall & ~ends
            other = np.roll(number, -turn, axis)[link]
            matrix = matrix - csr_array((weight[link], (number[link], other)), shape=(size, size))
    return csr_array(matrix + diags_array(diagonal)), right


def _weights(
    p: NDArray[np.float64], q: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """α, β with α w(−p) + β w(q) − (α + β) w(0) = w(0) for w = e^x and e^(−x)."""
    det = np.expm1(p) * np.expm1(q) - np.expm1(-p) * np.expm1(-q)
    return 2 * np.sinh(q) / det, 2 * np.sinh(p) / det


def _gaps(
    phi: NDArray[np.float64], axis: int, h: float, turn: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Distance to the next voxel or the wall before it, whether it is the wall, and the border."""
    other = np.roll(phi, -turn, axis)
    ends = np.zeros(phi.shape, bool)
    ends[(slice(None),) * axis + (-1 if turn > 0 else 0,)] = True
    wall = ((phi < 0) != (other < 0)) & ~ends
    share = np.abs(phi) / np.maximum(np.abs(phi) + np.abs(other), 1e-30)
    return np.where(wall, np.maximum(share, _LEAST_GAP) * h, h), wall, ends
