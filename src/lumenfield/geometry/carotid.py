"""The carotid arteries from the neck to the siphon; separate because it is one anatomy."""

from dataclasses import replace
from typing import Literal

import numpy as np

from lumenfield.geometry.combine import Blend
from lumenfield.geometry.curves import vessel_along
from lumenfield.geometry.vessel import Bulge

__all__ = ["carotid"]

# Anterior, up, lateral, in radii of the common carotid, the division at the origin.
_COMMON = ((0.0, -24.0, 0.0), (0.3, -16.0, 0.2), (-0.2, -8.0, 0.0), (0.0, -3.0, 0.0), (0, 0, 0))
_NECK = ((-0.7, 2.2, 0.3), (-1.3, 5.0, 0.6), (-1.3, 10.0, 0.5), (-0.9, 15.0, 0.3))
_SIPHON = (
    (-0.6, 17.6, 0.0),
    (0.4, 19.4, -0.4),
    (2.2, 20.0, -0.9),
    (3.8, 21.0, -1.2),
    (4.3, 22.8, -1.2),
    (3.2, 24.3, -1.0),
    (1.7, 25.2, -0.7),
    (1.6, 27.0, -0.4),
)
_EXTERNAL = (
    (0.9, 1.9, -0.2),
    (1.8, 4.4, -0.5),
    (2.1, 8.0, -0.5),
    (1.6, 13.0, 0.2),
    (1.2, 19.0, 0.9),
)
_TWIGS = (
    ((1.8, 4.4, -0.5), (3.2, 4.6, -1.0), (4.4, 2.6, -1.4), (4.8, -1.0, -1.8)),
    ((2.1, 8.0, -0.5), (3.6, 9.2, -0.9), (5.6, 9.6, -1.0), (8.0, 11.0, -1.2)),
)


def carotid(
    radius_mm: float = 3.3,
    *,
    bulb: float = 1.15,
    internal: float = 0.7,
    external: float = 0.6,
    twig: float = 0.3,
    least_mm: float = 0.0,
    bulges: tuple[Bulge, ...] = (),
    ndim: Literal[2, 3] = 3,
) -> Blend:
    """Divide a common carotid into an internal one with a siphon and an external one with twigs.

    The common carotid comes from below along the second axis, and divides at the origin; the
    internal one widens to a bulb there and thins out towards the end of its siphon. With 3.3 mm it
    is 7.6, 4.6 and 2.7 mm wide along its course.

    Args:
        radius_mm: of the common carotid; every length scales with it.
        bulb, internal, external, twig: radii over that.
        least_mm: no vessel is thinner.
        bulges: of common and internal carotid together, the division at 0.45 of the length.
    """
    main = np.asarray((*_COMMON, *_NECK, *_SIPHON), dtype=float)
    thin = np.linspace(internal, 0.6 * internal, len(_SIPHON))
    sizes = np.r_[1.0, 1.0, 1.0, 1.0, bulb, bulb, 0.6 * internal + 0.4 * bulb, internal, internal]
    sizes = np.r_[sizes, thin]
    limbs = [(main, sizes)]
    limbs.append((np.asarray(((0, 0, 0), *_EXTERNAL), dtype=float), np.full(6, external)))
    limbs += [(np.asarray(t, dtype=float), np.full(4, twig)) for t in _TWIGS]
    parts = [
        vessel_along(points * radius_mm, np.maximum(sizes * radius_mm, least_mm), (), ndim)
        for points, sizes in limbs
    ]
    parts[0] = replace(parts[0], bulges=bulges)
    return Blend(tuple(parts), 0.3 * max(twig * radius_mm, least_mm))
