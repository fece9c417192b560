"""Draw one picture of each seed, speed field, contrast family and recipe, and a moving front.

python examples/gallery.py                       # into a temporary folder
python examples/gallery.py --out docs/gallery    # what the documentation shows, and its page
"""

import argparse
import io
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
import torch
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

import lumenfield as lf
from lumenfield.geometry import GridSolid, MeshSolid, Solid, grid_points, sample_distance
from lumenfield.levelset import Motion, evolve, gradient
from lumenfield.synthesis.anatomy import ANATOMIES, draw_anatomy
from lumenfield.synthesis.appearance import draw_appearance, render
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.speed import AffineSpeed, GaussianSpeed, PlaneWave, RbfSpeed, Speed

SHAPE, SPACING = (80, 80, 80), (1.0, 1.0, 1.0)
EXTENT = tuple(n * h for n, h in zip(SHAPE, SPACING, strict=True))

Picture = tuple[str, str, Figure]
"""Name of the file, words under it, and the figure."""


def main() -> None:
    """Draw every section and the page that shows them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="folder; a temporary one by default")
    out = parser.parse_args().out or Path(tempfile.mkdtemp()) / "gallery"
    out.mkdir(parents=True, exist_ok=True)
    page = ["# Gallery", "", "Made by `python examples/gallery.py --out docs/gallery`.", ""]
    sections = {
        "A scan and its distance": figure(),
        "Seeds": seeds(),
        "Speed fields": speeds(),
        "Contrast families": families(),
        "Recipes": recipes(),
    }
    for title, pictures in sections.items():
        page += [f"## {title}", ""]
        for name, words, picture in pictures:
            save(picture, out / f"{name}.png")
            page += [f"**{words}**", "", f"![{words}]({out.name}/{name}.png)", ""]
    film(out / "moving-front.gif")
    page += ["## A front that moves", "", f"![A moving front]({out.name}/moving-front.gif)", ""]
    out.with_suffix(".md").write_text("\n".join(page), encoding="utf-8")
    print(f"{len(list(out.glob('*.png')))} pictures and one film in {out}")


def figure() -> Iterator[Picture]:
    """Show a scan of the plain recipe with the contours of its distance."""
    sample = lf.draw_sample(lf.recipes["seed"], seed=0, shape=(128, 128))
    distance = sample.distance.values
    canvas, axes = pyplot.subplots(figsize=(3.6, 3.6))
    axes.imshow(sample.magnitude.values.T, cmap="gray", origin="lower")
    levels = np.arange(-12, 25, 4) * min(sample.distance.spacing)
    axes.contour(distance.T, levels, cmap="coolwarm", linewidths=0.7)
    axes.contour(distance.T, [0.0], colors="yellow", linewidths=1.2)
    yield "figure", "Magnitude, the wall (yellow) and distances every four voxels", finished(canvas)


def seeds() -> Iterator[Picture]:
    """Show every drawn anatomy, and what solids can be combined and read from."""
    for name in ANATOMIES:
        ranges = replace(lf.recipes["any"].anatomy, kinds={name: 1.0}, radius_voxels=(3.0, 5.0))
        drawn = [draw_anatomy(Draw(3, i), ranges, EXTENT, 1.0) for i in range(4)]
        yield f"seed-{name}", f"`{name}`", shown(max(drawn, key=silhouette))
    for name, (words, solid) in solids().items():
        yield f"seed-{name}", words, shown(solid)


def silhouette(solid: Solid) -> int:
    """Measure a solid's outline from the front, to leave out draws that one hardly sees."""
    inside = solid.distance(grid_points((20, 20, 20), (4.0, 4.0, 4.0))) < 0
    return int(inside.any(2).sum())


def solids() -> dict[str, tuple[str, Solid]]:
    """Combine shapes, and make them from a mask and from triangles."""
    tube, ball = lf.Tube(radius_mm=9.0), lf.Ball(radius_mm=18.0)
    mask = lf.Volume((grid_points(SHAPE, SPACING).norm(dim=-1) < 20).numpy(), np.eye(4))
    return {
        "union": ("`tube | ball`", tube | ball),
        "intersection": ("`ball & tube`", ball & lf.Tube(radius_mm=13.0)),
        "difference": ("`ball - tube`", (lf.Ball(radius_mm=24.0) - tube).rotated(55.0, (0, 2))),
        "blend": ("`tube.blended(tube.rotated(60), 6)`", tube.blended(tube.rotated(60.0), 6.0)),
        "bend": ("`tube.bent(0.02)`", tube.bent(0.02)),
        "mask": ("`GridSolid.of_mask(mask)`", GridSolid.of_mask(mask)),
        "mesh": ("`MeshSolid(mesh)`", MeshSolid(twisted_ring())),
    }


