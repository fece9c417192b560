"""The prior pack, in SI units; separate because programs of others read it."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import BoundaryPrior, Cap, MaternField, PriorMeta, Volume
from lumenfield.errors import InputError
from lumenfield.io import whole_file

__all__ = ["PACK_VERSION", "pack_arrays", "read_pack", "write_pack"]

PACK_VERSION = 1
_METRES = 1e-3
_HDF5 = (".h5", ".hdf5")
_DAMAGE = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError)


def write_pack(
    prior: BoundaryPrior, path: Path, extra: Mapping[str, NDArray[Any]] | None = None
) -> None:
    """Write a prior as .npz, or as .h5 with the same names; whole or not at all.

    All lengths are in metres: see `pack_arrays`.

    Args:
        extra: further arrays for other programs; not read back.
    """
    with whole_file(path) as part:
        if path.suffix.lower() in _HDF5:
            _write_hdf5({**pack_arrays(prior), **(extra or {})}, part)
        else:
            _write_npz(prior, extra or {}, part)


def read_pack(path: Path) -> BoundaryPrior:
    """Read a prior pack, .npz or .h5, back into millimetres.

    Raises:
        InputError: missing, damaged, or a pack of another version.
    """
    path = Path(path)
    read = _read_hdf5 if path.suffix.lower() in _HDF5 else _read_npz
    try:
        arrays = read(path)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InputError(f"{path}: {error.strerror}", "a prior pack", "check the path") from None
    except _DAMAGE:
        raise _damaged(path) from None
    version = arrays.get("version", np.array(0))
    if version.shape != () or version != PACK_VERSION:
        raise InputError(
            f"{path} is of version {version}",
            f"this program reads packs of version {PACK_VERSION}",
            "export it again with this program",
        )
    try:
        return _prior(arrays)
    except (KeyError, ValueError, TypeError):
        raise _damaged(path) from None


def pack_arrays(prior: BoundaryPrior) -> dict[str, NDArray[Any]]:
    """Name the arrays of a pack; lengths in metres, world RAS+.

    `phi_bar`, `sigma_n`: float32, on the grid. `sigma_phi`, `length` (ℓ), `alpha`: the field.
    `cap_centre` n×3, `cap_normal` n×3 outward, `cap_radius` n. `spacing` 3, `origin` 3 (centre of
    the first voxel), `direction` 3×3 (unit columns, one an array axis). `samples` s×grid float32,
    if there are any. `units`, `version`, `meta` (JSON).
    """
    grids = {name: _in_metres(grid) for name, grid in _grids(prior).items()}
    return {**grids, **_figures(prior)}


def _grids(prior: BoundaryPrior) -> dict[str, NDArray[Any]]:
    """Name what is large, in millimetres still."""
    grids = {"phi_bar": prior.distance.values, "sigma_n": prior.spread.values}
    return grids if prior.samples is None else {**grids, "samples": prior.samples}


def _in_metres(values: NDArray[Any]) -> NDArray[np.float32]:
    return (values * _METRES).astype(np.float32)


def _figures(prior: BoundaryPrior) -> dict[str, NDArray[Any]]:
    """Name what is small, in metres."""
    affine = prior.distance.affine
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    caps = prior.caps
    return {
        "sigma_phi": np.array(prior.field.spread_mm * _METRES),
        "length": np.array(prior.field.length_mm * _METRES),
        "alpha": np.array(float(prior.field.alpha)),
        "cap_centre": np.array([c.centre for c in caps], dtype=float).reshape(-1, 3) * _METRES,
        "cap_normal": np.array([c.normal for c in caps], dtype=float).reshape(-1, 3),
        "cap_radius": np.array([c.radius_mm for c in caps], dtype=float) * _METRES,
        "spacing": spacing * _METRES,
        "origin": affine[:3, 3] * _METRES,
        "direction": affine[:3, :3] / spacing,
        "units": np.array("m"),
        "version": np.array(PACK_VERSION),
        "meta": np.array(json.dumps(asdict(prior.meta))),
    }


def _prior(arrays: Mapping[str, NDArray[Any]]) -> BoundaryPrior:
    def millimetres(name: str) -> NDArray[Any]:
        return np.asarray(arrays[name] / _METRES)

    affine = np.eye(4)
    affine[:3, :3] = arrays["direction"] * millimetres("spacing")
    affine[:3, 3] = millimetres("origin")
    caps = zip(
        millimetres("cap_centre").tolist(),
        arrays["cap_normal"].tolist(),
        millimetres("cap_radius").tolist(),
        strict=True,
    )
    distance = Volume(millimetres("phi_bar").astype(np.float32), affine)
    field = (float(millimetres("sigma_phi")), float(millimetres("length")), float(arrays["alpha"]))
    meta = json.loads(str(arrays["meta"]))
    return BoundaryPrior(
        distance=distance,
        spread=distance.like(millimetres("sigma_n").astype(np.float32)),
        caps=tuple(Cap((c[0], c[1], c[2]), (n[0], n[1], n[2]), r) for c, n, r in caps),
        field=MaternField(*field),
        meta=PriorMeta(
            model=meta["model"],
            version=meta["version"],
            discarded_voxels=tuple(meta["discarded_voxels"]),
            warnings=tuple(meta["warnings"]),
            samples_from=meta.get("samples_from", ""),
        ),
        samples=millimetres("samples").astype(np.float32) if "samples" in arrays else None,
    )


def _read_npz(path: Path) -> dict[str, NDArray[Any]]:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _write_npz(prior: BoundaryPrior, extra: Mapping[str, NDArray[Any]], path: Path) -> None:
    """Write slab by slab, so that a large grid is never copied whole.

    Not compressed: of float32 with noise in its last digits that saves little and takes long.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, grid in _grids(prior).items():
            header = {"descr": "<f4", "fortran_order": False, "shape": grid.shape}
            with file.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array_header_1_0(stream, header)
                for slab in grid:
                    stream.write(_in_metres(slab).astype("<f4").tobytes())
        for name, array in {**_figures(prior), **extra}.items():
            with file.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)


def _write_hdf5(arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            if array.dtype.kind == "U":
                file[name] = str(array)
            elif array.ndim:
                file.create_dataset(name, data=array, compression="gzip", compression_opts=4)
            else:
                file[name] = array


def _read_hdf5(path: Path) -> dict[str, NDArray[Any]]:
    import h5py

    if not path.exists():
        raise FileNotFoundError(2, "No such file or directory")
    with h5py.File(path, "r") as file:
        read = {name: file[name][()] for name in file}
    texts = {n: np.array(v.decode()) for n, v in read.items() if isinstance(v, bytes)}
    return {**{n: np.asarray(v) for n, v in read.items()}, **texts}


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged or no prior pack", "a prior pack", "export it again")
