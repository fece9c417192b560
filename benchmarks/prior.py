"""How true are centrelines, radii, resistances, packs and meshes? Shapes known in closed form.

Prints the tables of `prior.md`. Lengths in voxels; one seed for each draw.
"""

import math
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from scipy.spatial import cKDTree

from lumenfield.datatypes import BoundaryPrior, MaternField, Volume, scaling
from lumenfield.levelset.spectral import draw_matern
from lumenfield.prior import check_wall, read_pack, resample_prior, wall_mesh, write_pack
from lumenfield.vessels import BLOOD_VISCOSITY, Branch, trace_vessels
from lumenfield.vessels.field import lumen_field

FIELD = MaternField(0.2, 4.0)


def around(line: np.ndarray, radius: float | np.ndarray, shape: tuple[int, ...]) -> Volume:
    """Distance to a tube about a dense polyline, from the grid's middle."""
    places = [np.arange(n) - (n - 1) / 2 for n in shape]
    gaps, nearest = cKDTree(line).query(np.stack(np.meshgrid(*places, indexing="ij"), -1))
    phi = gaps - np.broadcast_to(radius, len(line))[nearest]
    return Volume(phi.astype(np.float32), scaling((1.0,) * len(shape)))


def traced(distance: Volume, field: MaternField = FIELD) -> tuple[Branch, ...]:
    """The branches, with σ_n as large as σ_φ."""
    spread = distance.like(np.full(distance.shape, field.spread_mm, np.float32))
    return trace_vessels(distance, spread, field).branches


def straight(*tilt: float) -> np.ndarray:
    """A line through the grid's middle, a little off the voxels."""
    ahead = np.array([1.0, *tilt]) / math.hypot(1, *tilt)
    return np.arange(-80, 80, 0.02)[:, None] * ahead + np.array([0, 0.3, -0.2])[: 1 + len(tilt)]


def shapes() -> None:
    """Radius, length and stenosis of known vessels."""
    x = np.arange(-60, 60, 0.02)
    axis = np.stack([x, np.full_like(x, 0.3), np.full_like(x, -0.2)], 1)
    turn = np.linspace(0, 2 * np.pi, 6000)
    ring = np.stack([12 * np.cos(turn), 12 * np.sin(turn), np.full_like(turn, 0.3)], 1)
    wind = np.linspace(-9, 9, 8000)
    helix = np.stack([4 * wind, 9 * np.cos(wind), 9 * np.sin(wind)], 1)
    tilted = 63 * math.hypot(1, 0.4, 0.2)
    cases = [
        ("tube R 1.5", around(straight(0.0, 0.0), 1.5, (64, 20, 20)), 63.0, 0.0),
        ("tube R 2, tilted", around(straight(0.4, -0.2), 2.0, (64, 44, 32)), tilted, 0.0),
        ("tube R 5, tilted", around(straight(0.4, -0.2), 5.0, (64, 52, 40)), tilted, 0.0),
        ("torus R 4", around(ring, 4.0, (40, 40, 16)), 2 * np.pi * 12, 0.0),
        ("helix R 3", around(helix, 3.0, (48, 28, 28)), 47 / 4 * math.hypot(4, 9), 0.0),
        ("taper 6 to 3", around(axis, 4.5 - 0.025 * x, (64, 24, 24)), 63.0, 0.0),
    ]
    for depth in (0.3, 0.5, 0.7):
        law = 5 * (1 - depth * np.exp(-(x**2) / 32))
        cases.append((f"stenosis {depth:g}", around(axis, law, (64, 24, 24)), 63.0, depth))
    channel = around(straight(0.25), 4.0, (64, 40))
    cases.append(("2-D channel R 4", channel, 63 * math.hypot(1, 0.25), 0.0))
    print("| shape | branches | radius error | length error | stenosis, true | resistance error |")
    print("|---|---|---|---|---|---|")
    for name, distance, length, depth in cases:
        branches = traced(distance)
        found = branches[0].measures
        law, resistance = truth_of(name, x, branches[0], distance.ndim)
        off = np.abs(branches[0].radius_mm - law).max()
        print(
            f"| {name} | {len(branches)} | {off:.3f} | {found.length_mm / length - 1:+.2%} | "
            f"{found.stenosis.value:.3f}, {depth:.2f} | "
            f"{found.resistance.value / resistance - 1:+.1%} |"
        )


def truth_of(name: str, x: np.ndarray, branch: Branch, ndim: int) -> tuple[np.ndarray, float]:
    """True radius at the branch's stations, and the resistance of a tube with that radius."""
    at = branch.points_mm[:, 0] - 31.5
    kind, *numbers = name.split()
    if kind == "stenosis":
        law = 5 * (1 - float(numbers[0]) * np.exp(-(at**2) / 32))
    elif kind == "taper":
        law = 4.5 - 0.025 * at
    else:
        law = np.full(len(at), float(name.replace(",", "").split("R ")[1].split()[0]))
    si = law * 1e-3
    mu = BLOOD_VISCOSITY
    drop = 8 * mu / (math.pi * si**4) if ndim == 3 else 12 * mu / (2 * si) ** 3
    arc, drop = branch.arc_mm, drop
    if branch.start.kind == "seam":
        arc, drop = np.r_[arc, branch.measures.length_mm], np.r_[drop, drop[0]]
    return law, float(np.trapezoid(drop, arc * 1e-3))


