"""Is the lumen graded, is there a ring, and what does not knowing cost: read off one profile."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr

from lumenfield.refinement.manystarts import Solved, least_squares
from lumenfield.refinement.profile import Profile
from lumenfield.refinement.rician import rician_mean

__all__ = ["EVEN", "Belief", "Layers", "layers_of"]

_SPREAD_OF_WIDTHS = 0.2
_SPREAD_OF_GRADES = 0.4
_RARE_RING = 12.0
_RARE_STEP = 14.0
"""What a ring of its own brightness and one in between cost, in χ²."""

_LEAST_GRADE_COST = 1.0
"""A graded lumen costs 2 ln of how much better ρ is known with the profile than without it, as the
evidence of a model with one parameter more does (MacKay 1992), but this at least."""

_LEAST_LEVEL = 0.12
"""A ring departs from the brightness on either side by this share of the contrast at least."""

_EVEN_STARTS = ((-0.01, 0.0), (0.4, 0.0))
_RING_STARTS = ((0.0, 0.75), (-0.6, 0.75), (0.0, 1.5), (-1.5, 1.5), (0.0, 2.5))
"""Offsets and thicknesses, voxels, from which a fit begins."""

_THINNEST = 0.4
_APART = 0.4
"""Voxels between two walls that explain a scan equally well, and that are not the same wall."""

# Offset, blur, ρ, thickness, and the brightness of core, beyond and ring. Flow is slow at the wall,
# so a lumen is dimmer there; one that looks brighter mostly has its edge further out, and one
# whose rim is all but as dark as what lies beyond has it further in (LOG.md).
_LOWEST = np.array([-2.5, 0.25, 0.0, 0.5, -np.inf, -np.inf, -np.inf])
_HIGHEST = np.array([1.5, 3.0, 0.85, 4.0, np.inf, np.inf, np.inf])


@dataclass(frozen=True)
class Layers:
    """The tissues around a wall.

    Args:
        grade: ρ, by how much of its contrast the lumen is dimmer at the wall than in the middle.
        ring: how far beyond the wall at hand a band around the lumen ends, voxels; 0 is none.
        doubt: standard deviation of a shift of all the wall at once, voxels, from not knowing
            brightness, blur and layers.
        rival: another explanation, hardly worse, has its wall elsewhere.
    """

    grade: float = 0.0
    ring: float = 0.0
    doubt: float = 0.0
    rival: bool = False


EVEN = Layers()


@dataclass(frozen=True)
class Belief:
    """What is expected of the profile.

    Args:
        width: blur of the edge, voxels.
        gain: share of the noise that is independent. rician: σ of one complex component, or 0.
        shift: how far the wall has come from where it began, voxels; freedom: how far it may.
    """

    width: float
    gain: float
    rician: float
    shift: float
    freedom: float


@dataclass(frozen=True)
class _Fit:
    cost: float
    penalty: float
    offset: float
    variance: float
    grade: float
    ring: float


def layers_of(
    profile: Profile, belief: Belief, *, graded: bool, ring: bool, held: bool = False
) -> Layers:
    """Compare profiles of two tissues or three, with an even or a graded lumen.

    Each is fitted by least squares over offset, blur and brightness; misfit that none explains
    counts as correlated noise. The likeliest says whether there is a ring; grade and ring are the
    mean over those that agree, weighed by exp(−χ²/2), so that a tie does not turn on noise. The
    doubt is the standard deviation of the offset about the likeliest's, over all of them.

    Args:
        held: a ring was found before; it is not given up for want of anything to explain.
    """
    kinds = [False, True] if graded else [False]
    fits = _fitted(profile, belief, kinds, _EVEN_STARTS)
    if ring and (held or _unexplained(fits, profile)):
        fits += _fitted(profile, belief, kinds, _RING_STARTS)
    scale = max(1.0, min(f.cost for f in fits) / max(len(profile.place) - 6, 1))
    return _chosen(
        fits, np.array([f.cost / scale + f.penalty for f in fits]), scale, belief.freedom
    )


def _unexplained(fits: list[_Fit], profile: Profile) -> bool:
    """Look for a ring only where two tissues leave something to explain."""
    return min(f.cost for f in fits) > _RARE_RING + 0.5 * len(profile.place)


def _chosen(fits: list[_Fit], costs: NDArray[np.float64], scale: float, freedom: float) -> Layers:
    best = int(costs.argmin())
    weight = np.exp(-0.5 * (costs - costs[best]))
    weight /= weight.sum()
    gap = np.array([f.offset - fits[best].offset for f in fits])
    variance = np.array([f.variance for f in fits]) * scale + gap**2
    rival = weight[np.abs(gap) > _APART].sum() > 0.02
    doubt = min(math.sqrt(float(weight @ variance)), freedom)
    return Layers(*_agreed(fits, weight, fits[best].ring > 0), doubt, bool(rival))


def _agreed(fits: list[_Fit], weight: NDArray[np.float64], ringed: bool) -> tuple[float, float]:
    """Average grade and reach of the ring over the fits that have a ring, or those without."""
    alike = np.array([(fit.ring > 0) == ringed for fit in fits])
    share = np.where(alike, weight, 0.0) / weight[alike].sum()
    grade = float(share @ np.array([fit.grade for fit in fits]))
    # The wall at hand may be off, but the ring's outer edge is where it is.
    reach = float(share @ np.array([fit.ring + fit.offset for fit in fits]))
    return grade, max(reach, _THINNEST) if ringed else 0.0


def _fitted(
    profile: Profile,
    belief: Belief,
    kinds: list[bool],
    starts: tuple[tuple[float, float], ...],
) -> list[_Fit]:
    """Fit each kind, graded or even, from several offsets and thicknesses; keep its likeliest."""
    rows = [(graded, *start) for graded in kinds for start in starts]
    values = np.stack([_start(profile, belief, *row) for row in rows])
    free = np.ones(values.shape, dtype=bool)
    free[:, 2] = [graded for graded, _, _ in rows]
    free[:, [3, 6]] = starts[0][1] > 0
    contrast = float(np.ptp(profile.mean))
    scale = np.array([0.3, 0.2, 0.3, 0.5, contrast, contrast, contrast])
    # What is fixed stays where it begins.
    bounds = np.where(free, _LOWEST, values), np.where(free, _HIGHEST, values)
    found = least_squares(lambda v: _misfits(profile, belief, v), values, free, bounds, scale)
    n = len(starts)
    fits = [_fit(found, k) for k in range(len(rows))]
    return [
        min(fits[k : k + n], key=lambda fit: fit.cost + fit.penalty) for k in range(0, len(fits), n)
    ]


def _fit(found: Solved, row: int) -> _Fit:
    values, seen = found.values[row], found.misfits[row]
    graded, ringed = bool(values[2] != 0), bool(values[3] > 0)
    penalty = float((seen[-3:] ** 2).sum()) + _rarity(values, graded, ringed)
    if graded:
        told = _SPREAD_OF_GRADES**2 / float(found.covariance[row, 2, 2])
        penalty += max(_LEAST_GRADE_COST, math.log(told))
    variance = float(found.covariance[row, 0, 0])
    cost = float((seen[:-3] ** 2).sum())
    return _Fit(cost, penalty, float(values[0]), variance, float(values[2]), float(values[3]))


def _start(
    profile: Profile, belief: Belief, graded: bool, offset: float, thickness: float
) -> NDArray[np.float64]:
    place, mean = profile.place, profile.mean
    core, beyond = mean[place < -1].mean(), mean[place > min(thickness + 1, place[-2])].mean()
    within = (place > 0.25 * thickness) & (place < 0.75 * thickness)
    ring = mean[within].mean() if within.any() else 0.5 * (core + beyond)
    return np.array([offset, belief.width, 0.3 * graded, thickness, core, beyond, ring])


def _misfits(profile: Profile, belief: Belief, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give, for rows of parameters, the misfit of each bin and the departures from belief."""
    mean = _magnitude(_expected(profile, values), belief.rician)
    seen = math.sqrt(belief.gain) * (profile.mean - mean) / profile.error
    departures = (
        (values[:, 0] + belief.shift) / belief.freedom,
        (values[:, 1] - belief.width) / _SPREAD_OF_WIDTHS,
        values[:, 2] / _SPREAD_OF_GRADES,
    )
    return np.concatenate([seen, np.stack(departures, 1)], axis=1)


