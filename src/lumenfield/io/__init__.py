"""Files in and out: RAS+ millimetres inside, whatever the format says outside."""

from lumenfield.io.atomic import whole_file, whole_folder
from lumenfield.io.fileinfo import FileInfo, describe
from lumenfield.io.files import has_geometry, read, write, write_mesh
from lumenfield.io.formats import FORMATS

__all__ = [
    "FORMATS",
    "FileInfo",
    "describe",
    "has_geometry",
    "read",
    "whole_file",
    "whole_folder",
    "write",
    "write_mesh",
]
