"""Which paths of a skeleton are vessels; separate because it needs radii, tracing does not."""

from collections.abc import Callable

import numpy as np

from lumenfield.vessels.graph import Path, Points, by_node

__all__ = ["pruned"]

Depth = Callable[[Points], Points]


def pruned(
    paths: list[Path], nodes: Points, depth: Depth, opens: Callable[[Points], bool], voxel: float
) -> tuple[list[Path], Points]:
    """Take away spurs, shortest first, and join what they kept apart.

    A blind path is a vessel if it leaves its junction's ball by more than its own diameter; one
    that reaches the border, if it leaves the ball. Two junctions within each other's balls are
    one.

    Args:
        depth: −φ at points, mm.
        opens: whether a place lies at the border of the grid.
        voxel: mm.
    """
    paths = _joined(paths)
    while True:
        at = by_node(paths)
        spurs = [p for p in paths if _is_spur(p, at, nodes, depth, opens, voxel)]
        if not spurs:
            return _contracted(paths, nodes.copy(), depth)
        shortest = min(spurs, key=lambda path: path.length)
        paths = _joined([p for p in paths if p is not shortest])


def _is_spur(
    path: Path,
    at: dict[int, list[Path]],
    nodes: Points,
    depth: Depth,
    opens: Callable[[Points], bool],
    voxel: float,
) -> bool:
    if path.start == path.end:
        # A loop around no more than its own lumen is noise of the thinning.
        return path.length < 4 * float(np.median(depth(path.points)))
    free = [n for n in (path.start, path.end) if len(at[n]) == 1]
    if not free:
        return False
    if len(free) == 2:
        reach = float(np.median(depth(path.points)))
        return path.length < (reach if any(opens(nodes[n]) for n in free) else 2 * reach)
    junction = path.end if free[0] == path.start else path.start
    ball = float(depth(nodes[junction][None])[0])
    if opens(nodes[free[0]]):
        return path.length < ball + voxel
    away = np.linalg.norm(path.points - nodes[junction], axis=1) > ball
    own = float(np.median(depth(path.points[away]))) if away.any() else 0.0
    return path.length < ball + max(2 * own, 2 * voxel)


def _joined(paths: list[Path]) -> list[Path]:
    """Make one path of the two that meet at a node where no third does."""
    while (meeting := _pair(paths)) is not None:
        node, first, second = meeting
        paths = [path for path in paths if path is not first and path is not second]
        if first is second:
            paths.append(Path(-1, -1, first.points[:-1]))
            continue
        first = first if first.end == node else _reversed(first)
        second = second if second.start == node else _reversed(second)
        points = np.concatenate([first.points, second.points[1:]])
        paths.append(Path(first.start, second.end, points))
    return paths


def _pair(paths: list[Path]) -> tuple[int, Path, Path] | None:
    """Find a node that joins two paths, or the ends of one, and nothing else."""
    for node, meeting in by_node(paths).items():
        if node >= 0 and len(meeting) == 2:
            return node, meeting[0], meeting[1]
    return None


def _contracted(paths: list[Path], nodes: Points, depth: Depth) -> tuple[list[Path], Points]:
    """Make one junction of two that are closer than the mean of their balls' radii."""
    while (path := _short(paths, nodes, depth)) is not None:
        a, b = path.start, path.end
        nodes[a] = nodes[[a, b]].mean(0)
        paths = [_moved(one, b, a, nodes[a]) for one in paths if one is not path]
    return paths, nodes


def _short(paths: list[Path], nodes: Points, depth: Depth) -> Path | None:
    """Find the shortest path between two junctions whose balls overlap along it."""
    at = by_node(paths)
    for path in sorted(paths, key=lambda path: path.length):
        a, b = path.start, path.end
        apart = a != b and len(at[a]) > 2 and len(at[b]) > 2
        if apart and path.length < depth(nodes[[a, b]]).mean():
            return path
    return None


def _moved(path: Path, old: int, new: int, place: Points) -> Path:
    points = path.points.copy()
    if path.start in (old, new):
        points[0] = place
    if path.end in (old, new):
        points[-1] = place
    renamed = {old: new}
    return Path(renamed.get(path.start, path.start), renamed.get(path.end, path.end), points)


def _reversed(path: Path) -> Path:
    return Path(path.end, path.start, path.points[::-1])
