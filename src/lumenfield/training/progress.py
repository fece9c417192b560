"""Where a run stands and what its folder holds; separate so that a run can stop and go on.

The folder holds `config.json`, `history.csv`, the checkpoints `best.safetensors` and
`last.safetensors`, `state.safetensors` to resume from, and the batches of each skipped step.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import torch
from safetensors import safe_open

from lumenfield.config import from_mapping, to_mapping
from lumenfield.data.batch import Batch
from lumenfield.errors import InputError
from lumenfield.io import make_folder, whole_file
from lumenfield.networks import network_config
from lumenfield.networks.checkpoint import write_tensors
from lumenfield.tensors import Tensor
from lumenfield.training.config import TrainingConfig
from lumenfield.training.learner import Learner
from lumenfield.training.patience import Verdict, Waiting

__all__ = [
    "EpochRecord",
    "Progress",
    "load_state",
    "refuse_taken",
    "save_batches",
    "save_state",
    "start_folder",
]

STATE = "state.safetensors"


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch did.

    Args:
        epoch: counted from 1.
        step: steps taken since the run began, skipped ones included.
        loss: mean over the epoch's steps; NaN if none was good.
        score: mean Dice over the validation cases, after this epoch.
        best: the highest score so far.
        minutes: wall-clock since the run began.
        skipped: steps of this epoch whose loss was not finite.
        stopped: why the run ends here; empty while it goes on.
    """

    epoch: int
    step: int
    loss: float
    score: float
    best: float
    learning_rate: float
    minutes: float
    verdict: Verdict
    skipped: int = 0
    stopped: str = ""


@dataclass(frozen=True)
class Progress:
    """Where a run stands between two epochs.

    Args:
        faults: batches skipped in a row, up to now.
    """

    epochs: int = 0
    step: int = 0
    minutes: float = 0.0
    cuts: int = 0
    faults: int = 0
    waiting: Waiting = field(default_factory=Waiting)
    records: tuple[EpochRecord, ...] = ()


def refuse_taken(folder: Path) -> None:
    """Refuse a folder for a new run.

    Raises:
        InputError: it holds a run already.
    """
    if (folder / STATE).exists():
        raise InputError(
            f"{folder} holds a run already",
            "a run needs a folder of its own",
            "resume it (--resume), or name another folder",
        )


def start_folder(folder: Path, config: TrainingConfig) -> None:
    """Make a run folder and write the resolved config into it.

    Raises:
        InputError: it cannot be made.
    """
    make_folder(folder)
    write_text(folder / "config.json", json.dumps(to_mapping(config), indent=2) + "\n")


def save_state(folder: Path, learner: Learner, progress: Progress, config: TrainingConfig) -> None:
    """Write the history, then all that `load_state` needs, each whole or not at all."""
    write_text(folder / "history.csv", _table(progress.records))
    header = json.dumps({"progress": to_mapping(progress), "network": to_mapping(config.plan)})
    write_tensors(folder / STATE, dict(_tensors(learner)), header)


def load_state(folder: Path, learner: Learner, config: TrainingConfig) -> Progress:
    """Put a learner back to where its run stopped.

    Raises:
        InputError: the folder holds no run, or that of another network.
    """
    if not (folder / STATE).exists():
        raise InputError(f"{folder} holds no run", "nothing can be resumed", "leave --resume out")
    with safe_open(folder / STATE, framework="pt", device=str(learner.device)) as file:
        header = json.loads(file.metadata()["lumenfield"])
        if network_config(header["network"]) != config.plan:
            raise InputError(
                f"{folder} trained {header['network']}",
                "this run has another network",
                "resume with the config.json of that folder",
            )
        _fill(learner, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    return from_mapping(Progress, header["progress"])


def save_batches(folder: Path, batches: Sequence[Batch], step: int, rank: int = 0) -> Path:
    """Keep the batches of a step that could not be learned from; each process keeps its own."""
    path = folder / f"skipped_{step}{f'_{rank}' if rank else ''}.safetensors"
    kinds = [("image", [b.image for b in batches]), ("truth", [b.truth for b in batches])]
    tensors = {f"{kind}_{k}": t for kind, many in kinds for k, t in enumerate(many)}
    write_tensors(path, tensors, json.dumps({"names": [b.names for b in batches]}))
    return path


def write_text(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8")


def _table(records: tuple[EpochRecord, ...]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [f.name for f in fields(EpochRecord)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(record) for record in records)
    return text.getvalue()


def _tensors(learner: Learner) -> Iterator[tuple[str, Tensor]]:
    for part in ("network", "averaged"):
        for name, tensor in getattr(learner, part).state_dict().items():
            yield f"{part}/{name}", tensor
    for index, moments in learner.optimiser.state_dict()["state"].items():
        for name, tensor in moments.items():
            yield f"optimiser/{index}/{name}", tensor


def _fill(learner: Learner, tensors: dict[str, Tensor]) -> None:
    parts: dict[str, dict[str, Tensor]] = {"network": {}, "averaged": {}, "optimiser": {}}
    for path, tensor in tensors.items():
        part, _, name = path.partition("/")
        parts[part][name] = tensor
    learner.network.load_state_dict(parts["network"])
    learner.averaged.load_state_dict(parts["averaged"])
    weights = [p for group in learner.optimiser.param_groups for p in group["params"]]
    for path, tensor in parts["optimiser"].items():
        index, _, name = path.partition("/")
        weight = weights[int(index)]
        # Moments in the memory layout of their weights: any other makes the optimiser slow.
        moment = torch.empty_like(weight).copy_(tensor) if tensor.ndim else tensor.cpu()
        learner.optimiser.state[weight][name] = moment
