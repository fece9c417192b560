"""Phantoms with a known wall; separate because every test of the refinement looks at one."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter, map_coordinates

from lumenfield.datatypes import MaternField, Volume, scaling
from lumenfield.levelset import redistance
from lumenfield.levelset.spectral import draw_matern

FINER = 3
PAD = 4


def ball_distance(places, radius, shift=0.2):
    return np.sqrt(sum((p - shift) ** 2 for p in places)) - radius


def tube_distance(places, radius, shift=0.2):
    """A tube along the last axis, which leaves the grid at both ends."""
    across = np.sqrt(sum((p - shift) ** 2 for p in places[:-1])) - radius
    return across + 0 * places[-1]


SOLIDS = {"ball": ball_distance, "tube": tube_distance}


class Phantom:
    """A scan (tensor `batch channel *grid`) with its true distance, and a start that is off."""

    def __init__(self, share, truth, spacing, field, seed):
        self.share, self.truth, self.spacing, self.field = share, truth, spacing, field
        self.seed = seed
        generator = torch.Generator().manual_seed(seed)
        error = draw_matern(
            truth.shape[2:],
            spacing,
            spread=field.spread_mm,
            length=field.length_mm,
            generator=generator,
        )
        self.start = redistance(truth + error, spacing, band=6.0)

    def scan(self, cnr, inside=1.0, outside=0.2):
        generator = torch.Generator().manual_seed(self.seed + 100)
        noise = torch.randn(self.share.shape, generator=generator)
        clean = outside + (inside - outside) * self.share
        return clean + abs(inside - outside) / cnr * noise

    def layered(self, cnr, *, inside=1.0, outside=0.2, rim=1.0, ring=0.0, ring_level=0.0):
        """A scan of a lumen that is graded (rim < 1) or has a ring, as volumes with the start."""
        spread = 0.55 * float(np.mean(self.spacing))
        lumen, within = (torch.special.ndtr(-(self.truth - t) / spread) for t in (0.0, ring))
        depth = (-self.truth / -self.truth.min()).clamp(0, 1)
        light = outside + (inside - outside) * (1 - (1 - rim) * (1 - depth) ** 2)
        clean = outside * (1 - within) + ring_level * (within - lumen) + light * lumen
        noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(self.seed + 100))
        scan = clean + abs(inside - outside) / cnr * noise
        affine = scaling(self.spacing)
        return tuple(Volume(t[0, 0].numpy(), affine) for t in (scan, self.start))

    def volumes(self, cnr, **levels):
        """The scan and the start, as volumes."""
        affine = scaling(self.spacing)
        return tuple(
            Volume(t[0, 0].numpy(), affine) for t in (self.scan(cnr, **levels), self.start)
        )


@pytest.fixture(scope="session")
def phantom() -> Callable[..., Phantom]:
    def make(
        solid="ball", radius=6.0, shape=(26, 26, 26), spacing=None, length=4.0, seed=0, shift=0.2
    ):
        spacing = spacing or (1.0,) * len(shape)
        distance = SOLIDS[solid]
        fine = distance(_places(shape, spacing, FINER, PAD), radius, shift)
        share = np.clip(0.5 - FINER * fine / np.mean(spacing), 0, 1)
        share = gaussian_filter(share, math.sqrt((0.55 * FINER) ** 2 - 1 / 12), truncate=5)
        middle = [slice(PAD * FINER + 1, (PAD + n) * FINER + 1, FINER) for n in shape]
        truth = distance(_places(shape, spacing, 1, 0), radius, shift)
        share, truth = (torch.tensor(a)[None, None].float() for a in (share[tuple(middle)], truth))
        return Phantom(
            share, truth, spacing, MaternField(0.5 * np.mean(spacing).item(), length), seed
        )

    return make


def _places(shape, spacing, finer, pad):
    lines = [
        ((np.arange((n + 2 * pad) * finer) + 0.5) / finer - n / 2 - pad) * h
        for n, h in zip(shape, spacing, strict=True)
    ]
    return np.meshgrid(*lines, indexing="ij")


@pytest.fixture(scope="session")
def on_wall() -> Callable[..., np.ndarray]:
    """Read a field where grid edges cross the zero level of another, away from the border."""

    def read(found, field, margin=2):
        found, field = (torch.as_tensor(f).squeeze().numpy() for f in (found, field))
        values = []
        for axis in range(found.ndim):
            line = np.moveaxis(found, axis, 0)
            index = np.argwhere((line[:-1] < 0) != (line[1:] < 0))
            low = line[tuple(index.T)]
            index_high = index + np.eye(found.ndim, dtype=int)[0]
            part = low / (low - line[tuple(index_high.T)])
            place = index.astype(float)
            place[:, 0] += part
            keep = np.all((place >= margin) & (place <= np.array(line.shape) - 1 - margin), axis=1)
            values.append(map_coordinates(np.moveaxis(field, axis, 0), place[keep].T, order=3))
        return np.concatenate(values)

    return read


@pytest.fixture(scope="session")
def rms(on_wall) -> Callable[..., float]:
    return lambda found, truth: float(np.sqrt(np.mean(on_wall(found, truth) ** 2)))


@pytest.fixture(scope="session")
def finish() -> Callable[..., tuple]:
    """Run a generator to its end; return what it yielded and its value."""

    def run(steps):
        records = []
        while True:
            try:
                records.append(next(steps))
            except StopIteration as end:
                return records, end.value

    return run
