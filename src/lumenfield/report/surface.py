"""The wall in space, coloured by its spread; separate because it has a camera and a lamp."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.evaluation.surface import Surface
from lumenfield.report.figures import (
    INK,
    add_colour_bar,
    add_panel,
    add_triangles,
    blank,
    colour_map,
    halo,
)
from lumenfield.report.panels import add_scale_bar
from lumenfield.report.radii import drawn_branches
from lumenfield.report.scene import Scene
from lumenfield.vessels import Branch

__all__ = ["Camera", "best_cameras", "draw_wall", "thinned_wall"]

Array = NDArray[np.float64]

_MOST_FACES = 40_000


@dataclass(frozen=True, eq=False)
class Camera:
    """Where the wall is seen from.

    Args:
        axes: 3×3, rows are the world directions of screen right, screen up and into the screen.
    """

    name: str
    axes: Array

    def tilted(self, up_deg: float = 20.0, side_deg: float = 20.0) -> "Camera":
        """Step aside and upwards, so that depth can be seen."""
        up, side = np.radians(up_deg), np.radians(side_deg)
        nod = [[1, 0, 0], [0, np.cos(up), np.sin(up)], [0, -np.sin(up), np.cos(up)]]
        turn = [[np.cos(side), 0, np.sin(side)], [0, 1, 0], [-np.sin(side), 0, np.cos(side)]]
        return Camera(self.name, np.asarray(nod) @ np.asarray(turn) @ self.axes)


CAMERAS = (
    Camera("from the front", np.array([[-1.0, 0, 0], [0, 0, 1], [0, -1, 0]])),
    Camera("from the left", np.array([[0.0, -1, 0], [0, 0, 1], [1, 0, 0]])),
    Camera("from above", np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, -1]])),
)


def draw_wall(scene: Scene) -> Any:
    """Paint the 3-D wall from the two sides that show most of it, coloured by σ in mm."""
    wall, _ = thinned_wall(scene)
    spread = scene.at(scene.prediction.spread, wall.points)
    limits = _limits(spread)
    world = _world(scene, wall.points)
    cameras = [camera.tilted() for camera in best_cameras(world)]
    reach = np.max([np.ptp(world @ c.axes[:2].T, axis=0) for c in cameras], axis=0)
    reach = np.maximum(reach, [0.5 * reach[1], 0.25 * reach[0]])
    height = 4.1 * float(min(1.04 * reach[1] + 0.16 * max(reach), 1.3 * reach[0]) / reach[0])
    figure = blank(9.6, height + 0.35)
    panels = [add_panel(figure, 0.15 + 4.2 * n, 0.25, 4.1, height) for n in range(2)]
    for axes, camera in zip(panels, cameras, strict=True):
        _paint(axes, camera, world[wall.faces], spread[wall.faces].mean(axis=1), limits)
        _fit(axes, world @ camera.axes[:2].T, reach)
        _add_compass(axes, camera)
        _add_numbers(axes, camera, drawn_branches(scene.branches))
    add_scale_bar(panels[0], colour=INK, rim="none")
    bar = add_panel(figure, 8.75, 0.25 + 0.1 * height, 0.14, 0.8 * height)
    add_colour_bar(bar, limits, "spread σ of the wall (mm)")
    return figure


def best_cameras(world: Array) -> list[Camera]:
    """Choose the two cameras that see the largest rectangle."""

    def seen(camera: Camera) -> float:
        right, up, _ = np.ptp(world @ camera.axes.T, axis=0)
        return float(right * up)

    return sorted(CAMERAS, key=seen, reverse=True)[:2]


def thinned_wall(scene: Scene) -> tuple[Surface, int]:
    """Extract the wall with few enough faces to paint, and tell from every how manieth voxel."""
    stride, wall = 1, scene.wall
    while len(wall.faces) > _MOST_FACES:
        stride += 1
        wall = scene.wall_of_every(stride)
    return wall, stride


def _world(scene: Scene, points: Array) -> Array:
    affine = scene.scan.affine
    index = points / np.asarray(scene.spacing)
    return np.asarray(index @ affine[:3, :3].T + affine[:3, 3])


def _paint(
    axes: Any, camera: Camera, corners: Array, spread: Array, limits: tuple[float, float]
) -> None:
    seen = corners @ camera.axes.T
    normals = np.cross(seen[:, 1] - seen[:, 0], seen[:, 2] - seen[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    lamp = np.array([-0.4, 0.5, -0.77])
    # Which side of a face is outside does not matter: at a cut one looks into the vessel.
    light = 0.55 + 0.45 * np.abs(normals @ lamp)
    order = np.argsort(-seen[:, :, 2].mean(axis=1))
    colours = colour_map(spread, limits) * light[:, None]
    add_triangles(axes, seen[order, :, :2], colours[order])
    axes.set_axis_off()
    axes.set_title(camera.name, pad=3)


def _fit(axes: Any, seen: Array, reach: Array) -> None:
    """Show all panels to one scale, with room below for the scale bar and the compass."""
    middle = (seen.min(axis=0) + seen.max(axis=0)) / 2
    left, bottom = middle - 0.52 * reach
    right, top = middle + 0.52 * reach
    axes.set_xlim(left, right)
    axes.set_ylim(bottom - 0.16 * max(reach), top)
    axes.set_aspect("equal")


def _add_compass(axes: Any, camera: Camera) -> None:
    """Show where right, front and head are; an axis that points at the viewer is left out."""
    place = {"xycoords": "axes fraction", "textcoords": "offset points", "fontsize": 8.5}
    for letter, direction in zip("RAS", camera.axes[:2].T, strict=True):
        length = float(np.hypot(*direction))
        if length < 0.2:
            continue
        tip, name = 20 * direction, (20 + 8 / length) * direction
        arrow = {"arrowstyle": "<-", "color": INK, "lw": 0.9, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (0.9, 0.09), tuple(tip), arrowprops=arrow, **place)
        axes.annotate(letter, (0.9, 0.09), tuple(name), ha="center", va="center", **place)


def _add_numbers(axes: Any, camera: Camera, branches: Mapping[int, Branch]) -> None:
    """Write the number of each branch on its middle."""
    for number, branch in branches.items():
        middle = branch.points_mm[len(branch.points_mm) // 2]
        axes.annotate(
            str(number),
            tuple(camera.axes[:2] @ middle),
            ha="center",
            va="center",
            color="black",
            fontsize=8.5,
            path_effects=halo(2.4),
        )


def _limits(spread: Array) -> tuple[float, float]:
    """Give the 2nd and 98th percentiles, apart by at least a fifth: noise should look alike."""
    low, high = (float(p) for p in np.percentile(spread, (2, 98)))
    middle, half = (low + high) / 2, (high - low) / 2
    half = max(half, 0.1 * middle, 1e-6)
    return max(middle - half, 0.0), middle + half
