"""Files in and out: RAS+ millimetres inside, whatever the format says outside."""

from lumenfield.io.atomic import make_folder, whole_file, whole_folder
from lumenfield.io.fileinfo import FileInfo, PartInfo, describe, value_range
from lumenfield.io.files import frames, has_geometry, load, peek, read, write, write_mesh
from lumenfield.io.folder import holds_one_scan
from lumenfield.io.formats import FORMATS, case_stem
from lumenfield.io.labels import refuse_labels
from lumenfield.io.options import ReadOptions
from lumenfield.io.vti import write_vti
from lumenfield.io.vtk import write_vtk_grid, write_vtk_points

__all__ = [
    "FORMATS",
    "FileInfo",
    "PartInfo",
    "ReadOptions",
    "case_stem",
    "describe",
    "frames",
    "has_geometry",
    "holds_one_scan",
    "load",
    "make_folder",
    "peek",
    "read",
    "refuse_labels",
    "value_range",
    "whole_file",
    "whole_folder",
    "write",
    "write_mesh",
    "write_vti",
    "write_vtk_grid",
    "write_vtk_points",
]
