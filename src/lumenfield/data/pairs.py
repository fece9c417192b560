"""Scans and masks that belong together on disk; separate so that faults are named before training.

data/{train,val}/magn/NAME.EXT   data/{train,val}/mask/NAME.EXT   data/{train,val}/distance/NAME.EXT
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import case_stem, has_geometry, read

__all__ = ["Case", "DataSet", "Pair", "data_axes", "find_pairs", "open_dataset", "read_case"]

MOST_NAMED = 12
"""Faults that one message spells out."""


@dataclass(frozen=True)
class Pair:
    """The files of one case."""

    name: str
    magnitude: Path
    mask: Path
    distance: Path | None = None


@dataclass(frozen=True)
class DataSet:
    """Checked pairs to learn from and to validate on; no case is in both."""

    train: tuple[Pair, ...]
    val: tuple[Pair, ...]


@dataclass(frozen=True, eq=False)
class Case:
    """One case in memory.

    Args:
        mask: two-valued, zero outside the lumen.
        distance: mm, negative in the lumen.
        voxel_known: whether the scan's file gives a voxel size; else it is taken to be 1 mm.
    """

    name: str
    magnitude: Volume
    mask: Volume
    distance: Volume | None = None
    voxel_known: bool = True


def open_dataset(folder: Path) -> DataSet:
    """Find the pairs of a data set and read each once, to be sure of all before training starts.

    Raises:
        InputError: names every fault: a missing partner, an empty or unreadable file, values that
            are not finite, a mask that is not two-valued, grids that differ, a case in both parts,
            one of another number of axes than the first.
    """
    _refuse_missing(folder)
    parts: dict[str, tuple[Pair, ...]] = {}
    faults: list[str] = []
    looks: list[_Look] = []
    for part in ("train", "val"):
        parts[part], lonely = _matched(folder / part)
        faults += lonely
        for pair in parts[part]:
            found, look = _inspected(part, pair)
            faults += found
            looks += look
    _raise_any(folder, [*faults, *_misplaced(looks)])
    return DataSet(parts["train"], parts["val"])


def data_axes(folder: Path) -> int:
    """Tell the number of axes of a data set's first scan to learn from.

    Raises:
        InputError: no such folder, no scan in its `train`, or one that cannot be read.
    """
    _refuse_missing(folder)
    return read(find_pairs(folder / "train")[0].magnitude).ndim


def find_pairs(folder: Path) -> tuple[Pair, ...]:
    """Match the files of `folder`/magn and `folder`/mask (and distance) by name.

    Raises:
        InputError: no files, one without partner, or two of one name.
    """
    pairs, faults = _matched(folder)
    _raise_any(folder, faults)
    return pairs


def read_case(pair: Pair) -> Case:
    """Read the files of one case.

    Raises:
        InputError: a file is missing, empty or damaged.
    """
    for path in (pair.magnitude, pair.mask, pair.distance):
        if path is not None and path.exists() and path.stat().st_size == 0:
            raise InputError(f"{path} is empty", "a scan has values", "write it again")
    distance = None if pair.distance is None else read(pair.distance)
    known = has_geometry(pair.magnitude)
    return Case(pair.name, read(pair.magnitude), read(pair.mask), distance, known)


def _refuse_missing(folder: Path) -> None:
    if not folder.is_dir():
        raise InputError(
            f"{folder} {'is a file' if folder.exists() else 'does not exist'}",
            "pairs lie in a folder with train and val, each with magn and mask",
            "check the path, or make one with generate",
        )


def _matched(folder: Path) -> tuple[tuple[Pair, ...], list[str]]:
    magnitudes, faults = _files(folder / "magn")
    masks, twice = _files(folder / "mask")
    distances, thrice = _files(folder / "distance")
    faults += twice + thrice
    faults += [f"{magnitudes[n]} has no mask" for n in sorted(magnitudes.keys() - masks)]
    faults += [f"{masks[n]} has no scan in magn" for n in sorted(masks.keys() - magnitudes)]
    faults += [f"{distances[n]} has no scan in magn" for n in sorted(distances.keys() - magnitudes)]
    if distances:
        lacking = sorted(magnitudes.keys() - distances)
        faults += [f"{magnitudes[n]} has no distance, others have" for n in lacking]
    if not magnitudes:
        faults.append(f"{folder / 'magn'} holds no scans")
    both = sorted(magnitudes.keys() & masks)
    return tuple(Pair(n, magnitudes[n], masks[n], distances.get(n)) for n in both), faults


def _files(folder: Path) -> tuple[dict[str, Path], list[str]]:
    if not folder.is_dir():
        return {}, []
    files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    counts = Counter(case_stem(path) for path in files)
    faults = [f"{folder} has {n} files named {name}" for name, n in counts.items() if n > 1]
    return {case_stem(path): path for path in files}, faults


@dataclass(frozen=True)
class _Look:
    """What of a readable scan is compared with the others."""

    part: str
    path: Path
    axes: int
    digest: str


def _inspected(part: str, pair: Pair) -> tuple[list[str], list[_Look]]:
    """Give the faults of one case, and a look at its scan if it can be read."""
    try:
        case = read_case(pair)
    except InputError as error:
        return [str(error)], []
    values = np.ascontiguousarray(case.magnitude.values, dtype=np.float32)
    digest = hashlib.sha256(values.tobytes() + repr(values.shape).encode()).hexdigest()
    return _faults(pair, case), [_Look(part, pair.magnitude, values.ndim, digest)]


def _misplaced(looks: Sequence[_Look]) -> list[str]:
    """Name scans that are in both parts, and those of another number of axes than the first."""
    learned = {look.digest for look in looks if look.part == "train"}
    faults = [
        f"{look.path} holds a scan that is in train too"
        for look in looks
        if look.part == "val" and look.digest in learned
    ]
    first = looks[0] if looks else None
    faults += [
        f"{look.path} is {look.axes}-D, {first.path} {first.axes}-D"
        for look in looks
        if first and look.axes != first.axes
    ]
    return faults


def _faults(pair: Pair, case: Case) -> list[str]:
    faults = [
        f"{path} has {np.count_nonzero(~np.isfinite(volume.values))} values that are not finite"
        for path, volume in _parts(pair, case)
        if not np.isfinite(volume.values).all()
    ]
    levels = np.unique(case.mask.values)
    if np.count_nonzero(levels) > 1:
        faults.append(f"{pair.mask} has {levels.size} values, a mask has 0 and one other")
    size = "×".join(map(str, case.magnitude.shape))
    for path, volume in _parts(pair, case)[1:]:
        if volume.shape != case.magnitude.shape:
            faults.append(f"{path} is {'×'.join(map(str, volume.shape))}, its scan {size}")
        # Formats differ in what geometry they keep; the same format cannot be excused.
        elif path.suffixes == pair.magnitude.suffixes and not volume.same_grid(case.magnitude):
            faults.append(f"{path} lies elsewhere in the world than its scan")
    return faults


def _parts(pair: Pair, case: Case) -> list[tuple[Path, Volume]]:
    parts = [(pair.magnitude, case.magnitude), (pair.mask, case.mask)]
    if pair.distance is not None and case.distance is not None:
        parts.append((pair.distance, case.distance))
    return parts


def _raise_any(folder: Path, faults: Sequence[str]) -> None:
    if faults:
        more = len(faults) - MOST_NAMED
        named = "; ".join(faults[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
        raise InputError(
            f"{folder} has {len(faults)} fault(s): {named}",
            "each scan in magn needs its own good mask, in train or in val",
            "mend or remove those files",
        )
