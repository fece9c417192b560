"""Scan → wall → pack → flow: what a wall's error does to a pressure drop, and its interval.

A bent, stenosed channel in 2-D is scanned, segmented and refined; the prior pack is written and
read back, and Stokes flow of a given rate is solved between its caps, with P2–P1 elements on
triangles fitted to φ = 0. The same flow is solved in the true wall, in the network's and in each
posterior sample. These are forward flows: no velocity is fitted to anything.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import torch
from skfem import (
    Basis,
    BilinearForm,
    ElementTriP1,
    ElementTriP2,
    ElementVector,
    MeshTri,
    bmat,
    condense,
    solve,
)
from skfem.helpers import ddot, div, grad

import lumenfield as lf
from lumenfield.datatypes import BoundaryPrior, Volume, scaling
from lumenfield.geometry import sample_distance
from lumenfield.pipeline import SegmentOptions, run
from lumenfield.prior import cut_ends
from lumenfield.refinement import RefineOptions
from lumenfield.vessels import trace_vessels
from lumenfield.vessels.field import lumen_field
from lumenfield.vessels.sections import sections_at

SHAPE, VOXEL, SNR = (104, 72), 0.8, 12.0
VISCOSITY, RATE = 3.5e-3, 2.0e-4  # Pa s; m² s⁻¹ a metre of depth
ACROSS, SAMPLES, FROM_BORDER = 12, 24, 10.0
PICTURE = Path("out/hand_off.png")


def true_wall() -> Volume:
    """A channel 8 mm wide, bent, its throat 55 % narrower."""
    path = ((-50.0, -9.0), (-20.0, -8.0), (0.0, 3.0), (18.0, 10.0), (50.0, 8.0))
    throat = lf.Bulge(at=0.42, depth=0.55, width_mm=4.0)
    vessel = lf.Vessel(path, (4.0,) * len(path), (throat,))
    spacing = (VOXEL, VOXEL)
    return Volume(sample_distance(vessel, SHAPE, spacing)[0, 0].numpy(), scaling(spacing))


def scanned(truth: Volume, seed: int = 3) -> Volume:
    """Magnitude of a blurred lumen in tissue, with the complex noise of a receiver."""
    share = torch.special.ndtr(-torch.as_tensor(truth.values) / (0.55 * VOXEL))
    noise = torch.randn((2, *SHAPE), generator=torch.Generator().manual_seed(seed)) / SNR
    return truth.like(600 * torch.hypot(0.25 + 0.75 * share + noise[0], noise[1]).numpy())


@dataclass(frozen=True)
class Channel:
    """Stations along the vessel between two caps, mm, and the directions along it."""

    points: np.ndarray
    tangents: np.ndarray

    def mesh(self, distance: Volume) -> MeshTri:
        """Fit triangles to φ = 0: rows across the channel, from wall to wall, in metres."""
        walls = sections_at(lumen_field(distance), self.points, self.tangents).walls
        share = 0.5 - 0.5 * np.cos(np.pi * np.arange(ACROSS + 1) / ACROSS)
        rows = walls[:, :1] + share[:, None] * (walls[:, 1:] - walls[:, :1])
        number = np.arange(len(rows) * (ACROSS + 1)).reshape(len(rows), -1)
        a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
        corners = np.stack([[a, b, c], [a, c, d]], 1).reshape(3, -1)
        nodes = np.ascontiguousarray(1e-3 * rows.reshape(-1, 2).T)
        return MeshTri(nodes, corners).oriented()


def channel_of(prior: BoundaryPrior) -> Channel:
    """Read of a pack its centreline between its caps."""
    branch = trace_vessels(prior.distance, prior.spread, prior.field).branches[0]
    points, tangents = branch.points_mm, np.gradient(branch.points_mm, axis=0)
    kept = np.ones(len(points), bool)
    for cap in prior.caps:
        kept &= (points - cap.centre) @ np.array(cap.normal) < 1e-3
    return Channel(points[kept, :2], tangents[kept, :2])


@BilinearForm
def viscous(u, v, w):  # type: ignore[no-untyped-def]
    """Viscous stress."""
    return VISCOSITY * ddot(grad(u), grad(v))


@BilinearForm
def continuity(u, q, w):  # type: ignore[no-untyped-def]
    """Conservation of volume."""
    return -div(u) * q


@dataclass(frozen=True)
class Flow:
    """Velocity and pressure in one wall."""

    velocity_basis: Basis
    pressure_basis: Basis
    velocity: np.ndarray
    pressure: np.ndarray

    def speed(self, points: np.ndarray) -> np.ndarray:
        """Speed at n×2 points in millimetres, all of them in the mesh; m/s."""
        found = self.velocity_basis.probes(1e-3 * points.T) @ self.velocity
        return np.hypot(*found.reshape(2, -1))

    @property
    def drops(self) -> np.ndarray:
        """Mean pressure of each row less the last's, Pa: along the channel."""
        rows = self.pressure[self.pressure_basis.nodal_dofs[0]].reshape(-1, ACROSS + 1)
        return rows.mean(1) - rows[-1].mean()


