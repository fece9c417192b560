"""Networks by name: those shipped, those a user added, and checkpoints in files or run folders."""

import difflib
import json
import os
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from lumenfield.errors import InputError
from lumenfield.networks.checkpoint import Checkpoint, load_checkpoint

__all__ = [
    "DEFAULT_MODELS",
    "Model",
    "find_model",
    "load_model",
    "local_folder",
    "local_models",
    "recorded_hashes",
    "shipped_models",
]

DEFAULT_MODELS: dict[int, str] = {2: "vessel2d", 3: "vessel3d"}
"""The network that segments a scan of each dimension if none is named."""


@dataclass(frozen=True)
class Model:
    """A network that can be loaded: what to call it and where it lies."""

    name: str
    path: Path


def shipped_models() -> tuple[Model, ...]:
    """List the networks that come with the package."""
    return _models_in(_shipped_folder())


def local_models() -> tuple[Model, ...]:
    """List the networks that this user added."""
    return _models_in(local_folder())


def local_folder() -> Path:
    """Give the folder of a user's own networks; it may not be there yet.

    It lies where the system has data of programs: the XDG data folder on Linux.
    """
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "lumenfield" / "models"


def recorded_hashes() -> dict[str, str]:
    """Read the digests that the shipped networks' weights had when they were shipped."""
    text = (_shipped_folder() / "sha256.json").read_text(encoding="utf-8")
    return {str(name): str(digest) for name, digest in json.loads(text).items()}


def find_model(name: str) -> Model:
    """Find a network by its name, shipped or added, by its file, or by the run that trained it.

    Raises:
        InputError: there is none; the nearest known name is suggested.
    """
    known = {model.name: model for model in (*local_models(), *shipped_models())}
    if name in known:
        return known[name]
    path = Path(name)
    # The calibrated model of a finished run, else the best so far of one that goes on.
    for file in ("model.safetensors", "best.safetensors"):
        if (path / file).is_file():
            return Model(path.name, path / file)
    if path.suffix == ".safetensors" and path.is_file():
        return Model(path.stem, path)
    near = difflib.get_close_matches(name, known, n=1)
    todo = f"did you mean {near[0]}?" if near else "name one, or a run folder"
    raise InputError(f"model {name}", f"known are {', '.join(known) or 'none'}", todo)


def load_model(name: str) -> Checkpoint:
    """Find a network and load it.

    Raises:
        InputError: as `find_model` and `load_checkpoint`.
    """
    return load_checkpoint(find_model(name).path)


def _shipped_folder() -> Path:
    return Path(str(resources.files("lumenfield.networks") / "shipped"))


def _models_in(folder: Path) -> tuple[Model, ...]:
    return tuple(Model(p.stem, p) for p in sorted(folder.glob("*.safetensors")))
