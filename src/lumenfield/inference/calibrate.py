"""How far a network's wall is from the truth, measured on held-out scans and kept with it."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import Prediction, Volume
from lumenfield.errors import InputError
from lumenfield.inference.familiar import LEAST_CERTAINTY, usual_certainty
from lumenfield.inference.segment import PredictOptions, predict
from lumenfield.matern import matern_correlation
from lumenfield.networks import Calibration, Checkpoint
from lumenfield.spacing import voxel_mm

__all__ = ["calibrate"]

_GROSS = 2.0
"""Wall errors beyond this, in voxels, are vessels missed or invented, not a wall displaced."""

_ENOUGH = 8
"""Cases found well that it takes to say how sure a network usually is."""

_LAGS = np.arange(1.0, 9.0)
_POINTS = 400
"""Wall points of a case that are compared with all its others."""


def calibrate(
    checkpoint: Checkpoint,
    cases: Iterable[tuple[Volume, Volume]],
    options: PredictOptions | None = None,
) -> Checkpoint:
    """Fit σ_φ, ℓ and the temperature to scans with a known distance.

    At every voxel that the predicted wall passes, e = φ_true − φ; errors of two voxels and more
    are vessels missed or invented, and left out. σ_φ is the rms of e, ℓ the
    length whose Matérn correlation fits that of e along the wall; the temperature maximises the
    likelihood of the mask within three voxels of both walls, the true one and the predicted. How
    sure the network is of lumen that it finds well goes into the provenance (`familiar.py`).

    Args:
        cases: scan and true signed distance (mm) on its grid.

    Raises:
        InputError: no case has a wall to compare.
    """
    errors: list[NDArray[np.float64]] = []
    correlations: list[NDArray[np.float64]] = []
    logits, masks = [], []
    found_well: list[NDArray[np.float64]] = []
    for scan, truth in cases:
        found = predict(scan, [_plain(checkpoint)], options)
        voxel = voxel_mm(scan.spacing)
        wall = np.abs(found.distance.values) < 0.5 * voxel
        error = (truth.values - found.distance.values)[wall].astype(np.float64) / voxel
        small = np.abs(error) < _GROSS
        errors.append(error[small])
        places = np.argwhere(wall)[small] * (np.asarray(scan.spacing) / voxel)
        correlations.append(_correlation(places, error[small]))
        near = np.maximum(np.abs(truth.values), np.abs(found.distance.values)) < 3 * voxel
        logits.append(_logits(found.probability.values[near]))
        masks.append(truth.values[near] < 0)
        if _well(found, truth):
            found_well.append(_logits(found.probability.values[found.distance.values < 0]))
    if not errors or sum(map(len, errors)) == 0:
        raise InputError("no wall was found in any case", "calibration compares walls", "train on")
    joined = np.concatenate(errors)
    fitted = Calibration(
        temperature=_temperature(np.concatenate(logits), np.concatenate(masks)),
        spread_voxels=float(np.sqrt((joined**2).mean())),
        length_voxels=_length(correlations, checkpoint),
        alpha=checkpoint.calibration.alpha,
    )
    told = {**checkpoint.provenance, **_sureness(found_well, fitted.temperature)}
    return replace(checkpoint, calibration=fitted, provenance=told)


def _sureness(found_well: list[NDArray[np.float64]], temperature: float) -> dict[str, float]:
    """Say how sure the network is of lumen it finds well; nothing if it found too little so."""
    if len(found_well) < _ENOUGH:
        return {}
    sure = [float((1 / (1 + np.exp(-z / temperature))).mean()) for z in found_well]
    return {LEAST_CERTAINTY: round(usual_certainty(sure), 3)}


def _well(found: Prediction, truth: Volume) -> bool:
    """Tell whether a case's Dice is 0.8 or more."""
    inside, true = found.distance.values < 0, truth.values < 0
    common = np.count_nonzero(inside & true)
    either = np.count_nonzero(inside) + np.count_nonzero(true)
    return bool(common > 0 and 2 * common >= 0.8 * either)


def _logits(probability: NDArray[np.float32]) -> NDArray[np.float64]:
    clipped = np.clip(probability.astype(np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _plain(checkpoint: Checkpoint) -> Checkpoint:
    return replace(checkpoint, calibration=Calibration())


def _correlation(places: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean product of errors at each lag over their mean square, both about zero."""
    found = np.full(len(_LAGS), np.nan)
    if len(error) < 50:
        return found
    some = np.random.default_rng(0).permutation(len(error))[:_POINTS]
    gaps = np.linalg.norm(places[some, None] - places[None, :], axis=-1)
    products = error[some, None] * error[None, :]
    scale = (error**2).mean()
    for i, lag in enumerate(_LAGS):
        at = np.abs(gaps - lag) < 0.5
        if at.sum() > 50:
            found[i] = products[at].mean() / scale
    return found


def _length(correlations: list[NDArray[np.float64]], checkpoint: Checkpoint) -> float:
    """Length whose Matérn correlation is closest to that seen; as it was if no lag was seen."""
    seen = np.stack(correlations)
    counts = np.isfinite(seen).sum(0)
    if not counts.any():
        return checkpoint.calibration.length_voxels
    used = counts > 0
    mean = np.nansum(seen, axis=0)[used] / counts[used]
    smoothness = checkpoint.calibration.alpha - checkpoint.network.config.ndim / 2
    lengths = np.geomspace(0.5, 12.0, 60)
    fits = [matern_correlation(_LAGS[used] / n, smoothness) for n in lengths]
    return float(lengths[int(np.argmin([((mean - fit) ** 2).sum() for fit in fits]))])


def _temperature(logits: NDArray[np.float64], masks: NDArray[np.bool_]) -> float:
    z, y = torch.from_numpy(logits), torch.from_numpy(masks.astype(np.float64))
    trials = torch.logspace(-1, 1, 81, dtype=torch.float64)
    losses = [torch.nn.functional.binary_cross_entropy_with_logits(z / t, y) for t in trials]
    return float(trials[int(torch.stack(losses).argmin())])
