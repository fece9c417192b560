"""Scores of files: one prediction against its truth, or a folder of each matched by name."""

from dataclasses import dataclass, replace
from pathlib import Path

from lumenfield import io
from lumenfield.errors import InputError
from lumenfield.evaluation import CaseScores, Kind, evaluate_baselines, evaluate_case
from lumenfield.jobs.segment import case_name

__all__ = ["Evaluation", "evaluate_paths"]

_PREDICTED: tuple[Kind, ...] = ("distance", "probability", "mask")
"""What of a segmented case's folder is scored, the first that is there."""


@dataclass(frozen=True)
class Evaluation:
    """The cases scored, and the rivals on the same scan if one was given."""

    cases: tuple[CaseScores, ...]
    baselines: tuple[CaseScores, ...] = ()


def evaluate_paths(prediction: Path, truth: Path, baselines: Path | None = None) -> Evaluation:
    """Score a file against a file, or every truth of a folder against its prediction.

    A prediction is a mask, a probability or a distance; beside a `spread` of the same case its
    intervals are scored too. In folders, partners have the same name: `NAME.*`, or the folder
    `NAME/` that `segment` wrote.

    Raises:
        InputError: a file and a folder, a truth without its prediction, baselines for folders, or
            anything that reading and scoring refuse.
    """
    if prediction.is_dir() and truth.is_dir():
        if baselines is not None:
            raise InputError(
                "baselines for folders", "they need one scan", "evaluate one case with them"
            )
        return Evaluation(tuple(_one(*pair) for pair in _matched(prediction, truth)))
    if truth.is_dir():
        raise InputError(f"truth {truth} is a folder", "the prediction is a file", "give two files")
    case = _one(case_name(prediction), prediction, truth)
    rivals: tuple[CaseScores, ...] = ()
    if baselines is not None:
        rivals = evaluate_baselines(io.read(baselines), io.read(truth))
        if case.name in {rival.name for rival in rivals}:
            case = replace(case, name=f"{case.name} (prediction)")
    return Evaluation((case,), rivals)


def _one(name: str, prediction: Path, truth: Path) -> CaseScores:
    path = _scored_file(prediction)
    beside = path.parent / "spread.nii.gz"
    spread = io.read(beside) if beside.is_file() else None
    # Of our own files the name tells the kind; an empty distance alone would not.
    told = (kind for kind in _PREDICTED if beside.is_file() and kind == case_name(path))
    kind: Kind = next(told, "auto")
    return evaluate_case(name, io.read(path), io.read(truth), spread=spread, prediction_kind=kind)


def _scored_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    for name in _PREDICTED:
        if (path / f"{name}.nii.gz").is_file():
            return path / f"{name}.nii.gz"
    raise InputError(
        f"{path} holds no prediction",
        f"it needs {', '.join(f'{n}.nii.gz' for n in _PREDICTED[:2])} or mask.nii.gz",
        "give the file itself, or a folder that segment wrote",
    )


def _matched(predictions: Path, truths: Path) -> list[tuple[str, Path, Path]]:
    found = {case_name(p): p for p in sorted(predictions.iterdir()) if not p.name.startswith(".")}
    pairs = []
    for truth in sorted(p for p in truths.iterdir() if p.is_file() and not p.name.startswith(".")):
        name = case_name(truth)
        if name not in found:
            raise InputError(
                f"truth {truth.name} has no prediction in {predictions}",
                "every truth is scored; a missing one is not a score",
                f"add {name}, or take the truth out",
            )
        pairs.append((name, found[name], truth))
    if not pairs:
        raise InputError(f"{truths} holds no truth", "a folder of masks or distances", "check it")
    return pairs
