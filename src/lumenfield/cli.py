"""The program `lumenfield VERB`: arguments in, one library function called, its result shown.

Every verb imports what it needs when it runs, so that `--help` answers at once.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumenfield.errors import InputError

if TYPE_CHECKING:
    from lumenfield.evaluation import CaseScores
    from lumenfield.jobs.progress import Ticker
    from lumenfield.pipeline import SegmentOptions

__all__ = ["main"]

Arguments = argparse.Namespace


@dataclass(frozen=True)
class Verb:
    """One command: its line of help, its arguments, and what it does with them."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Arguments], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status: 0 done, 2 the user can fix it, 1 a fault of ours."""
    arguments = _parser().parse_args(argv)
    try:
        return VERBS[arguments.verb].run(arguments)
    except InputError as error:
        if arguments.traceback:
            raise
        print(f"lumenfield: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lumenfield: interrupted; nothing half-written was left", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        if arguments.traceback:
            raise
        print(f"lumenfield: {_fault(error)}", file=sys.stderr)
        return 1


def _fault(error: Exception) -> str:
    todo = "report it with the output of the same command and --traceback"
    return " ".join(f"{type(error).__name__}: {error}; this is a fault of ours: {todo}".split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lumenfield",
        description="Vessel walls from MRI magnitude scans, as signed distances with an error bar.",
    )
    parser.add_argument("--version", action=_Version, help="say which version this is")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        one = verbs.add_parser(name, help=verb.help, description=verb.help)
        verb.add_arguments(one)
        one.add_argument("--json", action="store_true", help="print one JSON object, nothing else")
        one.add_argument("--traceback", action="store_true", help="show where an error came from")
    return parser


class _Version(argparse.Action):
    """Print the version and stop; looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"lumenfield {version('lumenfield')}")
        parser.exit()


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", type=Path, default=Path("demo"), help="folder to write")
    _model_arguments(parser)


def _demo(arguments: Arguments) -> int:
    from lumenfield.evaluation import table
    from lumenfield.jobs.demo import demo

    done = demo(arguments.out, _segment_options(arguments), _ticker(arguments))
    if arguments.json:
        return _print_json({"folder": str(done.folder), **_scores_json(done.scores)})
    print(table(done.scores, mean=False))
    print(f"\nreport: {done.folder / 'report.html'}")
    return 0


def _generate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--count", type=int, required=True, help="training samples")
    parser.add_argument("--val-count", type=int, default=0, help="validation samples")
    parser.add_argument("--ndim", type=int, choices=(2, 3), default=3)
    parser.add_argument("--size", type=int, default=96, help="voxels along each edge")
    parser.add_argument("--recipe", default="any", metavar="NAME|FILE")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", default="npy", help="npy, nii.gz, nii, mha or nrrd")
    parser.add_argument("--workers", type=int, default=1, help="processes; never change the bytes")


def _generate(arguments: Arguments) -> int:
    from lumenfield.jobs.generate import generate
    from lumenfield.synthesis import load_recipe

    tick = _ticker(arguments)
    cases = []
    for case in generate(
        arguments.folder,
        count=arguments.count,
        val_count=arguments.val_count,
        recipe=load_recipe(arguments.recipe),
        seed=arguments.seed,
        shape=(arguments.size,) * arguments.ndim,
        suffix=arguments.format,
        workers=arguments.workers,
    ):
        cases.append(case)
        tick("samples", case.done, case.total)
    made = sum(case.made for case in cases)
    if arguments.json:
        return _print_json({"folder": str(arguments.folder), "samples": len(cases), "made": made})
    print(f"{len(cases)} samples in {arguments.folder}, {made} of them made now")
    return 0


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, nargs="?", help="folder as `generate` writes it")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="RUN")
    parser.add_argument("--stream", metavar="RECIPE", help="draw samples while training instead")
    parser.add_argument("--config", type=Path, help="TOML file")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=v", dest="settings")
    parser.add_argument("--resume", action="store_true", help="go on where RUN stopped")


def _train(arguments: Arguments) -> int:
    from lumenfield.config import from_mapping, read_toml, with_settings
    from lumenfield.jobs.train import TrainJob, finish_run, run_training

    mapping = read_toml(arguments.config) if arguments.config else {}
    job = from_mapping(TrainJob, with_settings(mapping, arguments.settings))
    source = {"data": arguments.data, "recipe": arguments.stream}
    record = None
    for record in run_training(job, arguments.out, resume=arguments.resume, **source):
        line = (
            f"epoch {record.epoch:4d}  step {record.step:7d}  loss {record.loss:.4f}  "
            f"score {record.score:.4f}  best {record.best:.4f}  rate {record.learning_rate:.2e}  "
            f"{record.minutes:.1f} min  {record.verdict}"
        )
        print(line, file=sys.stderr if arguments.json else sys.stdout, flush=True)
    model = finish_run(job, arguments.out, **source)
    if arguments.json:
        best = record.best if record else None
        return _print_json({"model": str(model), "best": best})
    print(f"model: {model}")
    return 0


def _segment_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scans", type=Path, nargs="+", metavar="SCAN")
    parser.add_argument("-o", "--out", type=Path, required=True)
    _model_arguments(parser)
    _spacing_argument(parser)


def _segment(arguments: Arguments) -> int:
    from lumenfield.jobs.segment import segment_files

    options = _segment_options(arguments)
    records, failed, status = [], [], 0
    for case in segment_files(
        arguments.scans,
        arguments.out,
        options,
        spacing=_spacing(arguments),
        tick=_ticker(arguments),
    ):
        if case.error is not None:
            if arguments.traceback:
                raise case.error
            ours = not isinstance(case.error, InputError)
            status = 1 if ours or status == 1 else 2
            told = _fault(case.error) if ours else str(case.error)
            failed.append({"name": case.name, "error": told})
            print(f"lumenfield: {case.name}: {told}", file=sys.stderr)
            continue
        records.append({"name": case.name, "folder": str(case.folder), **case.record})
        if not arguments.json:
            _say_segmented(records[-1], case.seconds)
    if arguments.json:
        _print_json({"cases": records, "failed": failed})
    elif failed and len(arguments.scans) > 1:
        print(
            f"{len(records)} of {len(arguments.scans)} scans done; failed: "
            + ", ".join(f["name"] for f in failed)
        )
    return status


def _say_segmented(record: dict[str, Any], seconds: float) -> None:
    print(
        f"{record['name']}: lumen {record['lumen_ml']:.2f} ml, {seconds:.1f} s → {record['folder']}"
    )
    for warning in record["warnings"]:
        print(f"  note: {warning}")


def _refine_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scan", type=Path)
    parser.add_argument(
        "--from", dest="start", type=Path, required=True, metavar="MASK|PROBABILITY|DISTANCE"
    )
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], metavar="a.b=v", dest="settings")
    _spacing_argument(parser)


def _refine(arguments: Arguments) -> int:
    from lumenfield.jobs.refine import refine_file

    name, seconds, record = refine_file(
        arguments.scan,
        arguments.start,
        arguments.out,
        settings=arguments.settings,
        spacing=_spacing(arguments),
        tick=_ticker(arguments),
    )
    record = {"name": name, "folder": str(arguments.out / name), **record}
    if arguments.json:
        return _print_json(record)
    _say_segmented(record, seconds)
    return 0


def _evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prediction", type=Path, help="a file, or a folder of cases")
    parser.add_argument("truth", type=Path, help="a file, or a folder with the same names")
    parser.add_argument("--baselines", type=Path, metavar="SCAN", help="score rivals on this scan")


def _evaluate(arguments: Arguments) -> int:
    from lumenfield.evaluation import summarise, table
    from lumenfield.jobs.evaluate import evaluate_paths

    found = evaluate_paths(arguments.prediction, arguments.truth, arguments.baselines)
    if arguments.json:
        result = summarise(found.cases).to_json()
        if found.baselines:
            rivals = summarise(found.baselines).to_json()
            result["baselines"] = rivals["cases"]
            result["reasons"]["baselines"] = rivals["reasons"]["cases"]
        return _print_json(result)
    if found.baselines:
        print(table((*found.cases, *found.baselines), mean=False))
    else:
        print(table(found.cases))
    for case in found.cases:
        for metric, reason in case.scores.reasons.items():
            print(f"{case.name}: {metric} is undefined: {reason}")
    return 0


def _info_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path)


def _info(arguments: Arguments) -> int:
    from lumenfield.config import to_mapping
    from lumenfield.io import describe

    facts = to_mapping(describe(arguments.file))
    if arguments.json:
        return _print_json(facts)
    for name, value in facts.items():
        print(f"{name:14} {value}")
    return 0


def _convert_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="A")
    parser.add_argument("target", type=Path, metavar="B")
    _spacing_argument(parser)


def _convert(arguments: Arguments) -> int:
    from lumenfield.io import read, write

    write(read(arguments.source, spacing=_spacing(arguments)), arguments.target)
    if arguments.json:
        return _print_json({"written": str(arguments.target)})
    print(arguments.target)
    return 0


def _models_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME|RUN", help="by default those shipped")


def _models(arguments: Arguments) -> int:
    from lumenfield.jobs.models import describe_models

    facts = describe_models(arguments.names)
    if arguments.json:
        return _print_json({"models": facts})
    for model in facts:
        print(
            f"{model['name']:12} {model['ndim']}-D  {model['megabytes']:.1f} MB  "
            f"wall ± {model['spread_voxels']:.2f} voxel  sha256 {model['sha256'][:12]}…"
        )
    return 0


def _model_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", nargs="+", default=[], metavar="NAME|RUN")
    parser.add_argument("--no-refine", action="store_true", help="keep the network's wall")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=v", dest="settings")


def _spacing_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--spacing", type=float, nargs="+", metavar="MM", help="voxel edges along each array axis"
    )


def _spacing(arguments: Arguments) -> tuple[float, ...] | None:
    return tuple(arguments.spacing) if arguments.spacing else None


def _segment_options(arguments: Arguments) -> "SegmentOptions":
    from lumenfield.config import from_mapping, with_settings
    from lumenfield.pipeline import SegmentOptions

    given: dict[str, Any] = {
        "models": arguments.model,
        "refine": not arguments.no_refine,
        "predict": {"device": arguments.device},
    }
    return from_mapping(SegmentOptions, with_settings(given, arguments.settings), "options")


def _ticker(arguments: Arguments) -> "Ticker":
    from lumenfield.jobs.progress import show_progress

    return show_progress(quiet=arguments.json)


def _scores_json(scores: "Sequence[CaseScores]") -> dict[str, Any]:
    from lumenfield.evaluation import summarise

    summary = summarise(scores).to_json()
    return {"cases": summary["cases"], "reasons": summary["reasons"]}


def _print_json(value: dict[str, Any]) -> int:
    from lumenfield.jobs.printed import print_json

    print_json(value)
    return 0


VERBS = {
    "demo": Verb("phantom to report, scored against the truth", _demo_arguments, _demo),
    "generate": Verb("make a data set of synthetic scans", _generate_arguments, _generate),
    "train": Verb("train a network", _train_arguments, _train),
    "segment": Verb("find the vessels of scans", _segment_arguments, _segment),
    "refine": Verb("refine anyone's segmentation", _refine_arguments, _refine),
    "evaluate": Verb("score predictions against truths", _evaluate_arguments, _evaluate),
    "models": Verb("list networks", _models_arguments, _models),
    "info": Verb("say what a file holds", _info_arguments, _info),
    "convert": Verb("write a file in another format", _convert_arguments, _convert),
}


if __name__ == "__main__":
    sys.exit(main())
