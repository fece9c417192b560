"""Which vertex of a line is nearest to a point's side of its wall; what a vessel's search costs.

Where a vessel's radius changes, the place that counts is that whose wall is nearest, |x − v| − R:
two stretches of one vessel that come close join there as two vessels would.
"""

import torch

from lumenfield.geometry.blocks import Blocks
from lumenfield.tensors import Points, Tensor

__all__ = ["nearest_vertex", "nearest_vertex_in"]

_CHUNK = 1 << 20
"""Point × vertex pairs held at once; small enough to stay in a processor's cache."""

_STEEP = 0.1
"""Change of radius over length below which the nearest wall is beside the nearest centre."""

_DESCENT = 3
"""Vertices that a point may move along a flank, from the nearest wall to the nearest centre."""


def nearest_vertex(points: Points, vertices: Tensor, radii: Tensor | None) -> Tensor:
    """Find the number of the vertex for each point, `*points`.

    Args:
        vertices: `n ndim`. radii: of the vessel at each; none where it is the same everywhere.
    """
    flat = points.reshape(-1, points.shape[-1])
    rows = max(1, _CHUNK // len(vertices))
    found = torch.cat([_to_wall(p, vertices, radii).argmin(-1) for p in flat.split(rows)])
    return _nearest_centre(flat, vertices, radii, found).reshape(points.shape[:-1])


def nearest_vertex_in(blocks: Blocks, vertices: Tensor, radii: Tensor | None) -> Tensor:
    """Find the same for points in blocks; each looks at the stretch that can be nearest to it."""
    first, last = _stretches(blocks, vertices, radii)
    found = torch.empty(blocks.points.shape[:-1], dtype=torch.long)
    # Blocks with stretches of like length go together: each is padded to the longest.
    order = (last - first).argsort()
    for some in order.split(max(64, len(order) // 8)) if len(order) else ():
        span = torch.arange(int((last - first)[some].max()) + 1)
        offered = (first[some, None] + span).clamp(max=len(vertices) - 1)
        centre = blocks.centres[some, None]
        sizes = None if radii is None else radii[offered]
        gap = _to_wall(blocks.points[some] - centre, vertices[offered] - centre, sizes)
        found[some] = (gap.argmin(-1) + first[some, None]).clamp(max=len(vertices) - 1)
    flat = blocks.points.reshape(-1, vertices.shape[1])
    return _nearest_centre(flat, vertices, radii, found.reshape(-1)).reshape(found.shape)


def _to_wall(points: Tensor, vertices: Tensor, radii: Tensor | None) -> Tensor:
    """A measure, `… points vertices`, that is least where |x − v| − R is; the latter, if R varies.

    Without radii it is ½|v|² − x·v, which orders vertices as |x − v| does.
    """
    half = vertices.square().sum(-1)[..., None, :] / 2
    turned = vertices.transpose(-1, -2)
    if points.ndim == 2:
        score = torch.addmm(half, points, turned, alpha=-1)
    else:
        score = torch.baddbmm(half, points, turned, alpha=-1)
    if radii is None:
        return score
    square = 2 * score + points.square().sum(-1, keepdim=True)
    return square.clamp_(min=0).sqrt_().sub_(radii[..., None, :])


def _stretches(blocks: Blocks, vertices: Tensor, radii: Tensor | None) -> tuple[Tensor, Tensor]:
    """First and last vertex that can be nearest to a point of each block."""
    gap = _to_wall(blocks.centres, vertices, radii)
    if radii is None:
        square = 2 * gap + blocks.centres.square().sum(-1, keepdim=True)
        gap = square.clamp_(min=0).sqrt_()
    reach = gap.amin(-1, keepdim=True) + 2.002 * blocks.radius_mm
    near = (gap <= reach).to(torch.uint8)
    return near.argmax(-1), len(vertices) - 1 - near.flip(-1).argmax(-1)


def _nearest_centre(
    points: Tensor, vertices: Tensor, radii: Tensor | None, start: Tensor
) -> Tensor:
    """Go down a steep flank to where the line is nearest, as the distance counts from there."""
    if radii is None or (radii.diff() / vertices.diff(dim=0).norm(dim=-1)).abs().max() < _STEEP:
        return start
    x, places = points.T.contiguous(), vertices.T.contiguous()
    best, least = start, _square(x, places, start)
    for _ in range(_DESCENT):
        for step in (-1, 1):
            beside = (best + step).clamp(0, len(vertices) - 1)
            square = _square(x, places, beside)
            wins = square < least
            best, least = torch.where(wins, beside, best), torch.where(wins, square, least)
    return best


def _square(x: Tensor, places: Tensor, number: Tensor) -> Tensor:
    return (x - places.index_select(1, number)).square_().sum(0)
