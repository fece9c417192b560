"""Whether networks know this kind of scan; separate because no truth is there to tell.

A network that was calibrated on scans of its own kind says how much of what it took for lumen is
lumen: the mean of its probability there is the precision it expects. On scans of other kinds
(tomograms, noise, bottles of water, photographs) it still finds something, but is not as sure of
it (`benchmarks/networks.md`). Nothing but the probability is needed, so it costs nothing.
A brain or a bottle it can be sure of, for its samples have no size in mm; those are too wide.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lumenfield.datatypes import Prediction, Volume
from lumenfield.inference.memory import parked
from lumenfield.networks import Checkpoint
from lumenfield.spacing import voxel_mm

__all__ = [
    "LEAST_CERTAINTY",
    "Doubt",
    "caution_of_size",
    "certainty",
    "doubt_of",
    "doubted",
    "usual_certainty",
]

LEAST_CERTAINTY = "least_certainty"
"""Where a checkpoint's provenance holds the least certainty of scans of its own kind."""

_USUAL = {2: 0.7, 3: 0.8}
"""Of calibrated networks that do not say, by dimension, as measured on the first shipped ones."""

_BELOW = 0.1
"""Share of the scans that a network finds well and is less sure of than is usual. A few it finds
well though it thinks their lumen 11 % or 49 % likely: those would let strangers pass."""

_WIDEST_MM = 60.0
"""Across; an ascending aorta has 30–40 mm, a left ventricle 40–56. Wider are a few aneurysms."""

_MOST_OF_SCAN = 0.5
"""Share of the voxels from which a lumen is more likely what surrounds one."""

_WIDENED = (1.0, 3.0)
"""Voxels that the spread grows by where certainty is just too low, and where it is a half."""


@dataclass(frozen=True)
class Doubt:
    """How much more a wall may be off than networks say, and why.

    Args:
        spread_mm: joins the spread in quadrature; 0 where the scan is familiar.
        warning: one line; empty where the scan is familiar.
    """

    spread_mm: float = 0.0
    warning: str = ""


def certainty(found: Prediction) -> float | None:
    """Give the mean probability over the lumen that was found; None where there is none."""
    total, count = 0.0, 0
    # Slab by slab: a large scan's grids lie in files.
    for phi, probability in zip(found.distance.values, found.probability.values, strict=True):
        inside = phi < 0
        total += float(probability[inside].sum(dtype=np.float64))
        count += int(np.count_nonzero(inside))
    return total / count if count else None


def doubt_of(found: Prediction, checkpoints: Sequence[Checkpoint]) -> Doubt:
    """Compare what networks are sure of, and its size, with what is usual in scans of their kind.

    Args:
        found: by the networks alone, before any refinement.
    """
    sure = certainty(found)
    least = max(_least(c) for c in checkpoints)
    if sure is None:
        return Doubt()
    if sure >= least:
        return _doubt_of_size(found)
    share = min(1.0, (least - sure) / max(least - 0.5, 1e-6))
    voxels = _WIDENED[0] + share * (_WIDENED[1] - _WIDENED[0])
    return Doubt(
        voxels * voxel_mm(found.distance.spacing),
        f"this scan is not like those the network knows: it expects only {sure:.0%} of what it "
        f"found to be lumen ({least:.0%} is usual); the spread was widened: look before you trust",
    )


def caution_of_size(distance: Volume) -> str:
    """Say where a lumen is larger than vessels are: a line, empty where it is not.

    Args:
        distance: mm, negative in the lumen.
    """
    inside = distance.n_negative()
    share = inside / distance.values.size
    if share > _MOST_OF_SCAN:
        return (
            f"what was found fills {share:.0%} of the scan: look whether inside and outside "
            "are exchanged"
        )
    # A ball of that size has to fit in.
    width = -2 * min(float(phi.min()) for phi in distance.values)
    if inside and width > _WIDEST_MM:
        return (
            f"what was found is up to {width:.0f} mm wide; vessels and ventricles are under "
            f"{_WIDEST_MM:.0f} mm: look whether it is one, and whether the voxel size is right"
        )
    return ""


def _doubt_of_size(found: Prediction) -> Doubt:
    caution = caution_of_size(found.distance)
    if not caution:
        return Doubt()
    voxel = voxel_mm(found.distance.spacing)
    return Doubt(_WIDENED[0] * voxel, f"{caution}; the spread was widened")


def _least(checkpoint: Checkpoint) -> float:
    """Give the limit a network brings, or the usual one; none if it was never calibrated."""
    usual = 0.0 if checkpoint.uncalibrated else _USUAL[checkpoint.network.config.ndim]
    return float(checkpoint.provenance.get(LEAST_CERTAINTY, usual))


def doubted(found: Prediction, doubt: Doubt) -> Prediction:
    """Widen the spread and add the warning, once."""
    if not doubt.spread_mm:
        return found
    told = found.warnings if doubt.warning in found.warnings else (*found.warnings, doubt.warning)
    return replace(found, spread=_wider(found.spread, doubt.spread_mm), warnings=told)


def usual_certainty(sure: Sequence[float]) -> float:
    """Give the least certainty that counts as usual, of scans that were segmented well.

    A tenth of them stay below it.
    """
    return float(np.quantile(np.asarray(sure), _BELOW))


def _wider(spread: Volume, more_mm: float) -> Volume:
    return spread.like(parked(np.hypot(spread.values, np.float32(more_mm))))
