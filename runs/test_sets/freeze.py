"""Make the frozen test sets again, check them against their manifests, or write them as files.

    python runs/test_sets/freeze.py synthetic-test            check every scan's hash
    python runs/test_sets/freeze.py choose -o DIR             also write magn/, distance/, mask/
    python runs/test_sets/freeze.py synthetic-test --freeze   write the manifest (once)

A manifest holds a hash of each mask and each magnitude. Another processor may round otherwise: then
the hashes differ, but the numbers beside them hold.
"""

import argparse
import hashlib
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scenes import Scan
from sets import HERE, SETS, SURFACE, Line, lines_of, make

from lumenfield.io import write


@dataclass(frozen=True)
class Entry:
    """What a manifest says of one scan."""

    name: str
    shape: tuple[int, ...]
    spacing_mm: tuple[float, ...]
    contrast_to_noise: float
    lumen_voxels: int
    mean: float
    mask_sha256: str
    magnitude_sha256: str


def main() -> int:
    """Make every scan of a set."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("set", choices=SETS)
    parser.add_argument("-o", dest="folder", type=Path)
    parser.add_argument("--freeze", action="store_true")
    arguments = parser.parse_args()
    manifest = HERE / f"{arguments.set}.toml"
    if SETS[arguments.set].surface and not SURFACE.is_file():
        print(f"skipped: {SURFACE.name} is not in ../shared/data/geometry")
        return 0
    if arguments.freeze and manifest.exists():
        print(f"{manifest.name} is frozen; a set is made once")
        return 2
    entries = [_entry(line, arguments.folder) for line in lines_of(arguments.set)]
    if arguments.freeze:
        manifest.write_text(_toml(arguments.set, entries), encoding="utf-8")
        return 0
    return _compare(entries, manifest)


def _entry(line: Line, folder: Path | None) -> Entry:
    scan = make(line)
    if folder is not None:
        _write(scan, line.name, folder)
    mask = (scan.distance.values < 0).astype(np.uint8)
    return Entry(
        line.name,
        scan.magnitude.shape,
        tuple(round(h, 6) for h in scan.magnitude.spacing),
        round(scan.contrast_to_noise, 4),
        int(mask.sum()),
        float(f"{scan.magnitude.values.mean(dtype=np.float64):.6g}"),
        hashlib.sha256(mask.tobytes()).hexdigest(),
        hashlib.sha256(scan.magnitude.values.astype("<f4").tobytes()).hexdigest(),
    )


def _write(scan: Scan, name: str, folder: Path) -> None:
    mask = scan.distance.like((scan.distance.values < 0).astype(np.uint8))
    for kind, volume in (("magn", scan.magnitude), ("mask", mask), ("distance", scan.distance)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        write(volume, folder / kind / f"{name}.nii.gz")


def _toml(name: str, entries: list[Entry]) -> str:
    lines = [f"# {name}: {len(entries)} scans, frozen. Made again and checked by freeze.py.", ""]
    for entry in entries:
        lines.append("[[scan]]")
        for key, value in vars(entry).items():
            plain = f'"{value}"' if isinstance(value, str) else str(value)
            lines.append(f"{key} = {plain.replace('(', '[').replace(')', ']')}")
        lines.append("")
    return "\n".join(lines)


def _compare(entries: list[Entry], manifest: Path) -> int:
    """Name every scan that is not what it was; 0 if none."""
    frozen = tomllib.loads(manifest.read_text(encoding="utf-8"))["scan"]
    changed, rounded = [], []
    for entry, then in zip(entries, frozen, strict=True):
        if entry.mask_sha256 == then["mask_sha256"]:
            if entry.magnitude_sha256 == then["magnitude_sha256"]:
                continue
            if abs(entry.mean - then["mean"]) <= 1e-3 * abs(then["mean"]):
                rounded.append(entry.name)
                continue
        changed.append(entry.name)
    print(f"{len(entries)} scans: {len(changed)} changed, {len(rounded)} rounded otherwise")
    for name in changed:
        print(f"changed: {name}", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
