"""Vessel walls from MRI magnitude scans, as signed distance fields with an error bar.

>>> import lumenfield as lf
>>> scan = lf.read("scan.nii.gz")  # doctest: +SKIP
>>> result = lf.segment(scan)  # doctest: +SKIP
>>> lf.write(result.distance, "distance.nii.gz")  # doctest: +SKIP
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lumenfield.datatypes import (
        BoundaryPrior,
        MaternField,
        Mesh,
        Prediction,
        Sample,
        Volume,
    )
    from lumenfield.errors import InputError
    from lumenfield.evaluation import evaluate_case
    from lumenfield.geometry import (
        Ball,
        Bulge,
        GridSolid,
        MeshSolid,
        Solid,
        Torus,
        Tube,
        Vessel,
        aortic_arch,
        bifurcation,
        carotid,
        circle_of_willis,
        helix,
    )
    from lumenfield.io import ReadOptions, read, write, write_mesh
    from lumenfield.pipeline import SegmentOptions, refine_from, segment
    from lumenfield.prior import (
        boundary_prior,
        cut_ends,
        read_pack,
        resample_prior,
        wall_mesh,
        with_samples,
        write_pack,
    )
    from lumenfield.synthesis import (
        carotid_phantom,
        draw_sample,
        load_recipe,
        narrowed_recipe,
        recipes,
    )
    from lumenfield.training import TrainingConfig, train
    from lumenfield.vessels import trace_vessels

_PLACES = {
    "datatypes": ("BoundaryPrior", "MaternField", "Mesh", "Prediction", "Sample", "Volume"),
    "errors": ("InputError",),
    "evaluation": ("evaluate_case",),
    "geometry": (
        "Ball",
        "Bulge",
        "GridSolid",
        "MeshSolid",
        "Solid",
        "Torus",
        "Tube",
        "Vessel",
        "aortic_arch",
        "bifurcation",
        "carotid",
        "circle_of_willis",
        "helix",
    ),
    "io": ("ReadOptions", "read", "write", "write_mesh"),
    "pipeline": ("SegmentOptions", "refine_from", "segment"),
    "prior": (
        "boundary_prior",
        "cut_ends",
        "read_pack",
        "resample_prior",
        "wall_mesh",
        "with_samples",
        "write_pack",
    ),
    "synthesis": ("carotid_phantom", "draw_sample", "load_recipe", "narrowed_recipe", "recipes"),
    "training": ("TrainingConfig", "train"),
    "vessels": ("trace_vessels",),
}
"""Where each public name lives; imported when it is first used, so that the program starts fast."""

_MODULE_OF = {name: module for module, names in _PLACES.items() for name in names}

__all__ = [
    "Ball",
    "BoundaryPrior",
    "Bulge",
    "GridSolid",
    "InputError",
    "MaternField",
    "Mesh",
    "MeshSolid",
    "Prediction",
    "ReadOptions",
    "Sample",
    "SegmentOptions",
    "Solid",
    "Torus",
    "TrainingConfig",
    "Tube",
    "Vessel",
    "Volume",
    "aortic_arch",
    "bifurcation",
    "boundary_prior",
    "carotid",
    "carotid_phantom",
    "circle_of_willis",
    "cut_ends",
    "draw_sample",
    "evaluate_case",
    "helix",
    "load_recipe",
    "narrowed_recipe",
    "read",
    "read_pack",
    "recipes",
    "refine_from",
    "resample_prior",
    "segment",
    "trace_vessels",
    "train",
    "wall_mesh",
    "with_samples",
    "write",
    "write_mesh",
    "write_pack",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'lumenfield' has no attribute {name!r}")
    return getattr(importlib.import_module(f"lumenfield.{_MODULE_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
