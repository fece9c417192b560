"""One look at the scan from a wall: what surrounds it, how bright, how noisy, and how well it fits.

Separate from the iterations, which only move the wall by what a look says.
"""

import dataclasses
import math
from dataclasses import dataclass

import torch
from torch.nn import functional

from lumenfield.datatypes import MaternField
from lumenfield.refinement.contrast import Contrast, Windows, local_contrast, windows_for
from lumenfield.refinement.edge import DEFAULT_POINT_SPREAD, usual_point_spread
from lumenfield.refinement.frame import Frame, frame_of
from lumenfield.refinement.layers import EVEN, Belief, Layers, layers_of
from lumenfield.refinement.likelihood import Evidence, evidence_at, fit_point_spread
from lumenfield.refinement.noise import Noise, estimate_noise
from lumenfield.refinement.options import RefineOptions
from lumenfield.refinement.profile import mean_profile
from lumenfield.refinement.tissue import Tissue, depth_profile, lumen_radius, tissue_at
from lumenfield.spacing import voxel_mm
from lumenfield.tensors import Fields, Tensor

__all__ = ["Known", "Scene", "View", "known_at_first", "look", "scene_of", "thin_lumen"]

_LOOKS = 8
"""Looks that may change the layers; after them the model stands."""

_SETTLED = 0.03
"""Change of ρ, and of a ring's thickness in voxels, that moves the wall by next to nothing."""

_FIRST_SPREAD_LOOK = 2

_BAND = 5.0
_FAR = 2 * _BAND
_THIN = 1.25


@dataclass(frozen=True, eq=False)
class Scene:
    """What stays the same from look to look.

    Args:
        near: 1 within five voxels of the first wall. narrow: lumen too thin to show its brightness.
    """

    magnitude: Fields
    start: Fields
    spacing: tuple[float, ...]
    windows: Windows
    near: Tensor
    narrow: Tensor
    field: MaternField
    options: RefineOptions


@dataclass(frozen=True, eq=False)
class Known:
    """What a look hands on to the next.

    Args:
        point_spread: voxels. blur: by the wall's own error on top of it, voxels.
        gain: β of the noise. rician: σ of one complex component.
        layers: around the wall. settled: they no longer change.
        noisy: the noise was measured.
        first: contrast, when first seen.
    """

    point_spread: float
    blur: float
    gain: float = 1.0
    noisy: bool = False
    rician: float = 0.0
    layers: Layers = EVEN
    settled: bool = False
    first: Contrast | None = None


@dataclass(frozen=True, eq=False)
class View:
    """What one look saw; `radius` is the lumen's nearby, mm."""

    frame: Frame
    radius: Tensor
    tissue: Tissue
    contrast: Contrast
    noise: Noise
    evidence: Evidence
    known: Known


def scene_of(
    magnitude: Fields,
    start: Fields,
    spacing: tuple[float, ...],
    field: MaternField,
    options: RefineOptions,
) -> Scene:
    """Gather what every look needs."""
    near = (start.abs() < _BAND * max(spacing)).to(magnitude)
    windows = windows_for(magnitude, spacing, options.window)
    narrow = thin_lumen(start, spacing)
    return Scene(magnitude, start, spacing, windows, near, narrow, field, options)


def known_at_first(scene: Scene) -> Known:
    """Begin with a usual point spread, and a wall as wrong as its field says."""
    blur = scene.field.spread_mm / voxel_mm(scene.spacing)
    return Known(scene.options.point_spread or DEFAULT_POINT_SPREAD, blur)


