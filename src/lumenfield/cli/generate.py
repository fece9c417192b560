"""`lumenfield generate`: a data set of synthetic scans."""

import argparse
from pathlib import Path

from lumenfield.cli.verb import Arguments, Verb, print_json, ticker

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--count", type=int, required=True, help="training samples")
    parser.add_argument("--val-count", type=int, default=0, help="validation samples")
    parser.add_argument("--ndim", type=int, choices=(2, 3), help="3, or as the scan of --like")
    parser.add_argument("--size", type=int, default=96, help="voxels along each edge")
    parser.add_argument("--recipe", default="any", metavar="NAME|FILE")
    parser.add_argument(
        "--like",
        type=Path,
        metavar="SCAN",
        help="narrow the recipe to this scan's noise, edges, contrast, grey values and voxel",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--format", default="nii.gz", help="nii.gz, nii, mha, nrrd; npy keeps no voxel size"
    )
    parser.add_argument(
        "--workers", default="1", metavar="N|dask:ADDRESS", help="they never change the bytes"
    )


def _run(arguments: Arguments) -> int:
    from lumenfield.io import read
    from lumenfield.jobs.generate import generate
    from lumenfield.jobs.workers import parse_workers
    from lumenfield.synthesis import load_recipe, narrowed_recipe

    tick = ticker(arguments)
    recipe, ndim = load_recipe(arguments.recipe), arguments.ndim or 3
    if arguments.like:
        scan = read(arguments.like)
        recipe, ndim = narrowed_recipe(recipe, scan), arguments.ndim or scan.ndim
    cases = []
    for case in generate(
        arguments.folder,
        count=arguments.count,
        val_count=arguments.val_count,
        recipe=recipe,
        seed=arguments.seed,
        shape=(arguments.size,) * ndim,
        suffix=arguments.format,
        workers=parse_workers(arguments.workers),
    ):
        cases.append(case)
        tick("samples", case.done, case.total)
    made = sum(case.made for case in cases)
    if arguments.json:
        return print_json({"folder": str(arguments.folder), "samples": len(cases), "made": made})
    print(f"{len(cases)} samples in {arguments.folder}, {made} of them made now")
    return 0


VERB = Verb("make a data set of synthetic scans", _add_arguments, _run)
