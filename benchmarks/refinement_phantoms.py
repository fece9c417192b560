"""Drawn scans with a known wall; separate because two scripts about the refinement draw them.

A scan is made on a grid three times as fine, blurred, sampled and given noise. Lengths are in
voxels.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from lumenfield.datatypes import MaternField, Volume, scaling
from lumenfield.levelset import redistance
from lumenfield.levelset.spectral import draw_matern

__all__ = ["MARGIN", "POINT_SPREAD", "Case", "Drawn", "drawn", "on_wall"]

POINT_SPREAD = 0.55
MARGIN = 3
_FINER = 3
_PAD = 4


@dataclass(frozen=True)
class Case:
    """What is drawn.

    Args:
        kind: tube, wavy (a radius that changes along it), ball, twin (two tubes `gap` apart),
            throat (a tube narrowed to 0.4 R) or end (a tube that stops inside the grid).
        cnr: contrast between the middle of the lumen and the outside, over the noise.
        noise: gauss, rician or zero-filled.
        rim: brightness of the lumen at the wall, from that of the outside (0) to the middle's (1);
            between them it follows a parabola.
        ring: thickness of a band around the lumen; 0 is none. ring_level: its brightness.
        texture: standard deviation of a Matérn texture outside, in that of the noise.
        loss: share of the signal lost in and beyond a throat.
        shading: how much brightness changes across the grid, as a coil's sensitivity does.
        spacing: voxel edges. start: standard deviation of the start's error; length: ℓ of it.
    """

    kind: str
    radius: float
    cnr: float
    target: float = math.nan
    noise: str = "gauss"
    inside: float = 1.0
    outside: float = 0.2
    size: int = 40
    length: float = 4.0
    rim: float = 1.0
    ring: float = 0.0
    ring_level: float = 0.0
    texture: float = 0.0
    loss: float = 0.0
    gap: float = 1.0
    shading: float = 0.0
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    start: float = 0.5
    offset: float = 0.0
    point_spread: float = POINT_SPREAD


@dataclass(frozen=True, eq=False)
class Drawn:
    """A scan, a start that is off by a Matérn field, the true distance, and the start's field."""

    scan: Volume
    start: Volume
    truth: NDArray[np.float32]
    field: MaternField


def drawn(case: Case, seed: int) -> Drawn:
    """Draw one scan of a case."""
    generator = np.random.default_rng(seed)
    solid = _solid(case, generator)
    shape = tuple(round(case.size / h) for h in case.spacing)
    spread = case.point_spread * (2 if case.noise == "zero-filled" else 1)
    clean = _scanned(case, solid, shape, spread, generator)
    scan = _noisy(case, clean, generator)
    distance = torch.tensor(solid(*_axes(shape, case.spacing, 1, 0)))[None, None].float()
    truth = redistance(distance, case.spacing, band=6)
    error = draw_matern(
        shape,
        case.spacing,
        spread=case.start,
        length=case.length,
        generator=torch.Generator().manual_seed(seed),
    )
    start = redistance(truth + error + case.offset, case.spacing, band=6)
    affine = scaling(case.spacing)
    return Drawn(
        Volume(scan.astype(np.float32), affine),
        Volume(start[0, 0].numpy(), affine),
        truth[0, 0].numpy(),
        MaternField(case.start or 0.5, case.length),
    )


def on_wall(found: NDArray, *fields: NDArray) -> list[NDArray]:
    """Read fields where grid edges cross the zero level of `found`, off the box's border."""
    read: list[list[NDArray]] = [[] for _ in fields]
    for axis in range(3):
        line = np.moveaxis(found, axis, 0)
        crosses = (line[:-1] < 0) != (line[1:] < 0)
        crosses[:MARGIN], crosses[-MARGIN:] = False, False
        crosses[:, :MARGIN], crosses[:, -MARGIN:] = False, False
        crosses[:, :, :MARGIN], crosses[:, :, -MARGIN:] = False, False
        at = _crossings(line, crosses)
        for field, values in zip(fields, read, strict=True):
            values.append(_cubic(np.moveaxis(field, axis, 0), crosses, at))
    return [np.concatenate(values) for values in read]


def _crossings(line: NDArray, crosses: NDArray) -> NDArray:
    """Bisect the cubic through four voxels for its zero."""
    low, high = np.zeros(crosses.sum()), np.ones(crosses.sum())
    sign = np.sign(_cubic(line, crosses, low))
    for _ in range(30):
        middle = (low + high) / 2
        same = np.sign(_cubic(line, crosses, middle)) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2


def _cubic(line: NDArray, crosses: NDArray, t: NDArray) -> NDArray:
    i, *rest = np.nonzero(crosses)
    a, b, c, d = (line[(i + k, *rest)] for k in (-1, 0, 1, 2))
    weights = (
        -t * (t - 1) * (t - 2) / 6,
        (t + 1) * (t - 1) * (t - 2) / 2,
        -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    )
    return sum(w * v for w, v in zip(weights, (a, b, c, d), strict=True))


