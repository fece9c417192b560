"""Trained networks in one file that cannot execute; separate so that every stage reads them alike.

A checkpoint is a safetensors file. Its header holds JSON: the network's plan, the preprocessing
it was trained with, its calibration, and where it came from.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from lumenfield.config import from_mapping, to_mapping
from lumenfield.errors import InputError
from lumenfield.io import whole_file
from lumenfield.networks.plan import Network
from lumenfield.networks.table import build, network_config
from lumenfield.tensors import Fields

__all__ = [
    "Calibration",
    "Checkpoint",
    "Preprocessing",
    "load_checkpoint",
    "save_checkpoint",
    "weights_hash",
]

StoredAs = Literal["float32", "float16", "bfloat16"]


@dataclass(frozen=True)
class Preprocessing:
    """What is done to a scan before a network sees it.

    Args:
        clip: standard deviations beyond which values are cut.
        voxel_mm: finest and coarsest voxel edge among the training scans; a note for users.
    """

    kind: Literal["z-score"] = "z-score"
    clip: float = 10.0
    voxel_mm: tuple[float, float] = (0.3, 2.5)

    def normalise(self, image: Fields) -> Fields:
        """Shift and scale each scan to mean 0 and deviation 1 over its finite values.

        x ↦ clip((x − mean) / sd). A constant scan gives zeros, as do values that are not finite.

        Args:
            image: whole scans, one or more; never a patch of one.
        """
        axes = tuple(range(1, image.ndim))
        finite = image.isfinite()
        count = finite.sum(axes, keepdim=True).clamp(min=1)
        values = image.where(finite, 0).float()
        # Sums in double: a large constant scan must come out as exactly zero.
        mean = (values.sum(axes, keepdim=True, dtype=torch.float64) / count).float()
        centred = (values - mean).where(finite, 0)
        spread = (centred.square().sum(axes, keepdim=True, dtype=torch.float64) / count).sqrt()
        varies = spread > 1e-6 * mean.abs()
        scale = torch.where(varies, 1 / spread.clamp(min=1e-30), 0).float()
        return (centred * scale).clamp(-self.clip, self.clip)


@dataclass(frozen=True)
class Calibration:
    """How sure a network may be of its logits, and of the wall at their zero.

    Args:
        temperature: logits are divided by it before they become probabilities.
        spread_voxels: σ_φ, rms error of the network's wall on held-out synthetic scans.
        length_voxels: ℓ, the correlation length of that error.
        alpha: smoothness exponent α of the error's Matérn field.
    """

    temperature: float = 1.0
    spread_voxels: float = 0.5
    length_voxels: float = 4.0
    alpha: float = 3.0


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A network, ready to run, with all that is needed to use and to trust it.

    Args:
        network: in evaluation mode, float32.
        provenance: plain values: recipe, scores, versions, hours, seed.
    """

    network: Network
    preprocessing: Preprocessing = Preprocessing()
    calibration: Calibration = Calibration()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def uncalibrated(self) -> str:
        """Say why the calibration is only the default; empty if it was fitted."""
        told = str(self.provenance.get("calibrated", ""))
        if told.startswith("not: "):
            return told.removeprefix("not: ")
        return "its training did not come to an end" if self.calibration == Calibration() else ""


def save_checkpoint(path: Path, checkpoint: Checkpoint, *, stored_as: StoredAs = "float32") -> None:
    """Write a checkpoint, whole or not at all.

    Args:
        stored_as: precision of the convolutions; norms and biases stay float32.
    """
    header = {
        "network": to_mapping(checkpoint.network.config),
        "preprocessing": to_mapping(checkpoint.preprocessing),
        "calibration": to_mapping(checkpoint.calibration),
        "provenance": dict(checkpoint.provenance),
    }
    half = getattr(torch, stored_as)
    tensors = {
        name: tensor.to(half) if tensor.ndim > 1 else tensor
        for name, tensor in checkpoint.network.state_dict().items()
    }
    write_tensors(path, tensors, json.dumps(header))


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint and build its network, on the CPU, in evaluation mode.

    Raises:
        InputError: no such file, not a checkpoint, an unknown network, or weights that do not fit.
    """
    header, tensors = _read(path)
    network = build(network_config(header["network"], where=str(path)))
    _fill(network, tensors, path)
    return Checkpoint(
        network.eval(),
        from_mapping(Preprocessing, header["preprocessing"], f"{path}: preprocessing"),
        from_mapping(Calibration, header["calibration"], f"{path}: calibration"),
        header["provenance"],
    )


def weights_hash(network: nn.Module) -> str:
    """Digest names, shapes, types and values of all weights; equal networks have equal digests."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return digest.hexdigest()


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: str) -> None:
    """Write tensors and a JSON header as a safetensors file, whole or not at all."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with whole_file(path) as part:
        # As bytes: safetensors' own files are readable by their owner alone.
        part.write_bytes(save(plain, {"lumenfield": header}))


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    needed, todo = "a lumenfield checkpoint is one .safetensors file", "check the path"
    if not path.is_file():
        raise InputError(f"{path}: no such file", needed, todo)
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})["lumenfield"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        parts = ("network", "preprocessing", "calibration", "provenance")
        return {part: header[part] for part in parts}, tensors
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError):
        raise InputError(f"{path} is not a checkpoint", needed, todo) from None


def _fill(network: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    wanted = {name: tuple(t.shape) for name, t in network.state_dict().items()}
    found = {name: tuple(t.shape) for name, t in tensors.items()}
    if wanted != found:
        odd = sorted(name for name in wanted | found if wanted.get(name) != found.get(name))
        raise InputError(
            f"{path}: {odd[0]} is {found.get(odd[0], 'missing')}",
            f"this network needs {wanted.get(odd[0], 'no such weights')}",
            "save it again with the network it was trained as",
        )
    network.load_state_dict(tensors)
