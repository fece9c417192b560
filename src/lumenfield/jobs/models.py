"""What networks there are, told from their files."""

from collections.abc import Sequence
from typing import Any

from lumenfield.networks import load_checkpoint, weights_hash
from lumenfield.networks.models import find_model, shipped_models

__all__ = ["describe_models"]


def describe_models(names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Load the named networks, or all that are shipped, and give their facts as plain values.

    Raises:
        InputError: a name that is no network, or a damaged file.
    """
    models = [find_model(name) for name in names] if names else list(shipped_models())
    facts = []
    for model in models:
        checkpoint = load_checkpoint(model.path)
        facts.append(
            {
                "name": model.name,
                "ndim": checkpoint.network.config.ndim,
                "kind": checkpoint.network.config.kind,
                "parameters": sum(p.numel() for p in checkpoint.network.parameters()),
                "megabytes": model.path.stat().st_size / 1e6,
                "spread_voxels": checkpoint.calibration.spread_voxels,
                "length_voxels": checkpoint.calibration.length_voxels,
                "sha256": weights_hash(checkpoint.network),
                "provenance": dict(checkpoint.provenance),
            }
        )
    return facts
