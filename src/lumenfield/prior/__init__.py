"""What the flow solver gets: the wall with its error, the planes that close it, and its files."""

from lumenfield.prior.boundary import boundary_prior
from lumenfield.prior.pack import read_pack, write_pack
from lumenfield.prior.wall import wall_mesh

__all__ = ["boundary_prior", "read_pack", "wall_mesh", "write_pack"]
