"""Several files of one case, joined with "+": the mean of their magnitudes.

Separate because it holds for every format: a flow scan comes as one file for each velocity
encoding, and its magnitude is the mean of the moduli over the encodings.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io.stored import Stored

__all__ = ["join", "several"]

_SAME_MM = 1e-3


def several(path: Path) -> tuple[Path, ...]:
    """Split "a.mat+b.mat" into its files; a plain path, or one file with a "+" in it, gives none.

    >>> several(Path("scans/x.mat+scans/y.mat"))
    (PosixPath('scans/x.mat'), PosixPath('scans/y.mat'))
    """
    if "+" not in str(path) or path.exists():
        return ()
    parts = [Path(part) for part in str(path).split("+")]
    return tuple(parts) if all(part.suffix and part.name for part in parts) else ()


def join(path: Path, parts: Sequence[Stored]) -> Stored:
    """Make one scan of several on the same grid.

    Raises:
        InputError: their shapes or places differ.
    """
    first = parts[0]
    for other in parts[1:]:
        if other.shape != first.shape or not _same_place(first, other):
            raise InputError(
                f"{first.path} is {_size(first)}, {other.path} is {_size(other)}",
                "files joined with + share one grid",
                "join only the encodings of one scan",
            )
    return replace(first, path=path, dtype=np.dtype(np.float32), load=partial(_mean, tuple(parts)))


def _same_place(one: Stored, other: Stored) -> bool:
    first, second = (part.placement.affine(part.path, len(part.grid)) for part in (one, other))
    return bool(np.allclose(first, second, rtol=0, atol=_SAME_MM))


def _size(stored: Stored) -> str:
    affine = stored.placement.affine(stored.path, len(stored.grid))
    edges = np.linalg.norm(affine[:3, : len(stored.grid)], axis=0)
    size = "×".join(map(str, stored.shape))
    where = ", ".join(f"{number:g}" for number in affine[:3, 3])
    return f"{size} of {'×'.join(f'{edge:g}' for edge in edges)} mm at ({where})"


def _mean(parts: tuple[Stored, ...]) -> NDArray[Any]:
    total = np.zeros(parts[0].shape, np.float64)
    for part in parts:
        with np.errstate(all="ignore"):
            total += np.abs(part.load())
    return (total / len(parts)).astype(np.float32)
