"""The prior pack, in SI units, and the wall as a mesh; separate because others read them."""

import json
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import BoundaryPrior, Cap, MaternField, Mesh, PriorMeta, Volume
from lumenfield.errors import InputError
from lumenfield.io import whole_file

__all__ = ["PACK_VERSION", "read_pack", "wall_mesh", "write_pack"]

PACK_VERSION = 1
_MILLIMETRES = 1e-3


def write_pack(prior: BoundaryPrior, path: Path) -> None:
    """Write a prior as npz, all lengths in metres; the file appears whole or not at all.

    Arrays: `phi_bar`, `sigma_n` (float32, on the grid); `sigma_phi`, `length` (ℓ), `alpha`;
    `cap_centre` n×3, `cap_normal` n×3, `cap_radius` n; `spacing` 3, `origin` 3 (centre of the
    first voxel), `direction` 3×3 (unit columns, one an array axis; world is RAS+); `units`,
    `version`, `meta` (JSON).
    """
    arrays: dict[str, Any] = dict(_arrays(prior))
    with whole_file(path) as part, part.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def read_pack(path: Path) -> BoundaryPrior:
    """Read a prior pack back, into millimetres.

    Raises:
        InputError: missing, damaged, or a pack of another version.
    """
    try:
        with Path(path).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except OSError as error:
        raise InputError(f"{path}: {error}", "a prior pack", "check the path") from None
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError):
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


def wall_mesh(distance: Volume) -> Mesh:
    """Extract the zero level as a closed surface, normals outward; in 2-D as closed polylines.

    Where the lumen meets the border of the grid, it is closed half a voxel beyond the last
    voxel's centre.

    Raises:
        InputError: there is no wall.

    Source: Lewiner et al., J. Graph. Tools 8 (2003) 1.
    """
    values = distance.values.astype(np.float64)
    if not (values < 0).any() or not (values >= 0).any():
        raise InputError("the distance has one sign", "a mesh needs a wall", "check the mask")
    # A mirror with its sign turned where it would be lumen puts the end halfway.
    padded = np.pad(values, 1, mode="edge")
    inner = np.pad(np.ones(values.shape, bool), 1)
    padded = np.where(inner, padded, np.abs(padded))
    places, faces = _surface(padded) if distance.ndim == 3 else _polylines(padded)
    full = np.zeros((len(places), 3))
    full[:, : distance.ndim] = places - 1
    if distance.ndim == 3 and np.linalg.det(distance.affine[:3, :3]) < 0:
        faces = faces[:, ::-1]
    vertices = full @ distance.affine[:3, :3].T + distance.affine[:3, 3]
    return Mesh(vertices, np.ascontiguousarray(faces, dtype=np.int64))


def _arrays(prior: BoundaryPrior) -> dict[str, NDArray[Any]]:
    affine = prior.distance.affine
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    caps = prior.caps
    return {
        "phi_bar": (prior.distance.values * _MILLIMETRES).astype(np.float32),
        "sigma_n": (prior.spread.values * _MILLIMETRES).astype(np.float32),
        "sigma_phi": np.array(prior.field.spread_mm * _MILLIMETRES),
        "length": np.array(prior.field.length_mm * _MILLIMETRES),
        "alpha": np.array(float(prior.field.alpha)),
        "cap_centre": np.array([c.centre for c in caps]).reshape(-1, 3) * _MILLIMETRES,
        "cap_normal": np.array([c.normal for c in caps], dtype=float).reshape(-1, 3),
        "cap_radius": np.array([c.radius_mm for c in caps], dtype=float) * _MILLIMETRES,
        "spacing": spacing * _MILLIMETRES,
        "origin": affine[:3, 3] * _MILLIMETRES,
        "direction": affine[:3, :3] / spacing,
        "units": np.array("m"),
        "version": np.array(PACK_VERSION),
        "meta": np.array(json.dumps(asdict(prior.meta))),
    }


def _prior(arrays: dict[str, NDArray[Any]]) -> BoundaryPrior:
    def millimetres(name: str) -> NDArray[Any]:
        return np.asarray(arrays[name] / _MILLIMETRES)

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
        ),
    )


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged or no prior pack", "a prior pack", "export it again")


def _surface(padded: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    from skimage.measure import marching_cubes

    places, faces, _, _ = marching_cubes(
        padded, level=0.0, gradient_direction="descent", allow_degenerate=False
    )
    return places.astype(np.float64), faces


def _polylines(padded: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    from skimage.measure import find_contours

    places, edges, first = [], [], 0
    for line in find_contours(padded, 0.0):
        # A closed line repeats its first point at the end.
        n = len(line) - 1
        places.append(line[:-1])
        step = np.arange(n)
        edges.append(np.stack([first + step, first + (step + 1) % n], axis=1))
        first += n
    return np.concatenate(places), np.concatenate(edges)
