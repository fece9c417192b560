"""The lumen's skeleton as paths between nodes; separate because no radius is measured here yet."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.evaluation.skeleton import skeleton

__all__ = ["Path", "skeleton_paths"]

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Path:
    """A chain of skeleton voxels from one node to another.

    Args:
        start, end: numbers of nodes; a closed chain without a node has −1 for both.
        points: n×ndim, mm along the grid's axes; the nodes' own places at both ends.
    """

    start: int
    end: int
    points: Points

    @property
    def length(self) -> float:
        """Length of the chain, mm."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())


def skeleton_paths(distance: Volume) -> tuple[list[Path], Points]:
    """Thin the lumen and cut its skeleton at every voxel that is not in the middle of a chain.

    Vessels are continued straight through the border first, so that the skeleton reaches it.

    Returns:
        The paths and the nodes' places, mm along the grid's axes.
    """
    beyond = 2 + int(min(-float(distance.values.min()) / min(distance.spacing), 24))
    thin = skeleton(np.pad(distance.values < 0, beyond, mode="edge"))
    core = tuple(slice(beyond, -beyond) for _ in distance.shape)
    voxels = np.argwhere(thin[core])
    return _traced(voxels, np.array(distance.spacing))


def _traced(voxels: NDArray[np.int64], spacing: Points) -> tuple[list[Path], Points]:
    beside = _neighbours(voxels)
    node_of, nodes = _nodes(voxels * spacing, beside)
    taken: set[tuple[int, int]] = set()
    paths = []
    for voxel, node in node_of.items():
        for first in beside[voxel]:
            if node_of.get(first) == node or (voxel, first) in taken:
                continue
            chain = _chain(voxel, first, beside, node_of)
            taken |= {(chain[0], chain[1]), (chain[-1], chain[-2])}
            inner = [nodes[node], *(voxels[chain[1:-1]] * spacing), nodes[node_of[chain[-1]]]]
            paths.append(Path(node, node_of[chain[-1]], np.array(inner)))
    met = set(node_of) | _reached(node_of, beside)
    for voxel in range(len(voxels)):
        if voxel not in met:
            ring = _chain(voxel, beside[voxel][0], beside, {voxel: -1})
            met |= set(ring)
            paths.append(Path(-1, -1, voxels[ring[:-1]] * spacing))
    return paths, nodes


def _neighbours(voxels: NDArray[np.int64]) -> list[list[int]]:
    from scipy.spatial import cKDTree

    beside: list[list[int]] = [[] for _ in voxels]
    if len(voxels):
        for a, b in cKDTree(voxels).query_pairs(1.8):
            beside[a].append(b)
            beside[b].append(a)
    return beside


def _nodes(places: Points, beside: list[list[int]]) -> tuple[dict[int, int], Points]:
    """Number the nodes: each end, and each cluster of voxels with more than two neighbours."""
    node_of: dict[int, int] = {}
    centres: list[Points] = []
    for voxel, others in enumerate(beside):
        if len(others) == 2 or voxel in node_of:
            continue
        cluster = {voxel}
        waiting = [voxel] if len(others) > 2 else []
        while waiting:
            more = {v for v in beside[waiting.pop()] if len(beside[v]) > 2} - cluster
            cluster |= more
            waiting += more
        node_of |= dict.fromkeys(cluster, len(centres))
        centres.append(places[list(cluster)].mean(0))
    return node_of, np.array(centres).reshape(-1, places.shape[-1])


def _chain(voxel: int, first: int, beside: list[list[int]], node_of: dict[int, int]) -> list[int]:
    """Walk from a node along one neighbour to the next node."""
    chain = [voxel, first]
    while chain[-1] not in node_of:
        chain.append(next(v for v in beside[chain[-1]] if v != chain[-2]))
    return chain


def _reached(node_of: dict[int, int], beside: list[list[int]]) -> set[int]:
    reached, waiting = set(node_of), list(node_of)
    while waiting:
        more = set(beside[waiting.pop()]) - reached
        reached |= more
        waiting += more
    return reached


def by_node(paths: list[Path]) -> dict[int, list[Path]]:
    """List the paths at each node; a path from a node to itself is there twice."""
    found: dict[int, list[Path]] = defaultdict(list)
    for path in paths:
        found[path.start].append(path)
        found[path.end].append(path)
    return found
