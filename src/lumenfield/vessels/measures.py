"""Figures of one branch from its radii: diameters, narrowing, resistance, each with an interval."""

import math

import numpy as np
from numpy.typing import NDArray

from lumenfield.vessels.branch import Interval, Measures

__all__ = ["BLOOD_VISCOSITY", "CERTAIN", "measured", "reference_radius"]

Curve = NDArray[np.float64]

BLOOD_VISCOSITY = 3.5e-3
"""Pa·s, of whole blood at the shear rates of arteries."""

CERTAIN = 1.96
"""Standard deviations on both sides that hold 95 of 100."""

_DRAWS = 256
_NEIGHBOURHOOD = 8.0
"""Shoulders of a narrowing are sought within so many radii on both sides."""

_LEAST = 0.05
"""No drawn radius is less than this part of the one found."""


def measured(
    arc: Curve,
    radius: Curve,
    errors: Curve,
    chord: float | None,
    ndim: int,
    viscosity: float,
    *,
    joins: tuple[bool, bool] = (False, False),
) -> Measures:
    """Measure a branch.

    Beside a junction the section is cut by the other branches. Within one radius of it, the
    branch's median, no station counts as narrower than the first beyond.

    Args:
        arc: n, mm. radius: n, mm.
        errors: n×m, a root of the covariance of the radii, mm.
        chord: distance between the ends, mm; None if closed.
        viscosity: μ, Pa·s.
        joins: whether the branch starts, ends at a junction.

    Returns:
        No upper bound, ∞, of the resistance where the interval of a radius reaches zero.
    """
    first, last = _own(arc, radius, joins)
    white = np.random.default_rng(0).standard_normal((errors.shape[1], _DRAWS))
    drawn = np.maximum(radius[:, None] + errors @ white, _LEAST * radius[:, None]).T
    every = np.concatenate([radius[None], drawn])
    every[:, :first] = np.maximum(every[:, :first], every[:, first, None])
    every[:, last + 1 :] = np.maximum(every[:, last + 1 :], every[:, last, None])
    shut = every[0] <= CERTAIN * np.sqrt((errors**2).sum(1))
    stenosis = 1 - every / reference_radius(arc, every)
    worst = int(stenosis[0].argmax())
    length = float(arc[-1])
    return Measures(
        length_mm=length,
        tortuosity=None if chord is None else max(length / chord, 1.0),
        mean_diameter_mm=_interval(2 * _mean(arc, every)),
        min_diameter_mm=_interval(2 * every.min(1)),
        max_diameter_mm=_interval(2 * every.max(1)),
        stenosis=_interval(stenosis.max(1), most=1.0),
        stenosis_at_mm=float(arc[worst]),
        resistance=_interval(_resistance(arc, every, ndim, viscosity), unbounded=bool(shut.any())),
    )


def _own(arc: Curve, radius: Curve, joins: tuple[bool, bool]) -> tuple[int, int]:
    """Give the first and the last station that lie a radius from junctions; half stay at least."""
    margin = min(float(np.median(radius)), 0.25 * float(arc[-1]))
    own = np.flatnonzero((arc >= margin * joins[0]) & (arc <= arc[-1] - margin * joins[1]))
    return int(own[0]), int(own[-1])


def reference_radius(arc: Curve, radius: Curve) -> Curve:
    """Expect at each place the narrower of the widest places near it, before and after.

    What is left of a taper is taken off first: the median slope between any two stations
    (Theil 1950), which a narrowing or a widening of less than a third of the branch cannot turn.
    Beside an aneurysm the other side decides, so that it makes no stenosis of its neighbourhood.

    Args:
        radius: s×n, mm; the slope is that of the first.
    """
    width = _NEIGHBOURHOOD * float(np.median(radius[0]))
    gap = arc - arc[:, None]
    far = gap > 0.25 * arc[-1]
    slope = np.median((radius[0] - radius[0][:, None])[far] / gap[far])
    level = radius - slope * arc
    before = (gap <= 0) & (gap >= -width)
    after = (gap >= 0) & (gap <= width)
    shoulders = [
        np.stack([np.where(side, one, -np.inf).max(1) for one in level]) for side in (before, after)
    ]
    return np.asarray(np.minimum(*shoulders) + slope * arc)


def _resistance(arc: Curve, radius: Curve, ndim: int, viscosity: float) -> Curve:
    """∫ 8μ/(πR⁴) ds of a tube, ∫ 12μ/(2R)³ ds of a plane channel; SI."""
    metres = radius * 1e-3
    if ndim == 3:
        drop = 8 * viscosity / (math.pi * metres**4)
    else:
        drop = 12 * viscosity / (2 * metres) ** 3
    return np.asarray(np.trapezoid(drop, arc * 1e-3, axis=1))


def _mean(arc: Curve, radius: Curve) -> Curve:
    return np.asarray(np.trapezoid(radius, arc, axis=1) / arc[-1])


def _interval(figures: Curve, *, most: float = math.inf, unbounded: bool = False) -> Interval:
    """Bound a figure, which comes first, by those drawn after it.

    An extreme of a curve with errors lies too far out, and those of the draws further still. The
    bounds are therefore those of the draws and their mirror at the figure, the wider of both.

    Args:
        most: that the figure can be. unbounded: whether there is no upper bound.
    """
    value = float(figures[0])
    low, high = (float(q) for q in np.quantile(figures[1:], (0.025, 0.975)))
    low, high = min(low, 2 * value - high, value), max(high, 2 * value - low, value)
    return Interval(value, max(low, 0.0), math.inf if unbounded else min(high, most))
