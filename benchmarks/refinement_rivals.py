"""Walls that others find in the refinement's drawn scans; separate so that ITK is imported here.

Each starts from the same first distance and returns a field whose zero level is its wall.
"""

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import morphological_chan_vese

__all__ = ["RIVALS"]

Field = NDArray[np.floating]


def half_maximum(scan: Field, start: Field, spacing: tuple[float, ...]) -> Field:
    """Cut half way between the medians of what the start has well inside and well outside."""
    near = np.abs(start) < 5 * max(spacing)
    inside = np.median(scan[near & (start < -max(spacing))])
    outside = np.median(scan[near & (start > max(spacing))])
    return (scan - (inside + outside) / 2) * np.sign(outside - inside)


def chan_vese(scan: Field, start: Field, spacing: tuple[float, ...]) -> Field:
    """Take 36 steps of morphological Chan–Vese, one smoothing each, from the start's mask."""
    first = (start < 0).astype(np.int8)
    return 0.5 - morphological_chan_vese(scan, num_iter=36, init_level_set=first, smoothing=1)


def geodesic(scan: Field, start: Field, spacing: tuple[float, ...]) -> Field:
    """Run ITK's geodesic active contour on the usual edge potential, advection 1, curvature 0.5."""
    import SimpleITK as sitk

    def image(values: Field) -> sitk.Image:
        made = sitk.GetImageFromArray(np.asarray(values, dtype=np.float32))
        made.SetSpacing([float(h) for h in spacing[::-1]])
        return made

    steep = sitk.GradientMagnitudeRecursiveGaussian(image(scan), sigma=0.8 * max(spacing))
    values = sitk.GetArrayFromImage(steep)
    high, low = np.quantile(values, [0.98, 0.5])
    potential = 1 / (1 + np.exp((values - (low + high) / 2) / ((high - low) / 8)))
    solver = sitk.GeodesicActiveContourLevelSetImageFilter()
    solver.SetPropagationScaling(0.0)
    solver.SetCurvatureScaling(0.5)
    solver.SetAdvectionScaling(1.0)
    solver.SetMaximumRMSError(0.002)
    solver.SetNumberOfIterations(150)
    found = solver.Execute(image(np.clip(start, -4, 4)), image(potential))
    return sitk.GetArrayFromImage(found)


RIVALS = {
    "half maximum": half_maximum,
    "Chan–Vese": chan_vese,
    "ITK geodesic": geodesic,
}
