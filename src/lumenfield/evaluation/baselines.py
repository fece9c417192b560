"""The rivals: what known libraries find in a scan without learning; a table lists them.

Each takes a 2-D or 3-D magnitude of any scale and the voxel edges in mm, brings the magnitude to
0–1 and takes the bright side as the lumen. No rival looks at a truth, and settings are those of
scikit-image unless said. A scan without any contrast gives an empty mask.
"""

import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.spacing import voxel_mm

__all__ = [
    "BASELINES",
    "Baseline",
    "chan_vese",
    "frangi",
    "geodesic_active_contour",
    "half_maximum",
    "missing_extras",
    "morphological_geodesic",
    "otsu",
    "otsu_three",
    "random_walker",
]

Mask = NDArray[np.bool_]
Scan = NDArray[np.float32]
Baseline = Callable[[NDArray[Any], tuple[float, ...]], Mask]


def otsu(values: NDArray[Any], spacing: tuple[float, ...]) -> Mask:
    """Threshold where the variance between two classes is largest (Otsu 1979), 256 bins."""
    scan = _scaled(values)
    return scan > _otsu_level(scan, n_classes=2)


def otsu_three(values: NDArray[Any], spacing: tuple[float, ...]) -> Mask:
    """Take the brightest of Otsu's three classes: a living body is air, tissue and blood.

    Two classes there part the body from the air, and all of the body is called lumen.
    """
    scan = _scaled(values)
    return scan > _otsu_level(scan, n_classes=3)


def half_maximum(values: NDArray[Any], spacing: tuple[float, ...]) -> Mask:
    """Threshold half way from the mean of all else to that of the brightest of Otsu's three."""
    scan = _scaled(values)
    dark, bright = _class_means(scan)
    return scan > (dark + bright) / 2


def chan_vese(values: NDArray[Any], spacing: tuple[float, ...]) -> Mask:
    """Fit two constants with a short boundary, from the brightest of Otsu's three classes.

    From its default start, a checkerboard, whose two means are alike, chance decides what is found.
    2-D: `chan_vese` with μ 0.25, λ₁ = λ₂ = 1, tolerance 1e-3, at most 500 steps of 0.5. 3-D:
    `morphological_chan_vese` with λ₁ = λ₂ = 1, one smoothing a step and 36 steps (it has no default
    number; its gallery takes 35). There the scan's border is first repeated 5 voxels outwards,
    since smoothing takes what lies beyond as outside. Both count in voxels, whatever the spacing.
    """
    from skimage import segmentation

    scan = _scaled(values)
    if not scan.any():
        return np.zeros(scan.shape, dtype=bool)
    if scan.ndim == 2:
        start = np.where(scan > _otsu_level(scan, n_classes=3), 1.0, -1.0)
        return np.asarray(segmentation.chan_vese(scan, init_level_set=start))
    padded = np.pad(scan, 5, mode="edge")
    bright = (padded > _otsu_level(scan, n_classes=3)).astype(np.int8)
    # Its smoothing alternates between two kinds through calls: an even number ends as it began.
    phase = segmentation.morphological_chan_vese(padded, num_iter=36, init_level_set=bright)
    return phase[5:-5, 5:-5, 5:-5] > 0


def morphological_geodesic(values: NDArray[Any], spacing: tuple[float, ...]) -> Mask:
    """Move the brightest of Otsu's three classes onto edges by morphology (Marquez-Neila 2014).

    `morphological_geodesic_active_contour` on `inverse_gaussian_gradient`, both as they come (α
    100, σ 5, smoothing 1), 36 steps without balloon. It counts in voxels, whatever the spacing.
    """
    from skimage import segmentation

    scan = _scaled(values)
    if not scan.any():
        return np.zeros(scan.shape, dtype=bool)
    edges = segmentation.inverse_gaussian_gradient(scan)
    bright = (scan > _otsu_level(scan, n_classes=3)).astype(np.int8)
    found = segmentation.morphological_geodesic_active_contour(
        edges, num_iter=36, init_level_set=bright
    )
    return np.asarray(found > 0)


def geodesic_active_contour(values: NDArray[Any], spacing: tuple[float, ...]) -> Mask:
    """Move the brightest of Otsu's three classes onto edges by a level set (Caselles 1997).

    ITK's `GeodesicActiveContourLevelSet` with its scalings of 1, on the sigmoid of the gradient's
    length at σ of one voxel; its α and β, which the software guide has users read off the image,
    are set from the steepest hundredth and the median; 300 steps or an rms change of 0.02.

    Raises:
        InputError: SimpleITK is not installed.
    """
    scan = _scaled(values)
    start = scan > _otsu_level(scan, n_classes=3)
    if not start.any() or start.all():
        return start
    itk = _simple_itk()
    image = itk.GetImageFromArray(scan)
    image.SetSpacing([float(s) for s in reversed(spacing)])
    slope = itk.GradientMagnitudeRecursiveGaussian(image, sigma=voxel_mm(spacing))
    slopes = itk.GetArrayFromImage(slope)
    steep, flat = float(np.percentile(slopes, 99)), float(np.median(slopes))
    if steep <= flat:
        return start
    speed = itk.Sigmoid(slope, alpha=-(steep - flat) / 6, beta=(steep + flat) / 2)
    seed = itk.GetImageFromArray(start.astype(np.uint8))
    seed.CopyInformation(image)
    level = itk.SignedMaurerDistanceMap(seed, squaredDistance=False, useImageSpacing=True)
    contour = itk.GeodesicActiveContourLevelSetImageFilter()
    contour.SetNumberOfIterations(300)
    contour.SetMaximumRMSError(0.02)
    found = contour.Execute(itk.Cast(level, itk.sitkFloat32), itk.Cast(speed, itk.sitkFloat32))
    return np.asarray(itk.GetArrayFromImage(found) < 0)


