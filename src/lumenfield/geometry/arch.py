"""The aortic arch with its head vessels; separate because its proportions are one anatomy."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.geometry.combine import Blend
from lumenfield.geometry.curves import vessel_along
from lumenfield.geometry.vessel import Bulge

__all__ = ["aortic_arch", "coarctation"]

_ROOTS = (2.05, 1.55, 1.1)
"""Where the three head vessels leave the arch, radians from its descending end."""


def aortic_arch(
    radius_mm: float = 16.0,
    *,
    descending_mm: float = 12.0,
    heads_mm: tuple[float, ...] = (6.0, 4.0, 5.0),
    arch_mm: float = 38.0,
    length_mm: float = 150.0,
    twist_mm: float = 15.0,
    bulges: tuple[Bulge, ...] = (),
    ndim: Literal[2, 3] = 3,
) -> Blend:
    """Bend an aorta over: ascending, arch, descending, and its head vessels upward.

    The arch lies in the first plane, its centre at the origin, the second axis up; the ascending
    aorta is on the negative side.

    Args:
        radius_mm: of the ascending aorta. descending_mm: of the descending.
        heads_mm: radii of up to three: brachiocephalic, left carotid, left subclavian.
        arch_mm: radius of the arch's centreline.
        length_mm: of the descending aorta; the ascending and the head vessels have half of it.
        twist_mm: how far the descending aorta lies behind the ascending.
        bulges: of the aorta.

    Raises:
        InputError: an arch tighter than the aorta is thick, or more than three head vessels.
    """
    if arch_mm <= radius_mm or len(heads_mm) > len(_ROOTS):
        raise InputError(
            f"arch of {arch_mm} mm on an aorta of {radius_mm} mm with {len(heads_mm)} head vessels",
            "an arch is wider than its aorta and has three head vessels at most",
            "enlarge the arch, or leave some out",
        )
    line, shares = _aorta(arch_mm, length_mm, twist_mm)
    radii = radius_mm + (descending_mm - radius_mm) * np.clip(shares, 0, 1)
    parts = [vessel_along(line, radii, bulges, ndim)]
    for root, size in zip(_ROOTS, heads_mm, strict=False):
        head = _head(root, arch_mm, length_mm / 2, twist_mm)
        parts.append(vessel_along(head, size, (), ndim))
    return Blend(tuple(parts), 0.3 * min((radius_mm, *heads_mm)))


def coarctation(
    depth: float,
    width_mm: float = 6.0,
    side: float = 0.0,
    *,
    arch_mm: float = 38.0,
    length_mm: float = 150.0,
    beyond: float = 0.0,
) -> tuple[Bulge, ...]:
    """Narrow the isthmus, just beyond the left subclavian artery, of the arch of these lengths.

    Args:
        depth: the throat is 1 − depth of the aorta there. width_mm: of the narrowing.
        side: how much of it lies on the outer side alone, 0 to 1.
        beyond: share by which the aorta is widened behind it.
    """
    whole = length_mm / 2 + math.pi * arch_mm + length_mm
    at = length_mm / 2 + (math.pi - 0.45) * arch_mm
    throat = Bulge(at / whole, depth, width_mm, side)
    widened = Bulge((at + 4 * width_mm) / whole, -beyond, 1.5 * width_mm)
    return (throat, widened) if beyond else (throat,)


def _aorta(
    arch: float, length: float, twist: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Control points, and how far along the arch each is, 0 ascending to 1 descending."""
    up = [(-arch, -length / 2 * s, 0.0) for s in (1.0, 0.6, 0.2)]
    over = [
        (-arch * math.cos(a), arch * math.sin(a), 0.0) for a in np.linspace(0.15, math.pi - 0.15, 8)
    ]
    down = [(arch, -length * s, 0.0) for s in (0.1, 0.4, 0.7, 1.0)]
    line = np.asarray(up + over + down)
    shares = np.r_[np.zeros(3), np.linspace(0.05, 0.95, 8), np.ones(4)]
    line[:, 2] = twist * (shares - 0.5)
    return line, shares


def _head(root: float, arch: float, length: float, twist: float) -> NDArray[np.float64]:
    """Control points from the arch's centreline upward, leaning apart."""
    across = arch * math.cos(root)
    share = 1 - root / math.pi
    reach = np.array([0.0, 0.12, 0.3, 0.6, 1.0]) * length
    lean = math.cos(root) * 0.35
    return np.stack(
        [
            across + lean * reach,
            arch * math.sin(root) + reach,
            np.full(5, twist * (share - 0.5)),
        ],
        axis=1,
    )