def stokes(mesh: MeshTri) -> Flow:
    """Solve −μΔu + ∇p = 0, ∇·u = 0: a parabola in, no slip, no traction out."""
    u_basis = Basis(mesh, ElementVector(ElementTriP2()), intorder=4)
    p_basis = u_basis.with_element(ElementTriP1())
    a, b = viscous.assemble(u_basis), continuity.assemble(u_basis, p_basis)
    system = bmat([[a, b.T], [b, None]], "csr")
    first = mesh.p[:, : ACROSS + 1]
    start, width = first[:, 0], np.linalg.norm(first[:, -1] - first[:, 0])
    across = (first[:, -1] - first[:, 0]) / width
    inlet = mesh.facets_satisfying(lambda x: _on_line(x, first), boundaries_only=True)
    outlet = mesh.facets_satisfying(
        lambda x: _on_line(x, mesh.p[:, -ACROSS - 1 :]), boundaries_only=True
    )
    wall = np.setdiff1d(mesh.boundary_facets(), np.concatenate([inlet, outlet]))
    values = np.zeros(system.shape[0])
    entering = u_basis.get_dofs(inlet)
    normal = np.array([across[1], -across[0]])
    normal = normal if normal @ (mesh.p[:, ACROSS + 1] - start) > 0 else -normal
    for axis, name in enumerate(("u^1", "u^2")):
        dofs = entering.all([name])
        t = across @ (u_basis.doflocs[:, dofs] - start[:, None]) / width
        values[dofs] = 6 * RATE / width * t * (1 - t) * normal[axis]
    fixed = np.union1d(entering.all(), u_basis.get_dofs(wall).all())
    values[np.setdiff1d(u_basis.get_dofs(wall).all(), entering.all())] = 0
    found = solve(*condense(system, np.zeros(len(values)), x=values, D=fixed))
    return Flow(u_basis, p_basis, found[: u_basis.N], found[u_basis.N :])