def look(scene: Scene, u: Fields, known: Known, number: int) -> View:
    """Linearise the scan about the zero level of `u`."""
    frame = _near_wall(frame_of(u, scene.spacing), u, scene.near)
    radius = lumen_radius(frame.distance, scene.spacing)
    depth = depth_profile(frame.distance, radius)
    if number < _LOOKS and not known.settled:
        layers = _layers(scene, frame, depth, known)
        settled = number > _FIRST_SPREAD_LOOK and _alike(layers, known.layers)
        known = dataclasses.replace(known, layers=layers, settled=settled)
    light = 1 - known.layers.grade * (1 - depth)
    ring = known.layers.ring * max(scene.spacing)
    tissue = tissue_at(frame, known.point_spread, light, ring)
    contrast = local_contrast(scene.magnitude, tissue, scene.near, scene.windows)
    if known.first is None:
        known = dataclasses.replace(known, first=contrast)
    contrast = _kept_where(scene.narrow, known.first or contrast, contrast)
    noise = estimate_noise(scene.magnitude, tissue, scene.near, contrast, scene.options.noise_gain)
    if scene.options.point_spread is None and number >= _FIRST_SPREAD_LOOK:
        spread = _point_spread(scene, frame, tissue, contrast, noise)
        known = dataclasses.replace(known, point_spread=spread)
        tissue = tissue_at(frame, spread, light, ring)
    evidence = evidence_at(
        scene.magnitude,
        frame,
        tissue,
        contrast,
        noise,
        model_error=scene.options.model_error,
        outlier=scene.options.outlier,
    )
    # Misfit is alike from voxel to voxel too, so the largest share seen is the noise's own.
    gain = max(noise.gain, known.gain) if known.noisy else noise.gain
    known = dataclasses.replace(
        known, noisy=True, gain=gain, rician=noise.rician, blur=0.5 * known.blur
    )
    return View(frame, radius, tissue, contrast, noise, evidence, known)


def thin_lumen(distance: Fields, spacing: tuple[float, ...]) -> Tensor:
    """Find where the lumen is under 2.5 voxels across: near no voxel deeper than 1.25 voxels."""
    depth = -distance / max(spacing)
    deep = (depth > _THIN).to(distance)
    pool = functional.max_pool2d if len(spacing) == 2 else functional.max_pool3d
    wide = pool(deep, 7, stride=1, padding=3)
    return (depth.abs() < 2.5) & (wide == 0)


def _near_wall(frame: Frame, u: Fields, near: Tensor) -> Frame:
    """Put what is far from the first wall far away: a field clipped there has false edges."""
    far = torch.where(u < 0, -_FAR, _FAR) * frame.voxel
    return dataclasses.replace(frame, distance=torch.where(near > 0, frame.distance, far))


def _alike(now: Layers, before: Layers) -> bool:
    return abs(now.grade - before.grade) < _SETTLED and abs(now.ring - before.ring) < _SETTLED


def _layers(scene: Scene, frame: Frame, depth: Tensor, known: Known) -> Layers:
    profile = mean_profile(scene.magnitude, frame, depth, scene.near, known.point_spread)
    if profile is None:
        return EVEN
    wall = frame.distance.abs() < 0.5 * frame.voxel
    shift = (scene.start / frame.voxel)[wall].mean().item() if wall.any() else 0.0
    sharp = usual_point_spread(known.gain, len(scene.spacing))
    belief = Belief(
        width=math.hypot(sharp, known.blur),
        gain=known.gain,
        rician=known.rician,
        shift=shift,
        freedom=scene.field.spread_mm / voxel_mm(scene.spacing),
    )
    return layers_of(
        profile,
        belief,
        graded=scene.options.graded,
        ring=scene.options.ring,
        held=known.layers.ring > 0,
    )


def _point_spread(
    scene: Scene, frame: Frame, tissue: Tissue, contrast: Contrast, noise: Noise
) -> float:
    edge = frame.distance.abs() < 2.5 * frame.voxel
    there = Frame(*(t[edge] for t in vars(frame).values()))
    return fit_point_spread(
        scene.magnitude,
        edge,
        contrast,
        noise,
        scene.options.model_error,
        lambda spread: tissue_at(there, spread, tissue.light[edge], tissue.ring),
    )


def _kept_where(narrow: Tensor, first: Contrast, now: Contrast) -> Contrast:
    pairs = zip(vars(first).values(), vars(now).values(), strict=True)
    return Contrast(*(torch.where(narrow, old, new) for old, new in pairs))
