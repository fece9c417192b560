"""The page of a training run, made from its folder; separate as all it is given comes from disk."""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lumenfield.config import from_mapping
from lumenfield.errors import InputError
from lumenfield.jobs.case_report import COLUMNS
from lumenfield.networks import Checkpoint, load_checkpoint, weights_hash
from lumenfield.report import EpochSample, Fact, RunReport, ScoreRow
from lumenfield.training import EpochRecord

__all__ = ["HISTORY", "page_of_run"]

HISTORY = "history.csv"
SCORES = "scores.json"
"""As `evaluate --json` prints it, put into the run folder by who tested the model."""


def page_of_run(folder: Path) -> RunReport:
    """Gather what the page of a run shows; what its folder lacks is told as a doubt.

    Raises:
        InputError: the history is empty or damaged, or a checkpoint or the scores are.
    """
    records = read_history(folder / HISTORY)
    columns, scores = _scores(folder / SCORES)
    model = _checkpoint(folder)
    name = folder.resolve().name
    return RunReport(
        name=name,
        subtitle=_subtitle(model),
        answer=_answer(records, model),
        headline=tuple(_headline(records, model)),
        doubts=tuple(_doubts(folder, records, model)),
        records=records,
        provenance=tuple(_provenance(model)),
        samples=tuple(_samples(folder)),
        score_columns=columns,
        scores=scores,
        files=tuple(sorted(p.name for p in folder.iterdir() if p.is_file())),
    )


