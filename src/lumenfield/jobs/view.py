"""A case folder in the browser, for as long as the command runs."""

import contextlib
import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from lumenfield import io
from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.viewer.case import Case, open_cases
from lumenfield.viewer.serving import Address, check_ready, run

__all__ = ["view"]


def view(
    out: Path,
    *,
    scan: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[Address], None],
) -> None:
    """Show what `segment` wrote until Ctrl-C.

    Args:
        out: one case folder, or the folder of several.
        scan: the scan itself, to be shown under its layers; for one case.
        ready: called with the address once it answers.

    Raises:
        InputError: no such case, a scan on another grid, a port that cannot be used, or the viewer
            is not installed.
    """
    check_ready()
    cases = open_cases(out)
    from lumenfield.viewer.apps import view_app

    with tempfile.TemporaryDirectory(prefix="lumenfield-") as folder:
        if scan is not None:
            cases = _with_scan(cases, scan, Path(folder))
        threading.Thread(target=_warm, args=(next(iter(cases.values())),), daemon=True).start()
        run(lambda lock: view_app(cases, lock), host=host, port=port, ready=ready)


def _warm(case: Case) -> None:
    """Read the first case while the browser starts."""
    # The page itself says what is wrong with a file.
    with contextlib.suppress(InputError):
        case.warm()


def _with_scan(cases: dict[str, Case], path: Path, folder: Path) -> dict[str, Case]:
    """Put the scan beside its case, as NIfTI on the case's own grid."""
    if len(cases) > 1:
        raise InputError(
            f"one scan for {len(cases)} cases",
            "--scan is of one case",
            f"name one: {next(iter(cases))}",
        )
    (name, case), grid = next(iter(cases.items())), None
    grid = case.distance
    volume = io.read(path)
    if volume.shape == grid.shape and not volume.placed:
        volume = grid.like(volume.values)
    if not volume.same_grid(grid):
        raise InputError(
            f"{path.name} is {_size(volume)}, the case {_size(grid)}",
            "the scan must be the one that was segmented",
            "give that scan, or leave --scan out",
        )
    kept = folder / "scan.nii"
    io.write(volume.like(volume.values.astype(np.float32)), kept)
    return {name: replace(case, scan=kept)}


def _size(volume: Volume) -> str:
    edges = "×".join(f"{edge:.3g}" for edge in volume.spacing)
    corner = ", ".join(f"{x:.4g}" for x in volume.affine[:3, 3])
    return f"{'×'.join(map(str, volume.shape))} of {edges} mm at ({corner})"
