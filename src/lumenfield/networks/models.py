"""Networks by name: those that come with the package, and checkpoints in files or run folders."""

import difflib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from lumenfield.errors import InputError
from lumenfield.networks.checkpoint import Checkpoint, load_checkpoint

__all__ = ["DEFAULT_MODELS", "Model", "find_model", "load_model", "shipped_models"]

DEFAULT_MODELS: dict[int, str] = {2: "vessel2d", 3: "vessel3d"}
"""The network that segments a scan of each dimension if none is named."""


@dataclass(frozen=True)
class Model:
    """A network that can be loaded: what to call it and where it lies."""

    name: str
    path: Path


def shipped_models() -> tuple[Model, ...]:
    """List the networks that come with the package."""
    folder = Path(str(resources.files("lumenfield.networks") / "shipped"))
    return tuple(Model(p.stem, p) for p in sorted(folder.glob("*.safetensors")))


def find_model(name: str) -> Model:
    """Find a network by its shipped name, its file, or the run folder that trained it.

    Raises:
        InputError: there is none; the nearest shipped name is suggested.
    """
    shipped = {model.name: model for model in shipped_models()}
    if name in shipped:
        return shipped[name]
    path = Path(name)
    # The calibrated model of a finished run, else the best so far of one that goes on.
    for file in ("model.safetensors", "best.safetensors"):
        if (path / file).is_file():
            return Model(path.name, path / file)
    if path.suffix == ".safetensors" and path.is_file():
        return Model(path.stem, path)
    near = difflib.get_close_matches(name, shipped, n=1)
    todo = f"did you mean {near[0]}?" if near else "name one, or a run folder"
    raise InputError(f"model {name}", f"shipped are {', '.join(shipped) or 'none'}", todo)


def load_model(name: str) -> Checkpoint:
    """Find a network and load it.

    Raises:
        InputError: as `find_model` and `load_checkpoint`.
    """
    return load_checkpoint(find_model(name).path)