def coverage(count: int = 60) -> None:
    """How often intervals hold the truth when the wall is off by draws of the field itself."""
    x = np.arange(-60, 60, 0.02)
    axis = np.stack([x, np.full_like(x, 0.3), np.full_like(x, -0.2)], 1)
    throat = 4 * (1 - 0.5 * np.exp(-(x**2) / 32))
    print(
        f"\n95 % intervals that hold the truth, walls off by σ = 0.2, ℓ = 4 voxels, {count} draws"
    )
    print("\n| vessel | radius | least diameter | stenosis | resistance |")
    print("|---|---|---|---|---|")
    for name, law in (("tube R 4", np.full_like(x, 4.0)), ("stenosis 0.5", throat)):
        truth = around(axis, law, (48, 24, 24))
        exact = traced(truth)[0]
        held = np.array([_held(truth, exact, seed) for seed in range(count)]).mean(0)
        print(f"| {name} | " + " | ".join(f"{share:.2f}" for share in held) + " |")


def _held(truth: Volume, exact: Branch, seed: int) -> list[float]:
    generator = torch.Generator().manual_seed(seed)
    error = draw_matern(truth.shape, truth.spacing, spread=0.2, length=4.0, generator=generator)
    branch = traced(truth.like(truth.values + error[0, 0].numpy()))[0]
    true = np.interp(branch.points_mm[:, 0], exact.points_mm[:, 0], exact.radius_mm)
    held = [float(((branch.radius_low_mm < true) & (branch.radius_high_mm > true)).mean())]
    for name in ("min_diameter_mm", "stenosis", "resistance"):
        found, value = getattr(branch.measures, name), getattr(exact.measures, name).value
        held.append(float(found.low <= value <= found.high))
    return held


def packs() -> None:
    """How far a wall moves from scan grid to file to another grid, and how true its mesh is."""
    print("\nWalls uneven by 0.2 voxel, ℓ = 4 voxels.\n")
    print("| wall | resampled: moved, rms | mesh: off φ = 0, rms, worst | volume, mesh | faces |")
    print("|---|---|---|---|---|")
    for radius in (2.0, 3.0, 6.0, 10.0):
        tube = around(straight(0.3, 0.1), radius, (48, 48, 40))
        uneven = draw_matern(
            tube.shape,
            tube.spacing,
            spread=0.2,
            length=4.0,
            generator=torch.Generator().manual_seed(1),
        )
        distance = tube.like(tube.values + uneven[0, 0].numpy())
        known = distance.like(np.full(distance.shape, 0.2, np.float32))
        prior = BoundaryPrior(distance, known, (), FIELD)
        affine = scaling((0.83, 0.83, 0.83))
        affine[:3, 3] = (4.3, 4.1, 4.7)
        grid = Volume(np.zeros((46, 46, 36), np.float32), affine)
        with tempfile.TemporaryDirectory() as folder:
            write_pack(prior, Path(folder) / "prior.npz")
            moved = resample_prior(read_pack(Path(folder) / "prior.npz"), grid)
        mesh = wall_mesh(moved.distance)
        field = lumen_field(distance)
        inner = field.within(mesh.vertices) & field.within(mesh.vertices + 1)
        inner &= lumen_field(moved.distance).within(mesh.vertices - affine[:3, 3])
        off = field.at(mesh.vertices[inner])
        own = wall_mesh(distance)
        true = check_wall(own, distance)
        print(
            f"| tube R {radius:g} | {np.sqrt(np.mean(off**2)):.4f} | {true.rms_voxels:.5f}, "
            f"{true.worst_voxels:.4f} | {true.change:+.2%} | {len(own.faces)} |"
        )


def times() -> None:
    """Processor seconds at 128³, least of three."""
    wind = np.linspace(-9, 9, 8000)
    line = np.stack([7 * wind, 38 * np.cos(wind), 38 * np.sin(wind)], 1)
    distance = around(line, 5.0, (128, 128, 128))
    for name, work in (("all branches", traced), ("the wall's mesh", wall_mesh)):
        took = []
        for _ in range(3):
            began = time.process_time()
            work(distance)  # type: ignore[operator]
            took.append(time.process_time() - began)
        print(f"{name} of a helix in 128³: {min(took):.2f} s")


if __name__ == "__main__":
    torch.set_num_threads(1)
    shapes()
    coverage()
    packs()
    print()
    times()
