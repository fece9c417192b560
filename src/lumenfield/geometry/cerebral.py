"""The arteries at the base of the brain; separate because the circle of Willis is one anatomy."""

from typing import Literal

import numpy as np

from lumenfield.errors import InputError
from lumenfield.geometry.combine import Blend, Union
from lumenfield.geometry.curves import vessel_along
from lumenfield.geometry.solid import Solid
from lumenfield.geometry.vessel import Vessel

__all__ = ["COMMUNICATING", "circle_of_willis"]

_Limb = tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]
"""Control points and radii."""

COMMUNICATING = ("anterior", "left posterior", "right posterior")
"""The three arteries that join the circle, each missing or thread-like in many people."""

# Right (mirrored for left), anterior, up, in radii of the internal carotid; then radii over that.
_END = (4.2, 2.0, 0.0)
_TURN = (1.3, 6.6, 1.0)
_DIVIDE = (10.5, 3.0, 1.2)
_FORK = (0.0, -3.6, 0.4)
_JOIN = (3.6, -3.2, 0.6)
_SIDE = (
    (
        (
            *((5.6, -2.4, -16.0), (5.6, -2.2, -11.0), (5.4, -0.6, -8.6), (5.0, 1.8, -7.9)),
            *((4.7, 3.8, -6.6), (4.4, 4.2, -4.5), (4.3, 2.6, -2.7), _END),
        ),
        (1.1, 1.1, 1.05, 1.0, 1.0, 0.95, 0.9, 0.85),
    ),
    ((_END, (6.4, 2.6, 0.5), (8.6, 2.6, 0.4), _DIVIDE), (0.65, 0.65, 0.62, 0.6)),
    ((_DIVIDE, (12.4, 3.6, 2.6), (13.6, 3.0, 5.2), (14.6, 2.2, 8.6)), (0.5, 0.48, 0.46, 0.44)),
    ((_DIVIDE, (12.2, 1.6, 1.0), (13.6, -1.2, 2.2), (15.0, -3.8, 4.6)), (0.48, 0.46, 0.44, 0.42)),
    ((_END, (3.4, 3.8, 0.4), (2.2, 5.4, 0.6), _TURN), (0.5, 0.48, 0.48, 0.48)),
    ((_TURN, (0.9, 8.4, 2.2), (0.9, 9.6, 5.0), (0.9, 8.4, 9.0)), (0.46, 0.46, 0.44, 0.42)),
)
_BEHIND = (
    ((_FORK, (1.4, -3.4, 0.7), (2.6, -3.2, 0.7), _JOIN), (0.5, 0.5, 0.5, 0.5)),
    ((_JOIN, (5.0, -4.4, 0.8), (5.8, -7.0, 1.4), (5.0, -11.0, 2.6)), (0.5, 0.48, 0.46, 0.42)),
    (((0.0, -6.4, -10.0), (0.8, -7.0, -11.8), (2.4, -7.4, -14.0), (3.6, -7.4, -18.0)), (0.6,) * 4),
)
_BASILAR = (
    ((0.0, -6.4, -10.0), (0.2, -5.6, -7.0), (-0.2, -4.8, -3.6), _FORK),
    (0.75, 0.75, 0.72, 0.7),
)
_ANTERIOR = ((_TURN, (0.4, 6.9, 1.1), (-0.4, 6.9, 1.1), (-1.3, 6.6, 1.0)), (0.32,) * 4)
_POSTERIOR = ((_END, (4.2, 0.4, 0.0), (4.0, -1.6, 0.2), _JOIN), (0.32,) * 4)


def circle_of_willis(
    radius_mm: float = 2.2,
    *,
    missing: tuple[str, ...] = (),
    least_mm: float = 0.0,
    ndim: Literal[2, 3] = 3,
) -> Solid:
    """Join both carotid siphons and the basilar artery to the cerebral arteries, in a ring.

    The axes point right, anterior and up; the origin is inside the ring.

    Args:
        radius_mm: of the internal carotids; every length scales with it.
        missing: some of `COMMUNICATING`; without them the arteries are several trees.
        least_mm: no artery is thinner.

    Returns:
        One blend; or a union of one a tree, where arteries are missing.

    Raises:
        InputError: an artery that is not one of `COMMUNICATING`.
    """
    if not set(missing) <= set(COMMUNICATING):
        raise InputError(
            f"missing {', '.join(missing)}",
            f"those that may be missing are {', '.join(COMMUNICATING)}",
            "name some of them",
        )
    trees: list[list[_Limb]] = [
        [_mirrored(limb) for limb in _SIDE],
        list(_SIDE),
        [_BASILAR, *_BEHIND, *map(_mirrored, _BEHIND)],
    ]
    for name, one, other, limb in _LINKS:
        if name not in missing:
            trees = _joined(trees, one, other, limb)
    width, whole = 0.15 * radius_mm, {id(tree): tree for tree in trees}.values()
    blends = [Blend(_vessels(tree, radius_mm, least_mm, ndim), width) for tree in whole]
    return blends[0] if len(blends) == 1 else Union(tuple(blends))


def _joined(trees: list[list[_Limb]], one: int, other: int, limb: _Limb) -> list[list[_Limb]]:
    """Let two trees be one, if they are not yet, with a limb between them."""
    first, second = trees[one], trees[other]
    both = [*first, limb] if first is second else [*first, *second, limb]
    return [both if tree is first or tree is second else tree for tree in trees]


def _mirrored(limb: _Limb) -> _Limb:
    points, radii = limb
    return tuple((-x, *rest) for x, *rest in points), radii


def _vessels(limbs: list[_Limb], radius: float, least: float, ndim: int) -> tuple[Vessel, ...]:
    return tuple(
        vessel_along(
            np.asarray(points) * radius, np.maximum(np.asarray(radii) * radius, least), (), ndim
        )
        for points, radii in limbs
    )


_LINKS = (
    ("anterior", 0, 1, _ANTERIOR),
    ("left posterior", 0, 2, _mirrored(_POSTERIOR)),
    ("right posterior", 1, 2, _POSTERIOR),
)
