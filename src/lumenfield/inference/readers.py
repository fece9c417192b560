"""Networks made ready for a device; separate so that speed is won in one place."""

import copy
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lumenfield.devices import best_precision, resolve_device
from lumenfield.inference.lean import lean
from lumenfield.inference.options import PredictOptions
from lumenfield.inference.resize import resized, restored
from lumenfield.inference.thinned import thinned
from lumenfield.networks import Checkpoint
from lumenfield.tensors import Fields, Tensor

__all__ = ["Reader", "bytes_per_voxel", "fused", "ready"]

_CONSTANT = 1e-3
"""A tile that varies by less than this share of the scan's deviation is the same everywhere."""

_CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose2d, nn.ConvTranspose3d)
_BATCH_NORMS = (nn.BatchNorm2d, nn.BatchNorm3d)


@dataclass(frozen=True, eq=False)
class Reader:
    """A network with the scan as it wants to see it.

    Args:
        normal: the whole scan as the network was trained to see one, 1 × 1 × grid.
        network: maps a tile of it to logits, float32, on its own device.
        temperature: logits are divided by it, which makes those of an ensemble comparable.
    """

    normal: Tensor
    network: Callable[[Fields], Fields]
    temperature: float
    device: torch.device
    _constants: dict[tuple[object, ...], Tensor] = field(default_factory=dict)
    _shown: dict[tuple[object, ...], Tensor] = field(default_factory=dict)

    def logits(
        self, box: tuple[slice, ...], scale: tuple[float, ...], axes: tuple[int, ...]
    ) -> Tensor:
        """Read one tile, enlarged and mirrored; the answer is on the tile's own grid."""
        patch = self.normal[(slice(None), slice(None), *box)].float()
        shape = tuple(patch.shape[2:])
        least, most = patch.aminmax()
        if most - least < _CONSTANT:
            return self._of_constant(round(float(most) / _CONSTANT), shape, scale)
        dims = [axis + 2 for axis in axes]
        found = self.network(self._enlarged(patch, box, scale).flip(dims)).flip(dims)
        return restored(found / self.temperature, shape)

    def _enlarged(self, patch: Tensor, box: tuple[slice, ...], scale: tuple[float, ...]) -> Tensor:
        """Keep the last enlarged tile: its mirrored copies are wanted next."""
        key = (*((side.start, side.stop) for side in box), scale)
        if key not in self._shown:
            self._shown.clear()
            self._shown[key] = resized(patch.to(self.device), scale)
        return self._shown[key]

    def _of_constant(self, level: int, shape: tuple[int, ...], scale: tuple[float, ...]) -> Tensor:
        """Read empty air once: such tiles are alike, and their mirrored copies too."""
        known = self._constants.get((level, shape, scale))
        if known is not None:
            return known
        flat = torch.full((1, 1, *shape), level * _CONSTANT, device=self.device)
        found = restored(self.network(resized(flat, scale)) / self.temperature, shape)
        self._constants[level, shape, scale] = found
        return found


def ready(
    checkpoints: Sequence[Checkpoint], normals: Sequence[Tensor], options: PredictOptions
) -> tuple[Reader, ...]:
    """Make every network ready to read its normalised scan, and as many thinned copies as asked.

    Raises:
        InputError: thinned copies of a network without dropout.
    """
    device = resolve_device(options.device)
    automatic = options.precision == "auto"
    precision = best_precision(device) if automatic else getattr(torch, options.precision)
    return tuple(
        Reader(
            normal,
            _runner(network, device, precision, options.compiled),
            checkpoint.calibration.temperature,
            device,
        )
        for checkpoint, normal in zip(checkpoints, normals, strict=True)
        for network in _members(checkpoint.network, options.dropouts)
    )


def _members(network: nn.Module, dropouts: int) -> list[nn.Module]:
    return [network, *(thinned(network, seed) for seed in range(dropouts))]


def _runner(
    network: nn.Module, device: torch.device, precision: torch.dtype, compiled: bool
) -> Callable[[Fields], Fields]:
    flat = any(isinstance(module, nn.Conv2d) for module in network.modules())
    layout = torch.channels_last if flat else torch.channels_last_3d
    lower = precision != torch.float32
    model = fused(network)
    if device.type == "cpu":
        model = lean(model)
    model = model.to(device)
    if lower or device.type == "cpu":
        model = model.to(memory_format=layout)  # type: ignore[call-overload]
    for module in model.modules():
        if isinstance(module, _CONVOLUTIONS + _TRANSPOSED):
            module.to(precision)  # Once, not at every call; norms stay as they are.
    if compiled and device.type == "cuda":
        model = torch.compile(model)  # type: ignore[assignment]

    def run(image: Fields) -> Fields:
        with torch.inference_mode(), torch.autocast(device.type, precision, enabled=lower):
            return model(image.to(precision))[:, :1].float()

    return run


def fused(network: nn.Module) -> nn.Module:
    """Copy a network, its batch norms folded into the convolutions before them."""
    copied = copy.deepcopy(network).eval()
    for module in copied.modules():
        if not isinstance(module, nn.Sequential):
            continue
        for (first, one), (second, two) in itertools.pairwise(list(module.named_children())):
            if isinstance(one, _CONVOLUTIONS) and isinstance(two, _BATCH_NORMS):
                setattr(module, first, fuse_conv_bn_eval(one, two))
                setattr(module, second, nn.Identity())
    return copied


def bytes_per_voxel(network: nn.Module) -> float:
    """Estimate what a network holds at once for each voxel it is shown.

    The first convolution's channels weigh most: about ten grids of them, in half precision, live
    together, and four of the image itself. Folding divides their number of voxels.
    """
    first = next((m for m in network.modules() if isinstance(m, _CONVOLUTIONS)), None)
    if first is None:
        return 64.0
    folded = max(1, first.in_channels) * max(1, math.prod(first.stride))
    return 16.0 + 20.0 * first.out_channels / folded