def frangi(values: NDArray[Any], spacing: tuple[float, ...]) -> Mask:
    """Threshold the vesselness of bright ridges (Frangi 1998) by Otsu of its response.

    Widths σ of 1, 3, 5, 7, 9 voxels, α = β = 0.5, γ half the largest Hessian norm. It counts in
    voxels, whatever the spacing.
    """
    from skimage.filters import frangi as vesselness

    response = _scaled(vesselness(_scaled(values), black_ridges=False))
    return response > _otsu_level(response, n_classes=2)


def random_walker(values: NDArray[Any], spacing: tuple[float, ...]) -> Mask:
    """Let walkers from the bright and dark extremes claim the voxels between them (Grady 2006).

    Lumen seeds: above the mean of the brightest of Otsu's three classes; background seeds: below
    the mean of the rest. β = 130, conjugate gradients with a Jacobi preconditioner, tolerance 1e-3;
    the spacing counts relative to its geometric mean.
    """
    from skimage import segmentation

    scan = _scaled(values)
    dark, bright = _class_means(scan)
    seeds = np.where(scan >= bright, 1, np.where(scan <= dark, 2, 0))
    if len(np.unique(seeds)) < 3:
        return seeds == 1 if scan.any() else np.zeros(scan.shape, dtype=bool)
    relative = np.asarray(spacing) / voxel_mm(spacing)
    with warnings.catch_warnings():
        # It advises a multigrid package, and reports seeds walled in by other seeds, and
        # probabilities beyond 0 to 1 by its own tolerance. None of them changes the claim.
        warnings.simplefilter("ignore", UserWarning)
        claimed = segmentation.random_walker(scan, seeds, spacing=relative)
    return np.asarray(claimed == 1)


BASELINES: dict[str, Baseline] = {
    "otsu": otsu,
    "otsu_three": otsu_three,
    "half_maximum": half_maximum,
    "chan_vese": chan_vese,
    "morphological_geodesic": morphological_geodesic,
    "geodesic_active_contour": geodesic_active_contour,
    "frangi": frangi,
    "random_walker": random_walker,
}
"""Name → mask of the lumen from a magnitude and its spacing."""

_EXTRAS = {"geodesic_active_contour": ("SimpleITK", "itk")}
"""Rival → the library it needs beside the package, and the extra that brings it."""


def missing_extras() -> dict[str, str]:
    """Give the rivals that cannot run here, each with the extra that would let it."""
    return {
        name: extra
        for name, (library, extra) in _EXTRAS.items()
        if importlib.util.find_spec(library) is None
    }


def _simple_itk() -> Any:
    try:
        import SimpleITK
    except ImportError:
        raise InputError(
            "SimpleITK is not installed",
            "ITK's geodesic active contour needs the extra `itk`",
            "pip install 'lumenfield[itk]'",
        ) from None
    return SimpleITK


def _scaled(values: NDArray[Any]) -> Scan:
    """Bring a magnitude to 0–1; a constant one to 0."""
    if values.dtype.kind not in "buif" or not bool(np.isfinite(values).all()):
        raise InputError(
            "scan has values that are NaN, infinite or complex",
            "a baseline needs a finite magnitude",
            "take the modulus, or fill them first",
        )
    shifted = values.astype(np.float64) - float(values.min())
    top = float(shifted.max())
    return (shifted / top if top > 0 else shifted).astype(np.float32)


def _otsu_level(scan: Scan, *, n_classes: int) -> float:
    """The highest of Otsu's thresholds; a scan of fewer levels has fewer classes."""
    from skimage.filters import threshold_multiotsu, threshold_otsu

    n_levels = int(np.count_nonzero(np.histogram(scan, bins=256)[0]))
    if n_levels < 2:
        return float(scan.max())
    if min(n_classes, n_levels) == 2:
        return float(threshold_otsu(scan))
    return float(threshold_multiotsu(scan, classes=n_classes)[-1])


def _class_means(scan: Scan) -> tuple[float, float]:
    """The mean of all but the brightest of Otsu's three classes, and the mean of that."""
    bright = scan > _otsu_level(scan, n_classes=3)
    if not bright.any():
        return 0.0, 0.0
    return float(scan[~bright].mean()), float(scan[bright].mean())