def twisted_ring() -> lf.Mesh:
    """Triangulate a ring of square section that turns by 90° on its way round."""
    n, m = 96, 4
    round_, corner = np.meshgrid(np.arange(n), np.arange(m), indexing="ij")
    angle, turn = 2 * np.pi * round_ / n, np.pi / 2 * (corner + 0.5 + round_ / n)
    radius = 23 + 11 * np.cos(turn)
    xyz = [radius * np.cos(angle), radius * np.sin(angle), 11 * np.sin(turn)]
    # After a whole round, the corners have moved on by one.
    number = np.vstack([np.arange(n * m).reshape(n, m), np.roll(np.arange(m), -1)])
    a, b = number[:-1], number[1:]
    c, d = np.roll(a, -1, 1), np.roll(b, -1, 1)
    faces = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, b, c), (b, d, c))])
    return lf.Mesh(np.stack(xyz, -1).reshape(-1, 3), faces)


def shown(solid: Solid) -> Figure:
    """Show a solid from the front, lit, beside the distances of its fullest slice."""
    phi = sample_distance(solid, SHAPE, SPACING)
    inside = phi[0, 0] < 0
    first = inside.float().argmax(dim=2, keepdim=True)
    slopes = torch.stack([g[0, 0] for g in gradient(phi, SPACING)])
    normal = slopes.gather(3, first.expand(3, *first.shape))[..., 0]
    light = torch.tensor([-0.4, 0.5, -0.77])[:, None, None]
    shade = 0.25 + 0.75 * (normal * light).sum(0).clamp(min=0)
    shade = shade * (1 - 0.4 * first[..., 0] / SHAPE[2])
    canvas, (front, slice_) = pyplot.subplots(1, 2, figsize=(4.6, 2.3))
    front.imshow(
        np.where(inside.any(2), shade, np.nan).T, cmap="copper", origin="lower", vmin=0, vmax=1
    )
    middle = phi[0, 0, :, :, int(inside.sum((0, 1)).argmax())].T
    slice_.imshow(middle, cmap="RdBu", origin="lower", vmin=-20, vmax=20)
    if middle.min() < 0 < middle.max():
        slice_.contour(middle, np.arange(-40, 41, 4), colors="k", linewidths=0.3)
        slice_.contour(middle, [0.0], colors="k", linewidths=1.2)
    return finished(canvas)


def speeds() -> Iterator[Picture]:
    """Show each speed field and how they combine."""
    wave, trend = PlaneWave(1.0, (0.25, 0.12), phase=0.5), AffineSpeed(0.0, (0.02, 0.015))
    matern, rbf = GaussianSpeed(1.0, 6.0, seed=1, alpha=2.0), RbfSpeed(1.0, 8.0, seed=1)
    fields: dict[str, tuple[str, Speed]] = {
        "wave": ("Plane wave", wave),
        "affine": ("Affine, in centred coordinates", trend),
        "matern": ("Gaussian process, Matérn", matern),
        "rbf": ("Gaussian process, RBF", rbf),
        "sum": ("A sum: wave + RBF", wave + rbf),
        "product": ("A product: wave × RBF", wave * rbf),
    }
    for name, (words, speed) in fields.items():
        canvas, axes = pyplot.subplots(figsize=(2.4, 2.4))
        values = speed.on((96, 96), (1.0, 1.0))[0, 0].T
        axes.imshow(values, cmap="RdBu_r", origin="lower", vmin=-2.5, vmax=2.5)
        yield f"speed-{name}", words, finished(canvas)


