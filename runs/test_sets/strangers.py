"""Scans of kinds that no network here was trained on; separate because none has a lumen to find."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lumenfield.datatypes import Volume, scaling

__all__ = ["STRANGERS", "draw_stranger"]

FIELDS_MM = {"computed tomography": 380.0, "brain without vessels": 190.0, "empty phantom": 128.0}
"""Fields of view: a trunk is 350 mm wide, a head 170 mm, a bottle 65 mm and more."""

Grid = NDArray[np.float64]
Stranger = Callable[[np.random.Generator, int], Grid]


def draw_stranger(kind: str, seed: int, *, size: int = 64) -> Volume:
    """Draw one scan of a kind of `STRANGERS`; things that have a size are as large as they are."""
    kinds = list(STRANGERS)
    generator = np.random.default_rng((seed, kinds.index(kind)))
    values = STRANGERS[kind](generator, size)
    voxel_mm = FIELDS_MM[kind] / size if kind in FIELDS_MM else 1.0
    return Volume(values.astype(np.float32), scaling((voxel_mm,) * 3))


def _computed_tomography(generator: np.random.Generator, n: int) -> Grid:
    """A trunk in Hounsfield units: air, fat, muscle, bones with a dense shell, no contrast."""
    body = _ellipsoid(n, (0.0, 0.0, 0.0), (0.46, 0.4, 2.0))
    values = np.where(body < 1, 45.0, -1000.0)
    values[(body > 0.8) & (body < 1)] = -90.0
    for _ in range(generator.integers(2, 7)):
        centre = generator.uniform(-0.3, 0.3, 3)
        bone = _ellipsoid(n, centre, generator.uniform(0.06, 0.2, 3))
        values[bone < 1] = generator.uniform(700, 1300)
        values[bone < 0.7] = generator.uniform(150, 350)
    values = ndimage.gaussian_filter(values, 0.6)
    return np.round(values + generator.normal(0, generator.uniform(8, 25), values.shape))


def _brain(generator: np.random.Generator, n: int) -> Grid:
    """A head in T1: scalp, skull, white and grey matter in folds, ventricles; no vessel."""
    head = _ellipsoid(n, (0.0, 0.0, 0.0), (0.47, 0.42, 0.5))
    folds = _smooth(generator, n, 3.0)
    depth = head + 0.1 * folds
    values = np.zeros((n, n, n))
    for outer, level in ((1.0, 0.95), (0.9, 0.08), (0.82, 0.2), (0.78, 0.6), (0.62, 0.9)):
        values[(head if outer > 0.8 else depth) < outer] = level
    for side in (-1, 1):
        values[_ellipsoid(n, (0.03, 0.07 * side, 0.0), (0.14, 0.04, 0.1)) < 1] = 0.2
    return _rician(generator, ndimage.gaussian_filter(values, 0.6), 0.02)


def _noise(generator: np.random.Generator, n: int) -> Grid:
    """The magnitude of noise alone, perhaps interpolated."""
    width = generator.choice([0.0, 0.7, 1.2])
    parts = [ndimage.gaussian_filter(generator.normal(size=(n, n, n)), width) for _ in range(2)]
    return np.hypot(*parts) * 100


def _empty_phantom(generator: np.random.Generator, n: int) -> Grid:
    """A bottle of water, nothing in it."""
    shape = generator.uniform(0.25, 0.6, 3)
    bottle = _ellipsoid(n, generator.uniform(-0.15, 0.15, 3), shape)
    values = ndimage.gaussian_filter((bottle < 1).astype(float), 0.8)
    shaded = values * np.exp(0.2 * _smooth(generator, n, 20.0))
    return _rician(generator, shaded, generator.uniform(0.01, 0.1))


def _texture(generator: np.random.Generator, n: int) -> Grid:
    """What photographs have in common: power that falls as 1/k², and edges."""
    k = np.sqrt(sum(f**2 for f in np.meshgrid(*[np.fft.fftfreq(n)] * 3, indexing="ij")))
    power = 1 / np.maximum(k, 1 / n) ** generator.uniform(1.8, 2.8)
    field = np.fft.ifftn(np.fft.fftn(generator.normal(size=(n, n, n))) * power).real
    field /= field.std()
    hidden = field > generator.uniform(-0.5, 0.8)
    other = np.roll(field[::-1].transpose(1, 2, 0), n // 3, 0)
    return np.clip(120 + 40 * np.where(hidden, field, other), 0, 255)


def _grid(generator: np.random.Generator, n: int) -> Grid:
    """A resolution phantom: a lattice of square holes."""
    period, duty = int(generator.integers(6, 14)), generator.uniform(0.3, 0.6)
    on = [(np.arange(n) % period) < duty * period for _ in range(3)]
    holes = on[0][:, None, None] & on[1][None, :, None] & on[2][None, None, :]
    return _rician(generator, ndimage.gaussian_filter(np.where(holes, 0.1, 1.0), 0.7), 0.03)


STRANGERS: dict[str, Stranger] = {
    "computed tomography": _computed_tomography,
    "brain without vessels": _brain,
    "noise": _noise,
    "empty phantom": _empty_phantom,
    "texture": _texture,
    "lattice": _grid,
}


def _ellipsoid(n: int, centre: tuple[float, ...] | Grid, radii: tuple[float, ...] | Grid) -> Grid:
    """Squared distance from a centre in units of the radii, shares of the grid both."""
    line = (np.arange(n) - (n - 1) / 2) / n
    axes = np.meshgrid(line, line, line, indexing="ij")
    return sum(((x - c) / r) ** 2 for x, c, r in zip(axes, centre, radii, strict=True))


def _smooth(generator: np.random.Generator, n: int, width: float) -> Grid:
    field = ndimage.gaussian_filter(generator.normal(size=(n, n, n)), width, mode="wrap")
    return field / field.std()


def _rician(generator: np.random.Generator, signal: Grid, sigma: float) -> Grid:
    real = signal + generator.normal(0, sigma, signal.shape)
    return 1000 * np.hypot(real, generator.normal(0, sigma, signal.shape))
