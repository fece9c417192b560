"""Where a public implementation is right, ours agrees with it."""

import numpy as np
import pytest

from lumenfield.evaluation.level import level_of
from lumenfield.evaluation.metrics import Pair, measure


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.6, 0.9, 1.5)])
def test_masks_agree_with_simpleitk_within_half_a_voxel(ball, spacing):
    itk = pytest.importorskip("SimpleITK")
    shape = tuple(round(36 / h) for h in spacing)
    masks = [ball(r, shape, spacing, at=(0.13, 0.2, 0.1)) < 0 for r in (9.0, 11.0)]
    ours = measure(Pair(*(level_of(m) for m in masks), spacing))
    images = [itk.GetImageFromArray(m.astype(np.uint8)) for m in masks]
    for image in images:
        image.SetSpacing([float(h) for h in reversed(spacing)])
    overlap = itk.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*images)
    assert ours.dice == pytest.approx(overlap.GetDiceCoefficient(), abs=1e-12)
    assert ours.iou == pytest.approx(overlap.GetJaccardCoefficient(), abs=1e-12)
    hausdorff = itk.HausdorffDistanceImageFilter()
    hausdorff.Execute(*(itk.LabelContour(image) for image in images))
    theirs = hausdorff.GetAverageHausdorffDistance()
    assert ours.assd_mm == pytest.approx(theirs, abs=max(spacing) / 2)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (1.0, 1.0, 2.0), (0.6, 0.9, 1.5)])
def test_distances_give_the_exact_gap_within_one_percent(ball, spacing):
    shape = tuple(round(36 / h) for h in spacing)
    balls = [ball(r, shape, spacing, at=(0.13, 0.2, 0.1)) for r in (9.0, 11.0)]
    ours = measure(Pair(*(level_of(b) for b in balls), spacing))
    assert ours.assd_mm == pytest.approx(2.0, rel=0.01)