def families() -> Iterator[Picture]:
    """Show the same carotid in every family of contrast."""
    recipe = lf.recipes["any"]
    ranges = replace(recipe.anatomy, kinds={"carotid": 1.0}, radius_voxels=(5.0, 6.0))
    phi = sample_distance(draw_anatomy(Draw(5), ranges, EXTENT, 1.0), SHAPE, SPACING)
    depth = int((phi[0, 0] < 0).sum((0, 1)).argmax())
    for name, family in recipe.families.items():
        look = draw_appearance(Draw(8), family, 3)
        yield f"family-{name}", f"`{name}`", slices([(render(phi, SPACING, look), phi, depth)] * 2)


def recipes() -> Iterator[Picture]:
    """Show two draws of each recipe where most of their lumen is, the first also bare."""
    for name in lf.recipes:
        drawn = []
        for index in range(2):
            sample = lf.draw_sample(lf.recipes[name], seed=4, index=index, shape=(72, 72, 72))
            values = (sample.magnitude.values, sample.distance.values)
            magnitude, phi = (torch.from_numpy(v)[None, None] for v in values)
            drawn.append((magnitude, phi, int((phi[0, 0] < 0).sum((0, 1)).argmax())))
        drawn.insert(0, drawn[0])
        yield f"recipe-{name}", f"`{name}`", slices(drawn)


def slices(drawn: list[tuple[torch.Tensor, torch.Tensor, int]]) -> Figure:
    """Show slices of scans, and the true wall on all but the first of several."""
    canvas, row = pyplot.subplots(1, len(drawn), figsize=(2.2 * len(drawn), 2.2), squeeze=False)
    for column, (axes, (magnitude, phi, depth)) in enumerate(zip(row[0], drawn, strict=True)):
        image, wall = magnitude[0, 0, :, :, depth].T, phi[0, 0, :, :, depth].T
        axes.imshow(image, cmap="gray", origin="lower", vmin=0, vmax=torch.quantile(image, 0.995))
        if column and wall.min() < 0 < wall.max():
            axes.contour(wall, [0.0], colors="yellow", linewidths=0.9)
    return finished(canvas)


def finished(canvas: Figure) -> Figure:
    """Leave nothing but the pictures."""
    for axes in canvas.axes:
        axes.set_axis_off()
    canvas.subplots_adjust(0, 0, 1, 1, 0.02, 0.02)
    return canvas


def save(canvas: Figure, path: Path) -> None:
    """Write a small picture, the same bytes each time."""
    buffer = io.BytesIO()
    canvas.savefig(buffer, dpi=90)
    pyplot.close(canvas)
    picture = Image.open(buffer).convert("RGB")
    # The quantiser that keeps rare colours, such as the wall's.
    few = picture.quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def film(path: Path) -> None:
    """Move a disc by a speed field, frame by frame."""
    shape, spacing = (160, 160), (1.0, 1.0)
    disc = sample_distance(lf.Ball(radius_mm=28.0), shape, spacing)
    speed = AffineSpeed(4.0, (0.0, 0.0)) + RbfSpeed(9.0, 14.0, seed=6)
    frames = evolve(disc, speed.on(shape, spacing), spacing, 4.0, Motion(extend=True))
    pictures = [Image.fromarray(painted(frame.distance)) for frame in frames if not frame.taken % 8]
    palette = pictures[0].quantize(32)
    small = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    small[0].save(path, save_all=True, append_images=small[1:], duration=80, loop=0, optimize=True)


def painted(phi: torch.Tensor) -> np.ndarray:
    """Paint distances in rings and the lumen warm, twice the size of the grid."""
    large = torch.nn.functional.interpolate(phi, scale_factor=2.0, mode="bilinear")[0, 0].T.flip(0)
    rings = 0.5 + 0.5 * torch.cos(2 * torch.pi * large / 6).sign()
    lumen = (large < 0).float()
    warm = torch.tensor([214.0, 96.0, 77.0]), torch.tensor([244.0, 165.0, 130.0])
    cold = torch.tensor([209.0, 229.0, 240.0]), torch.tensor([240.0, 246.0, 250.0])
    mixed = [a + (b - a) * rings[..., None] for a, b in (warm, cold)]
    image = lumen[..., None] * mixed[0] + (1 - lumen[..., None]) * mixed[1]
    image[large.abs() < 0.8] = 20.0
    return image.round().byte().numpy()


if __name__ == "__main__":
    main()