def _axes(
    shape: tuple[int, ...], spacing: tuple[float, ...], finer: int, pad: int
) -> list[NDArray]:
    lines = [
        h * ((np.arange((n + 2 * pad) * finer) + 0.5) / finer - (n / 2 + pad))
        for n, h in zip(shape, spacing, strict=True)
    ]
    return np.meshgrid(*lines, indexing="ij", sparse=True)


def _scanned(case: Case, solid, shape, spread: float, generator) -> NDArray:
    """Blur the tissues' brightness on the fine grid and sample it."""
    places = _axes(shape, case.spacing, _FINER, _PAD)
    distance = solid(*places)
    depth = np.clip(-distance / case.radius, 0, 1)
    rim = case.outside + case.rim * (case.inside - case.outside)
    lumen = rim + (case.inside - rim) * (1 - (1 - depth) ** 2)
    if case.loss > 0:
        beyond = np.exp(-(np.maximum(np.abs(places[2] - 2), 0) ** 2) / (2 * 4.0**2))
        lumen = lumen * (1 - case.loss * beyond)
    outside = np.full(distance.shape, case.outside)
    if case.texture > 0:
        outside = outside + _texture(case, distance.shape, generator)
    fine = outside
    if case.ring > 0:
        fine = _mixed(distance - case.ring, np.full(distance.shape, case.ring_level), outside)
    fine = _mixed(distance, lumen, fine)
    if case.shading > 0:
        fine = fine * np.exp(case.shading * places[0] / case.size + 0 * distance)
    blur = math.sqrt((spread * _FINER) ** 2 - 1 / 12)
    fine = gaussian_filter(fine.astype(np.float32), blur, truncate=5)
    middle = [slice(_PAD * _FINER + 1, (_PAD + n) * _FINER + 1, _FINER) for n in shape]
    return fine[tuple(middle)]


def _mixed(distance: NDArray, within: NDArray, without: NDArray) -> NDArray:
    share = np.clip(0.5 - _FINER * distance, 0, 1)
    return share * within + (1 - share) * without


def _texture(case: Case, shape: tuple[int, ...], generator) -> NDArray:
    sigma = abs(case.inside - case.outside) / case.cnr
    white = gaussian_filter(generator.normal(size=shape).astype(np.float32), 1.5 * _FINER)
    return case.texture * sigma * white / white.std()


def _noisy(case: Case, clean: NDArray, generator) -> NDArray:
    sigma = abs(case.inside - case.outside) / case.cnr
    noise = sigma * generator.normal(size=(2, *clean.shape))
    if case.noise == "zero-filled":
        noise = _zero_filled(noise, sigma)
    return np.hypot(clean + noise[0], noise[1]) if case.noise == "rician" else clean + noise[0]


def _zero_filled(noise: NDArray, sigma: float) -> NDArray:
    """Keep the middle half of k-space on each axis, at the same standard deviation."""
    axes = (1, 2, 3)
    spectrum = np.fft.fftn(noise, axes=axes)
    for axis in axes:
        n = noise.shape[axis]
        high = np.abs(np.fft.fftfreq(n)) >= 0.25
        spectrum[(slice(None),) * axis + (high,)] = 0
    filled = np.fft.ifftn(spectrum, axes=axes).real
    return filled * sigma / filled.std()


def _solid(case: Case, generator):
    centre = generator.uniform(-0.5, 0.5, 3)
    tilt = generator.normal(size=3) * (0.3, 0.3, 0) + (0, 0, 1)
    tilt /= np.linalg.norm(tilt)

    def distance(x: NDArray, y: NDArray, z: NDArray) -> NDArray:
        x, y, z = x - centre[0], y - centre[1], z - centre[2]
        along = x * tilt[0] + y * tilt[1] + z * tilt[2]
        square = x * x + y * y + z * z
        across = np.sqrt(np.maximum(square - along**2, 0))
        if case.kind == "ball":
            return np.sqrt(square) - case.radius
        if case.kind == "wavy":
            return across - case.radius * (1 + 0.12 * np.sin(along / 6))
        if case.kind == "throat":
            return across - case.radius * (1 - 0.6 * np.exp(-(along**2) / (2 * 4.0**2)))
        if case.kind == "end":
            beyond = np.maximum(along, 0)
            return np.sqrt(across**2 + beyond**2) - case.radius
        if case.kind == "twin":
            half = case.radius + case.gap / 2
            one, two = (np.sqrt((x - s) ** 2 + y**2 + 0 * z) - case.radius for s in (-half, half))
            return np.minimum(one, two)
        return across - case.radius

    return distance
