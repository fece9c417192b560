"""`lumenfield evaluate`: scores of one case or of matched folders."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lumenfield.cli.verb import Arguments, Verb, print_json
from lumenfield.errors import InputError

if TYPE_CHECKING:
    from lumenfield.evaluation import CaseScores
    from lumenfield.jobs.evaluate import Evaluation

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prediction", type=Path, help="a file, or a folder of cases")
    parser.add_argument("truth", type=Path, help="a file, a case, or a folder with the same names")
    parser.add_argument(
        "--baselines", type=Path, metavar="SCAN", help="score rivals on this scan, or folder"
    )
    parser.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="somebody else's prediction, or folder of them, in the same table",
    )
    parser.add_argument(
        "--details", action="store_true", help="by radius and component, and the error bar"
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="also write a line a case and method"
    )


def _run(arguments: Arguments) -> int:
    from lumenfield.evaluation import missing_extras, summarise
    from lumenfield.io import whole_file
    from lumenfield.jobs.evaluate import evaluate_paths, score_sheet

    found = evaluate_paths(
        arguments.prediction,
        arguments.truth,
        baselines=arguments.baselines,
        against=_against(arguments.against),
        details=arguments.details,
    )
    if arguments.csv:
        with whole_file(arguments.csv) as part:
            part.write_text(score_sheet(found), encoding="utf-8")
    if arguments.json:
        result = summarise(found.cases).to_json()
        if found.rivals:
            result["baselines"] = {n: summarise(c).to_json() for n, c in found.rivals.items()}
        return print_json(result)
    _show(found)
    if arguments.baselines:
        for rival, extra in missing_extras().items():
            print(f"{rival} was left out: it needs pip install 'lumenfield[{extra}]'")
    return 0


def _against(given: list[str]) -> dict[str, Path]:
    rivals = {}
    for one in given:
        name, equals, path = one.partition("=")
        if not equals or not name or not path:
            raise InputError(f"--against {one}", "a rival is NAME=PATH", "name it before the path")
        rivals[name] = Path(path)
    return rivals


def _show(found: "Evaluation") -> None:
    from lumenfield.evaluation import CaseScores, summarise, table

    if not found.rivals:
        print(table(found.cases))
    elif len(found.cases) == 1:
        rows = [
            CaseScores(name, one[0].scores)
            for name, one in found.rivals.items()
            if not _empty(one[0])
        ]
        # A rival may be called as the case is.
        named = CaseScores(f"{found.cases[0].name} (prediction)", found.cases[0].scores)
        print(table((named, *rows), mean=False))
    else:
        print(table(found.cases))
        saw = {n: c for n, c in found.rivals.items() if not all(map(_empty, c))}
        means = {"(prediction)": found.cases, **saw}
        rows = [CaseScores(name, summarise(cases).mean) for name, cases in means.items()]
        print(f"\nmeans over {len(found.cases)} cases")
        print(table(rows, mean=False))
    for name, cases in found.rivals.items():
        if missed := sum(map(_empty, cases)):
            where = f" in {missed} of {len(cases)} cases" if len(cases) > 1 else ""
            print(f"{name}: found nothing{where}")
    for case in found.cases:
        for metric, reason in case.scores.reasons.items():
            print(f"{case.name}: {metric} is undefined: {reason}")
        _show_details(case)


def _empty(case: "CaseScores") -> bool:
    """Tell a prediction without a voxel of lumen: its volume is off by all of the truth's."""
    return case.scores.volume_error == -1


def _show_details(case: "CaseScores") -> None:
    if case.details is None:
        return
    print(f"\n{case.name}")
    for name, value in case.details.figures.items():
        print(f"  {name:22} {'–' if value is None else f'{value:.3f}'}")
    for row in case.details.radii:
        held = "–" if row.coverage95 is None else f"{row.coverage95:.3f}"
        print(
            f"  {row.name:9} voxels: {100 * row.area:3.0f} % of the wall, bias "
            f"{row.bias_voxels:+.3f}, rms {row.rms_voxels:.3f}, p95 {row.p95_voxels:.3f}, "
            f"coverage95 {held}"
        )
    true = [c for c in case.details.components if c.recall is not None]
    false = [c.voxels for c in case.details.components if c.recall is None]
    found = sum(c.recall > 0 for c in true if c.recall is not None)
    print(f"  components: {found} of {len(true)} found; {len(false)} false {false[:8] or ''}")
    if case.details.intervals is not None:
        held_by = ", ".join(f"{k} % → {v:.3f}" for k, v in case.details.intervals.coverage.items())
        z = case.details.intervals
        print(f"  z: mean {z.z_mean:+.2f}, sd {z.z_sd:.2f}; intervals hold {held_by}")


VERB = Verb("score predictions against truths", _add_arguments, _run)