def read_history(path: Path) -> tuple[EpochRecord, ...]:
    """Read the records that training wrote, one an epoch.

    Raises:
        InputError: no such file, or a line that is no record.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return tuple(_record(row) for row in csv.DictReader(file))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: {type(error).__name__} {error}",
            "a line an epoch, as train writes it",
            "resume the run, or put the file back",
        ) from None


def _record(row: Mapping[str, str]) -> EpochRecord:
    whole = {name: int(row[name]) for name in ("epoch", "step", "skipped")}
    real = {
        name: float(row[name]) for name in ("loss", "score", "best", "learning_rate", "minutes")
    }
    words = {name: row[name] for name in ("verdict", "stopped")}
    return from_mapping(EpochRecord, {**whole, **real, **words}, "history")


def _checkpoint(folder: Path) -> Checkpoint | None:
    """Load the finished model, or the best weights so far."""
    for name in ("model.safetensors", "best.safetensors"):
        if (folder / name).is_file():
            return load_checkpoint(folder / name)
    return None


def _subtitle(model: Checkpoint | None) -> str:
    if model is None:
        return "a training run"
    plan, count = model.network.config, sum(w.numel() for w in model.network.parameters())
    size = f"{count / 1e6:.2f} million weights"
    return f"{plan.kind}, {plan.ndim}-D, {size}; learned from {_source(model)}"


def _source(model: Checkpoint) -> str:
    told = model.provenance
    if recipe := told.get("recipe"):
        return f"endless scans drawn by the recipe {recipe}"
    return f"the scans of {told.get('data', 'an unknown folder')}"


def _answer(records: tuple[EpochRecord, ...], model: Checkpoint | None) -> str:
    if not records:
        return ""
    last, best = records[-1], max(records, key=lambda r: (r.verdict == "improved", r.epoch))
    told = [
        f"The best mean Dice over the validation scans, {last.best:.3f}, came after epoch "
        f"{best.epoch} of {last.epoch}: after {best.step} steps and {_minutes(best)}.",
    ]
    if last.stopped:
        told.append(f"The run ended as {last.stopped}.")
    if model is not None and not model.uncalibrated:
        known = model.calibration
        told.append(
            f"On scans that neither trained nor chose it, its wall is off by "
            f"{known.spread_voxels:.2f} voxels rms before any refinement, alike over "
            f"{known.length_voxels:.1f} voxels."
        )
    return " ".join(told)


def _headline(records: tuple[EpochRecord, ...], model: Checkpoint | None) -> Iterator[Fact]:
    if not records:
        return
    last = records[-1]
    yield Fact("Best score", f"{last.best:.3f}", "mean Dice over the validation scans")
    if model is not None and not model.uncalibrated:
        known = model.calibration
        yield Fact("Wall off by", f"{known.spread_voxels:.2f} voxels", "rms, on scans held out")
    yield Fact("Epochs", str(last.epoch), f"{last.step} steps")
    yield Fact("Time", _minutes(last), f"{60 * last.minutes / last.step:.2f} s a step")


def _minutes(record: EpochRecord) -> str:
    return f"{record.minutes:.{0 if record.minutes >= 10 else 1}f} min"


def _doubts(
    folder: Path, records: tuple[EpochRecord, ...], model: Checkpoint | None
) -> Iterator[str]:
    if not records:
        return
    last = records[-1]
    if not last.stopped:
        yield (
            f"this run is not finished: it was at epoch {last.epoch} when this page was made; if "
            "it was interrupted, go on with --resume"
        )
    elif not (folder / "model.safetensors").is_file():
        yield "this run ended but holds no model.safetensors: train --resume finishes it"
    elif model is not None and model.uncalibrated:
        yield f"the model is not calibrated: {model.uncalibrated}"
    if last.stopped and last.verdict == "improved" and last.epoch > 1:
        yield "the last epoch was the best: a longer run may still be better"
    if skipped := sum(record.skipped for record in records):
        yield f"{skipped} steps were skipped, as their loss was not finite; their batches are kept"
    if model is None:
        yield "the folder holds no weights: what they were made of is not told"


def _samples(folder: Path) -> Iterator[EpochSample]:
    for path in sorted((folder / "samples").glob("epoch_*.png")):
        number = path.stem.removeprefix("epoch_")
        if number.isdigit():
            yield EpochSample(int(number), path.read_bytes())


def _scores(path: Path) -> tuple[tuple[str, ...], tuple[ScoreRow, ...]]:
    """Read the means of tested scans with their intervals, and those of rivals beside them."""
    if not path.is_file():
        return (), ()
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        rows = [_score_row(f"this model, {told['n']} scans", told)]
        rows += [_score_row(name, one) for name, one in told.get("baselines", {}).items()]
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: {type(error).__name__} {error}",
            "scores as `lumenfield evaluate --json` prints them",
            "print them again, or take the file away",
        ) from None
    return tuple(COLUMNS.values()), tuple(rows)


def _score_row(name: str, told: Mapping[str, Any]) -> ScoreRow:
    mean, ends = told["mean"], told.get("intervals", {})
    return ScoreRow(name, tuple(_score(mean.get(key), ends.get(key)) for key in COLUMNS))


def _score(value: float | None, ends: list[float] | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" + (f" ({ends[0]:.3f} to {ends[1]:.3f})" if ends else "")


def _provenance(model: Checkpoint | None) -> Iterator[Fact]:
    """List what the checkpoint says of itself; an older one may say less."""
    if model is None:
        return
    told = model.provenance
    yield Fact("Weights", f"sha256 {weights_hash(model.network)[:12]}…")
    yield Fact("Learned from", _source(model))
    if start := told.get("start"):
        yield Fact("Began with", str(start))
    if isinstance(stream := told.get("stream"), Mapping):
        yield Fact(
            "Scans drawn", ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in stream.items())
        )
    if isinstance(training := told.get("training"), Mapping):
        yield from _settings(training)
    if calibrated := told.get("calibrated"):
        yield Fact("Calibrated", str(calibrated))
    if isinstance(versions := told.get("versions"), Mapping):
        yield Fact("Versions", ", ".join(f"{name} {v}" for name, v in versions.items()))
    if finished := told.get("finished"):
        yield Fact("Finished", str(finished))


def _settings(training: Mapping[str, Any]) -> Iterator[Fact]:
    """Tell each setting of the training that was not left as it comes."""
    for name, value in training.items():
        if name == "loss" and isinstance(value, Mapping):
            terms = value.get("terms", ())
            value = " + ".join(f"{weight:g} × {term}" for term, weight in terms)
        elif isinstance(value, Mapping):
            value = _listed(value)
        yield Fact(name.replace("_", " ").capitalize(), str(value))


def _listed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items())
