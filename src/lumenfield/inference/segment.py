"""A scan through one network or several to a probability and a first signed distance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from lumenfield.datatypes import Prediction, Volume
from lumenfield.devices import DeviceName, best_precision, resolve_device
from lumenfield.errors import InputError
from lumenfield.inference.resize import resized, restored
from lumenfield.inference.tiles import tiled
from lumenfield.inference.uncertainty import combine
from lumenfield.levelset import redistance
from lumenfield.networks import Checkpoint
from lumenfield.tensors import Fields, Tensor

__all__ = ["PredictOptions", "check_scan", "predict"]

FLIPS: dict[str, Callable[[int], list[tuple[int, ...]]]] = {
    "none": lambda ndim: [()],
    "axes": lambda ndim: [(), *((axis,) for axis in range(ndim))],
    "all": lambda ndim: [tuple(a for a in range(ndim) if mask >> a & 1) for mask in range(2**ndim)],
}
"""The mirrored copies of a scan that are shown to a network, as axes to flip."""

_LEAST_EDGE = 4
_STEEPEST = 8.0
"""Logits beyond this are cut: far from the wall they only say `sure`."""


@dataclass(frozen=True)
class PredictOptions:
    """How to run the networks.

    Args:
        flips: mirrored copies to average: none, one for each axis, or all of them.
        scales: enlargements of the scan at which vessels are looked for. Thin ones show at a
            larger scale; what lies in no place where all scales agree is dropped.
        tile: voxels along the edge of a tile; smaller needs less memory.
        overlap: least share that neighbouring tiles have in common.
        least_voxels: components smaller than this are taken for specks and dropped.
        precision: `auto` takes bfloat16 where the hardware gains from it.
    """

    device: DeviceName = "auto"
    flips: Literal["none", "axes", "all"] = "axes"
    scales: tuple[float, ...] = (1.0, 1.5)
    tile: int = 128
    overlap: float = 0.25
    least_voxels: int = 20
    precision: Literal["auto", "float32", "bfloat16"] = "auto"

    def __post_init__(self) -> None:
        if not self.scales or not all(0.25 <= scale <= 4 for scale in self.scales):
            raise InputError(
                f"scales are {self.scales}", "one or more between 0.25 and 4", "take (1.0, 1.5)"
            )
        if self.tile < 16 or not 0 <= self.overlap < 1 or self.least_voxels < 0:
            raise InputError(
                f"tile {self.tile}, overlap {self.overlap}, least_voxels {self.least_voxels}",
                "a tile has 16 voxels or more, an overlap is in [0, 1), a count at least 0",
                "leave them at 128, 0.25 and 20",
            )


def predict(
    scan: Volume,
    checkpoints: Sequence[Checkpoint],
    options: PredictOptions | None = None,
    tick: Callable[[int, int], None] = lambda done, total: None,
) -> Prediction:
    """Find the lumen with networks alone, on the scan's own grid.

    Logits, each divided by its network's temperature, are averaged over networks and flips, and
    the largest over the scales counts. They give the probability; their zero level, redistanced,
    is the wall. The spread joins the networks' calibrated error with the disagreement of their
    walls.

    Args:
        checkpoints: one or more of the scan's dimension, run as an ensemble.
        tick: called with the passes done and their number.

    Raises:
        InputError: no network, one of another dimension, or a scan that cannot be segmented.
    """
    options = options or PredictOptions()
    check_scan(scan)
    _check_networks(scan, checkpoints)
    image = torch.from_numpy(np.ascontiguousarray(scan.values, dtype=np.float32))[None, None]
    flips = FLIPS[options.flips](scan.ndim)
    ready = [(c, _runner(c, options), c.preprocessing.normalise(image)) for c in checkpoints]
    by_scale, done = [], 0
    total = len(options.scales) * len(ready) * len(flips)
    for scale in options.scales:
        members = []
        for checkpoint, run, normal in ready:
            enlarged = resized(normal, scale)
            for axes in flips:
                logits = _mirrored(run, enlarged, axes, options)
                # Each network's own temperature makes the logits of an ensemble comparable.
                calm = logits / checkpoint.calibration.temperature
                members.append(restored(calm, scan.shape))
                done += 1
                tick(done, total)
        by_scale.append(torch.cat(members))
    return _prediction(scan, by_scale, checkpoints, options)


def _mirrored(
    run: Callable[[Fields], Fields], image: Tensor, axes: tuple[int, ...], options: PredictOptions
) -> Tensor:
    """Show a mirrored scan, in tiles, and mirror what comes back."""
    dims = [axis + 2 for axis in axes]
    tile = (options.tile,) * (image.ndim - 2)
    return tiled(run, image.flip(dims), tile, overlap=options.overlap).flip(dims)


def check_scan(scan: Volume) -> None:
    """Refuse what no network can read.

    Raises:
        InputError: values that are not finite, a constant scan, or an axis under four voxels.
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
    if scan.values.min() == scan.values.max():
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
                f"scan is {scan.ndim}-D", f"the network is {ndim}-D", "take one of its dimension"
            )