def _expected(profile: Profile, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """I = f_beyond + (f_ring − f_beyond) m(φ − t) + (f_core − f_ring) (1 − ρ(1 − ψ)) m(φ)."""
    offset, width, grade, thickness, core, beyond, ring = values.T[:, :, None]
    place = profile.place - offset
    light = 1 - grade * (1 - np.interp(place, profile.place, profile.depth))
    lumen = ndtr(-place / width) * light
    touching = np.where(thickness > 0, ring, beyond)
    within = ndtr((thickness - place) / width)
    return beyond + (touching - beyond) * within + (core - touching) * lumen


def _magnitude(signal: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    return rician_mean(torch.from_numpy(signal), sigma).numpy() if sigma > 0 else signal


def _rarity(values: NDArray[np.float64], graded: bool, ringed: bool) -> float:
    """Charge what is rare; forbid what is at a bound, and a ring as bright as its neighbours."""
    if graded and not _LOWEST[2] + 0.01 < values[2] < _HIGHEST[2] - 0.01:
        return math.inf
    if not ringed:
        return 0.0
    grade, core, beyond, ring = values[2], *values[4:]
    rim = core - grade * (core - ring)
    largest = max(abs(core - beyond), abs(core - ring))
    if min(abs(ring - rim), abs(ring - beyond)) < _LEAST_LEVEL * largest:
        return math.inf
    return _RARE_STEP if (ring - rim) * (ring - beyond) < 0 else _RARE_RING
