"""All that a training run is made from: read, fitted to the data, and kept to go on with."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lumenfield.config import from_mapping, laid_over, read_toml, to_mapping, with_settings
from lumenfield.data import BatchConfig, data_axes
from lumenfield.errors import InputError
from lumenfield.io import whole_file
from lumenfield.training import TrainingConfig

__all__ = ["StreamConfig", "TrainJob", "check_axes", "keep_job", "read_job"]

KEPT = "job.json"


@dataclass(frozen=True)
class StreamConfig:
    """Synthetic samples drawn while training.

    Args:
        size: voxels along each edge of a sample.
        workers: processes that draw ahead; they never change the samples.
        showings: how often each batch is learnt from, its orientation drawn anew each time.
        val_count: samples to validate on, the same in every epoch.
        calibration_count: samples that σ_φ, ℓ and the temperature are fitted to at the end.
    """

    size: int = 64
    batch_size: int = 2
    workers: int = 1
    showings: int = 1
    val_count: int = 24
    calibration_count: int = 24
    seed: int = 1

    def __post_init__(self) -> None:
        counts = (self.size, self.batch_size, self.showings, self.val_count, self.calibration_count)
        if min(counts) < 1 or self.workers < 0:
            raise InputError(
                f"size, batch_size, showings, val_count, calibration_count are {counts}, workers "
                f"{self.workers}",
                "each is at least 1, workers at least 0",
                "mend the config",
            )


@dataclass(frozen=True)
class TrainJob:
    """All that a run is made from; what `--config` and `--set` fill.

    Args:
        start: network to begin with, by name, file or run folder; fresh weights if empty.
        stream: used when training streams; `batches` when it reads a folder.
    """

    start: str = ""
    training: TrainingConfig = field(default_factory=TrainingConfig)
    stream: StreamConfig = field(default_factory=StreamConfig)
    batches: BatchConfig = field(default_factory=BatchConfig)


def read_job(
    config: Path | None,
    settings: Sequence[str],
    *,
    data: Path | None = None,
    resumed: Path | None = None,
) -> TrainJob:
    """Build a job from a TOML file and, over it, `a.b=v` settings.

    Args:
        data: folder of pairs; the network and the patch get its number of axes, unless told.
        resumed: run folder whose own job lies beneath the file and the settings.

    Raises:
        InputError: a file that cannot be read, an unknown key, a value that does not fit.
    """
    beneath = _kept(resumed) if resumed else {}
    over = read_toml(config) if config else {}
    mapping = with_settings(laid_over(beneath, over), settings)
    return from_mapping(TrainJob, mapping if data is None else _fitted(mapping, data))


def keep_job(job: TrainJob, folder: Path) -> None:
    """Write a job into its run folder, for `read_job` to go on with."""
    mapping = to_mapping(job)
    # The network's plan says it already; twice, they could be set apart.
    mapping["training"].pop("ndim", None)
    with whole_file(folder / KEPT) as part:
        part.write_text(json.dumps(mapping, indent=2) + "\n", encoding="utf-8")


def check_axes(job: TrainJob, axes: int) -> None:
    """Refuse a network or a patch of another number of axes than the scans.

    Raises:
        InputError: they differ; the message has the settings that fit.
    """
    ndim, patch = job.training.plan.ndim, job.batches.patch
    if ndim != axes or len(patch) != axes:
        edges = [patch[0]] * axes
        raise InputError(
            f"the scans are {axes}-D, the network {ndim}-D, the patch {'×'.join(map(str, patch))}",
            "all three have the same number of axes",
            f'pass --set training.ndim={axes} --set "batches.patch={edges}"',
        )


def _fitted(mapping: Mapping[str, Any], data: Path) -> dict[str, Any]:
    """Give the network and the patch the axes of the data where nothing else is said."""
    axes = data_axes(data)
    training, network = _table(mapping, "training"), _table(mapping, "training", "network")
    given: dict[str, Any] = {}
    if "ndim" not in training and "ndim" not in network:
        given["training"] = {"ndim": axes}
    if "patch" not in _table(mapping, "batches"):
        given["batches"] = {"patch": [BatchConfig().patch[0]] * axes}
    return laid_over(mapping, given)


def _table(mapping: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    inner: Any = mapping
    for name in path:
        inner = inner.get(name, {})
        if not isinstance(inner, Mapping):
            return {}
    return inner


def _kept(folder: Path) -> dict[str, Any]:
    """Read the job of a run; one that has only its training's config kept, gives that."""
    for name, inside in ((KEPT, False), ("config.json", True)):
        if (folder / name).is_file():
            found = _read(folder / name)
            return {"training": found} if inside else found
    return {}


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        todo = "put back the file that the run wrote"
        raise InputError(f"{path}: {error}", "a run's settings as JSON", todo) from None
