"""A scan through one network or several to a probability and a first signed distance."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from lumenfield.datatypes import Prediction, Volume
from lumenfield.errors import InputError
from lumenfield.inference.intensity import normalised
from lumenfield.inference.looks import Look, Seen, look
from lumenfield.inference.memory import Plan, grid_of_zeros, parked, plan_memory, release
from lumenfield.inference.options import PredictOptions
from lumenfield.inference.orientation import turn_upright
from lumenfield.inference.readers import Reader, bytes_per_voxel, ready
from lumenfield.inference.specks import drop_specks
from lumenfield.inference.uncertainty import calibrated_field, joined_spread
from lumenfield.inference.wide import HALF
from lumenfield.levelset import redistance
from lumenfield.levelset.blockwise import redistance_blockwise
from lumenfield.networks import Checkpoint
from lumenfield.networks.models import DEFAULT_MODELS

__all__ = ["check_scan", "predict", "seen_spacing"]

FLIPS: dict[str, Callable[[int], list[tuple[int, ...]]]] = {
    "none": lambda ndim: [()],
    "axes": lambda ndim: [(), *((axis,) for axis in range(ndim))],
    "all": lambda ndim: [tuple(a for a in range(ndim) if mask >> a & 1) for mask in range(2**ndim)],
}
"""The mirrored copies of a scan that are shown to a network, as axes to flip."""

_ENLARGED = {**FLIPS, "axes": FLIPS["none"]}
"""The same of an enlarged scan, where a copy costs three times as much and tells nothing: on 18
scans of `choose` mean Dice is 0.744 without a mirrored one, 0.740 with it."""

_MARGIN = {2: 32, 3: 16}
"""Voxels, as networks see them, that they are shown around a place (`benchmarks/LOG.md`)."""

_EDGE = {2: 1.5, 3: 1.0}
"""Edge of a close look in tiles: pixels are cheap, and change with what is seen around them."""

_MARGIN_SHARE = 6
"""Margins in such an edge: where memory is short, boxes would else be all margin."""

_LEAST_EDGE = 4
_LARGEST_VALUE = 1e15
_STEEPEST = 8.0
"""Logits beyond this are cut: far from the wall they only say `sure`."""

_COARSER, _EVEN = 1.4, 1.05
"""Times the shortest edge that voxels shown to networks have at most, and longest edges over
shortest up to which a scan is shown as it is. On the 22 scans of `choose` with long voxels (1.3 to
2.5 times) mean Dice is 0.81 as they are, 0.85 evenly sampled."""

_LARGE = 1 << 23
"""Voxels beyond which distances are restored block by block."""


def predict(
    scan: Volume,
    checkpoints: Sequence[Checkpoint],
    options: PredictOptions | None = None,
    tick: Callable[[int, int], None] = lambda done, total: None,
) -> Prediction:
    """Find the lumen with networks alone, on the scan's own grid.

    Logits, each divided by its network's temperature, are averaged over networks and flips, and
    the largest over the scales counts. They give the probability; the level of one half, or a
    lower one where nothing is as sure (`level.py`), redistanced, is the wall. The spread joins the
    networks' calibrated error with the disagreement of their walls. The scan is turned upright
    first, so that the answer does not depend on how it is stored, and one with long voxels is
    sampled evenly.

    Args:
        checkpoints: one or more of the scan's dimension, run as an ensemble.
        tick: called with the share of the work that is done, as percent and 100.

    Raises:
        InputError: no network, one of another dimension, a scan that cannot be segmented, or
            one that does not fit in the memory allowed.
    """
    options = options or PredictOptions()
    check_scan(scan)
    _check_networks(scan, checkpoints)
    turn = turn_upright(scan)
    upright = turn(scan)
    plan = _planned(upright, checkpoints, options)
    seen = _seen(upright, checkpoints, options, plan, tick)
    release(scan.values)
    found = _prediction(upright, seen, checkpoints, options)
    return Prediction(
        turn.back(found.probability, scan),
        turn.back(found.distance, scan),
        turn.back(found.spread, scan),
        found.field,
        found.warnings,
    )


def seen_spacing(spacing: tuple[float, ...]) -> tuple[float, ...]:
    """Say what voxels networks are shown, mm: as long as wide, and as large as those of the scan.

    Of a scan whose voxels are very long they are smaller, so that little of the fine axes is lost.
    """
    if max(spacing) <= _EVEN * min(spacing):
        return spacing
    edge = min(math.prod(spacing) ** (1 / len(spacing)), _COARSER * min(spacing))
    return (edge,) * len(spacing)


def _seen(
    scan: Volume,
    checkpoints: Sequence[Checkpoint],
    options: PredictOptions,
    plan: Plan,
    tick: Callable[[int, int], None],
) -> Seen:
    shown = seen_spacing(scan.spacing)
    finer = [h / seen for h, seen in zip(scan.spacing, shown, strict=True)]
    edge = round(_EDGE[scan.ndim] * plan.tile)
    margin = min(_MARGIN[scan.ndim], edge // _MARGIN_SHARE)
    how = Look(
        scales=tuple(tuple(scale * factor for factor in finer) for scale in options.scales),
        flips=tuple(FLIPS[options.flips](scan.ndim)),
        flips_enlarged=tuple(_ENLARGED[options.flips](scan.ndim)),
        spacing=scan.spacing,
        wide=tuple(HALF * factor for factor in finer) if options.wide and scan.ndim == 3 else (),
        quiet=options.quiet,
        margin=tuple(max(1, round(margin / factor)) for factor in finer),
        first=plan.scout**scan.ndim,
        close=edge**scan.ndim,
        multiple=max(c.network.config.multiple for c in checkpoints),
    )
    readers = _readers(scan, checkpoints, options)
    return look(readers, how, lambda: grid_of_zeros(scan.shape, plan), tick)


def _readers(
    scan: Volume, checkpoints: Sequence[Checkpoint], options: PredictOptions
) -> tuple[Reader, ...]:
    kinds = {c.preprocessing: normalised(scan.values, c.preprocessing) for c in checkpoints}
    return ready(checkpoints, [kinds[c.preprocessing] for c in checkpoints], options)


def _planned(scan: Volume, checkpoints: Sequence[Checkpoint], options: PredictOptions) -> Plan:
    shown = seen_spacing(scan.spacing)
    finer = math.prod(h / s for h, s in zip(scan.spacing, shown, strict=True)) ** (1 / scan.ndim)
    features = max(bytes_per_voxel(c.network) for c in checkpoints)
    largest = max(options.scales) * finer
    return plan_memory(scan.shape, options.tile, largest, features, options.max_memory_gb)


def check_scan(scan: Volume) -> None:
    """Refuse what no network can read.

    Raises:
        InputError: values that are not finite or beyond 1e15, a constant scan, or an
            axis under four voxels.
    """
    size = "×".join(map(str, scan.shape))
    if min(scan.shape) < _LEAST_EDGE:
        raise InputError(
            f"scan is {size}",
            f"a scan needs at least {_LEAST_EDGE} voxels along each axis",
            "give the whole volume, or take one slice of it as 2-D",
        )
    bad = int(scan.values.size - np.isfinite(scan.values).sum())
    if bad:
        raise InputError(
            f"scan has {bad} of {scan.values.size} values that are NaN or infinite",
            "every voxel needs a number",
            "replace them, for example by 0 where there was no measurement",
        )
    least, most = float(scan.values.min()), float(scan.values.max())
    if max(-least, most) > _LARGEST_VALUE:
        raise InputError(
            f"scan has values up to {max(-least, most):.3g}",
            f"magnitudes are below {_LARGEST_VALUE:g}",
            "rescale it, or check its header",
        )
    if least == most:
        raise InputError(
            f"scan is {scan.values.flat[0]} everywhere",
            "a vessel shows by contrast",
            "check that this is the magnitude image",
        )


def _check_networks(scan: Volume, checkpoints: Sequence[Checkpoint]) -> None:
    if not checkpoints:
        raise InputError("no network", "segmenting needs one or more", "name one with --model")
    for checkpoint in checkpoints:
        ndim = checkpoint.network.config.ndim
        if ndim != scan.ndim:
            raise InputError(
                f"scan is {scan.ndim}-D",
                f"the network is {ndim}-D",
                f"leave out --model, or name a {scan.ndim}-D one, such as "
                f"{DEFAULT_MODELS[scan.ndim]}",
            )


def _prediction(
    scan: Volume, seen: Seen, checkpoints: Sequence[Checkpoint], options: PredictOptions
) -> Prediction:
    dropped = drop_specks(seen.logits[0, 0], seen.agreed[0, 0], options.least_voxels, scan.values)
    release(scan.values)
    field = calibrated_field(tuple(c.calibration for c in checkpoints), scan.spacing)
    phi = seen.logits.clamp_(-_STEEPEST, _STEEPEST).neg_()
    restore = redistance if math.prod(scan.shape) <= _LARGE else redistance_blockwise
    warnings = _warnings(scan, bool((phi < 0).any()), dropped, seen.level, checkpoints)
    as_volume = lambda grid: scan.like(parked(grid[0, 0].float().numpy()))  # noqa: E731
    # One after another, and each parked: a large scan has no memory for all.
    return Prediction(
        distance=as_volume(restore(phi, scan.spacing)),
        probability=as_volume(phi.neg_().float().add_(seen.level).sigmoid_()),
        spread=as_volume(joined_spread(seen.apart, field)),
        field=field,
        warnings=warnings,
    )


def _warnings(
    scan: Volume,
    has_vessel: bool,
    dropped: tuple[int, int],
    level: float,
    checkpoints: Sequence[Checkpoint],
) -> tuple[str, ...]:
    found = []
    specks, other = dropped
    if not has_vessel:
        found.append("no vessel was found in this scan")
    if specks:
        noun = "speck" if specks == 1 else "specks"
        found.append(f"dropped: {specks} {noun} too small or too doubtful to be a vessel")
    if other:
        noun = "piece" if other == 1 else "pieces"
        found.append(
            f"dropped: {other} {noun} far less sure than the rest, or of opposite contrast"
        )
    if has_vessel and level < 0:
        found.append(
            f"the network is nowhere quite sure: the wall is drawn where lumen is "
            f"{100 / (1 + math.exp(-level)):.3g}% likely, less than one half"
        )
    low = min(c.preprocessing.voxel_mm[0] for c in checkpoints)
    high = max(c.preprocessing.voxel_mm[1] for c in checkpoints)
    finest, coarsest = min(scan.spacing), max(scan.spacing)
    if finest < 0.8 * low or coarsest > 2.6 * high:
        found.append(
            f"voxels of {finest:.2g}–{coarsest:.2g} mm are outside what the network saw "
            f"({low:.2g}–{high:.2g} mm)"
        )
    if coarsest / finest > 2.6:
        found.append(f"voxels are {coarsest / finest:.1f} times longer than wide; 2.5 was trained")
    found += [
        f"a network is not calibrated, so its error bar is a guess: {c.uncalibrated}"
        for c in checkpoints
        if c.uncalibrated
    ]
    return tuple(found)