def _runner(checkpoint: Checkpoint, options: PredictOptions) -> Callable[[Fields], Fields]:
    device = resolve_device(options.device)
    automatic = options.precision == "auto"
    precision = best_precision(device) if automatic else getattr(torch, options.precision)
    network = checkpoint.network.to(device).eval()
    if precision != torch.float32:
        flat = network.config.ndim == 2
        layout = torch.channels_last if flat else torch.channels_last_3d
        network.to(memory_format=layout)  # type: ignore[call-overload]

    def run(image: Fields) -> Fields:
        lower = precision != torch.float32
        with torch.inference_mode(), torch.autocast(device.type, precision, enabled=lower):
            return network(image.to(device)).float().cpu()

    return run


def _prediction(
    scan: Volume,
    by_scale: list[Tensor],
    checkpoints: Sequence[Checkpoint],
    options: PredictOptions,
) -> Prediction:
    calibrations = tuple(c.calibration for c in checkpoints)
    joined = combine(by_scale, scan.spacing, calibrations)
    phi = -joined.logits.clamp(-_STEEPEST, _STEEPEST)
    kept, dropped = _without_specks(phi, joined.agreed, options.least_voxels)
    probability = torch.sigmoid(-kept)
    distance = redistance(kept, scan.spacing)
    warnings = _warnings(scan, distance, dropped, checkpoints)
    as_volume = lambda t: scan.like(t[0, 0].numpy().astype(np.float32))  # noqa: E731
    return Prediction(
        as_volume(probability),
        as_volume(distance),
        as_volume(joined.spread),
        joined.field,
        warnings,
    )


def _without_specks(phi: Tensor, agreed: Tensor, least: int) -> tuple[Tensor, int]:
    """Push lumen components just outside that are too small or agreed on nowhere; count them."""
    from scipy.ndimage import label

    inside = (phi[0, 0] < 0).numpy()
    labels, count = label(inside, structure=np.ones((3,) * inside.ndim))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    sure = np.bincount(labels[agreed[0, 0].numpy()], minlength=count + 1)
    doubtful = ((sizes < least) | (sure == 0)) & (np.arange(count + 1) > 0)
    specks = torch.from_numpy(doubtful[labels])
    # Mirrored, not cut: a plateau would have no slope to place a neighbouring wall by.
    cleaned = torch.where(specks, phi.abs().clamp(min=0.5), phi)
    return cleaned, int(doubtful.sum())


def _warnings(
    scan: Volume, distance: Tensor, dropped: int, checkpoints: Sequence[Checkpoint]
) -> tuple[str, ...]:
    found = []
    if not bool((distance < 0).any()):
        found.append("no vessel was found in this scan")
    if dropped:
        noun = "speck" if dropped == 1 else "specks"
        found.append(f"dropped: {dropped} {noun} too small or too doubtful to be a vessel")
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
    return tuple(found)
