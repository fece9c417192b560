"""Files in and out: RAS+ millimetres inside, whatever the format says outside."""

from lumenfield.io.atomic import make_folder, whole_file, whole_folder
from lumenfield.io.fileinfo import FileInfo, describe
from lumenfield.io.files import has_geometry, read, write, write_mesh
from lumenfield.io.formats import FORMATS, case_stem

__all__ = [
    "FORMATS",
    "FileInfo",
    "case_stem",
    "describe",
    "has_geometry",
    "make_folder",
    "read",
    "whole_file",
    "whole_folder",
    "write",
    "write_mesh",
]
