"""What the flow solver gets: the wall with its error, the planes that close it, and its files."""

from lumenfield.prior.boundary import boundary_prior
from lumenfield.prior.cut import Plane, cut_at, cut_ends
from lumenfield.prior.eikonal import viscous_eikonal
from lumenfield.prior.pack import read_pack, write_pack
from lumenfield.prior.resample import resample_prior
from lumenfield.prior.samples import with_samples
from lumenfield.prior.wall import WallCheck, check_wall, wall_mesh

__all__ = [
    "Plane",
    "WallCheck",
    "boundary_prior",
    "check_wall",
    "cut_at",
    "cut_ends",
    "read_pack",
    "resample_prior",
    "viscous_eikonal",
    "wall_mesh",
    "with_samples",
    "write_pack",
]
