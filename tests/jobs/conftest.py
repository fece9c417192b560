"""A small scan of a tube on disk, and the program run in this process."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from lumenfield import io
from lumenfield.cli import main
from lumenfield.datatypes import Volume, scaling
from lumenfield.geometry import Tube, sample_distance

Program = Callable[..., int]


@pytest.fixture(scope="session")
def tube() -> tuple[Volume, Volume]:
    """Scan and true distance, on a flipped and shifted grid."""
    spacing = (0.8, 0.8, 1.0)
    distance = sample_distance(Tube(radius_mm=4.1).moved(0.0, 0.3, -0.2), (28, 32, 26), spacing)
    noise = torch.randn(distance.shape, generator=torch.Generator().manual_seed(1))
    scan = 60 + 150 * torch.special.ndtr(-distance / 0.5) + 9 * noise
    affine = scaling(spacing) @ np.diag([-1.0, 1.0, 1.0, 1.0])
    affine[:3, 3] = (12.5, -31.0, 7.25)
    return Volume(scan[0, 0].numpy(), affine), Volume(distance[0, 0].numpy(), affine)


@pytest.fixture
def on_disk(tube: tuple[Volume, Volume], tmp_path: Path) -> Path:
    """A folder with scan.nii.gz, truth.nii.gz (distance) and mask.nii.gz."""
    scan, truth = tube
    io.write(scan, tmp_path / "scan.nii.gz")
    io.write(truth, tmp_path / "truth.nii.gz")
    io.write(truth.like((truth.values < 0).astype(np.uint8)), tmp_path / "mask.nii.gz")
    return tmp_path


@pytest.fixture
def program() -> Program:
    """`lumenfield`, given its words."""
    return lambda *words: main([str(word) for word in words])
