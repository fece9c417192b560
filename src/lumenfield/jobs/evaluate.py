"""Scores of files: one prediction against its truth, or a folder of each matched by name."""

import csv
import io as text_io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lumenfield import io
from lumenfield.errors import InputError
from lumenfield.evaluation import (
    METRICS,
    MORE_METRICS,
    CaseScores,
    Kind,
    evaluate_baselines,
    evaluate_case,
)
from lumenfield.jobs.segment import case_name

__all__ = ["Evaluation", "evaluate_paths", "score_sheet"]

_PREDICTED: tuple[Kind, ...] = ("distance", "probability", "mask")
"""What of a segmented case's folder is scored, the first that is there."""


@dataclass(frozen=True)
class Evaluation:
    """The cases scored, and rivals on the same cases: name → its scores, case by case."""

    cases: tuple[CaseScores, ...]
    rivals: Mapping[str, tuple[CaseScores, ...]] = field(default_factory=dict)


def evaluate_paths(
    prediction: Path,
    truth: Path,
    *,
    baselines: Path | None = None,
    against: Mapping[str, Path] | None = None,
    details: bool = False,
) -> Evaluation:
    """Score a file against a file, or every truth of a folder against its prediction.

    A prediction is a mask, a probability or a distance; beside a `spread` of the same case its
    intervals are scored too. A truth may also be the folder of one case. In folders, partners have
    the same name: `NAME.*`, or the folder `NAME/` that `segment` wrote.

    Args:
        baselines: the scan, or the folder of scans, that classical rivals are let loose on.
        against: name of a rival → its prediction, or its folder of predictions.
        details: also measure what stands behind the scores.

    Raises:
        InputError: a file where a folder is needed or the reverse, a truth without its partner, or
            anything that reading and scoring refuse.
    """
    if _is_case(truth):
        truth = _scored_file(truth)
    if truth.is_dir() and not prediction.is_dir():
        raise InputError(f"truth {truth} is a folder", "the prediction is a file", "give two files")
    cases = tuple(
        _one(name, found, true, details=details)
        for name, found, true in _partners(prediction, truth)
    )
    rivals: dict[str, tuple[CaseScores, ...]] = {}
    for name, path in (against or {}).items():
        rivals[name] = tuple(_one(*partners) for partners in _partners(path, truth))
    if baselines is not None:
        rivals |= _baselines(baselines, truth)
    return Evaluation(cases, rivals)


def score_sheet(found: Evaluation) -> str:
    """Lay cases out as CSV: the scores, then the figures of their details if measured.

    One line a case and method, the prediction's first; an undefined figure is an empty cell.
    """
    sheet, cases = text_io.StringIO(), found.cases
    more = list(MORE_METRICS) if all(case.details for case in cases) else []
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(["name", "method", *METRICS, *more])
    for method, scored in {"prediction": cases, **found.rivals}.items():
        for number, case in enumerate(scored):
            figures = [case.scores.figure(name) for name in METRICS]
            figures += [case.details.figures[name] if case.details else None for name in more]
            # Alone, a rival's case is called as the rival is.
            named = [cases[number].name, method]
            writer.writerow([*named, *("" if value is None else value for value in figures)])
    return sheet.getvalue()


def _partners(prediction: Path, truth: Path) -> list[tuple[str, Path, Path]]:
    if prediction.is_dir() and truth.is_dir():
        return _matched(prediction, truth, "prediction")
    if truth.is_dir():
        raise InputError(f"{prediction} is a file", "the truths are a folder", "give a folder")
    return [(case_name(prediction), prediction, truth)]


def _baselines(scans: Path, truth: Path) -> dict[str, tuple[CaseScores, ...]]:
    if scans.is_dir() != truth.is_dir():
        raise InputError(
            f"scans {scans} and truth {truth}: one is a folder, the other a file",
            "rivals need the scan of each truth",
            "give two files, or two folders with the same names",
        )
    pairs = _matched(scans, truth, "scan") if scans.is_dir() else [("", scans, truth)]
    found: dict[str, list[CaseScores]] = {}
    for name, scan, true in pairs:
        for case in evaluate_baselines(io.read(scan), io.read(true)):
            found.setdefault(case.name, []).append(CaseScores(name or case.name, case.scores))
    return {name: tuple(cases) for name, cases in found.items()}


def _one(name: str, prediction: Path, truth: Path, *, details: bool = False) -> CaseScores:
    path = _scored_file(prediction)
    beside = path.parent / "spread.nii.gz"
    spread = io.read(beside) if beside.is_file() else None
    # Of our own files the name tells the kind; an empty distance alone would not.
    told = (kind for kind in _PREDICTED if beside.is_file() and kind == case_name(path))
    kind: Kind = next(told, "auto")
    return evaluate_case(
        name,
        io.read(path),
        io.read(truth),
        spread=spread,
        prediction_kind=kind,
        details=details,
    )


def _is_case(folder: Path) -> bool:
    return any((folder / f"{name}.nii.gz").is_file() for name in _PREDICTED)


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


def _matched(predictions: Path, truths: Path, what: str) -> list[tuple[str, Path, Path]]:
    found = {case_name(p): p for p in sorted(predictions.iterdir()) if not p.name.startswith(".")}
    pairs = []
    for truth in sorted(p for p in truths.iterdir() if p.is_file() and not p.name.startswith(".")):
        name = case_name(truth)
        if name not in found:
            raise InputError(
                f"truth {truth.name} has no {what} in {predictions}",
                "every truth is scored; a missing one is not a score",
                f"add {name}, or take the truth out",
            )
        pairs.append((name, found[name], truth))
    if not pairs:
        raise InputError(f"{truths} holds no truth", "a folder of masks or distances", "check it")
    return pairs
