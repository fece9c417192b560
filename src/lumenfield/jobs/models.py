"""What networks there are, told from their files; those of one's own are added and removed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lumenfield.errors import InputError
from lumenfield.io import make_folder
from lumenfield.networks import load_checkpoint, save_checkpoint, weights_hash
from lumenfield.networks.models import (
    Model,
    find_model,
    local_folder,
    local_models,
    recorded_hashes,
    shipped_models,
)

__all__ = ["add_model", "describe_models", "remove_model", "verify_models"]


def describe_models(names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Load the named networks, or all that are shipped or added, and give their facts.

    Raises:
        InputError: a name that is no network, or a damaged file.
    """
    models = [find_model(name) for name in names] or [*shipped_models(), *local_models()]
    return [_facts(model) for model in models]


def add_model(source: str, name: str = "") -> dict[str, Any]:
    """Copy a network, a file or the best of a run folder, to where it is found by its name.

    Args:
        name: by default the file's or the run's.

    Raises:
        InputError: no such network, a name that is taken or no plain word, or a closed folder.
    """
    found = find_model(source)
    name = name or found.name
    taken = {model.name for model in (*shipped_models(), *local_models())}
    if name in taken or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise InputError(
            f"model {name} is {'there already' if name in taken else 'no plain name'}",
            "a new one has a name of its own, of letters, digits, - and _",
            f"pass --name, or lumenfield models remove {name}",
        )
    make_folder(local_folder())
    path = local_folder() / f"{name}.safetensors"
    save_checkpoint(path, load_checkpoint(found.path))
    return _facts(Model(name, path))


def remove_model(name: str) -> Path:
    """Remove a network that was added; return its file.

    Raises:
        InputError: it was not added.
    """
    added = {model.name: model.path for model in local_models()}
    if name not in added:
        shipped = name in {model.name for model in shipped_models()}
        raise InputError(
            f"model {name} {'is shipped' if shipped else 'was not added'}",
            f"added are {', '.join(added) or 'none'}",
            "leave it, or name one of those",
        )
    added[name].unlink()
    return added[name]


def verify_models() -> list[dict[str, Any]]:
    """Load every network and compare the shipped ones with the hashes they were shipped with.

    Returns:
        For each: name, whether it is shipped, hash, and what is wrong or none.
    """
    recorded = recorded_hashes()
    pairs = [(m, True) for m in shipped_models()] + [(m, False) for m in local_models()]
    return [_verified(model, shipped, recorded) for model, shipped in pairs]


def _verified(model: Model, shipped: bool, recorded: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": model.name, "shipped": shipped, "sha256": "", "error": None}
    try:
        found["sha256"] = weights_hash(load_checkpoint(model.path).network)
    except InputError as error:
        found["error"] = str(error)
        return found
    if shipped and recorded.get(model.name) != found["sha256"]:
        found["error"] = "its weights are not those it was shipped with"
    return found


def _facts(model: Model) -> dict[str, Any]:
    checkpoint = load_checkpoint(model.path)
    return {
        "name": model.name,
        "ndim": checkpoint.network.config.ndim,
        "kind": checkpoint.network.config.kind,
        "parameters": sum(p.numel() for p in checkpoint.network.parameters()),
        "megabytes": model.path.stat().st_size / 1e6,
        "spread_voxels": checkpoint.calibration.spread_voxels,
        "length_voxels": checkpoint.calibration.length_voxels,
        "uncalibrated": checkpoint.uncalibrated,
        "temperature": checkpoint.calibration.temperature,
        "sha256": weights_hash(checkpoint.network),
        "file": str(model.path),
        "provenance": dict(checkpoint.provenance),
    }
