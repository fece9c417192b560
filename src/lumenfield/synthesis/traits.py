"""What a scan tells of its scanner; separate because it reads one magnitude image, no recipe.

Nothing but the magnitude is known: no mask, no raw data. Each estimate is rough on purpose and
comes with the tolerance that its test states.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError

__all__ = ["ScanTraits", "measure_scan"]

Image = NDArray[np.float64]

_RAYLEIGH_MEAN = 1.2533
_RAYLEIGH_RATIO = 0.5227
"""Standard deviation over mean of the magnitude of pure complex noise."""

_LEAST_SIDE = 16
_TWELVE_BITS = 4095

_CLIFF = 0.8
"""Fall of the logarithm of the power, beyond that of its surroundings, that is a crop."""

_EDGES = 400
_HALF = 36
"""Eighths of a voxel that a profile reaches to either side."""


@dataclass(frozen=True)
class ScanTraits:
    """What was measured.

    Args:
        spacing: mm.
        sigma: standard deviation of one complex component of the noise, grey values.
        snr: level of what looks like vessels over sigma.
        kept: share of k-space that was acquired along each axis; 1 where none is missing.
        edge_voxels: 10–90 % width of the sharpest strong edges.
        inverted: vessels are darker than what surrounds them.
        vessel: grey value of what looks like vessels, without the offset.
        tissue: 10, 50, 90 and 99 % quantiles of the rest, without the offset.
        peak: greatest grey value, without the offset.
        offset: grey value of no signal.
        integers: all grey values are whole numbers up to 4095.
    """

    spacing: tuple[float, ...]
    sigma: float
    snr: float
    kept: tuple[float, ...]
    edge_voxels: float
    inverted: bool
    vessel: float
    tissue: tuple[float, float, float, float]
    peak: float
    offset: float
    integers: bool


def measure_scan(scan: Volume) -> ScanTraits:
    """Measure noise, resolution, contrast and grey values of a magnitude scan.

    Raises:
        InputError: a scan that is constant, not finite, or too small to measure.
    """
    values = np.asarray(scan.values, dtype=np.float64)
    _refuse_useless(values)
    floor = float(np.percentile(values, 0.5))
    offset = floor if floor > 0.1 * values.max() else min(0.0, float(values.min()))
    image = values - offset
    rough_edge = _edge_voxels(image, 0.0)
    sigma = _noise(image, rough_edge)
    inverted, vessels = _vessel_like(image)
    vessel = max(float(np.median(image[vessels])), 1e-12)
    # E|A + n|² = A² + 2σ².
    vessel = float(np.sqrt(max(vessel**2 - sigma**2, 0.25 * vessel**2)))
    tissue = np.percentile(image[~vessels], (10, 50, 90, 99))
    whole = bool((values == np.round(values)).all() and 20 < values.max() <= _TWELVE_BITS)
    return ScanTraits(
        scan.spacing,
        sigma,
        vessel / max(sigma, 1e-12),
        tuple(_kept(image, axis) for axis in range(image.ndim)),
        _edge_voxels(image, sigma),
        inverted,
        vessel,
        (float(tissue[0]), float(tissue[1]), float(tissue[2]), float(tissue[3])),
        float(image.max()),
        offset,
        whole,
    )


def _refuse_useless(values: Image) -> None:
    if not np.isfinite(values).all():
        raise InputError("the scan to be like holds NaN or infinity", "grey values", "mend it")
    if np.ptp(values) == 0:
        raise InputError(
            f"the scan to be like is {values.flat[0]:g} everywhere",
            "noise and edges are measured in it",
            "give a magnitude scan",
        )
    if min(values.shape) < _LEAST_SIDE:
        raise InputError(
            f"the scan to be like is {'×'.join(map(str, values.shape))}",
            f"at least {_LEAST_SIDE} voxels along each axis, to measure noise in",
            "give a larger scan",
        )


def _noise(image: Image, edge_voxels: float) -> float:
    """σ from air where there is some, else from the quietest tissue.

    The mean of air's Rayleigh magnitudes is 1.25 σ, correlated or not. Elsewhere σ is the standard
    deviation of small blocks less their linear trend; the quietest tenth has no edges in it.
    """
    mean, deviation = _blocks(image)
    usable = deviation > 1e-6 * image.max()
    if not usable.any():
        return 0.0
    mean, deviation = mean[usable], deviation[usable]
    darkest = np.percentile(mean, 3)
    air = (mean <= 1.2 * darkest) & (deviation < 0.75 * mean)
    ratio = np.median(deviation[air] / mean[air]) if air.sum() >= 3 else 0.0
    quiet = float(np.percentile(deviation, 10) / 0.88 / _seen_share(image, edge_voxels))
    rayleigh = float(np.median(mean[air]) / _RAYLEIGH_MEAN) if air.any() else 0.0
    # A dark structure's edge can look like air by its ratio, but not by its level.
    if ratio > 0.8 * _RAYLEIGH_RATIO and rayleigh < 2 * quiet:
        return rayleigh
    return quiet


def _seen_share(image: Image, edge_voxels: float) -> float:
    """Share of correlated noise's standard deviation that is left about a block's trend.

    Noise that went through the filter of the edges, a Gaussian of a voxels, is correlated as
    exp(−r²/4a²).
    """
    side = _side(image)
    square = max((edge_voxels / 2.563) ** 2 - 1 / 12, 0.0)
    if square == 0.0:
        return 1.0
    axes = np.meshgrid(*[np.arange(side, dtype=float)] * image.ndim, indexing="ij")
    places = np.stack([a.ravel() for a in axes], 1)
    apart = ((places[:, None] - places[None]) ** 2).sum(-1)
    design = np.concatenate([np.ones((len(places), 1)), places - places.mean(0)], 1)
    basis, _ = np.linalg.qr(design)
    correlation = np.exp(-apart / (4 * square))
    left = len(places) - np.trace(basis.T @ correlation @ basis)
    return float(np.sqrt(left / (len(places) - design.shape[1])))


def _side(image: Image) -> int:
    return min(6 if image.ndim == 3 else 10, min(image.shape) // 2)


def _blocks(image: Image) -> tuple[Image, Image]:
    """Mean of each block, and standard deviation about its linear trend."""
    side = _side(image)
    counts = [n // side for n in image.shape]
    cut = image[tuple(slice(c * side) for c in counts)]
    split = cut.reshape([x for c in counts for x in (c, side)])
    order = [*range(0, split.ndim, 2), *range(1, split.ndim, 2)]
    flat = split.transpose(order).reshape(int(np.prod(counts)), -1)
    line = np.arange(side) - (side - 1) / 2
    axes = np.meshgrid(*[line] * image.ndim, indexing="ij")
    design = np.stack([np.ones(flat.shape[1]), *[a.ravel() for a in axes]], 1)
    fit, *_ = np.linalg.lstsq(design, flat.T, rcond=None)
    rest = flat - (design @ fit).T
    freedom = flat.shape[1] - design.shape[1]
    return flat.mean(1), np.sqrt((rest**2).sum(1) / freedom)


def _vessel_like(image: Image) -> tuple[bool, NDArray[np.bool_]]:
    """Whether compact structures are dark, and the voxels that stand out most.

    Vessels fill little of a scan: what is as small as they are is skewed to their side.
    """
    small = ndimage.gaussian_filter(image, 1.0) - ndimage.gaussian_filter(image, 5.0)
    skewness = float(((small - small.mean()) ** 3).mean())
    out = -small if skewness < 0 else small
    return skewness < 0, out >= 0.5 * np.percentile(out, 99.8)


def _kept(image: Image, axis: int) -> float:
    """Share of k-space measured along one axis, from where the spectrum falls off a cliff.

    Bright places alone are looked at: the magnitude of dark noise has a wider spectrum than the
    noise. A filter makes the logarithm of the power fall smoothly in k²; a cliff is what is left.
    """
    bright = ndimage.gaussian_filter(image, 2.0)
    weight = np.clip(bright / np.percentile(bright, 99), 0, 1) ** 3
    rough = (image - bright) * weight
    n = image.shape[axis]
    lines = np.moveaxis(rough, axis, -1) * np.hanning(n)
    power = (np.abs(np.fft.rfft(lines, axis=-1)) ** 2).reshape(-1, n // 2 + 1).mean(0)
    height = np.log(power + 1e-12 * power.mean())
    # How far the spectrum falls over the window's own width, there and on either side.
    step = max(4, round(n / 20))
    fall = height[:-step] - height[step:]
    best, kept = _CLIFF, 1.0
    for at in range(max(step, n // 6), len(fall) - step):
        extra = fall[at] - max(fall[at - step], fall[at + step], 0.0)
        if extra > best:
            steepest = at + int(
                np.argmax(height[at : at + step - 1] - height[at + 2 : at + step + 1])
            )
            best, kept = float(extra), float(min(2 * steepest / n, 1.0))
    return kept


def _edge_voxels(image: Image, sigma: float) -> float:
    """Median 10–90 % width of the profiles across the strongest edges."""
    smooth = ndimage.gaussian_filter(image, 0.7)
    slopes = np.stack(np.gradient(smooth))
    steep = np.linalg.norm(slopes, axis=0)
    inner = np.zeros(image.shape, dtype=bool)
    inner[tuple(slice(5, -5) for _ in image.shape)] = True
    chosen = inner & (steep == ndimage.maximum_filter(steep, 3))
    places = np.argwhere(chosen)
    if len(places) == 0:
        return 2.5
    order = np.argsort(-steep[chosen])[:_EDGES]
    places = places[order].astype(float)
    normals = (slopes[:, chosen].T / steep[chosen, None])[order]
    t = np.arange(-_HALF, _HALF + 1) * 0.125
    along = places[:, None, :] + t[None, :, None] * normals[:, None, :]
    profiles = ndimage.map_coordinates(image, along.transpose(2, 0, 1), order=3, mode="nearest")
    widths = [w for p in profiles if (w := _profile_width(p, t, 6 * sigma)) is not None]
    return float(np.median(widths)) if widths else 2.5


def _profile_width(profile: NDArray[Any], t: NDArray[Any], least: float) -> float | None:
    """Width of one rise through the middle of a profile; none where it is lost in noise."""
    middle = len(profile) // 2
    low_at = middle - int(np.argmin(profile[middle::-1][:_HALF]))
    high_at = middle + int(np.argmax(profile[middle:][:_HALF]))
    low, high = profile[low_at], profile[high_at]
    if high - low < max(least, 1e-12):
        return None
    rise = (profile[low_at : high_at + 1] - low) / (high - low)
    first = low_at + int(np.flatnonzero(rise > 0.1)[0])
    last = low_at + int(np.flatnonzero(rise < 0.9)[-1])
    return float(t[last] - t[first]) + 0.125
