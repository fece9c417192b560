"""A pack as image data for other programs, in metres; written only, read packs are npz and h5."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import BoundaryPrior
from lumenfield.io import whole_file
from lumenfield.io.vti import write_vti
from lumenfield.io.vtk import write_vtk_grid, write_vtk_points
from lumenfield.prior.pack import pack_arrays

__all__ = ["write_mat", "write_pack_vti", "write_pack_vtk"]

Extra = Mapping[str, NDArray[Any]]


def write_pack_vti(prior: BoundaryPrior, path: Path, extra: Extra) -> None:
    """Write φ̄ and σ_n as XML image data.

    Args:
        extra: further arrays on the grid, by name.
    """
    pack = pack_arrays(prior)
    write_vti(path, _on_grid(pack, extra), pack["spacing"], pack["origin"], pack["direction"])


def write_pack_vtk(prior: BoundaryPrior, path: Path, extra: Extra) -> None:
    """Write φ̄ and σ_n as legacy structured points.

    Those know no direction: a grid that is turned, mirrored or sheared in the world is written as
    a structured grid.
    """
    pack = pack_arrays(prior)
    title = "lumenfield prior, metres"
    if np.array_equal(pack["direction"], np.eye(3)):
        arrays = _on_grid(pack, extra)
        write_vtk_points(path, arrays, pack["spacing"], pack["origin"], title=title)
        return
    affine = np.eye(4)
    affine[:3, :3] = pack["direction"] * pack["spacing"]
    affine[:3, 3] = pack["origin"]
    write_vtk_grid(path, _on_grid(pack, extra), affine, title=title)


def write_mat(prior: BoundaryPrior, path: Path, extra: Extra) -> None:
    """Write one MATLAB struct `prior` (version 5, compressed: MATLAB 7 and later) of all arrays.

    Arrays keep their index order: `prior.phi_bar(i, j, k)` is our [i−1, j−1, k−1].
    """
    from scipy.io import savemat

    fields = {name: str(a) if a.dtype.kind == "U" else a for name, a in pack_arrays(prior).items()}
    with whole_file(path) as part:
        savemat(
            part,
            {"prior": {**fields, **extra}},
            appendmat=False,
            do_compression=True,
            oned_as="column",
        )


def _on_grid(pack: Mapping[str, NDArray[Any]], extra: Extra) -> dict[str, NDArray[Any]]:
    samples = {f"sample_{k}": one for k, one in enumerate(pack.get("samples", ()))}
    return {"phi_bar": pack["phi_bar"], "sigma_n": pack["sigma_n"], **extra, **samples}