def _on_line(x: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    along = nodes[:, -1] - nodes[:, 0]
    off = along[0] * (x[1] - nodes[1, 0]) - along[1] * (x[0] - nodes[0, 0])
    return np.abs(off) < 1e-9 * np.linalg.norm(along)


def handed_over(scan: Volume, folder: Path) -> tuple[BoundaryPrior, Volume]:
    """Segment and refine a scan; give the pack as a solver reads it, and the network's wall."""
    solver = RefineOptions(samples=SAMPLES, keep_samples=True)
    outcome = run(scan, SegmentOptions(refinement=solver))
    assert outcome.refinement is not None
    prior = lf.boundary_prior(outcome.prediction, samples=outcome.refinement.samples)
    lf.write_pack(cut_ends(prior, FROM_BORDER), folder / "prior.npz")
    return lf.read_pack(folder / "prior.npz"), outcome.initial.distance


def main() -> None:
    """Compare the walls, print the table, draw the picture."""
    check_solver()
    truth = true_wall()
    scan = scanned(truth)
    with tempfile.TemporaryDirectory() as folder:
        prior, network = handed_over(scan, Path(folder))
    channel = channel_of(prior)
    walls = {"true": truth, "network": network, "refined": prior.distance}
    flows = {name: stokes(channel.mesh(wall)) for name, wall in walls.items()}
    assert prior.samples is not None
    drawn = [stokes(channel.mesh(truth.like(sample))) for sample in prior.samples]
    drops = np.array([flow.drops for flow in drawn])
    low, high = np.quantile(drops, (0.025, 0.975), axis=0)
    points = common_points(walls, channel)
    speeds = {name: flow.speed(points) for name, flow in flows.items()}
    radii = ", ".join(f"{cap.radius_mm:.2f}" for cap in prior.caps)
    print(f"caps of {radii} mm; velocities compared in {len(points)} voxels")
    print(f"{'wall':8} {'rms, voxel':>10} {'drop, Pa':>9} {'error':>7} {'velocity error':>15}")
    errors = {}
    for name, flow in flows.items():
        drop = flow.drops[0]
        near = np.abs(walls[name].values) < VOXEL
        off = np.sqrt(np.mean((truth.values - walls[name].values)[near] ** 2)) / VOXEL
        errors[name] = (
            drop / flows["true"].drops[0] - 1,
            np.sqrt(np.mean((speeds[name] - speeds["true"]) ** 2)) / speeds["true"].mean(),
        )
        print(f"{name:8} {off:10.3f} {drop:9.4f} {errors[name][0]:+7.1%} {errors[name][1]:15.1%}")
    print(f"95 % interval of the drop from {SAMPLES} samples: {low[0]:.4f} to {high[0]:.4f} Pa")
    draw(scan, walls, flows, (low, high), channel)
    assert abs(errors["refined"][0]) < 0.5 * abs(errors["network"][0])
    assert errors["refined"][1] < 0.5 * errors["network"][1]
    assert low[0] < flows["true"].drops[0] < high[0]


def common_points(walls: dict[str, Volume], channel: Channel) -> np.ndarray:
    """Voxel centres in all lumens and between the caps, n×2, mm."""
    places = np.argwhere(np.all([wall.values < -0.3 for wall in walls.values()], axis=0)) * VOXEL
    for end, turn in ((0, 1), (-1, -1)):
        ahead = turn * channel.tangents[end] / np.linalg.norm(channel.tangents[end])
        places = places[(places - channel.points[end]) @ ahead > 0.5]
    return places


def draw(
    scan: Volume,
    walls: dict[str, Volume],
    flows: dict[str, Flow],
    interval: tuple[np.ndarray, np.ndarray],
    channel: Channel,
) -> None:
    """Draw scan and walls, speed in the refined wall, and pressure along the channel."""
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    colours = {"true": "black", "network": "tab:orange", "refined": "tab:blue"}
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
    x, y = (np.arange(n) * VOXEL for n in SHAPE)
    left.pcolormesh(x, y, scan.values.T, cmap="gray", shading="nearest")
    for name, wall in walls.items():
        colour = "white" if name == "true" else colours[name]
        left.contour(x, y, wall.values.T, [0.0], colors=colour, linewidths=1.4)
    left.set(xlim=(20, 46), ylim=(15, 41), aspect="equal", xlabel="mm")
    left.set_title("scan at the throat; the true wall is white")
    flow = flows["refined"]
    nodes = flow.velocity_basis.nodal_dofs
    speed = np.hypot(*flow.velocity[nodes])
    mesh = flow.velocity_basis.mesh
    shown = middle.tripcolor(*(1e3 * mesh.p), mesh.t.T, 1e3 * speed, shading="gouraud")
    figure.colorbar(shown, ax=middle, label="mm/s", location="bottom", shrink=0.8)
    middle.set(title="speed in the refined wall", xlabel="mm", aspect="equal")
    steps = np.linalg.norm(np.diff(channel.points, axis=0), axis=1)
    along = np.r_[0, steps.cumsum()]
    right.fill_between(along, *interval, color="tab:blue", alpha=0.25, label="95 % of samples")
    for name, one in flows.items():
        right.plot(along, one.drops, colours[name], label=name, lw=1.2)
    right.set(title="pressure along the channel", xlabel="mm from the inlet", ylabel="Pa")
    right.legend(frameon=False)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=110)
    print(f"picture: {PICTURE}")


def check_solver() -> None:
    """A straight channel loses 12 μ Q L / w³."""
    along = np.arange(0, 21.0)
    strip = Volume(np.tile(np.abs(np.arange(24) - 11.3) - 4.0, (24, 1)), scaling((1.0, 1.0)))
    points = np.stack([along + 1, np.full(21, 11.3)], axis=1)
    flow = stokes(Channel(points, np.tile([1.0, 0.0], (21, 1))).mesh(strip))
    expected = 12 * VISCOSITY * RATE * 20e-3 / 8e-3**3
    assert abs(flow.drops[0] / expected - 1) < 1e-3


if __name__ == "__main__":
    main()
